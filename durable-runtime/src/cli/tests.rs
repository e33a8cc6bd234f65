//! The commands against a fixed world: what they print, and how they exit.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "as expect-test writes them"
)]

use super::failure::{Exit, Failure};
use super::terminal::{Format, Terminal};
use super::{App, AppCommand, SharedCommand};
use crate::codec;
use crate::error::Error;
use crate::fixture::{World, a_book, at, nap, returned};
use crate::operation::{Resolution, TimeoutKind};
use crate::store::{Phase, Store as _};
use clap::Parser as _;
use expect_test::{Expect, expect};
use jiff::tz::TimeZone;

/// What a command printed, plainly, and how it ended.
async fn run(world: &World, args: &[&str]) -> (Exit, String) {
    run_with(world, args, "").await
}

async fn run_with(world: &World, args: &[&str], input: &str) -> (Exit, String) {
    let app = match App::try_parse_from([&["app"], args].concat()) {
        Ok(app) => app,
        Err(error) => return (Exit::Usage, error.to_string()),
    };
    let mut out = Vec::new();
    let mut input = &mut input.as_bytes();
    let mut term = Terminal {
        out: &mut out,
        input: &mut input,
        format: app.global.output,
        width: 100,
        now: at(60),
        zone: TimeZone::UTC,
        program: "app".into(),
        store: "memory://".into(),
        interactive: false,
    };
    let outcome = app.command.run(&world.client, &mut term).await;
    let (exit, error) = match outcome {
        Ok(exit) => (exit, String::new()),
        Err(failure) => (failure.exit, failure.render()),
    };
    let text = String::from_utf8(out).unwrap() + &error;
    (exit, anstream::adapter::strip_str(&text).to_string())
}

async fn shows(world: &World, args: &[&str], exit: Exit, expected: Expect) {
    let (ended, text) = run(world, args).await;
    expected.assert_eq(&text);
    assert_eq!(ended, exit, "{args:?}");
}

/// One workflow of every kind.
async fn world() -> World {
    let world = World::new().await;
    let reserved = || returned(&"r-42");

    let done = vec![reserved(), Resolution::Fired, returned(&"c-1999")];
    world.drive("done", a_book(), done).await;

    let late = vec![Resolution::TimedOut(TimeoutKind::StartToClose)];
    world.drive("late", a_book(), late).await;

    let asleep = world.drive("asleep", a_book(), vec![reserved()]).await;
    world.park(asleep, Some(at(1802)), None).await;

    let retrying = vec![reserved(), Resolution::Fired];
    let retrying = world.drive("retrying", a_book(), retrying).await;
    world.fail(retrying, 3, 1, "the bank is closed").await;
    world.fail(retrying, 3, 2, "the bank is still closed").await;

    let blocked = world.drive("blocked", a_book(), vec![reserved()]).await;
    let reason = "await sleep, local order: missing field `price`";
    world.park(blocked, None, Some(reason)).await;

    let stopped = world.drive("stopped", a_book(), vec![]).await;
    world
        .end(
            stopped,
            1,
            Phase::Terminated,
            None,
            Some("wrong price".into()),
        )
        .await;

    world.start("fresh", "buy", a_book().1).await;
    world
}

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
                  "error": null
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
          next attempt in 1m

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
    assert_eq!(shown["waiting"]["request"]["args"]["cents"], 1999);
    assert_eq!(shown["next_retry_at"], "2026-01-02T03:06:05.000Z");
    assert_eq!(shown["locals"]["locals"][0]["value"], "r-42");
    assert_eq!(shown["steps"].as_array().unwrap().len(), 3);
    assert_eq!(shown["steps"][0]["answer"]["returned"], "r-42");
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

