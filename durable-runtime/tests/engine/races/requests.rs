//! A workflow that is asked by several clients at once, twice the same too, while its time runs out
//! and it is cancelled: what each was told is what the store has, and each request counts once.

use super::{Course, Stage, in_every_order, in_every_order_on_sqlite, over, place};
use crate::support::{Bench, act, elsewhere, value};
use durable_runtime::client::{ClientError, PendingUpdate, SignalError, UpdateError};
use durable_runtime::clock::Clock;
use durable_runtime::codec;
use durable_runtime::prelude::*;
use durable_runtime::store::{Heard, Phase, ReplyStage, RunRecord, Store};
use std::sync::Arc;
use tokio::task::JoinHandle as Task;

const ADD: Update<u32, u32> = Update::new("add");

/// For ten seconds it takes what is larger than nothing, and says how much there is of it; the
/// larger needs work first. Says what it has, cancelled too.
#[workflow]
async fn tally() -> Result<Vec<u32>, String> {
    let mut added: Vec<u32> = Vec::new();
    let mut time = spawn(sleep(Duration::from_secs(10)));
    loop {
        select! {
            add = ADD.recv() => {
                let Ok(add) = add else {
                    return Err(format!("{added:?}"));
                };
                let number = *add.value();
                if number == 0 {
                    add.reject("nothing");
                    continue;
                }
                add.accept();
                if number > 1 && act(format!("add {number}")).await.is_err() {
                    return Err(format!("{added:?}"));
                }
                added.push(number);
                let sum: u32 = added.iter().sum();
                add.respond(&sum);
            }
            over = &mut time => {
                if over.is_err() {
                    return Err(format!("{added:?}"));
                }
                return Ok(added);
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A client asks for one.
    One,
    /// Another asks for the same one, by its id.
    OneAgain,
    /// One asks for two, which takes some work.
    Two,
    /// One asks for nothing, which is refused.
    Nothing,
    Timer,
    Cancel,
}

use Arrival::{Cancel, Nothing, One, OneAgain, Timer, Two};

/// What a client was told at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Sum(u32),
    Refused(String),
    Unanswered(Phase),
    /// It had ended before.
    Over(Phase),
}

impl Told {
    pub(super) fn of(answer: Result<u32, UpdateError>) -> Self {
        match answer {
            Ok(sum) => Self::Sum(sum),
            Err(UpdateError::Rejected(why)) => Self::Refused(why),
            Err(UpdateError::Unanswered { phase, .. }) => Self::Unanswered(phase),
            Err(UpdateError::Client(ClientError::Finished { phase, .. })) => Self::Over(phase),
            Err(other) => panic!("{other}"),
        }
    }

    /// The end of which it tells.
    pub(super) fn end(&self) -> Option<Phase> {
        match self {
            Self::Unanswered(phase) | Self::Over(phase) => Some(*phase),
            Self::Sum(_) | Self::Refused(_) => None,
        }
    }
}

impl Arrival {
    /// What is asked for: an id and a number.
    fn request(self) -> Option<(&'static str, u32)> {
        match self {
            One | OneAgain => Some(("one", 1)),
            Two => Some(("two", 2)),
            Nothing => Some(("nothing", 0)),
            Timer | Cancel => None,
        }
    }
}

/// Who has asked, and who waits for the answer.
struct Asked {
    arrival: Arrival,
    answer: Task<Told>,
}

async fn ask(bench: &Bench, msg: &str, number: u32) -> Result<PendingUpdate<u32>, UpdateError> {
    let handle = elsewhere(bench).handle::<()>("t").await.unwrap();
    handle.update(ADD, number).id(msg).send().await
}

/// It happens; who asks, or the phase of the workflow if that had ended before its cancellation.
async fn happens(arrival: Arrival, stage: &mut Stage) -> Result<Asked, Option<Phase>> {
    if let Some((msg, number)) = arrival.request() {
        let sent = ask(&stage.bench, msg, number).await;
        let answer = tokio::spawn(async {
            Told::of(match sent {
                Ok(pending) => pending.answer().await,
                Err(error) => Err(error),
            })
        });
        return Ok(Asked { arrival, answer });
    }
    if arrival == Timer {
        stage.until_due().await;
        return Err(None);
    }
    let handle = elsewhere(&stage.bench).handle::<()>("t").await.unwrap();
    let sent = handle.cancel("enough").await;
    Err(over(sent.map_err(SignalError::from)))
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client| drop(start_tally(&client, "t").await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let (mut asked, mut cancelled) = (Vec::new(), None);
    let mut sent_at = None;
    for (n, arrival) in order.iter().enumerate() {
        if *arrival == Cancel {
            sent_at = Some(stage.bench.clock.now());
        }
        match happens(*arrival, &mut stage).await {
            Ok(one) => asked.push(one),
            Err(phase) if *arrival == Cancel => cancelled = Some(phase),
            Err(_) => {}
        }
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{order:?}, {course:?}");
    let (bench, [record]) = stage.end(["t"], &at).await;
    let mut told = Vec::new();
    for one in asked {
        told.push((one.arrival, one.answer.await.unwrap()));
    }
    let (added, whole) = match value::<Result<Vec<u32>, String>>(&record) {
        Ok(added) => (added, true),
        Err(added) => (serde_json::from_str(&added).unwrap(), false),
    };
    let at = format!("{at}: {added:?}, {:?}, {told:?}", record.phase);
    let expected = if whole {
        Phase::Completed
    } else {
        Phase::Cancelled
    };
    assert_eq!(record.phase, expected, "X2 {at}");
    if whole {
        assert!(record.finished_at >= Some(super::DUE), "W4 {at}");
        // Elsewhere time passes while a worker stands still.
        let late = order.contains(&Timer) || sent_at >= Some(super::DUE);
        assert!(cancelled != Some(None) || late, "X1 {at}");
    } else {
        assert_eq!(cancelled, Some(None), "X2 {at}");
    }
    let ends = told.iter().filter_map(|(_, told)| told.end());
    for end in ends.chain(cancelled.flatten()) {
        assert_eq!(end, record.phase, "S3 {at}");
    }
    are_true(&told, &added, &at);
    in_order(order, &added, &at);
    if course.is_calm(order.len()) {
        let stop = order.iter().position(|a| matches!(a, Timer | Cancel));
        let mut all: Vec<_> = order[..stop.unwrap()]
            .iter()
            .filter_map(|a| a.request())
            .map(|(_, number)| number)
            .filter(|number| *number > 0)
            .collect();
        all.dedup();
        all.retain({
            let mut seen = Vec::new();
            move |number| {
                !seen.contains(number) && {
                    seen.push(*number);
                    true
                }
            }
        });
        assert_eq!(added, all, "W2 {at}");
    }
    are_kept(&bench, &record, &told, &at).await;
    faulty.fired()
}

/// Each client was told the sum as it was when its number was added, both of the same request the
/// same, and no other number was added.
fn are_true(told: &[(Arrival, Told)], added: &[u32], at: &str) {
    for (arrival, told) in told {
        let (_, number) = arrival.request().expect("it has asked");
        let index = added.iter().position(|added| *added == number);
        let sum = index.map(|index| added[..=index].iter().sum::<u32>());
        match told {
            Told::Sum(said) => assert_eq!(Some(*said), sum, "W2 {arrival:?} in {at}"),
            Told::Refused(why) => assert_eq!((&**why, number), ("nothing", 0), "W2 {at}"),
            Told::Unanswered(_) | Told::Over(_) => {
                assert_eq!(sum, None, "W2 {arrival:?} in {at}");
            }
        }
    }
    let mut once = added.to_vec();
    once.dedup();
    assert_eq!(once.len(), added.len(), "W2 {at}");
    let asked = |number| told.iter().any(|(a, _)| a.request().unwrap().1 == number);
    assert!(added.iter().all(|number| asked(*number)), "W2 {at}");
}

/// Numbers were added in the order in which they came, and none that came after the cancellation.
fn in_order(order: &[Arrival], added: &[u32], at: &str) {
    let end = place(order, Cancel).unwrap_or(order.len());
    let mut sent: Vec<u32> = Vec::new();
    for (_, number) in order[..end].iter().filter_map(|arrival| arrival.request()) {
        if number > 0 && !sent.contains(&number) {
            sent.push(number);
        }
    }
    assert!(sent.starts_with(added), "X1, W2 {sent:?}: {at}");
}

/// Said again, long after, each request has the same answer, and the store has it.
async fn are_kept(bench: &Bench, record: &RunRecord, told: &[(Arrival, Told)], at: &str) {
    for (arrival, told) in told {
        let (msg, number) = arrival.request().expect("it has asked");
        let id = format!("update/add/{msg}");
        let kept = bench.store.reply(record.run, &id).await.unwrap();
        let again = Told::of(match ask(bench, msg, number).await {
            Ok(pending) => pending.answer().await,
            Err(error) => Err(error),
        });
        match told {
            Told::Sum(sum) => {
                let Heard::Reply(reply) = kept else {
                    panic!("W2 {arrival:?}: {kept:?}, {at}");
                };
                assert_eq!(reply.stage, ReplyStage::Completed, "W2 {at}");
                assert_eq!(
                    codec::decode::<u32>(&reply.payload).unwrap(),
                    *sum,
                    "W2 {at}"
                );
                assert_eq!(again, *told, "W2 {at}");
            }
            Told::Refused(_) => assert_eq!(again, *told, "W2 {at}"),
            Told::Unanswered(phase) | Told::Over(phase) => {
                assert_eq!(again.end(), Some(*phase), "W2 {again:?}: {at}");
            }
        }
    }
    assert_eq!(bench.end("t").await, *record, "S3 {at}");
}

pub(super) const TWICE: [Arrival; 4] = [One, OneAgain, Two, Cancel];
const REFUSED: [Arrival; 4] = [Nothing, Two, Timer, Cancel];

#[tokio::test]
async fn each_request_counts_once_and_is_answered_truly_in_every_order() {
    let cuts = in_every_order(&TWICE, 5, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_request_is_taken_or_refused_in_time_in_every_order() {
    let cuts = in_every_order(&REFUSED, 3, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_request_counts_once_and_is_answered_truly_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&TWICE, (8, 7), story).await;
    in_every_order_on_sqlite(&REFUSED, (8, 7), story).await;
}
