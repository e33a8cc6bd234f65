//! A run in whose place another goes on, by its own code or because it has failed, while others write to
//! it, ask it and stop it: each counts once for all runs together, and who stops it does not wait for the
//! pause before another try.

use super::audit::all_runs;
use super::requests::Told;
use super::{
    Course, Stage, in_every_order, in_every_order_on_sqlite, meanwhile_in_every_order, over,
};
use crate::support::{Bench, elsewhere, value};
use durable_runtime::client::SignalError;
use durable_runtime::clock::Clock;
use durable_runtime::id::Timestamp;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::sync::Arc;
use tokio::task::JoinHandle as Task;

const GO: Signal<()> = Signal::new("go");
const SAY: Signal<u32> = Signal::new("say");
const ASK: Update<u32, u32> = Update::new("ask");

/// Long before another try begins.
const SOON: Duration = Duration::from_secs(1_800);

/// Goes on as a new run with each number that it is told or asked for, until it may go.
#[workflow]
async fn ledger(before: Vec<u32>) -> Result<Vec<u32>, String> {
    let mut read = before;
    select! {
        said = SAY.recv() => {
            let Ok(number) = said else {
                return Err(format!("{read:?}"));
            };
            read.push(number);
        }
        asked = ASK.recv() => {
            let Ok(asked) = asked else {
                return Err(format!("{read:?}"));
            };
            read.push(*asked.value());
            let sum: u32 = read.iter().sum();
            asked.respond(&sum);
        }
        go = GO.recv() => {
            if go.is_err() {
                return Err(format!("{read:?}"));
            }
            return Ok(read);
        }
    }
    continue_as_new(ledger(read)).await
}

