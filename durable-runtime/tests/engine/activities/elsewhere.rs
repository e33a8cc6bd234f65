//! Attempts that are ended from elsewhere, by their tokens.

use super::{worker, worker_with};
use crate::support::{Bench, Running, START, bench, client, elsewhere, leased, options, value};
use durable_runtime::activity::{self, ActivityToken};
use durable_runtime::client::CompletionError;
use durable_runtime::clock::Clock;
use durable_runtime::operation::{ActivityError, TimeoutKind};
use durable_runtime::prelude::*;
use durable_runtime::store::{MemoryStore, Phase, RunState};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};

/// The tokens of all attempts of all tests, by the id of their workflow.
static TOKENS: Mutex<Vec<(String, ActivityToken)>> = Mutex::new(Vec::new());

pub(super) fn tokens(workflow: &str) -> Vec<ActivityToken> {
    let all = TOKENS.lock().unwrap();
    let own = all.iter().filter(|(of, _)| of == workflow);
    own.map(|(_, token)| *token).collect()
}

/// Waits until so many attempts have begun; the token of the last.
pub(super) async fn token(workflow: &str, number: usize) -> ActivityToken {
    let wait = async {
        loop {
            if let Some(token) = tokens(workflow).get(number - 1) {
                return *token;
            }
            tokio::task::yield_now().await;
        }
    };
    let within = tokio::time::timeout(Duration::from_secs(20), wait);
    within.await.expect("within 20 s")
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Refusal {
    by: String,
    /// Asking again is of no use.
    last: bool,
}

pub(super) type Decided = Result<u32, ActivityError<Refusal>>;

/// Takes ten minutes, and then waits for somebody.
#[activity(
    start_to_close = "1h",
    retry(initial = "1m", jitter = 0.0, max_attempts = 3, non_retryable = |e: &Refusal| e.last)
)]
async fn decide(work: Duration) -> Result<u32, Refusal> {
    let workflow = activity::context().unwrap().workflow_id;
    TOKENS.lock().unwrap().push((workflow, activity::token()));
    activity::sleep(work).await;
    activity::ends_later().await
}

/// Holds a slot for a moment.
#[activity]
async fn other() -> u32 {
    1
}

#[workflow]
async fn decision(work: Duration, kind: CancellationType) -> Decided {
    decide(work).cancellation(kind).await
}

#[workflow]
pub(super) async fn beating() -> Decided {
    decide(Duration::ZERO)
        .heartbeat(Duration::from_secs(60))
        .await
}

/// Goes on with something else meanwhile.
#[workflow]
async fn beside() -> Result<(u32, u32), Error> {
    let (decided, other) = join!(decide(Duration::ZERO), async {
        sleep(Duration::from_secs(1)).await?;
        Ok::<_, Error>(other().await?)
    });
    Ok((decided.map_err(|e| Error::msg(format!("{e:?}")))?, other?))
}

/// Waits for the decision, and then for another.
#[workflow]
pub(super) async fn twice() -> Decided {
    let first = decide(Duration::ZERO).await?;
    Ok(first + decide(Duration::ZERO).await?)
}

/// Starts `decision` and waits until its attempt ends elsewhere.
async fn pending(bench: &Bench, worker: &Running, id: &str, kind: CancellationType) {
    let client = client(bench, worker);
    start_decision(&client, id, Duration::ZERO, kind)
        .await
        .unwrap();
    idle(bench, id).await;
}

/// Waits until nobody owns the run.
pub(super) async fn idle(bench: &Bench, id: &str) {
    let waits = |state: &RunState| matches!(state, RunState::Waiting(_) | RunState::Idle);
    bench
        .until(id, |run| run.seq > 0 && waits(&run.state))
        .await;
}

async fn seconds_pass(bench: &Bench, seconds: u64) {
    bench.pass(Duration::from_secs(seconds)).await;
}

