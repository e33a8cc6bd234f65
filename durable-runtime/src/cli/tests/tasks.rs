//! Activities on other queues: where they wait, and who has them.

use super::*;
use crate::operation::ActivityRequest;
use crate::store::{NewTask, TaskClaim, TaskOf, TaskWrite, Write};

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
    let put = TaskWrite::Put(NewTask {
        of,
        queue: "gpu".into(),
        activity,
        put_at: at(20),
        body: vec![],
    });
    world.commit(Write::Task(put)).await;
    of
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
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE
            default  busy    0        1          -           -      -        -
            gpu      busy    0        0          1 waiting   -      -        -
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
            QUEUE    STATUS  WAITING  UNDER WAY  ACTIVITIES  LIMIT  PER KEY  RATE
            default  busy    0        1          -           -      -        -
            gpu      busy    0        0          1 running   -      -        -
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
