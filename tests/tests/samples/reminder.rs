//! Sleep for days: an e-mail every thirty days until somebody says that it is done.

use durable_runtime::prelude::*;
use durable_runtime::testing::{TestEnv, crash_everywhere};

const COMPLETE: Signal<()> = Signal::new("complete");
const DAY: Duration = Duration::from_secs(86_400);

#[activity]
async fn send_reminder(to: &str) -> Result<(), Error> {
    Err(Error::msg(format!("a test has sent a real e-mail to {to}")))
}

#[workflow]
async fn remind(to: String) -> Result<String, Error> {
    loop {
        send_reminder(&to).await?;
        select! {
            done = COMPLETE.recv() => {
                done?;
                return Ok("done!".to_owned());
            }
            slept = sleep(30 * DAY) => slept?,
        }
    }
}

fn with_mail() -> TestEnv {
    let env = TestEnv::new();
    env.mock(send_reminder, |_: String| Ok(()));
    env
}

#[tokio::test]
async fn four_emails_in_ninety_days_and_no_fifth() {
    let env = with_mail();
    let handle = start_remind(env.client(), "ada", "ada@example.com".to_owned())
        .await
        .unwrap();
    env.advance(90 * DAY).await;
    assert_eq!(env.log().of(send_reminder).len(), 4);

    handle.signal(COMPLETE, ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), "done!");
    assert_eq!(env.log().of(send_reminder).len(), 4);
    assert_eq!(env.elapsed(), 90 * DAY);
}

#[tokio::test]
async fn done_in_the_first_month_is_one_email() {
    let env = with_mail();
    let handle = start_remind(env.client(), "ada", "ada@example.com".to_owned())
        .await
        .unwrap();
    handle.signal(COMPLETE, ()).await.unwrap();
    assert_eq!(handle.result().await.unwrap().unwrap(), "done!");
    assert_eq!(env.log().of(send_reminder).len(), 1);
    assert_eq!(env.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_worker_that_is_down_moves_no_appointment() {
    let env = with_mail();
    start_remind(env.client(), "ada", "ada@example.com".to_owned())
        .await
        .unwrap();
    env.advance(40 * DAY).await;
    env.kill_worker().await;
    env.advance(10 * DAY).await;
    env.start_worker();
    env.advance(39 * DAY).await;
    assert_eq!(env.log().of(send_reminder).len(), 3, "on days 0, 30 and 60");

    // This time nobody is there on the day: it is made up for at once.
    env.kill_worker().await;
    env.advance(5 * DAY).await;
    env.start_worker();
    env.settle().await;
    let days: Vec<_> = env
        .log()
        .iter()
        .map(|email| email.at.as_secs() / 86_400)
        .collect();
    assert_eq!(days, [0, 30, 60, 94]);
}

#[tokio::test]
async fn it_survives_a_crash_at_every_await() {
    let report = crash_everywhere(async |env| {
        env.mock(send_reminder, |_: String| Ok(()));
        let handle = start_remind(env.client(), "ada", "ada@example.com".to_owned())
            .await
            .unwrap();
        env.advance(70 * DAY).await;
        handle.signal(COMPLETE, ()).await.unwrap();
        assert_eq!(handle.result().await.unwrap().unwrap(), "done!");
    })
    .await;
    assert_eq!(report.log().calls(), ["send_reminder"; 3]);
}
