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
#[expect(clippy::too_many_lines, reason = "what is shown")]
async fn loops_operands_branches_and_blocks() {
    let world = world().await;
    shows(&world, &["inspect", "pay_all"], Exit::Ok, expect![[r#"
        pay_all(bills)  durable-runtime/src/cli/tests/inspect.rs:17
          begins →  pay(*bill), join(async,sleep)

        pay(*bill)  line 20  pay(*bill)
          saves  bills            Vec<u64>  defined in line 17, used next in line 19
                 bill.at          Position  borrowed in line 19, used next in line 19
                 pay(*bill).arg0  u64       computed in line 20 for the same expression
          then  →  pay(*bill), join(async,sleep)

        join(async,sleep)  line 22  join!(async {let first=pay(total).await.unwrap_or(0);first+pay(1).await…
          saves  nothing
          then  →  pay(first), sleep, late

            pay(first)  line 24  branch 0 of join(async,sleep)  pay(total)
              saves  ^total  u64  defined in line 18, used next in line 30
              then  →  pay(1)

            pay(1)  line 25  branch 0 of join(async,sleep)  pay(1)
              saves  pay(1).arg0  u64  computed in line 25 for the same expression
                     ^total       u64  defined in line 18, used next in line 30
              then  →  join(async,sleep)

            sleep  line 27  branch 1 of join(async,sleep)  sleep(Duration::from_secs(1))
              saves  nothing
              then  →  join(async,sleep)

        late  line 30  late
          saves  rested     Result<(), Cancelled>  defined in line 22, used next in line 30
                 late.arg0  u64                    computed in line 30 for the same expression
          then  →  end

        pay_all/async(pay(more))  runs by itself

            pay(more)  line 29  pay(more)
              saves  nothing
              then  →  end
    "#]]).await;
    let graph = |language| ["inspect", "pay_all", "--graph", language];
    shows(
        &world,
        &graph("mermaid"),
        Exit::Ok,
        expect![[r#"
            flowchart TD
                start(["pay_all"])
                p0["pay(#42;bill)<br/>line 20<br/>saves bills, bill.at, pay(#42;bill).arg0"]
                p1["join(async,sleep)<br/>line 22"]
                subgraph p1b0 ["join(async,sleep) branch 0"]
                    p2["pay(first)<br/>line 24<br/>saves #94;total"]
                    p3["pay(1)<br/>line 25<br/>saves pay(1).arg0, #94;total"]
                end
                subgraph p1b1 ["join(async,sleep) branch 1"]
                    p4["sleep<br/>line 27"]
                end
                p5["late<br/>line 30<br/>saves rested, late.arg0"]
                subgraph p65535b0 ["pay_all/async(pay(more))"]
                    p6["pay(more)<br/>line 29"]
                end
                done([end])
                start --> p0
                start --> p1
                p0 --> p0
                p0 --> p1
                p1 --> p2
                p1 --> p4
                p1 --> p5
                p2 --> p3
                p3 --> p1
                p4 --> p1
                p5 --> done
                p6 --> done
        "#]],
    )
    .await;
    shows(
        &world,
        &graph("dot"),
        Exit::Ok,
        expect![[r#"
            digraph "pay_all" {
                node [shape=box];
                start [shape=oval, label="pay_all"];
                p0 [label="pay(*bill)\nline 20\nsaves bills, bill.at, pay(*bill).arg0"];
                p1 [label="join(async,sleep)\nline 22"];
                subgraph cluster_p1b0 { label="join(async,sleep) branch 0";
                    p2 [label="pay(first)\nline 24\nsaves ^total"];
                    p3 [label="pay(1)\nline 25\nsaves pay(1).arg0, ^total"];
                }
                subgraph cluster_p1b1 { label="join(async,sleep) branch 1";
                    p4 [label="sleep\nline 27"];
                }
                p5 [label="late\nline 30\nsaves rested, late.arg0"];
                subgraph cluster_p65535b0 { label="pay_all/async(pay(more))";
                    p6 [label="pay(more)\nline 29"];
                }
                done [shape=oval, label="end"];
                start -> p0;
                start -> p1;
                p0 -> p0;
                p0 -> p1;
                p1 -> p2;
                p1 -> p4;
                p1 -> p5;
                p2 -> p3;
                p3 -> p1;
                p4 -> p1;
                p5 -> done;
                p6 -> done;
            }
        "#]],
    )
    .await;
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "what is shown")]
async fn loops_operands_branches_and_blocks_for_programs() {
    let (exit, text) = run(&world().await, &["inspect", "pay_all", "-o", "json"]).await;
    assert_eq!(exit, Exit::Ok);
    let all: Value = serde_json::from_str(&text).unwrap();
    expect![[r#"
        {
          "awaits": [
            {
              "block": null,
              "branch": null,
              "expression": "pay(*bill)",
              "fingerprint": "be01442b54f6da93",
              "inside": null,
              "label": "pay(*bill)",
              "line": 20,
              "locals": [
                {
                  "defined_in": 17,
                  "name": "bills",
                  "origin": "variable",
                  "type": "alloc::vec::Vec<u64>",
                  "used_next_in": 19
                },
                {
                  "defined_in": 19,
                  "name": "bill.at",
                  "origin": "borrowed",
                  "type": "durable_runtime::machine::lent::Position",
                  "used_next_in": 19
                },
                {
                  "defined_in": 20,
                  "name": "pay(*bill).arg0",
                  "origin": "operand",
                  "type": "u64",
                  "used_next_in": 20
                }
              ],
              "next": [
                "pay(*bill)",
                "join(async,sleep)"
              ]
            },
            {
              "block": null,
              "branch": null,
              "expression": "join!(async {let first=pay(total).await.unwrap_or(0);first+pay(1).await.unwrap_or(0)},sleep(Duration::from_secs(1)))",
              "fingerprint": "5de9518fbeb995a5",
              "inside": null,
              "label": "join(async,sleep)",
              "line": 22,
              "locals": [],
              "next": [
                "pay(first)",
                "sleep",
                "late"
              ]
            },
            {
              "block": null,
              "branch": 0,
              "expression": "pay(total)",
              "fingerprint": "d5441c18e4eb976d",
              "inside": "join(async,sleep)",
              "label": "pay(first)",
              "line": 24,
              "locals": [
                {
                  "defined_in": 18,
                  "name": "^total",
                  "origin": "variable",
                  "type": "u64",
                  "used_next_in": 30
                }
              ],
              "next": [
                "pay(1)"
              ]
            },
            {
              "block": null,
              "branch": 0,
              "expression": "pay(1)",
              "fingerprint": "1e9416814214ea25",
              "inside": "join(async,sleep)",
              "label": "pay(1)",
              "line": 25,
              "locals": [
                {
                  "defined_in": 25,
                  "name": "pay(1).arg0",
                  "origin": "operand",
                  "type": "u64",
                  "used_next_in": 25
                },
                {
                  "defined_in": 18,
                  "name": "^total",
                  "origin": "variable",
                  "type": "u64",
                  "used_next_in": 30
                }
              ],
              "next": [
                "join(async,sleep)"
              ]
            },
            {
              "block": null,
              "branch": 1,
              "expression": "sleep(Duration::from_secs(1))",
              "fingerprint": "e9c0e0d9ad79fd7e",
              "inside": "join(async,sleep)",
              "label": "sleep",
              "line": 27,
              "locals": [],
              "next": [
                "join(async,sleep)"
              ]
            },
            {
              "block": null,
              "branch": null,
              "expression": "late",
              "fingerprint": "7e4f24bad3ab5dd2",
              "inside": null,
              "label": "late",
              "line": 30,
              "locals": [
                {
                  "defined_in": 22,
                  "name": "rested",
                  "origin": "variable",
                  "type": "core::result::Result<(), durable_runtime::operation::timer::Cancelled>",
                  "used_next_in": 30
                },
                {
                  "defined_in": 30,
                  "name": "late.arg0",
                  "origin": "operand",
                  "type": "u64",
                  "used_next_in": 30
                }
              ],
              "next": [
                null
              ]
            },
            {
              "block": "pay_all/async(pay(more))",
              "branch": null,
              "expression": "pay(more)",
              "fingerprint": "0d4593cab6891099",
              "inside": null,
              "label": "pay(more)",
              "line": 29,
              "locals": [],
              "next": [
                null
              ]
            }
          ],
          "file": "durable-runtime/src/cli/tests/inspect.rs",
          "line": 17,
          "name": "pay_all",
          "next": [
            "pay(*bill)",
            "join(async,sleep)"
          ],
          "params": [
            "bills"
          ]
        }"#]].assert_eq(&format!("{all:#}"));
}

#[tokio::test]
async fn a_workflow_that_no_name_leads_to() {
    shows(
        &world().await,
        &["inspect", "pay_any"],
        Exit::Usage,
        expect![[r#"
            error: `pay_any` is generic or changes what it is lent, so it runs inside others only
              hint: name a workflow that awaits it
        "#]],
    )
    .await;
}
