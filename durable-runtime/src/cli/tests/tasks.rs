//! Activities on other queues: where they wait, and who has them.

use super::*;
use crate::clock::VirtualClock;
use crate::operation::ActivityRequest;
use crate::store::{Concurrency, NewTask, Queueing, TaskClaim, TaskOf, TaskWrite, Write};
use std::sync::Arc;

/// A run whose activity `charge` waits for workers of `gpu`.
async fn waiting(world: &World) -> TaskOf {
    let answers = vec![returned(&"r-42"), Resolution::Fired];
    let run = world.drive("waits", a_book(), answers).await;
    let step = world.store.latest_step(run).await.unwrap().unwrap();
    let mut checkpoint = crate::frame::Checkpoint::decode(&step.frame.unwrap()).unwrap();
    let op = checkpoint.calls()[0].op;
    let call = checkpoint.call_mut(op).unwrap();
    let Request::Activity(request) = &mut call.request else {
        panic!("it awaits an activity");
    };
    request.options.queue = Some("gpu".into());
    let ActivityRequest { name, .. } = &**request;
    let activity = name.clone();
    let next = step.seq + 1;
    world
        .step(run, next, Some(&checkpoint), Some(fired()))
        .await;
    let of = TaskOf {
        run,
        op,
        attempt: 1,
    };
    put(world, of, &activity, Queueing::default()).await;
    of
}

async fn put(world: &World, of: TaskOf, activity: &str, queueing: Queueing) {
    let put = TaskWrite::Put(NewTask {
        of,
        queue: "gpu".into(),
        queueing,
        activity: activity.to_owned(),
        put_at: at(20),
        body: vec![],
    });
    world.commit(Write::Task(put)).await;
}

