//! What `docs/starts.md` says, of the workflows that stand there.

use super::*;
use durable_runtime::client::ClientError;
use durable_runtime::store::{Condition, RunFilter};
use durable_runtime::testing::TestEnv;

#[tokio::test]
async fn an_id_starts_once_unless_a_policy_says_otherwise() {
    let env = TestEnv::new();
    let start = || start_process(env.client(), "o", "a lamp".to_owned());
    let first = start().await.unwrap();
    let again = start().await;
    assert!(matches!(again, Err(StartError::AlreadyStarted(_))));
    let same = start().on_conflict(OnConflict::UseExisting).await.unwrap();
    assert_eq!(same.run(), first.run());
    let taken = start().on_conflict(OnConflict::TerminateExisting);
    let taken = taken.await.unwrap();
    assert!(first.result().await.is_err(), "it was terminated");
    assert_eq!(taken.result().await.unwrap().unwrap(), 6);
    let completed = start().reuse(Reuse::IfFailed).await;
    assert!(matches!(completed, Err(StartError::AlreadyStarted(_))));
    let third = start().reuse(Reuse::Allow).await.unwrap();
    assert_ne!(third.run(), taken.run());
}

#[tokio::test]
async fn workflows_are_found_and_counted_by_what_they_say() {
    let env = TestEnv::new();
    for (id, who, cents) in [("a", "jane", 500), ("b", "jack", 200_000)] {
        let start = start_pay(env.client(), id, who.to_owned(), cents);
        start.attribute(CUSTOMER, who).await.unwrap();
    }
    env.settle().await;
    for (condition, expected) in [
        ("customer ^= ja and status != completed", 2),
        ("customer = 'jane' or cents >= 100000", 2),
        ("not (cents >= 100000 or paid = true)", 1),
        ("workflow = pay and id = a", 1),
        ("queue = default and ended > 1970-01-01", 0),
        ("not cents = 'text'", 2),
    ] {
        let condition: Condition = condition.parse().unwrap();
        let filter = RunFilter {
            condition: Some(condition.clone()),
            ..RunFilter::default()
        };
        let count = env.client().count(filter).await.unwrap();
        assert_eq!(count, expected, "{condition:?}");
        let found = env.client().find(condition).await.unwrap().workflows;
        assert_eq!(found.len() as u64, expected);
    }
}

/// Each `--where '…'` on the page.
#[test]
fn the_conditions_on_the_page_are_some() {
    let page = include_str!("../../../docs/starts.md");
    let all = page.split("app list --where '").skip(1);
    let all: Vec<_> = all.filter_map(|rest| rest.split('\'').next()).collect();
    assert!(all.len() >= 3, "{all:?}");
    for text in all.iter().filter(|text| **text != "…") {
        let condition = text.parse::<Condition>();
        assert!(condition.is_ok(), "{text}: {condition:?}");
    }
}

#[tokio::test]
async fn a_deleted_id_is_free_again() {
    let env = TestEnv::new();
    let start = || start_process(env.client(), "o", "a lamp".to_owned());
    let first = start().memo(NOTE, &vec!["by telephone".to_owned()]);
    let first = first.await.unwrap();
    first.result().await.unwrap().unwrap();
    let note = first.memo(NOTE).await.unwrap();
    assert_eq!(note.as_deref(), Some(&["by telephone".to_owned()][..]));
    assert!(matches!(start().await, Err(StartError::AlreadyStarted(_))));
    env.client().delete("o").await.unwrap();
    let gone = env.client().handle::<()>("o").await;
    assert!(matches!(gone, Err(ClientError::NotFound(_))), "{gone:?}");
    let again = start().await.unwrap();
    assert_eq!(again.memo(NOTE).await.unwrap(), None);
    let running = env.client().delete("o").await;
    assert!(
        matches!(running, Err(ClientError::Running(_))),
        "{running:?}"
    );
    assert_eq!(again.result().await.unwrap().unwrap(), 6);
}