#[tokio::test]
async fn an_activity_is_completed_from_outside_and_needs_no_slot_until_then() {
    let bench = bench();
    let options = durable_runtime::WorkerOptions {
        max_activities: 1,
        ..options()
    };
    let worker = worker_with(&bench, &options);
    worker.ready().await;
    let guard = bench.clock.busy();
    let handle = start_beside(&client(&bench, &worker), "beside")
        .await
        .unwrap();
    let token = token("beside", 1).await;
    drop(guard);
    let guard = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(2)))
        .await;
    // The other branch has had the only slot, and nobody has the run in memory.
    let hour = START.after(Duration::from_secs(3_600));
    let waits = |state: &RunState| *state == RunState::Waiting(hour);
    bench.until("beside", |run| waits(&run.state)).await;
    let client = elsewhere(&bench);
    client.activity(token).complete(&42).await.unwrap();
    worker.link.poke();
    assert_eq!(handle.result().await.unwrap().unwrap(), (42, 1));
    drop(guard);
    let run = bench.end("beside").await.run;
    assert_eq!(bench.store.inbox(run).await, Ok(vec![]));
    assert_eq!(bench.store.notes(run).await, Ok(vec![]));
    assert_eq!(bench.attempts("beside").await, vec![]);
    worker.stop().await;
}

#[tokio::test]
async fn each_wrong_completion_has_an_error_of_its_own() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let _guard = bench.clock.busy();
    let client = client(&bench, &worker);
    start_twice(&client, "twice").await.unwrap();
    let first = token("twice", 1).await;
    idle(&bench, "twice").await;
    let other = |change: &dyn Fn(String) -> String| -> Result<ActivityToken, _> {
        change(first.to_string()).parse()
    };
    let malformed = other(&|text| text.replacen('-', "+", 1)).unwrap_err();
    assert!(malformed.to_string().contains("is no token of an activity"));
    // Of another store, where the same could have been made.
    let strange = Bench::on(Arc::new(MemoryStore::new()), |_, _| unreachable!());
    let unknown = elsewhere(&strange).activity(first).complete(&1_u32).await;
    assert_eq!(unknown, Err(CompletionError::Unknown(first)));
    let wrong = client.activity(first).complete("yes").await.unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "this does not fit what activity `decide` gives"
    );
    let wrong = client.activity(first).fail("no").await.unwrap_err();
    assert!(
        matches!(wrong, CompletionError::WrongType { .. }),
        "{wrong}"
    );
    // None of these has counted.
    client.activity(first).complete(&1_u32).await.unwrap();
    let second = token("twice", 2).await;
    for again in [
        client.activity(first).complete(&2_u32).await,
        client.activity(first).cancelled().await,
        client.activity(first).heartbeat(&()).await.map(drop),
    ] {
        assert_eq!(again, Err(CompletionError::AlreadyCompleted(first)));
    }
    client.activity(second).complete(&2_u32).await.unwrap();
    assert_eq!(value::<Decided>(&bench.end("twice").await), Ok(3));
    // Still known after the end.
    let again = client.activity(second).complete(&2_u32).await;
    assert_eq!(again, Err(CompletionError::AlreadyCompleted(second)));
    worker.stop().await;
}

#[tokio::test]
async fn a_completion_after_the_end_of_the_workflow_is_refused() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let _guard = bench.clock.busy();
    pending(&bench, &worker, "ended", CancellationType::Try).await;
    let token = token("ended", 1).await;
    let client = elsewhere(&bench);
    let handle = client.handle::<Decided>("ended").await.unwrap();
    handle.terminate("enough").await.unwrap();
    let ended = client.activity(token).complete(&1_u32).await.unwrap_err();
    assert_eq!(
        ended.to_string(),
        "workflow `ended` has ended (terminated), and does not wait for its activities"
    );
    assert_eq!(client.activity(token).heartbeat(&()).await, Ok(true));
    assert_eq!(client.activity(token).is_cancelled().await, Ok(true));
    worker.stop().await;
}

#[tokio::test]
async fn an_attempt_that_fails_elsewhere_is_followed_by_another_with_a_token_of_its_own() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let guard = bench.clock.busy();
    pending(&bench, &worker, "fails", CancellationType::Try).await;
    let refusal = |last| Refusal {
        by: "ada".into(),
        last,
    };
    let client = client(&bench, &worker);
    let first = self::token("fails", 1).await;
    client.activity(first).fail(&refusal(false)).await.unwrap();
    // The pause of a minute.
    let then = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(61)));
    drop(guard);
    let _guard = then.await;
    let second = self::token("fails", 2).await;
    assert_ne!(first, second);
    let again = client.activity(first).complete(&1_u32).await;
    assert_eq!(again, Err(CompletionError::AlreadyCompleted(first)));
    client.activity(second).fail(&refusal(true)).await.unwrap();
    let record = bench.end("fails").await;
    let failed = Err(ActivityError::Failed(refusal(true)));
    assert_eq!(value::<Decided>(&record), failed);
    let attempts = bench.attempts("fails").await;
    let errors: Vec<_> = attempts.iter().map(|one| one.error.as_str()).collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].contains("ada"), "{errors:?}");
    worker.stop().await;
}

