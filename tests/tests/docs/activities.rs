//! What `docs/activities.md` says, of the activities that stand there.

use super::*;
use durable_runtime::testing::TestEnv;

/// Sends one mail and says how that ended.
#[workflow]
async fn sends(to: String) -> String {
    format!("{:?}", send_mail(to).await)
}

#[tokio::test]
async fn an_error_may_be_final_and_may_choose_the_pause() {
    let env = TestEnv::new();
    let sends = start_sends(env.client(), "a", "nowhere".to_owned());
    let said = sends.await.unwrap().result().await.unwrap();
    assert_eq!(said, "Err(Failed(NoSuchAddress))");
    assert_eq!(env.elapsed(), Duration::ZERO);

    env.mock(send_mail, |_: String| {
        match activity::context().unwrap().attempt {
            1 => Err(MailError::Busy { for_seconds: 90 }),
            2 => Err(MailError::Lost),
            _ => Ok(()),
        }
    });
    let sends = start_sends(env.client(), "b", "ada@example.org".to_owned());
    let said = sends.await.unwrap().result().await.unwrap();
    assert_eq!(said, "Ok(())");
    let log = env.log();
    let times: Vec<_> = (1..4).map(|n| log[n].at.as_secs()).collect();
    // The pause after the second failure is the policy's second one.
    assert_eq!(times, [0, 90, 92]);
}

#[tokio::test]
async fn a_call_may_say_otherwise() {
    let env = TestEnv::new();
    env.mock(debit, |_: String, _: u64| Err("no".to_owned()));
    let start = start_checkout_fast(env.client(), "c", "o-1".to_owned());
    let error = start.await.unwrap().result().await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "no");
    assert_eq!(env.log().calls(), ["debit"]);
}

#[tokio::test]
async fn a_method_runs_on_its_value() {
    let env = TestEnv::new();
    env.with(Payments {
        endpoint: "https://pay.example".to_owned(),
    });
    let pays = start_pay_order(env.client(), "p", 7).await.unwrap();
    let said = pays.result().await.unwrap().unwrap();
    assert_eq!(said, "https://pay.example/charges/7");
}

#[tokio::test]
async fn a_body_runs_without_a_workflow() {
    let receipt = debit("o-1".to_owned(), 5).call().await;
    assert_eq!(receipt.unwrap(), "receipt for o-1");
    let files = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(copy(files).call().await.unwrap(), 2);
}
