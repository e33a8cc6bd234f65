//! Sleep for days: an e-mail every thirty days until somebody says that it is done.

use crate::modes::in_four_modes;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;

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

async fn reminded(env: &TestEnv) -> Handle<Result<String, Error>> {
    env.mock(send_reminder, |_: String| Ok(()));
    let to = "ada@example.com".to_owned();
    start_remind(env.client(), "ada", to).await.unwrap()
}

/// The days on which she has had an e-mail.
fn days(env: &TestEnv) -> Vec<u64> {
    let emails = env.log().without_repeats();
    emails.iter().map(|e| e.at.as_secs() / 86_400).collect()
}

#[tokio::test]
async fn four_emails_in_ninety_days_and_no_fifth() {
    let (said, days, took) = in_four_modes(async |env| {
        let handle = reminded(env).await;
        env.advance(90 * DAY).await;
        assert_eq!(days(env), [0, 30, 60, 90]);
        handle.signal(COMPLETE, ()).await.unwrap();
        let said = handle.result().await.unwrap().unwrap();
        (said, days(env), env.elapsed())
    })
    .await;
    assert_eq!((&*said, took), ("done!", 90 * DAY));
    assert_eq!(days, [0, 30, 60, 90]);
}

#[tokio::test]
async fn done_in_the_first_month_is_one_email() {
    let (days, took) = in_four_modes(async |env| {
        let handle = reminded(env).await;
        env.advance(20 * DAY).await;
        handle.signal(COMPLETE, ()).await.unwrap();
        assert_eq!(handle.result().await.unwrap().unwrap(), "done!");
        (days(env), env.elapsed())
    })
    .await;
    assert_eq!((days, took), (vec![0], 20 * DAY));
}

/// Nobody is there for so many days.
async fn down(env: &TestEnv, days: u32) {
    // One that competes with it too.
    env.kill_worker().await;
    env.kill_worker().await;
    env.advance(days * DAY).await;
    env.start_worker();
}

#[tokio::test]
async fn a_process_that_is_down_moves_no_appointment() {
    let days = in_four_modes(async |env| {
        reminded(env).await;
        env.advance(40 * DAY).await;
        down(env, 10).await;
        env.advance(39 * DAY).await;
        assert_eq!(days(env), [0, 30, 60]);

        // This time nobody is there on the day: it is made up for at once.
        down(env, 5).await;
        env.settle().await;
        days(env)
    })
    .await;
    assert_eq!(days, [0, 30, 60, 94]);
}
