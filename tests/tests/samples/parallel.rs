//! Several workflows and several things at a time.

use durable_runtime::activity;
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};

#[activity(start_to_close = "10s", retry(max_attempts = 2))]
async fn work(name: String, seconds: u64) -> Result<String, String> {
    activity::sleep(Duration::from_secs(seconds)).await;
    Ok(name)
}

#[workflow]
async fn both() -> Result<Vec<String>, Error> {
    let (slow, quick) = join!(async { work("slow".to_owned(), 9).await }, async {
        let first = work("quick".to_owned(), 1).await?;
        let second = work("then".to_owned(), 2).await?;
        Ok::<_, ActivityError<String>>(first + " " + &second)
    },);
    let each = [slow, quick].into_iter();
    each.map(|part| part.map_err(Error::msg)).collect()
}

#[workflow]
async fn family(names: Vec<String>) -> Result<Vec<String>, Error> {
    let mut children = Vec::new();
    for name in names {
        let id = format!("child-{name}");
        children.push(greet(name).spawn(id).await?);
    }
    let mut greetings = Vec::new();
    for child in children {
        greetings.push(child.await??);
    }
    Ok(greetings)
}

#[workflow]
async fn greet(name: String) -> Result<String, Error> {
    sleep(Duration::from_secs(60)).await?;
    work(format!("hello, {name}"), 0).await.map_err(Error::msg)
}

#[tokio::test]
async fn branches_take_as_long_as_the_longest() {
    let env = TestEnv::new();
    let handle = start_both(env.client(), "b").await.unwrap();
    assert_eq!(
        handle.result().await.unwrap().unwrap(),
        ["slow", "quick then"]
    );
    assert_eq!(env.elapsed(), Duration::from_secs(9));
}

#[tokio::test]
async fn branches_survive_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        let handle = start_both(env.client(), "b").await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    assert!(report.repeats() > 0, "{report}");
}

#[tokio::test]
async fn a_family_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        let names = ["Ada", "Grace"].map(str::to_owned);
        let handle = start_family(env.client(), "f", names.into()).await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    println!("{report}");
    assert!(report.awaits().contains(&"greet/sleep"), "{report}");
    assert!(
        report.awaits().iter().any(|at| at.starts_with("family/")),
        "{report}"
    );
}

#[tokio::test]
async fn two_workers_share_the_work_and_one_takes_over() {
    let env = TestEnv::new();
    env.start_worker();
    let names: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    let handle = start_family(env.client(), "f", names).await.unwrap();
    env.advance(Duration::from_secs(30)).await;
    env.kill_worker().await;
    assert_eq!(handle.result().await.unwrap().unwrap().len(), 20);
    assert_eq!(
        env.elapsed(),
        Duration::from_secs(60),
        "nothing waits for a lease"
    );
    assert_eq!(env.log().of(work).len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn it_works_on_several_threads() {
    let report = crash_everywhere(async |env| {
        let handle = start_both(env.client(), "b").await.unwrap();
        handle.result().await.unwrap().unwrap()
    })
    .await;
    assert!(!report.points().is_empty());
}
