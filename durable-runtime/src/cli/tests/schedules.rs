//! `schedule`: what its commands print, with a worker that drives them.

use super::*;
use crate::Worker;
use crate::clock::{Clock, VirtualClock};
use crate::engine::Health;
use crate::fixture::T0;
use std::sync::Arc;
use std::time::Duration;

/// A world whose client goes by this clock.
async fn world_at(clock: &VirtualClock) -> World {
    let mut world = World::new().await;
    world.client = world.client.clone().clock(Arc::new(clock.clone()));
    world
}

const NIGHTLY: &[&str] = &[
    "schedule",
    "create",
    "nap",
    "--id",
    "nightly",
    "--input",
    r#"{"name": "Ada", "seconds": 90}"#,
];

/// Waits until a worker has done what it was asked.
async fn settled(world: &World) {
    let schedule = world.client.schedule("nightly").await.unwrap();
    let wait = async {
        loop {
            let seen = schedule.describe().await.unwrap();
            if (seen.waiting, seen.backfills) == (0, 0) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .expect("within 20 s");
}

#[tokio::test]
async fn a_schedule_is_created_shown_and_steered() {
    let clock = VirtualClock::new(T0);
    let world = world_at(&clock).await;
    let list = &["schedule", "list"];
    shows(&world, list, Exit::Ok, expect!["No schedules.\n"]).await;
    let create = [NIGHTLY, &["--every", "20s", "--jitter", "2s"]].concat();
    shows(&world, &create, Exit::Ok, expect![[r#"
        Created nightly, first at 2026-01-02 03:04:21 UTC (43s ago). See it: app schedule show nightly
    "#]]).await;
    let hold = clock.busy();
    let worker = Worker::new(world.store.clone(), crate::WorkerOptions::default())
        .clock(Arc::new(clock.clone()));
    let mut health = worker.link().health();
    let worker = tokio::spawn(worker.run(std::future::pending()));
    health
        .wait_for(|health| *health == Health::Well)
        .await
        .unwrap();
    let moment = clock.sleep_until(at(60));
    drop(hold);
    let _hold = tokio::time::timeout(Duration::from_secs(20), moment).await;
    shows(
        &world,
        list,
        Exit::Ok,
        expect![[r#"
        ID       WORKFLOW  TIMES      STATUS  NEXT    LAST
        nightly  nap       every 20s  active  in 15s  43s ago, running
    "#]],
    )
    .await;
    let show = &["schedule", "show", "nightly"];
    shows(
        &world,
        show,
        Exit::Ok,
        expect![[r#"
        nightly  nap  active
          times    every 20s
          jitter   2s
          overlap  skip
          created  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          so far   1 started, 2 skipped
          input    {"name":"Ada","seconds":90}

        Next
          AT                       FROM NOW
          2026-01-02 03:05:20 UTC  in 15s
          2026-01-02 03:05:41 UTC  in 36s
          2026-01-02 03:06:01 UTC  in 56s
          2026-01-02 03:06:20 UTC  in 1m 15s
          2026-01-02 03:06:40 UTC  in 1m 35s
          2026-01-02 03:07:00 UTC  in 1m 55s
          2026-01-02 03:07:20 UTC  in 2m 15s
          2026-01-02 03:07:40 UTC  in 2m 35s
          2026-01-02 03:08:01 UTC  in 2m 56s
          2026-01-02 03:08:20 UTC  in 3m 15s

        Last, newest first
          WORKFLOW                      BY    STARTED  LATE BY  STATUS
          nightly-2026-01-02T03:04:20Z  time  43s ago  1.9s     running
    "#]],
    )
    .await;
    steer(&world).await;
    worker.abort();
}

#[tokio::test]
async fn a_schedule_shows_what_its_workflows_are_found_by() {
    let world = world_at(&VirtualClock::new(T0)).await;
    let tags = ["--cron", "@daily", "--attribute", "cents=5", "--memo"];
    let create = [NIGHTLY, &tags, &[r#"by={"team":"ops"}"#, "-o", "ids"]].concat();
    shows(&world, &create, Exit::Ok, expect!["nightly\n"]).await;
    let (exit, text) = run(&world, &["schedule", "show", "nightly"]).await;
    assert_eq!(exit, Exit::Ok);
    let about: Vec<_> = text.lines().skip(6).take(3).collect();
    let expected = [
        "  cents    5",
        r#"  memo by  {"team":"ops"}"#,
        r#"  input    {"name":"Ada","seconds":90}"#,
    ];
    assert_eq!(about, expected);
    let (_, json) = run(&world, &["schedule", "show", "nightly", "-o", "json"]).await;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["attributes"], serde_json::json!({ "cents": 5 }));
    assert_eq!(json["memo"], serde_json::json!({ "by": { "team": "ops" } }));
}

async fn steer(world: &World) {
    let list = &["schedule", "list"];
    let pause = &["schedule", "pause", "nightly", "-n", "for the holidays"];
    shows(
        world,
        pause,
        Exit::Ok,
        expect![[r#"
        nightly: paused
    "#]],
    )
    .await;
    shows(
        world,
        list,
        Exit::Ok,
        expect![[r#"
        ID       WORKFLOW  TIMES      STATUS  NEXT  LAST
        nightly  nap       every 20s  paused        43s ago, running
    "#]],
    )
    .await;
    let update = [
        &["schedule", "update", "nightly", "--cron", "0 2 * * *"] as &[_],
        &["--zone", "Europe/Berlin", "--overlap", "allow-all"],
        &[
            "--limit",
            "9",
            "--until",
            "2026-01-05",
            "--pause-on-failure",
        ],
    ];
    shows(
        world,
        &update.concat(),
        Exit::Ok,
        expect![[r#"
        nightly: updated
    "#]],
    )
    .await;
    start_out_of_turn(world).await;
}

async fn start_out_of_turn(world: &World) {
    let show = &["schedule", "show", "nightly"];
    let trigger = &["schedule", "trigger", "nightly"];
    shows(
        world,
        trigger,
        Exit::Ok,
        expect![[r#"
        nightly: triggered
    "#]],
    )
    .await;
    settled(world).await;
    let fill = &["schedule", "backfill", "nightly", "--from", "2026-01-01"];
    let fill = [fill as &[_], &["--overlap", "allow-all"]].concat();
    shows(
        world,
        &fill,
        Exit::Ok,
        expect![[r#"
        nightly: back-fill requested
    "#]],
    )
    .await;
    settled(world).await;
    let resume = &["schedule", "resume", "nightly", "-o", "ids"];
    shows(
        world,
        resume,
        Exit::Ok,
        expect![[r#"
        nightly
    "#]],
    )
    .await;
    shows(
        world,
        show,
        Exit::Ok,
        expect![[r#"
        nightly  nap  active
          times    0 2 * * * (Europe/Berlin)
          failure  pauses it
          jitter   2s
          limit    9
          overlap  allow all
          until    2026-01-05T00:00:00Z
          created  2026-01-02 03:04:05 UTC (1m ago)
          queue    default
          so far   4 started, 2 skipped
          input    {"name":"Ada","seconds":90}

        Next
          AT                       FROM NOW
          2026-01-03 01:00:01 UTC  in 21h 54m
          2026-01-04 01:00:00 UTC  in 1d 21h

        Last, newest first
          WORKFLOW                                BY         STARTED  LATE BY  STATUS
          nightly-2026-01-02T01:00:00Z            back-fill  0ms ago  2h 5m    running
          nightly-2026-01-01T01:00:00Z            back-fill  0ms ago  1d 2h    running
          nightly-2026-01-02T03:05:05Z-trigger-1  trigger    0ms ago  0ms      running
          nightly-2026-01-02T03:04:20Z            time       43s ago  1.9s     running
    "#]],
    )
    .await;
    let run = &["show", "nightly-2026-01-02T01:00:00Z"];
    let (_, text) = super::run(world, run).await;
    assert!(
        text.contains("by       schedule nightly, for 2026-01-02 01:00:00 UTC"),
        "{text}"
    );
    finish(world).await;
}

async fn finish(world: &World) {
    let all = &["schedule", "list", "-o", "json"];
    shows(
        world,
        all,
        Exit::Ok,
        expect![[r#"
        [
          {
            "counts": {
              "missed": 0,
              "repeated": 0,
              "skipped": 2,
              "started": 4
            },
            "created_at": "2026-01-02T03:04:05.000Z",
            "id": "nightly",
            "last": {
              "cause": "back-fill",
              "ended": null,
              "started_at": "2026-01-02T03:05:05.000Z",
              "time": "2026-01-02T01:00:00.000Z",
              "workflow": "nightly-2026-01-02T01:00:00Z"
            },
            "next_at": "2026-01-03T01:00:01.649Z",
            "note": "",
            "policies": {
              "failure": "pauses it",
              "jitter": "2s",
              "limit": "9",
              "overlap": "allow all",
              "until": "2026-01-05T00:00:00Z"
            },
            "queue": "default",
            "status": "active",
            "times": "0 2 * * * (Europe/Berlin)",
            "workflow": "nap",
            "zone": "Europe/Berlin"
          }
        ]
    "#]],
    )
    .await;
    let delete = &["schedule", "delete", "nightly"];
    shows(
        world,
        delete,
        Exit::Ok,
        expect![[r#"
        nightly: deleted
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_said() {
    let clock = VirtualClock::new(T0);
    let world = world_at(&clock).await;
    let create = |more: &[&'static str]| [NIGHTLY, more].concat();
    let wrong = create(&["--cron", "0 25 * * *"]);
    shows(&world, &wrong, Exit::Usage, expect![[r#"
        error: the schedule cannot be used
          because: `0 25 * * *` is no cron expression: number out of bounds; write minute, hour, day of the month, month and day of the week, as in "0 2 * * MON-FRI", or @hourly, @daily, @weekly, @monthly
    "#]]).await;
    let wrong = create(&["--cron", "@daily", "--zone", "Europe/Berln"]);
    shows(
        &world,
        &wrong,
        Exit::Usage,
        expect![[r#"
        error: the schedule cannot be used
          because: there is no time zone `Europe/Berln`; write a name such as Europe/Berlin or UTC
    "#]],
    )
    .await;
    shows(
        &world,
        &create(&[]),
        Exit::Usage,
        expect![[r#"
        error: the schedule cannot be used
          because: it names no times: give it a cron expression or an interval
    "#]],
    )
    .await;
    let wrong = create(&["--cron", "@daily", "--from", "tomorrow"]);
    shows(
        &world,
        &wrong,
        Exit::Usage,
        expect![[r#"
        error: --from is no time
          because: write a time such as 2026-11-27, "2026-11-27 02:00" or 2026-11-27T02:00:00Z
    "#]],
    )
    .await;
    let right = create(&["--cron", "@daily", "--paused", "not yet"]);
    shows(
        &world,
        &right,
        Exit::Ok,
        expect![[r#"
        Created nightly, paused. See it: app schedule show nightly
    "#]],
    )
    .await;
    shows(
        &world,
        &right,
        Exit::Conflict,
        expect![[r#"
        error: there is a schedule `nightly` already
          hint: nothing was changed; `schedule update` changes it
    "#]],
    )
    .await;
    let nobody = &["schedule", "trigger", "nobody"];
    shows(
        &world,
        nobody,
        Exit::NotFound,
        expect![[r#"
        error: there is no schedule `nobody`
          hint: `app schedule list` shows which there are
    "#]],
    )
    .await;
    let future = &["schedule", "backfill", "nightly", "--from", "2030-01-01"];
    shows(&world, future, Exit::Usage, expect![[r#"
        error: only times of the past can be back-filled: the range ends in the future or before it begins
    "#]]).await;
}
