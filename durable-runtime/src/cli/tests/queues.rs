//! `queue`: what its commands print.

use super::*;

#[tokio::test]
async fn queues_are_listed_limited_and_paused() {
    let world = world().await;
    let list = &["queue", "list"];
    shows(
        &world,
        list,
        Exit::Ok,
        expect![[r#"
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE  ACTIVITY LIMITS
            default  busy    0        4          -           -      -        -     -
        "#]],
    )
    .await;
    let set = [
        "queue",
        "set",
        "gpu",
        "--concurrency",
        "10",
        "--rate",
        "100/s",
    ];
    shows(
        &world,
        &set,
        Exit::Ok,
        expect![[r#"
        gpu: at most 10 at a time; 100/s begin, 100 at once
    "#]],
    )
    .await;
    let set = [
        "queue",
        "set",
        "default",
        "--per-key",
        "1",
        "--concurrency",
        "2",
    ];
    shows(
        &world,
        &set,
        Exit::Ok,
        expect![[r#"
        default: at most 2 at a time; at most 1 of each key
    "#]],
    )
    .await;
    let pause = &["queue", "pause", "gpu"];
    shows(
        &world,
        pause,
        Exit::Ok,
        expect![[r#"
        gpu: at most 10 at a time; 100/s begin, 100 at once; paused: nothing new begins
    "#]],
    )
    .await;
    shows(
        &world,
        list,
        Exit::Ok,
        expect![[r#"
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE   ACTIVITY LIMITS
            default  busy    0        4          -           2      1        -      -
            gpu      paused  0        0          -           10     -        100/s  -
        "#]],
    )
    .await;
    let json = &["queue", "list", "-o", "jsonl"];
    shows(&world, json, Exit::Ok, expect![[r#"
        {"activities":null,"activity_burst":null,"activity_concurrency":null,"activity_per_key":null,"activity_rate":null,"burst":null,"concurrency":2,"name":"default","paused":false,"per_key":1,"rate":null,"running":4,"waiting":0}
        {"activities":null,"activity_burst":null,"activity_concurrency":null,"activity_per_key":null,"activity_rate":null,"burst":100,"concurrency":10,"name":"gpu","paused":true,"per_key":null,"rate":"100/s","running":0,"waiting":0}
    "#]]).await;
}

#[tokio::test]
async fn limits_of_a_queue_are_lifted() {
    let world = world().await;
    let set = [
        "queue",
        "set",
        "gpu",
        "--concurrency",
        "10",
        "--rate",
        "100/s",
    ];
    assert_eq!(run(&world, &set).await.0, Exit::Ok);
    assert_eq!(run(&world, &["queue", "pause", "gpu"]).await.0, Exit::Ok);
    let none = [
        "queue",
        "set",
        "gpu",
        "--rate",
        "none",
        "--concurrency",
        "none",
    ];
    shows(
        &world,
        &none,
        Exit::Ok,
        expect![[r#"
        gpu: paused: nothing new begins
    "#]],
    )
    .await;
    let resume = &["queue", "resume", "gpu"];
    shows(
        &world,
        resume,
        Exit::Ok,
        expect![[r#"
        gpu: no limits
    "#]],
    )
    .await;
    let ids = &["queue", "list", "-o", "ids"];
    shows(
        &world,
        ids,
        Exit::Ok,
        expect![[r#"
        default
    "#]],
    )
    .await;
}

#[tokio::test]
async fn wrong_limits_of_a_queue_say_what_to_type() {
    let world = World::new().await;
    let set = |option: &'static str, value: &'static str| ["queue", "set", "gpu", option, value];
    let nothing = &["queue", "set", "gpu"];
    shows(
        &world,
        nothing,
        Exit::Usage,
        expect![[r#"
            error: nothing is to be set
              hint: name --concurrency, --per-key or --rate, or one for activities: --activity-concurrency, --activity-per-key or --activity-rate
        "#]],
    )
    .await;
    shows(&world, &set("--concurrency", "0"), Exit::Usage, expect![[r#"
        error: invalid value '0' for '--concurrency <N>': 0 would begin nothing: `queue pause` does that

        For more information, try '--help'.
    "#]]).await;
    shows(&world, &set("--rate", "100"), Exit::Usage, expect![[r#"
        error: invalid value '100' for '--rate <N/PERIOD>': write a number and a period, such as 100/s, or `none`

        For more information, try '--help'.
    "#]]).await;
    shows(&world, &set("--rate", "100/x"), Exit::Usage, expect![[r#"
        error: invalid value '100/x' for '--rate <N/PERIOD>': write a duration such as 30s, 5m, 1h 30m or 2d

        For more information, try '--help'.
    "#]]).await;
    let period = ["queue", "set", "gpu", "--rate", "5/30s", "--burst", "1"];
    shows(
        &world,
        &period,
        Exit::Ok,
        expect![[r#"
        gpu: 5/30s begin, 1 at once
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_start_says_what_its_turn_is() {
    let world = World::new().await;
    let start = [
        "start",
        "nap",
        "--id",
        "n-1",
        "--input",
        r#"{"name": "Ada", "seconds": 9}"#,
        "--priority",
        "1",
        "--fairness",
        "tenant-7",
        "--weight",
        "2.5",
        "--concurrency-key",
        "Ada",
    ];
    let (exit, _) = run(&world, &start).await;
    assert_eq!(exit, Exit::Ok);
    let (_, text) = run(&world, &["show", "n-1"]).await;
    let queue = text.lines().find(|line| line.contains("queue"));
    expect!["  queue    default, priority 1, for tenant-7 (weight 2.5), at most 1 of Ada"]
        .assert_eq(queue.unwrap());
    let start = ["start", "nap", "--id", "n-2", "--priority", "6"];
    let (exit, text) = run(&world, &start).await;
    assert_eq!(exit, Exit::Usage);
    expect!["error: invalid value '6' for '--priority <N>': 6 is not in 1..=5"]
        .assert_eq(text.lines().next().unwrap());
}