#[tokio::test]
async fn cancel_and_terminate() {
    let world = world().await;
    shows(
        &world,
        &["cancel", "asleep", "-r", "why not"],
        Exit::Ok,
        expect![[r#"
            asleep: cancel requested
        "#]],
    )
    .await;
    let pending = world
        .client
        .handle::<()>("asleep")
        .await
        .unwrap()
        .describe()
        .await
        .unwrap();
    assert_eq!(pending.cancel_requested.unwrap().reason, "why not");
    shows(
        &world,
        &["cancel", "done"],
        Exit::Conflict,
        expect![[r#"
        error: workflow `done` has already ended (completed)
    "#]],
    )
    .await;
    shows(
        &world,
        &["terminate", "blocked"],
        Exit::Ok,
        expect![[r#"
        blocked: terminated
    "#]],
    )
    .await;
    shows(
        &world,
        &["result", "blocked"],
        Exit::WorkflowFailed,
        expect![[r#"
            error: workflow `blocked` was terminated: terminated from the command line
        "#]],
    )
    .await;
    let (exit, text) = run_with(&world, &["terminate", "-"], "fresh\n\nnobody\nasleep\n").await;
    expect![[r#"
        fresh: terminated
        nobody: failed: no workflow has the id `nobody`
        asleep: terminated
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::NotFound);
}

#[tokio::test]
async fn a_person_is_asked_before_a_workflow_is_terminated() {
    for (answer, exit, phase) in [
        ("n\n", Exit::Error, Phase::Running),
        ("", Exit::Error, Phase::Running),
        ("y\n", Exit::Ok, Phase::Terminated),
    ] {
        let world = world().await;
        let args = App::try_parse_from(["app", "terminate", "asleep"]).unwrap();
        let mut term = Terminal {
            out: &mut Vec::new(),
            input: &mut answer.as_bytes(),
            format: Format::Table,
            width: 80,
            now: at(60),
            zone: TimeZone::UTC,
            program: "app".into(),
            store: "memory://".into(),
            interactive: true,
        };
        let AppCommand::Shared(SharedCommand::Terminate(args)) = args.command else {
            panic!("another command")
        };
        let ended = super::terminate::run(args, &world.client, &mut term).await;
        assert_eq!(ended.unwrap_or_else(|failure: Failure| failure.exit), exit);
        let found = world
            .client
            .handle::<()>("asleep")
            .await
            .unwrap()
            .describe()
            .await;
        assert_eq!(found.unwrap().summary.phase, phase);
    }
}

#[tokio::test]
async fn start() {
    let world = World::new().await;
    let order = r#"{"id":"42","items":["book"],"cents":5}"#;
    let args = ["start", "buy", "--id", "a", "--input", order];
    shows(
        &world,
        &args,
        Exit::Ok,
        expect![[r#"
        Started buy as a. See it: app show a
    "#]],
    )
    .await;
    shows(
        &world,
        &args,
        Exit::Conflict,
        expect![[r#"
        error: workflow `a` has already been started
          hint: nothing was changed; `app show a` tells where it is
    "#]],
    )
    .await;
    let cat = r#"{"name":"cat","seconds":3}"#;
    let (exit, text) = run_with(
        &world,
        &["start", "nap", "--id", "b", "-i", "-", "-o", "ids"],
        cat,
    )
    .await;
    assert_eq!((exit, text.as_str()), (Exit::Ok, "b\n"));
    let taken = ["start", "nap", "--id", "a", "--input", cat];
    shows(
        &world,
        &taken,
        Exit::Conflict,
        expect![[r#"
        error: the id `a` is taken by a workflow of another kind, `buy`
          hint: choose another id
    "#]],
    )
    .await;

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), order).unwrap();
    let from_file = format!("@{}", file.path().display());
    let args = [
        "start", "buy", "--id", "c", "--delay", "1h", "-i", &from_file, "-o", "json",
    ];
    let (exit, text) = run(&world, &args).await;
    assert_eq!(exit, Exit::Ok);
    let started: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&started["id"], &started["workflow"]),
        (&"c".into(), &"buy".into())
    );
    let record = world
        .store
        .find(&"c".to_owned().try_into().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(codec::to_json(&record.input).unwrap()["order"]["cents"], 5);
}

#[tokio::test]
async fn a_start_that_does_not_fit_writes_nothing() {
    let world = World::new().await;
    let start = |workflow, input| ["start", workflow, "--id", "x", "--input", input];
    let large = format!(r#"{{"id":"{}","items":[],"cents":5}}"#, "x".repeat(3 << 20));
    for (args, expected) in [
        (
            start("buyy", "1"),
            expect![[r#"
            error: this binary has no workflow `buyy`
              hint: did you mean buy?
        "#]],
        ),
        (
            start("refund", "1"),
            expect![[r#"
            error: this binary has no workflow `refund`
              hint: known are: buy, nap
        "#]],
        ),
        (
            start("buy", "{"),
            expect![[r#"
            error: the input is not JSON (--input)
              because: EOF while parsing an object at line 1 column 1
              hint: quote text twice for the shell, such as --input '"book"', or use --input @FILE
        "#]],
        ),
        (
            start("buy", "@/nowhere/order.json"),
            expect![[r#"
            error: cannot read the input file /nowhere/order.json
              because: No such file or directory (os error 2)
        "#]],
        ),
        (
            start("buy", r#"{"id":"42"}"#),
            expect![[r#"
            error: the input does not fit workflow `buy`
              because: argument `order`: missing field `items`
              hint: --input takes the value of its one parameter, `order`
        "#]],
        ),
        (
            start("nap", "5"),
            expect![[r#"
            error: the input does not fit workflow `nap`
              because: it is not an object
              hint: --input takes an object: {"name": …, "seconds": …}
        "#]],
        ),
        (
            start("nap", r#"{"name":"cat","second":3}"#),
            expect![[r#"
            error: the input does not fit workflow `nap`
              because: there is no parameter `second`
              hint: did you mean seconds?
        "#]],
        ),
        (
            start("nap", r#"{"name":"cat"}"#),
            expect![[r#"
            error: the input does not fit workflow `nap`
              because: argument `seconds`: missing
              hint: --input takes an object: {"name": …, "seconds": …}
        "#]],
        ),
        (
            start("buy", &large),
            expect![[r#"
            error: the input has 3145762 bytes, the limit is 2097152; store it elsewhere and pass a key
        "#]],
        ),
    ] {
        shows(&world, &args, Exit::Usage, expected).await;
    }
}

#[tokio::test]
async fn a_start_without_id_or_input_writes_nothing() {
    let world = World::new().await;
    let bad_id = [
        "start",
        "nap",
        "--id",
        "",
        "-i",
        r#"{"name":"cat","seconds":3}"#,
    ];
    shows(
        &world,
        &bad_id,
        Exit::Usage,
        expect![[r#"
        error: a workflow id cannot be empty
    "#]],
    )
    .await;
    shows(
        &world,
        &["start", "nap", "--id", "x"],
        Exit::Usage,
        expect![[r#"
            error: the input does not fit workflow `nap`
              because: it is missing
              hint: --input takes an object: {"name": …, "seconds": …}
        "#]],
    )
    .await;
    shows(
        &world,
        &["list"],
        Exit::Ok,
        expect![[r#"
        No workflows.
    "#]],
    )
    .await;
}

#[tokio::test]
async fn check_tells_what_would_be_parked() {
    let world = World::new().await;
    shows(
        &world,
        &["check"],
        Exit::Ok,
        expect![[r#"
        No workflows are running; nothing can be parked.
    "#]],
    )
    .await;
    world.drive("good", a_book(), vec![]).await;
    world.drive("good-2", a_book(), vec![]).await;
    shows(
        &world,
        &["check"],
        Exit::Ok,
        expect![[r#"
        WORKFLOW  AWAIT    COUNT  VERDICT  FOR EXAMPLE
        buy       reserve  2      fits     good-2, good

        This binary can go on with all 2 running workflows.
    "#]],
    )
    .await;

    world
        .start("old-input", "buy", codec::encode(&("no", "order")).unwrap())
        .await;
    world.start("gone", "refund", a_book().1).await;
    let number = world.drive("renamed", a_book(), vec![]).await;
    let latest = world.store.latest_step(number).await.unwrap().unwrap();
    let mut frame: crate::frame::Frame = codec::decode(&latest.frame.unwrap()).unwrap();
    frame.label = "reserve(stock)".into();
    world
        .step(
            number,
            2,
            Some(&frame),
            Some(codec::encode(&Resolution::Fired).unwrap()),
        )
        .await;
    let number = world.drive("changed", a_book(), vec![returned(&"r")]).await;
    let latest = world.store.latest_step(number).await.unwrap().unwrap();
    let mut frame: crate::frame::Frame = codec::decode(&latest.frame.unwrap()).unwrap();
    frame.locals[0].value = codec::encode(&7).unwrap();
    world
        .step(
            number,
            3,
            Some(&frame),
            Some(codec::encode(&Resolution::Fired).unwrap()),
        )
        .await;

    shows(&world, &["check"], Exit::Error, expect![[r#"
        WORKFLOW  AWAIT           COUNT  VERDICT                                           FOR EXAMPLE
        buy       not begun       1      the input does not fit: arguments must be a map   old-input
                                         from name to value
        buy       reserve         2      fits                                              good-2, good
        buy       reserve(stock)  1      no await is labelled `reserve(stock)` any more    renamed
        buy       sleep           1      local order: invalid type: integer `7`, expected  changed
                                         struct Order
        refund    not begun       1      this binary has no workflow of that name          gone

        4 of 6 running workflows would be parked by this binary.
        Nothing is lost: they wait until a binary that fits is deployed. To heal them, keep
        the await's name, give new fields a #[serde(default)], or keep the old function.
    "#]]).await;
    let (exit, mut ids) = run(&world, &["check", "-o", "ids"]).await;
    let mut ids: Vec<_> = ids.split_off(0).lines().map(str::to_owned).collect();
    ids.sort();
    assert_eq!(exit, Exit::Error);
    assert_eq!(ids, ["changed", "gone", "old-input", "renamed"]);
    let (exit, text) = run(&world, &["check", "-o", "json"]).await;
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (exit, &found["checked"], &found["would_park"]),
        (Exit::Error, &6.into(), &4.into())
    );
}

#[tokio::test]
async fn workers_and_workflows() {
    let world = world().await;
    shows(
        &world,
        &["workers"],
        Exit::Ok,
        expect![[r#"
        WORKER            PROCESS          STATE  OWNS  LEASE
        000000000000beef  host-7 pid 4711  alive  2     ends in 59m
    "#]],
    )
    .await;
    let (exit, text) = run(&world, &["workflows", "buy"]).await;
    assert_eq!(exit, Exit::Ok);
    // Lines move with the fixture.
    let text: String = text
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    expect![[r#"
        buy(order)  durable-runtime/src/fixture.rs:00
          AWAIT    LINE  EXPRESSION                        SAVED LOCALS
          reserve  00    reserve(order.clone())            order: Order
          sleep    00    sleep(Duration::from_secs(0000))  order: Order, reservation: String
          charge   00    charge(order.cents)               reservation: String
    "#]]
    .assert_eq(&text);
    shows(
        &world,
        &["workflows", "bye"],
        Exit::Usage,
        expect![[r#"
        error: this binary has no workflow `bye`
          hint: known are: buy, nap
    "#]],
    )
    .await;
}

#[tokio::test]
async fn results_of_other_kinds_of_workflows_are_exact() {
    let world = World::new().await;
    let input = nap("cat".into(), 5).input().unwrap().to_vec();
    world
        .drive("cat", ("nap", input), vec![Resolution::Fired])
        .await;
    shows(
        &world,
        &["result", "cat"],
        Exit::Ok,
        expect![[r#"
        "cat rested: true"
    "#]],
    )
    .await;
    let number = world.drive("odd", a_book(), vec![]).await;
    let output = codec::encode(&Err::<(), _>(Error::msg("no"))).unwrap();
    world
        .end(number, 1, Phase::Cancelled, Some(output), Some("no".into()))
        .await;
    shows(
        &world,
        &["result", "odd", "-o", "jsonl"],
        Exit::WorkflowFailed,
        expect![[r#"
            {"error":"no","id":"odd","output":{"Err":{"kind":"Failed","message":"no"}},"phase":"cancelled"}
        "#]],
    )
    .await;
}

#[tokio::test]
async fn wrong_usage_is_told() {
    let world = World::new().await;
    for args in [
        &["lst"][..],
        &["list", "--limit", "0"],
        &["list", "--before", "xyz"],
        &["list", "--all"],
        &["result", "x", "--timeout", "soon"],
        &["cancel"],
        &[],
    ] {
        let (exit, text) = run(&world, args).await;
        assert_eq!(exit, Exit::Usage, "{args:?}: {text}");
    }
    let (_, text) = run(&world, &["lst"]).await;
    assert!(
        text.contains("a similar subcommand exists: 'list'"),
        "{text}"
    );
}
