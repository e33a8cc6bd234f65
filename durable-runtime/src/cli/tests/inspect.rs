//! `inspect`: the reasons and the graphs of a workflow of the fixture.

use super::{run, shows, world};
use crate::cli::failure::Exit;
use crate::join;
use crate::prelude::*;
use expect_test::expect;
use serde_json::Value;

#[activity]
async fn pay(cents: u64) -> u64 {
    cents
}

/// Waits inside loops, operands, branches and a block that runs by itself.
#[workflow]
async fn pay_all(bills: Vec<u64>) -> u64 {
    let mut total = 0;
    for bill in &bills {
        total = total * 2 + pay(*bill).await.unwrap_or(0);
    }
    let (more, rested) = join!(
        async {
            let first = pay(total).await.unwrap_or(0);
            first + pay(1).await.unwrap_or(0)
        },
        sleep(Duration::from_secs(1)),
    );
    let late = spawn(async move { pay(more).await.unwrap_or(0) });
    total + late.await + u64::from(rested.is_ok())
}

/// Has a definition for each type.
#[workflow]
async fn pay_any<T>(value: T) -> T {
    drop(pay(1).await);
    value
}

/// Is awaited by this one.
#[workflow]
async fn pay_text() -> String {
    pay_any(String::new()).await
}

#[tokio::test]
async fn what_is_saved_and_why() {
    shows(
        &world().await,
        &["inspect", "buy"],
        Exit::Ok,
        expect![[r#"
        buy(order)  durable-runtime/src/fixture.rs:44
          begins →  reserve

        reserve  line 45  reserve(order.clone())
          saves  order  Order  defined in line 44, used next in line 47
          then  →  sleep

        sleep  line 46  sleep(Duration::from_secs(1800))
          saves  order        Order   defined in line 44, used next in line 47
                 reservation  String  defined in line 45, used next in line 48
          then  →  charge

        charge  line 47  charge(order.cents)
          saves  reservation  String  defined in line 45, used next in line 48
          then  →  end
    "#]],
    )
    .await;
}

#[tokio::test]
async fn graphs() {
    let world = world().await;
    shows(
        &world,
        &["inspect", "buy", "--graph", "mermaid"],
        Exit::Ok,
        expect![[r#"
            flowchart TD
                start(["buy"])
                p0["reserve<br/>line 45<br/>saves order"]
                p1["sleep<br/>line 46<br/>saves order, reservation"]
                p2["charge<br/>line 47<br/>saves reservation"]
                done([end])
                start --> p0
                p0 --> p1
                p1 --> p2
                p2 --> done
        "#]],
    )
    .await;
    shows(
        &world,
        &["inspect", "buy", "--graph", "dot"],
        Exit::Ok,
        expect![[r#"
            digraph "buy" {
                node [shape=box];
                start [shape=oval, label="buy"];
                p0 [label="reserve\nline 45\nsaves order"];
                p1 [label="sleep\nline 46\nsaves order, reservation"];
                p2 [label="charge\nline 47\nsaves reservation"];
                done [shape=oval, label="end"];
                start -> p0;
                p0 -> p1;
                p1 -> p2;
                p2 -> done;
            }
        "#]],
    )
    .await;
}

#[tokio::test]
async fn for_programs() {
    let (exit, text) = run(&world().await, &["inspect", "buy", "-o", "json"]).await;
    assert_eq!(exit, Exit::Ok);
    let all: Value = serde_json::from_str(&text).unwrap();
    let point = &all["awaits"][1];
    assert_eq!(point["label"], "sleep");
    assert_eq!(point["next"][0], "charge");
    assert_eq!(point["locals"][0]["name"], "order");
    let lines = [
        &point["locals"][0]["defined_in"],
        &point["locals"][0]["used_next_in"],
    ];
    let [defined, used] = lines.map(|line| line.as_u64().unwrap());
    let at = point["line"].as_u64().unwrap();
    assert!(defined < at && at < used, "{defined} {at} {used}");
    let last = all["awaits"].as_array().unwrap().last().unwrap();
    assert!(
        last["next"].as_array().unwrap().contains(&Value::Null),
        "{last}"
    );
}

#[tokio::test]
async fn no_such_workflow() {
    shows(
        &world().await,
        &["inspect", "bay"],
        Exit::Usage,
        expect![[r#"
            error: this binary has no workflow `bay`
              hint: did you mean buy?
        "#]],
    )
    .await;
}

#[tokio::test]
async fn loops_operands_branches_and_blocks() {
    let world = world().await;
    shows(&world, &["inspect", "pay_all"], Exit::Ok, expect![[r#""#]]).await;
    let graph = |language| ["inspect", "pay_all", "--graph", language];
    shows(&world, &graph("mermaid"), Exit::Ok, expect![[r#""#]]).await;
    shows(&world, &graph("dot"), Exit::Ok, expect![[r#""#]]).await;
}

#[tokio::test]
async fn loops_operands_branches_and_blocks_for_programs() {
    let (exit, text) = run(&world().await, &["inspect", "pay_all", "-o", "json"]).await;
    assert_eq!(exit, Exit::Ok);
    let all: Value = serde_json::from_str(&text).unwrap();
    expect![[r#""#]].assert_eq(&format!("{all:#}"));
}

#[tokio::test]
async fn a_workflow_that_no_name_leads_to() {
    shows(
        &world().await,
        &["inspect", "pay_any"],
        Exit::Usage,
        expect![[r#""#]],
    )
    .await;
}
