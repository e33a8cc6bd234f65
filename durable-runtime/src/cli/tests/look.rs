//! Commands that only look: `list`, `show`, `result`.

use super::*;

#[tokio::test]
async fn list() {
    let world = world().await;
    shows(&world, &["list"], Exit::Ok, expect![[r#"
        ID        WORKFLOW  STATUS      WHERE                                                   STARTED
        fresh     buy       running                                                             1m ago
        stopped   buy       terminated  wrong price                                             1m ago
        blocked   buy       blocked     sleep, await sleep, local order: missing field `price`  1m ago
        retrying  buy       retrying    charge, attempt 3 in 1m                                 1m ago
        asleep    buy       sleeping    sleep, 29m 1s left                                      1m ago
        late      buy       failed      it returned an error                                    1m ago
        done      buy       completed                                                           1m ago
    "#]]).await;
    shows(
        &world,
        &["list", "--limit", "2"],
        Exit::Ok,
        expect![[r#"
        ID       WORKFLOW  STATUS      WHERE        STARTED
        fresh    buy       running                  1m ago
        stopped  buy       terminated  wrong price  1m ago
        There are older ones: add --before 6000
    "#]],
    )
    .await;
    shows(
        &world,
        &["list", "--blocked", "-o", "json"],
        Exit::Ok,
        expect![[r#"
            {
              "workflows": [
                {
                  "id": "blocked",
                  "workflow": "buy",
                  "phase": "running",
                  "status": "blocked",
                  "status_detail": "await sleep, local order: missing field `price`",
                  "waiting_at": "sleep",
                  "queue": "default",
                  "run": "5000",
                  "worker": null,
                  "created_at": "2026-01-02T03:04:05.000Z",
                  "finished_at": null,
                  "error": null,
                  "attributes": {}
                }
              ],
              "next": null
            }
        "#]],
    )
    .await;
    shows(
        &world,
        &["list", "--phase", "failed", "-o", "ids"],
        Exit::Ok,
        expect![[r#"
            late
        "#]],
    )
    .await;
    shows(
        &world,
        &["list", "--workflow", "nap"],
        Exit::Ok,
        expect![[r#"
            No workflows.
        "#]],
    )
    .await;
    let (exit, all) = run(&world, &["list", "--all", "-o", "ids"]).await;
    assert_eq!((exit, all.lines().count()), (Exit::Ok, 7));
}

#[tokio::test]
async fn list_counts() {
    let world = world().await;
    shows(&world, &["list", "--count"], Exit::Ok, expect!["7\n"]).await;
    let running = &[
        "list",
        "--count",
        "--where",
        "status = running",
        "--workflow",
        "buy",
    ];
    shows(&world, running, Exit::Ok, expect!["4\n"]).await;
    let blocked = &["list", "--count", "--blocked", "-o", "jsonl"];
    shows(&world, blocked, Exit::Ok, expect!["{\"count\":1}\n"]).await;
    let (exit, text) = run(&world, &["list", "--count", "--limit", "2"]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(text.contains("cannot be used with"), "{text}");
}

#[tokio::test]
async fn show_a_sleeper() {
    let world = world().await;
    let handle = world.client.handle::<()>("asleep").await.unwrap();
    handle.cancel("the customer called").await.unwrap();
    let (exit, text) = run(&world, &["show", "asleep"]).await;
    assert_eq!(exit, Exit::Ok);
    // When a cancellation was sent is the one time here that is real.
    let text = mask(&text, "requested ", ", not");
    expect![[r#"
        asleep  buy  sleeping: 29m 1s left
          started  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          run      3000
          cancel   requested […], not delivered yet: the customer called
          input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}

        Waiting at sleep
          durable-runtime/src/fixture.rs:46  sleep(Duration::from_secs(1800))
          for timer until 2026-01-02 03:34:06 UTC (in 29m 1s), since 58s ago

        Locals at the last checkpoint
          order        {"cents":1999,"id":"42","items":["book","lamp"]}
          reservation  "r-42"

        Steps
          #  AWAIT    BEGAN           TOOK  TRIES  ANSWER
          1  reserve  01-02 03:04:06  1.0s         returned "r-42"
          2  sleep    01-02 03:04:07               …
    "#]]
    .assert_eq(&text);
}

/// Branches, a helper under a limit, and what was spawned; one has failed, one has ended.
#[tokio::test]
async fn show_several_operations() {
    let world = World::new().await;
    let run = world
        .drive("busy", ("furnish", a_book().1), vec![returned(&"r-42")])
        .await;
    let frame = world.store.latest_step(run).await.unwrap().unwrap();
    let frame = frame.frame.unwrap();
    let calls = crate::frame::Checkpoint::decode(&frame).unwrap();
    let charge = calls.calls().into_iter().find(|call| {
        let Request::Activity(request) = &call.request else {
            return false;
        };
        request.name == "charge"
    });
    let charge = charge.unwrap().op;
    world.fail(run, charge, 1, "the bank is closed").await;
    shows(&world, &["show", "busy"], Exit::Ok, expect![[r#"
        busy  furnish  retrying: attempt 2 in 1m
          started  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          run      1000
          worker   000000000000beef
          input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}

        Waiting at join(async,timeout,charge)
          durable-runtime/src/fixture.rs:62  join!(async {let first=reserve(order.clone()).await?;let second=reserve(order.clone()).await?;Ok::<_,Error>([first,second])},timeout(Duration::from_secs(600),nap("Ada".to_owned(),900)),charge(order.cents))
          for 5 operations, since 58s ago
          ├─ at reserve(second)  durable-runtime/src/fixture.rs:65
          │    first = "r-42"
          │  └─ activity reserve, since 59s ago
          ├─ the first of
          │  ├─ at sleep  durable-runtime/src/fixture.rs:54
          │  │    name = "Ada"
          │  │  └─ timer until 2026-01-02 03:19:05 UTC (in 14m)
          │  └─ timer until 2026-01-02 03:14:05 UTC (in 9m)
          ├─ activity charge, since 1m ago
          │    attempt 1 failed: the bank is closed
          │    attempt 2 begins in 1m
          └─ in the background
             └─ activity charge, since 1m ago

        Locals at the last checkpoint
          insurance  1

        Steps
          #  AWAIT                                            BEGAN           TOOK  TRIES  ANSWER
          1  join(async,timeout,charge) › reserve(first) ›    01-02 03:04:06  1.0s         returned "r-42"
             activity reserve
          2  join(async,timeout,charge)                       01-02 03:04:07               …

        Failed attempts
          #  AWAIT                       TRY  FAILED          ERROR
          2  join(async,timeout,charge)  1    01-02 03:04:11  the bank is closed
    "#]]).await;
}

fn mask(text: &str, before: &str, after: &str) -> String {
    let start = text.find(before).unwrap() + before.len();
    let end = start + text[start..].find(after).unwrap();
    format!("{}[…]{}", &text[..start], &text[end..])
}

#[tokio::test]
async fn show_failures_and_ends() {
    let world = world().await;
    shows(
        &world,
        &["show", "retrying"],
        Exit::Ok,
        expect![[r#"
        retrying  buy  retrying: attempt 3 in 1m
          started  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          run      4000
          worker   000000000000beef
          input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}

        Waiting at charge
          durable-runtime/src/fixture.rs:47  charge(order.cents)
          for activity charge, since 57s ago
          attempt 2 failed: the bank is still closed
          attempt 3 begins in 1m

        Locals at the last checkpoint
          reservation  "r-42"

        Steps
          #  AWAIT    BEGAN           TOOK  TRIES  ANSWER
          1  reserve  01-02 03:04:06  1.0s         returned "r-42"
          2  sleep    01-02 03:04:07  1.0s         fired
          3  charge   01-02 03:04:08        2      …

        Failed attempts
          #  AWAIT   TRY  FAILED          ERROR
          3  charge  1    01-02 03:04:09  the bank is closed
          3  charge  2    01-02 03:04:10  the bank is still closed
    "#]],
    )
    .await;
    shows(
        &world,
        &["show", "done", "-n", "2"],
        Exit::Ok,
        expect![[r#"
            done  buy  completed
              started  2026-01-02 03:04:05 UTC (1m ago)
              ended    2026-01-02 03:04:09 UTC (56s ago), after 4.0s
              queue    default
              run      1000
              input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}
              result   {"Ok":"r-42 c-1999"}

            Steps
              … 1 before these: add -n 21
              #  AWAIT   BEGAN           TOOK  TRIES  ANSWER
              2  sleep   01-02 03:04:07  1.0s         fired
              3  charge  01-02 03:04:08  1.0s         returned "c-1999"
        "#]],
    )
    .await;
    shows(
        &world,
        &["show", "fresh"],
        Exit::Ok,
        expect![[r#"
        fresh  buy  running
          started  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          run      7000
          worker   000000000000beef
          input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}
    "#]],
    )
    .await;
    shows(
        &world,
        &["show", "nobody"],
        Exit::NotFound,
        expect![[r#"
        error: no workflow has the id `nobody`
          hint: `app list` shows which there are
    "#]],
    )
    .await;
}

#[tokio::test]
async fn show_as_json_is_complete() {
    let world = world().await;
    let (exit, text) = run(&world, &["show", "retrying", "-o", "json"]).await;
    assert_eq!(exit, Exit::Ok);
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["workflow"]["status"], "retrying");
    assert_eq!(
        shown["waiting"]["operations"][0]["request"]["args"]["cents"],
        1999
    );
    assert_eq!(shown["next_retry_at"], "2026-01-02T03:06:05.000Z");
    assert_eq!(shown["locals"]["locals"][0]["value"], "r-42");
    assert_eq!(shown["steps"].as_array().unwrap().len(), 3);
    assert_eq!(
        shown["steps"][0]["answers"][0]["answer"]["returned"],
        "r-42"
    );
}

#[tokio::test]
async fn result() {
    let world = world().await;
    shows(
        &world,
        &["result", "done"],
        Exit::Ok,
        expect![[r#"
        {
          "Ok": "r-42 c-1999"
        }
    "#]],
    )
    .await;
    shows(
        &world,
        &["result", "late"],
        Exit::WorkflowFailed,
        expect![[r#"
            {
              "Err": {
                "causes": [
                  "its last attempt ran longer than start_to_close"
                ],
                "kind": "TimedOut",
                "message": "the activity timed out"
              }
            }
        "#]],
    )
    .await;
    shows(
        &world,
        &["result", "stopped"],
        Exit::WorkflowFailed,
        expect![[r#"
            error: workflow `stopped` was terminated: wrong price
        "#]],
    )
    .await;
    shows(
        &world,
        &["result", "asleep"],
        Exit::Error,
        expect![[r#"
        error: workflow `asleep` has not ended yet
          hint: `app result asleep --wait` waits for it, `app show asleep` tells where it is
    "#]],
    )
    .await;
    let brief = ["result", "asleep", "--timeout", "1ms"];
    shows(
        &world,
        &brief,
        Exit::Error,
        expect![[r#"
        error: workflow `asleep` has not ended within 1ms
          hint: `app result asleep --wait` waits for it, `app show asleep` tells where it is
    "#]],
    )
    .await;
    let json = ["result", "stopped", "-o", "jsonl"];
    shows(
        &world,
        &json,
        Exit::WorkflowFailed,
        expect![[r#"
        {"error":"wrong price","id":"stopped","output":null,"phase":"terminated"}
    "#]],
    )
    .await;
    shows(
        &world,
        &["result", "nobody"],
        Exit::NotFound,
        expect![[r#"
        error: no workflow has the id `nobody`
          hint: `app list` shows which there are
    "#]],
    )
    .await;
}