/// Fails when it is told a number, and is tried again an hour later; until it may go.
#[workflow(retry(initial = "1h", max_attempts = 3, jitter = 0.0))]
async fn clumsy() -> Result<(), String> {
    loop {
        select! {
            said = SAY.recv() => {
                let Ok(number) = said else {
                    return Err("stopped".to_owned());
                };
                return Err(format!("told {number}"));
            }
            asked = ASK.recv() => {
                let Ok(asked) = asked else {
                    return Err("stopped".to_owned());
                };
                let number = *asked.value();
                asked.respond(&number);
            }
            go = GO.recv() => {
                if go.is_err() {
                    return Err("stopped".to_owned());
                }
                return Ok(());
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// Somebody tells it one.
    Says,
    /// Somebody asks for two.
    Asks,
    /// Another asks for the same.
    AsksAgain,
    Cancel,
    Terminate,
    Pause,
    Resume,
    /// It may go.
    Goes,
}

use Arrival::{Asks, AsksAgain, Cancel, Goes, Pause, Resume, Says, Terminate};

/// What has come.
#[derive(Clone, Copy, Debug)]
struct Came {
    arrival: Arrival,
    at: Timestamp,
    /// How the workflow had ended, if it had.
    over: Option<Phase>,
}

type Answer = Task<Told>;

/// It happens; who waits for the answer.
async fn happens(arrival: Arrival, bench: &Bench) -> (Option<Phase>, Option<Answer>) {
    let handle = elsewhere(bench).handle::<()>("f").await.unwrap();
    let over = over(match arrival {
        Says => handle.signal(SAY, 1).await.map(drop),
        Goes => handle.signal(GO, ()).await.map(drop),
        Cancel => handle.cancel("enough").await.map_err(SignalError::from),
        Terminate => handle.terminate("now").await.map_err(SignalError::from),
        Pause => handle.pause("a while").await.map_err(SignalError::from),
        Resume => handle.resume().await.map_err(SignalError::from),
        Asks | AsksAgain => {
            let asked = handle.update(ASK, 2).id("two").send().await;
            let told = tokio::spawn(async {
                Told::of(match asked {
                    Ok(pending) => pending.answer().await,
                    Err(error) => Err(error),
                })
            });
            return (None, Some(told));
        }
    });
    (over, None)
}

/// True if the worker was cut. `fails`: whether it goes on because it has failed.
async fn story(fails: bool, store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client: Client| {
        if fails {
            drop(start_clumsy(&client, "f").await.unwrap());
        } else {
            drop(start_ledger(&client, "f", Vec::new()).await.unwrap());
        }
    };
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let (mut came, mut answers, mut rests) = (Vec::new(), Vec::new(), None);
    // So that all end.
    for (n, arrival) in order.iter().chain(&[Resume, Goes]).enumerate() {
        let at = stage.bench.clock.now();
        let (over, answer) = happens(*arrival, &stage.bench).await;
        answers.extend(answer);
        came.push(Came {
            arrival: *arrival,
            at,
            over,
        });
        stage.arrived_now(course.rests_at(n)).await;
        if course.is_calm(order.len()) && n < order.len() {
            let steps = progress(&stage.bench).await;
            rests = match (arrival, rests) {
                (Pause, _) if over.is_none() => Some(steps),
                (Resume | Cancel | Terminate, _) | (_, None) => None,
                (_, Some(before)) => {
                    assert_eq!(steps, before, "nothing begins in a pause, {order:?}");
                    Some(before)
                }
            };
        }
    }
    let at = format!("fails: {fails}, {order:?}, {course:?}");
    let (bench, [record]) = stage.end(["f"], &at).await;
    let mut told = Vec::new();
    for answer in answers {
        told.push(answer.await.unwrap());
    }
    let at = format!("{at}: {:?}, {came:?}, {told:?}", record.phase);
    ends_truly(&record, &came, &at);
    let read = if fails {
        fails_once(&bench, &record, &came, &at).await;
        None
    } else {
        keeps_all(&record, &came, &at)
    };
    are_true(&bench, &record, read.as_deref(), &told, &at).await;
    assert_eq!(bench.end("f").await, record, "S3 {at}");
    faulty.fired()
}

/// How far all runs have come.
async fn progress(bench: &Bench) -> Vec<i64> {
    let runs = all_runs(bench).await;
    runs.iter().map(|run| run.seq).collect()
}

fn in_time(came: &[Came], wanted: Arrival) -> Option<Came> {
    let mut all = came.iter();
    all.find(|came| came.arrival == wanted && came.over.is_none())
        .copied()
}

/// It ends in a way that came in time, everybody is told of that one, and who has stopped it has
/// not waited.
fn ends_truly(record: &RunRecord, came: &[Came], at: &str) {
    for Came { arrival, over, .. } in came {
        let same = over.is_none_or(|over| over == record.phase);
        assert!(same, "S3 {arrival:?}, {at}");
    }
    let (cancelled, terminated) = (in_time(came, Cancel), in_time(came, Terminate));
    match record.phase {
        Phase::Completed => assert!(cancelled.is_none() && terminated.is_none(), "X1 {at}"),
        Phase::Cancelled => assert!(cancelled.is_some(), "X2 {at}"),
        Phase::Terminated => assert!(terminated.is_some(), "X2 {at}"),
        // It failed when that was on its way.
        Phase::Failed => assert!(cancelled.or(terminated).is_some(), "X2 {at}"),
        other => panic!("X2 {other:?}, {at}"),
    }
    for stopped in cancelled.into_iter().chain(terminated) {
        let soon = stopped.at.after(SOON);
        assert!(record.finished_at < Some(soon), "X1: it has waited, {at}");
    }
}

/// All that came before the end was read, in order and once; what that is, unless nobody knows.
fn keeps_all(record: &RunRecord, came: &[Came], at: &str) -> Option<Vec<u32>> {
    assert_ne!(record.phase, Phase::Failed, "X2 {at}");
    if record.phase == Phase::Terminated {
        return None;
    }
    let read = match value::<Result<Vec<u32>, String>>(record) {
        Ok(read) => read,
        Err(read) => serde_json::from_str(&read).unwrap(),
    };
    let end = came.iter().position(|came| came.arrival == Cancel);
    let number = |came: &Came| match came.arrival {
        Says => Some(1),
        Asks | AsksAgain => Some(2),
        _ => None,
    };
    let before = &came[..end.unwrap_or(came.len())];
    let mut sent: Vec<u32> = before.iter().filter_map(number).collect();
    if let Some(again) = sent.iter().rposition(|number| *number == 2)
        && sent.iter().filter(|number| **number == 2).count() == 2
    {
        sent.remove(again);
    }
    assert_eq!(read, sent, "W2 {at}");
    Some(read)
}

/// What it was told has failed one try, and another one has followed unless it was stopped.
async fn fails_once(bench: &Bench, record: &RunRecord, came: &[Came], at: &str) {
    let runs = all_runs(bench).await;
    let failed = |run: &&RunRecord| run.error.as_deref() == Some("told 1");
    let tries = runs.iter().filter(failed).count();
    let told = usize::from(in_time(came, Says).is_some());
    match record.phase {
        Phase::Completed => assert_eq!(tries, told, "W2 {at}"),
        Phase::Failed => assert_eq!((tries, runs.len()), (1, 1), "X1 {at}"),
        _ => assert!(tries <= told, "W2 {at}"),
    }
    assert!(runs.len() <= 1 + tries, "S2 {at}");
}

/// Both who have asked were told the same, and are told so again.
async fn are_true(
    bench: &Bench,
    record: &RunRecord,
    read: Option<&[u32]>,
    told: &[Told],
    at: &str,
) {
    let sum = read.map(|read| {
        let index = read.iter().position(|number| *number == 2);
        index.map(|index| read[..=index].iter().sum::<u32>())
    });
    for one in told {
        match one {
            Told::Sum(said) => {
                assert!(sum.is_none_or(|sum| sum == Some(*said)), "W2 {at}");
                let (_, again) = happens(AsksAgain, bench).await;
                assert_eq!(again.unwrap().await.unwrap(), *one, "W2 {at}");
                assert!(
                    told.iter().all(|other| matches!(other, Told::Sum(_))),
                    "W2 {at}"
                );
            }
            other => {
                assert_eq!(other.end(), Some(record.phase), "W2 {at}");
                assert!(sum.is_none_or(|sum| sum.is_none()), "W2 {at}");
                assert_ne!(record.phase, Phase::Completed, "W2 {at}");
            }
        }
    }
}

async fn continued(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    story(false, store, order, course).await
}

async fn tried_again(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    story(true, store, order, course).await
}

const ASKED: [Arrival; 4] = [Says, Asks, AsksAgain, Cancel];
const STOPPED: [Arrival; 4] = [Says, Asks, Cancel, Terminate];
const PAUSED: [Arrival; 4] = [Says, Pause, Resume, Cancel];

/// On the memory store: of a workflow that goes on by its own code, or because it has failed.
async fn count_once(fails: bool, arrivals: &[Arrival]) {
    let story = async |store, order: &[Arrival], course| story(fails, store, order, course).await;
    let cuts = in_every_order(arrivals, 3, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn who_asks_all_runs_of_a_workflow_is_answered_once_in_every_order() {
    count_once(false, &ASKED).await;
}

#[tokio::test]
async fn what_comes_counts_once_for_all_runs_of_a_workflow_that_is_stopped_in_every_order() {
    count_once(false, &STOPPED).await;
}

#[tokio::test]
async fn what_comes_counts_once_for_all_runs_of_a_workflow_that_is_paused_in_every_order() {
    count_once(false, &PAUSED).await;
}

#[tokio::test]
async fn who_asks_all_tries_of_a_workflow_is_answered_once_in_every_order() {
    count_once(true, &ASKED).await;
}

#[tokio::test]
async fn who_stops_a_workflow_does_not_wait_for_another_try_in_every_order() {
    count_once(true, &STOPPED).await;
}

#[tokio::test]
async fn who_stops_a_workflow_beside_a_pause_does_not_wait_for_another_try_in_every_order() {
    count_once(true, &PAUSED).await;
}

#[tokio::test]
async fn what_comes_while_a_run_is_about_to_go_on_counts_once() {
    let times = meanwhile_in_every_order(&STOPPED, continued).await;
    assert!(times > 60, "only {times} came meanwhile");
}

#[tokio::test]
async fn who_stops_a_workflow_that_is_about_to_be_tried_again_does_not_wait() {
    let times = meanwhile_in_every_order(&STOPPED, tried_again).await;
    assert!(times > 60, "only {times} came meanwhile");
}

#[tokio::test]
async fn what_comes_counts_once_for_all_runs_of_a_workflow_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&STOPPED, (12, 7), continued).await;
    in_every_order_on_sqlite(&PAUSED, (12, 7), continued).await;
}

#[tokio::test]
async fn who_stops_a_workflow_does_not_wait_for_another_try_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&STOPPED, (12, 7), tried_again).await;
    in_every_order_on_sqlite(&PAUSED, (12, 7), tried_again).await;
}