#[tokio::test]
async fn the_time_out_counts_from_the_beginning_of_the_attempt_over_a_restart() {
    let bench = bench();
    let first = worker_with(&bench, &leased());
    first.ready().await;
    let guard = bench.clock.busy();
    let work = Duration::from_secs(600);
    let client = client(&bench, &first);
    let started = start_decision(&client, "restart", work, CancellationType::Try).await;
    started.unwrap();
    let token = token("restart", 1).await;
    let worked = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(601)));
    drop(guard);
    let guard = worked.await;
    idle(&bench, "restart").await;
    first.kill().await;
    let lease = bench
        .clock
        .sleep_until(START.after(Duration::from_secs(700)));
    drop(guard);
    let guard = lease.await;
    let second = worker_with(&bench, &leased());
    let next = {
        drop(guard);
        self::token("restart", 2).await
    };
    let attempts = bench.attempts("restart").await;
    assert_eq!(attempts[0].error, "timed out (StartToClose)");
    assert_eq!(attempts[0].at, START.after(Duration::from_secs(3_600)));
    let late = elsewhere(&bench).activity(token).complete(&1_u32).await;
    assert_eq!(
        late.unwrap_err().to_string(),
        format!("the attempt with the token `{token}` is over: timed out (StartToClose)")
    );
    elsewhere(&bench)
        .activity(next)
        .complete(&7_u32)
        .await
        .unwrap();
    assert_eq!(value::<Decided>(&bench.end("restart").await), Ok(7));
    second.stop().await;
}

#[tokio::test]
async fn the_last_time_out_ends_the_call() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let client = client(&bench, &worker);
    let kind = CancellationType::Try;
    let handle = start_decision(&client, "late", Duration::ZERO, kind)
        .await
        .unwrap();
    let timed_out = Err(ActivityError::TimedOut(TimeoutKind::StartToClose));
    assert_eq!(handle.result().await.unwrap(), timed_out);
    assert_eq!(tokens("late").len(), 3);
    worker.stop().await;
}

/// It was sent a minute before the time-out, and nobody was there until an hour after it.
#[tokio::test]
async fn a_completion_in_time_counts_however_late_it_is_seen() {
    let bench = bench();
    let first = worker_with(&bench, &leased());
    first.ready().await;
    let guard = bench.clock.busy();
    for id in ["in time", "too late"] {
        pending(&bench, &first, id, CancellationType::Try).await;
    }
    first.kill().await;
    let (in_time, late) = (token("in time", 1).await, token("too late", 1).await);
    drop(guard);
    seconds_pass(&bench, 3_540).await;
    let client = elsewhere(&bench);
    client.activity(in_time).complete(&1_u32).await.unwrap();
    seconds_pass(&bench, 3_600).await;
    // Its run has not seen to that yet.
    let refused = client.activity(late).complete(&1_u32).await;
    assert!(
        matches!(refused, Err(CompletionError::Over { .. })),
        "{refused:?}"
    );
    let second = worker_with(&bench, &leased());
    assert_eq!(value::<Decided>(&bench.end("in time").await), Ok(1));
    assert_eq!(bench.attempts("in time").await, vec![]);
    token("too late", 2).await;
    second.stop().await;
}

#[tokio::test]
async fn heartbeats_from_outside_keep_it_alive_and_tell_the_next_attempt() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let guard = bench.clock.busy();
    start_beating(&client(&bench, &worker), "beats")
        .await
        .unwrap();
    let token = token("beats", 1).await;
    idle(&bench, "beats").await;
    let client = client(&bench, &worker);
    let mut guard = guard;
    for done in 1..=5_u32 {
        let then = bench.clock.now().after(Duration::from_secs(50));
        let then = bench.clock.sleep_until(then);
        drop(guard);
        guard = then.await;
        assert_eq!(client.activity(token).heartbeat(&done).await, Ok(false));
        let run = bench.until("beats", |_| true).await.run;
        let taken = async {
            while !bench.store.inbox(run).await.unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), taken)
            .await
            .expect("within 20 s");
        idle(&bench, "beats").await;
    }
    drop(guard);
    let second = self::token("beats", 2).await;
    let attempts = bench.attempts("beats").await;
    assert_eq!(attempts[0].error, "timed out (Heartbeat)");
    assert_eq!(attempts[0].at, START.after(Duration::from_secs(310)));
    assert_ne!(token, second);
    worker.stop().await;
}