#[tokio::test]
async fn who_has_an_activity_of_another_queue_is_shown() {
    let world = World::new().await;
    let of = waiting(&world).await;
    let (_, text) = run(&world, &["show", "waits"]).await;
    let lines = |text: &str| {
        let all = text.lines();
        let all = all.skip_while(|line| !line.starts_with("Waiting at"));
        let own = all.skip(2).take(2).map(|line| format!("{}\n", line.trim()));
        own.collect::<String>()
    };
    expect![[r#"
          for activity charge on gpu, since 56s ago
          no worker of gpu has it, since 40s ago
    "#]]
    .assert_eq(&lines(&text));
    shows(
        &world,
        &["queue", "list"],
        Exit::Ok,
        expect![[r#"
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE  ACTIVITY LIMITS
            default  busy    0        1          -           -      -        -     -
            gpu      busy    0        0          1 waiting   -      -        -     -
        "#]],
    )
    .await;
    let claim = TaskClaim {
        queue: "gpu".into(),
        activities: vec!["charge".into()],
        now: at(30),
        limit: 1,
        but: vec![],
    };
    assert_eq!(world.claim_tasks(claim).await, 1);
    world
        .commit(Write::Task(TaskWrite::Beat {
            of,
            at: at(50),
            details: vec![],
        }))
        .await;
    let (_, text) = run(&world, &["show", "waits"]).await;
    expect![[r#"
          for activity charge on gpu, since 56s ago
          worker 000000000000beef has it, since 30s ago; last heartbeat 10s ago
    "#]]
    .assert_eq(&lines(&text));
    shows(
        &world,
        &["queue", "list"],
        Exit::Ok,
        expect![[r#"
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE  ACTIVITY LIMITS
            default  busy    0        1          -           -      -        -     -
            gpu      busy    0        0          1 running   -      -        -     -
        "#]],
    )
    .await;
    let (_, text) = run(&world, &["show", "waits", "-o", "json"]).await;
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let task = &found["waiting"]["operations"][0]["task"];
    assert_eq!(
        (&task["queue"], &task["attempt"]),
        (&"gpu".into(), &1.into())
    );
}

#[tokio::test]
async fn activities_of_a_queue_are_limited() {
    let world = World::new().await;
    waiting(&world).await;
    let set = [
        "queue",
        "set",
        "gpu",
        "--activity-concurrency",
        "1",
        "--activity-per-key",
        "2",
        "--activity-rate",
        "100/s",
        "--activity-burst",
        "5",
    ];
    shows(
        &world,
        &set,
        Exit::Ok,
        expect![[r#"
        gpu: of activities at most 1 at a time, at most 2 of each key, 100/s begin, 5 at once
    "#]],
    )
    .await;
    let list = &["queue", "list"];
    shows(
        &world,
        list,
        Exit::Ok,
        expect![[r#"
        QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE  ACTIVITY LIMITS
        default  busy    0        1          -           -      -        -     -
        gpu      busy    0        0          1 waiting   -      -        -     1, 2 per key, 100/s
    "#]],
    )
    .await;
    let json = &["queue", "list", "-o", "jsonl"];
    shows(&world, json, Exit::Ok, expect![[r#"
        {"activities":null,"activity_burst":null,"activity_concurrency":null,"activity_per_key":null,"activity_rate":null,"burst":null,"concurrency":null,"name":"default","paused":false,"per_key":null,"rate":null,"running":1,"waiting":0}
        {"activities":{"running":0,"waiting":1,"waiting_since":"2026-01-02T03:04:25.000Z"},"activity_burst":5,"activity_concurrency":1,"activity_per_key":2,"activity_rate":"100/s","burst":null,"concurrency":null,"name":"gpu","paused":false,"per_key":null,"rate":null,"running":0,"waiting":0}
    "#]]).await;
    let none = [
        "queue",
        "set",
        "gpu",
        "--activity-per-key",
        "none",
        "--activity-rate",
        "none",
    ];
    shows(
        &world,
        &none,
        Exit::Ok,
        expect![[r#"
        gpu: of activities at most 1 at a time
    "#]],
    )
    .await;
}

/// What an activity waits for is said where it waits.
#[tokio::test]
async fn what_keeps_an_activity_from_workers_is_shown() {
    let mut world = World::new().await;
    world.client = world.client.clock(Arc::new(VirtualClock::new(at(60))));
    let of = waiting(&world).await;
    let why = async || {
        let (_, text) = run(&world, &["show", "waits"]).await;
        let line = text.lines().find(|line| line.contains("no worker of gpu"));
        format!("{}\n", line.expect("nobody has it").trim())
    };
    let set = async |args: &[&str]| {
        let all = [&["queue"], args].concat();
        assert_eq!(run(&world, &all).await.0, Exit::Ok, "{args:?}");
    };
    let other = |op| TaskOf { op, ..of };
    let claim = TaskClaim {
        queue: "gpu".into(),
        activities: vec!["other".into()],
        now: at(60),
        limit: 1,
        but: vec![],
    };
    let keyed = || Queueing {
        concurrency: Some(Concurrency::new("customer-7", 1)),
        ..Queueing::default()
    };
    put(&world, other(101), "other", keyed()).await;
    put(&world, of, "charge", keyed()).await;
    expect![[r#"
        no worker of gpu has it, since 40s ago: others of the key `customer-7` come first
    "#]]
    .assert_eq(&why().await);
    assert_eq!(world.claim_tasks(claim.clone()).await, 1);
    put(&world, of, "charge", Queueing::default()).await;
    set(&["set", "gpu", "--activity-concurrency", "1"]).await;
    expect![[r#"
        no worker of gpu has it, since 40s ago: as many of gpu run as may (1)
    "#]]
    .assert_eq(&why().await);
    set(&[
        "set",
        "gpu",
        "--activity-concurrency",
        "2",
        "--activity-rate",
        "1/m",
    ])
    .await;
    expect![[r#"
        no worker of gpu has it, since 40s ago
    "#]]
    .assert_eq(&why().await);
    put(&world, other(102), "other", Queueing::default()).await;
    set(&["set", "gpu", "--activity-concurrency", "none"]).await;
    assert_eq!(world.claim_tasks(claim).await, 1);
    expect![[r#"
        no worker of gpu has it, since 40s ago: the rate of gpu lets the next one begin in 1m
    "#]]
    .assert_eq(&why().await);
    let (_, text) = run(&world, &["show", "waits", "-o", "json"]).await;
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    let task = &found["waiting"]["operations"][0]["task"];
    expect![[r#"{"rate":"2026-01-02T03:06:05.000Z"}"#]].assert_eq(&task["waits_for"].to_string());
    set(&["pause", "gpu"]).await;
    expect![[r#"
        no worker of gpu has it, since 40s ago: gpu is paused
    "#]]
    .assert_eq(&why().await);
    assert_eq!(run(&world, &["pause", "waits"]).await.0, Exit::Ok);
    expect![[r#"
        no worker of gpu has it, since 40s ago: the workflow is paused
    "#]]
    .assert_eq(&why().await);
}
