//! The commands against a fixed world: what they print, and how they exit.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "as expect-test writes them"
)]

mod act;
mod coded;
mod elsewhere;
mod headers;
mod hostile;
mod inspect;
mod look;
mod progress;
mod queues;
mod schedules;
mod tasks;

use super::App;
use super::failure::Exit;
use super::terminal::Terminal;
use crate::codec;
use crate::error::Error;
use crate::fixture::{World, a_book, at, nap, returned};
use crate::operation::{Answered, Request, Resolution, TimeoutKind};
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
    let mut checkpoint = crate::frame::Checkpoint::decode(&latest.frame.unwrap()).unwrap();
    checkpoint.frame.label = "reserve(stock)".into();
    world
        .step(number, 2, Some(&checkpoint), Some(fired()))
        .await;
    let number = world.drive("changed", a_book(), vec![returned(&"r")]).await;
    let latest = world.store.latest_step(number).await.unwrap().unwrap();
    let mut checkpoint = crate::frame::Checkpoint::decode(&latest.frame.unwrap()).unwrap();
    checkpoint.frame.locals[0].value = codec::encode(&7).unwrap();
    world
        .step(number, 3, Some(&checkpoint), Some(fired()))
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
              hint: known are: buy, furnish, nap, pay_all, pay_text
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

/// The answer of a timer, as a step records it.
fn fired() -> Vec<u8> {
    let answer = Resolution::Fired;
    codec::encode(&[Answered { op: 1, answer }]).unwrap()
}
