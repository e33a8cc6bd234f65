//! Two of three have to agree by a deadline: a condition over what signals have said so far.

use crate::modes::in_four_modes;
use durable_runtime::prelude::*;
use durable_runtime::testing::TestEnv;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const VOTE: Signal<Vote> = Signal::new("vote");
const HOUR: Duration = Duration::from_secs(3_600);
/// Three days.
const LIMIT: Duration = Duration::from_secs(72 * 3_600);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Vote {
    by: String,
    agrees: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Verdict {
    Agreed(BTreeSet<String>),
    TooLate(BTreeSet<String>),
}

/// Whoever agrees more than once counts once, and may change their mind while it is open.
#[workflow]
async fn approve(board: BTreeSet<String>, limit: Duration) -> Result<Verdict, Error> {
    let mut agreed = BTreeSet::new();
    let mut closing = spawn(sleep(limit));
    while agreed.len() < 2 {
        select! {
            vote = VOTE.recv() => {
                let Vote { by, agrees } = vote?;
                if !agrees {
                    agreed.remove(&by);
                } else if board.contains(&by) {
                    agreed.insert(by);
                }
            }
            closed = &mut closing => {
                closed?;
                return Ok(Verdict::TooLate(agreed));
            }
        }
    }
    Ok(Verdict::Agreed(agreed))
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.map(str::to_owned).into()
}

fn vote(by: &str, agrees: bool) -> Vote {
    let by = by.to_owned();
    Vote { by, agrees }
}

/// The verdict on an expense, for votes after so many hours. What comes after the verdict is refused.
async fn verdict(env: &TestEnv, votes: &[(u32, &str, bool)]) -> Verdict {
    let board = names(["ada", "grace", "linus"]);
    let start = start_approve(env.client(), "expense", board, LIMIT);
    let handle = start.await.unwrap();
    for (hour, by, agrees) in votes {
        let left = (HOUR * *hour).saturating_sub(env.elapsed());
        env.advance(left).await;
        let sent = handle.signal(VOTE, vote(by, *agrees)).await;
        let open = env.elapsed() < LIMIT;
        assert_eq!(sent.is_ok(), open, "{sent:?} after {:?}", env.elapsed());
    }
    handle.result().await.unwrap().unwrap()
}

#[tokio::test]
async fn two_of_three_in_time_are_enough() {
    let votes = [(1, "ada", true), (71, "grace", true)];
    let found = in_four_modes(async |env| verdict(env, &votes).await).await;
    assert_eq!(found, Verdict::Agreed(names(["ada", "grace"])));
    let env = TestEnv::new();
    verdict(&env, &votes).await;
    assert_eq!(
        env.elapsed(),
        71 * HOUR,
        "it does not wait for the deadline"
    );
}

#[tokio::test]
async fn a_vote_does_not_move_the_deadline() {
    let votes = [(1, "ada", true), (71, "ada", true), (73, "grace", true)];
    let found = in_four_modes(async |env| verdict(env, &votes).await).await;
    assert_eq!(found, Verdict::TooLate(names(["ada"])));
    let env = TestEnv::new();
    verdict(&env, &votes[..2]).await;
    assert_eq!(env.elapsed(), LIMIT);
}

#[tokio::test]
async fn only_the_condition_ends_it_and_no_number_of_votes() {
    let votes = [
        (1, "ada", true),
        (2, "ada", true),
        (3, "mallory", true),
        (4, "ada", false),
        (5, "grace", true),
        (6, "linus", false),
    ];
    let found = in_four_modes(async |env| verdict(env, &votes).await).await;
    assert_eq!(found, Verdict::TooLate(names(["grace"])));
}

#[tokio::test]
async fn the_deadline_holds_while_nobody_is_there() {
    for (hour, expected) in [
        (71, Verdict::Agreed(names(["ada", "grace"]))),
        (73, Verdict::TooLate(names(["ada"]))),
    ] {
        let env = TestEnv::new();
        let board = names(["ada", "grace", "linus"]);
        let start = start_approve(env.client(), "expense", board, LIMIT);
        let handle = start.await.unwrap();
        handle.signal(VOTE, vote("ada", true)).await.unwrap();
        env.settle().await;
        env.kill_worker().await;
        env.advance(HOUR * hour).await;
        handle.signal(VOTE, vote("grace", true)).await.unwrap();
        env.advance(HOUR * 10).await;
        env.start_worker();
        assert_eq!(handle.result().await.unwrap().unwrap(), expected, "{hour}");
    }
}

/// `docs/coming-from-temporal.md` shows the workflow as it is here.
#[test]
fn the_page_shows_this_workflow() {
    let (code, page) = (
        include_str!("quorum.rs"),
        include_str!("../../../docs/coming-from-temporal.md"),
    );
    let from = code.find("#[workflow]\n").unwrap();
    let end = from + code[from..].find("\n}\n").unwrap();
    assert!(page.contains(&code[from..end]), "{}", &code[from..end]);
}
