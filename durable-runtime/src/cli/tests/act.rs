//! Commands that change something: `signal`, `cancel`, `terminate`, `pause`, `start`.

use super::*;
use crate::cli::failure::Failure;
use crate::cli::terminal::Format;
use crate::cli::{AppCommand, SharedCommand};
use crate::clock::VirtualClock;
use std::sync::Arc;

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
async fn an_update_is_sent_and_its_answer_awaited_or_not() {
    let world = world().await;
    let send = ["update", "asleep", "add", "--value", "5", "--no-wait"];
    shows(
        &world,
        &send,
        Exit::Ok,
        expect![[r#"
        asleep: update add sent
    "#]],
    )
    .await;
    shows(
        &world,
        &["update", "done", "add"],
        Exit::Conflict,
        expect![[r#"
            error: workflow `done` has already ended (completed)
              hint: nobody will answer the update any more; nothing was sent
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_signal_is_kept_for_the_workflow() {
    let world = world().await;
    let send = [
        "signal",
        "asleep",
        "approve",
        "--value",
        "{\"by\": \"ada\"}",
    ];
    shows(
        &world,
        &send,
        Exit::Ok,
        expect![[r#"
            asleep: signal approve sent
        "#]],
    )
    .await;
    let id = world.client.handle::<()>("asleep").await.unwrap();
    let run = id.run();
    let inbox = world.client.store().inbox(run).await.unwrap();
    assert_eq!(inbox[0].name, "approve");
    let value = crate::codec::to_json(&inbox[0].payload).unwrap();
    assert_eq!(value, serde_json::json!({ "by": "ada" }));
    shows(
        &world,
        &["signal", "done", "approve"],
        Exit::Conflict,
        expect![[r#"
            error: workflow `done` has already ended (completed)
              hint: nobody will take the signal any more; nothing was sent
        "#]],
    )
    .await;
    shows(
        &world,
        &["signal", "asleep", "approve", "--value", "ada"],
        Exit::Usage,
        expect![[r#"
            error: the input is not JSON (--value)
              because: expected value at line 1 column 1
              hint: quote text twice for the shell, such as --value '"book"', or use --value @FILE
        "#]],
    )
    .await;
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
        let ended = crate::cli::terminate::run(args, &world.client, &mut term).await;
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
async fn pause_and_resume() {
    let mut world = world().await;
    let clock = Arc::new(VirtualClock::new(at(50)));
    world.client = world.client.clone().clock(clock);
    for (args, exit, text) in [
        (
            &["pause", "asleep", "retrying", "-r", "the bank is down"][..],
            Exit::Ok,
            expect![[r#"
                asleep: paused
                retrying: paused
            "#]],
        ),
        (
            &["list", "--paused"],
            Exit::Ok,
            expect![[r#"
            ID        WORKFLOW  STATUS   WHERE                     STARTED
            retrying  buy       pausing  charge, the bank is down  1m ago
            asleep    buy       paused   sleep, the bank is down   1m ago
        "#]],
        ),
        (
            &["show", "asleep", "-n", "1"],
            Exit::Ok,
            expect![[r#"
            asleep  buy  paused: the bank is down
              started  2026-01-02 03:04:05 UTC (1m ago)
              queue    default
              run      3000
              paused   2026-01-02 03:04:55 UTC (10s ago)
              input    {"order":{"cents":1999,"id":"42","items":["book","lamp"]}}

            Waiting at sleep
              durable-runtime/src/fixture.rs:46  sleep(Duration::from_secs(1800))
              for timer until 2026-01-02 03:34:06 UTC (in 29m 1s), since 58s ago

            Locals at the last checkpoint
              order        {"cents":1999,"id":"42","items":["book","lamp"]}
              reservation  "r-42"

            Steps
              … 1 before these: add -n 21
              #  AWAIT  BEGAN           TOOK  TRIES  ANSWER
              2  sleep  01-02 03:04:07               …
        "#]],
        ),
        (
            &["list", "--paused", "-o", "jsonl"],
            Exit::Ok,
            expect![[r#"
                {"id":"retrying","workflow":"buy","phase":"running","status":"pausing","status_detail":"the bank is down","waiting_at":"charge","queue":"default","run":"4000","worker":"000000000000beef","created_at":"2026-01-02T03:04:05.000Z","finished_at":null,"error":null,"paused_at":"2026-01-02T03:04:55.000Z","attributes":{}}
                {"id":"asleep","workflow":"buy","phase":"running","status":"paused","status_detail":"the bank is down","waiting_at":"sleep","queue":"default","run":"3000","worker":null,"created_at":"2026-01-02T03:04:05.000Z","finished_at":null,"error":null,"paused_at":"2026-01-02T03:04:55.000Z","attributes":{}}
            "#]],
        ),
        (
            &["pause", "done"],
            Exit::Conflict,
            expect![[r#"
            error: workflow `done` has already ended (completed)
        "#]],
        ),
        (
            &["resume", "asleep"],
            Exit::Ok,
            expect![[r#"
            asleep: resumed
        "#]],
        ),
        (
            &["list", "--paused", "-o", "ids"],
            Exit::Ok,
            expect![[r#"
            retrying
        "#]],
        ),
        (
            &["resume", "nobody"],
            Exit::NotFound,
            expect![[r#"
            error: no workflow has the id `nobody`
              hint: `app list` shows which there are
        "#]],
        ),
    ] {
        shows(&world, args, exit, text).await;
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
              hint: nothing was changed; `app show a` tells where it is, and --on-conflict and --reuse start all the same
        "#]],
    )
    .await;
    let takes = |option: &'static str| [&args[..], &[option]].concat();
    shows(
        &world,
        &takes("--on-conflict=use-existing"),
        Exit::Ok,
        expect![[r#"
        buy runs as a. See it: app show a
    "#]],
    )
    .await;
    shows(
        &world,
        &takes("--on-conflict=terminate-existing"),
        Exit::Ok,
        expect![[r#"
        Started buy as a. See it: app show a
    "#]],
    )
    .await;
    for _ in 0..2 {
        let handle = world.client.handle::<()>("a").await.unwrap();
        handle.terminate("").await.unwrap();
        let (exit, _) = run(&world, &takes("--reuse=if-failed")).await;
        assert_eq!(exit, Exit::Ok);
    }
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
                  hint: known are: buy, furnish, nap, pay_all, pay_text
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