#[tokio::test]
async fn a_cancellation_reaches_what_ends_elsewhere() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let _guard = bench.clock.busy();
    let client = client(&bench, &worker);
    let cancel = async |id: &str, kind| {
        pending(&bench, &worker, id, kind).await;
        let token = token(id, 1).await;
        assert_eq!(client.activity(token).is_cancelled().await, Ok(false));
        let handle = client.handle::<Decided>(id).await.unwrap();
        handle.cancel("changed my mind").await.unwrap();
        token
    };
    // It is not waited for.
    let token = cancel("try", CancellationType::Try).await;
    let cancelled = Err(ActivityError::Cancelled);
    assert_eq!(value::<Decided>(&bench.end("try").await), cancelled);
    assert_eq!(client.activity(token).heartbeat(&()).await, Ok(true));
    // It is, and told by its heartbeats; confirmed, or completed all the same.
    for (id, confirms) in [("confirms", true), ("completes", false)] {
        let token = cancel(id, CancellationType::Wait).await;
        let told = async {
            while client.activity(token).heartbeat(&1_u32).await != Ok(true) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), told)
            .await
            .expect("within 20 s");
        let activity = client.activity(token);
        let end = if confirms {
            activity.cancelled().await.unwrap();
            Err(ActivityError::Cancelled)
        } else {
            activity.complete(&5_u32).await.unwrap();
            Ok(5)
        };
        let record = bench.end(id).await;
        assert_eq!(value::<Decided>(&record), end);
        let phase = if confirms {
            Phase::Cancelled
        } else {
            Phase::Completed
        };
        assert_eq!(record.phase, phase);
    }
    worker.stop().await;
}

/// The answer is faster than the body that has asked for it.
#[tokio::test]
async fn a_completion_may_come_before_the_body_has_ended() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let guard = bench.clock.busy();
    let client = client(&bench, &worker);
    let (work, kind) = (Duration::from_secs(600), CancellationType::Try);
    start_decision(&client, "fast", work, kind).await.unwrap();
    let token = token("fast", 1).await;
    client.activity(token).complete(&9_u32).await.unwrap();
    let record = bench.end("fast").await;
    assert_eq!(value::<Decided>(&record), Ok(9));
    assert_eq!(
        record.finished_at,
        Some(START),
        "the body is not waited for"
    );
    drop(guard);
    worker.stop().await;
}

/// A value that nobody could check where it was sent is a failed attempt.
#[tokio::test]
async fn what_does_not_fit_is_a_failed_attempt() {
    let bench = bench();
    let worker = worker(&bench);
    worker.ready().await;
    let _guard = bench.clock.busy();
    pending(&bench, &worker, "misfit", CancellationType::Try).await;
    let token = token("misfit", 1).await;
    // As a program without this activity does, which knows only the message.
    let client = client(&bench, &worker);
    let run = bench.until("misfit", |_| true).await.run;
    let payload = durable_runtime::codec::from_json(&serde_json::json!({
        "attempt": 1, "news": { "Completed": durable_runtime::codec::encode("yes").unwrap() }
    }));
    let mut message = durable_runtime::store::NewMessage {
        msg: "stranger".into(),
        kind: durable_runtime::store::MessageKind::Activity,
        name: "0".into(),
        payload: payload.unwrap(),
        sent_at: bench.clock.now(),
        unread_max: None,
    };
    let op = token.to_string();
    message.name = op.split('-').nth(2).unwrap().to_owned();
    bench.store.tell(run, message).await.unwrap();
    worker.link.poke();
    let failed = async {
        while bench.attempts("misfit").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), failed)
        .await
        .expect("within 20 s");
    let error = &bench.attempts("misfit").await[0].error;
    assert!(error.contains("does not fit"), "{error}");
    let over = client.activity(token).complete(&1_u32).await;
    assert!(
        matches!(over, Err(CompletionError::Over { .. })),
        "{over:?}"
    );
    worker.stop().await;
}
