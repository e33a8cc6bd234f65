//! A saga whose steps, time limit, cancellation and termination come at once: each recorded step is
//! undone once, newest first, and nothing is undone of what has succeeded.

use super::audit::answers;
use super::{Course, DUE, Stage, in_every_order, in_every_order_on_sqlite, over};
use crate::support::{Bench, elsewhere, value};
use durable_runtime::activity::{self, ActivityToken};
use durable_runtime::client::{CompletionError, SignalError};
use durable_runtime::codec;
use durable_runtime::operation::Resolution;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");

thread_local! {
    /// The token of the only attempt; a story has a thread for itself, worker and all.
    static TOKEN: Cell<Option<ActivityToken>> = const { Cell::new(None) };
    /// What was begun.
    static BEGUN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Ends elsewhere.
#[activity]
async fn visa() -> String {
    TOKEN.set(Some(activity::token()));
    activity::ends_later().await
}

/// Books something, or cancels the booking.
#[activity]
async fn leg(name: String) -> String {
    BEGUN.with_borrow_mut(|begun| begun.push(name.clone()));
    name
}

/// A flight, a visa, a hotel, and then it may go; in ten seconds.
#[workflow]
async fn arrangements(saga: &mut Saga) -> Result<String, Error> {
    let mut time = spawn(sleep(Duration::from_secs(10)));
    leg("flight".to_owned()).await.map_err(Error::msg)?;
    saga.push(leg("undo flight".to_owned()));
    select! {
        given = visa() => {
            given.map_err(Error::msg)?;
            saga.push(leg("undo visa".to_owned()));
        }
        late = &mut time => {
            late?;
            return Err(Error::msg("too late"));
        }
    }
    leg("hotel".to_owned()).await.map_err(Error::msg)?;
    saga.push(leg("undo hotel".to_owned()));
    select! {
        go = GO.recv() => {
            go?;
            Ok("gone".to_owned())
        }
        late = &mut time => {
            late?;
            Err(Error::msg("too late"))
        }
    }
}

#[workflow]
async fn voyage() -> Result<String, SagaError> {
    let mut saga = Saga::new();
    match arrangements(&mut saga).await {
        Ok(gone) => Ok(gone),
        Err(error) => Err(saga.compensate(error).await),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Visa,
    Goes,
    Timer,
    Cancel,
    Terminate,
}

use Arrival::{Cancel, Goes, Terminate, Timer, Visa};

impl Arrival {
    /// It happens; the phase of the workflow if that has ended before.
    async fn happens(self, stage: &mut Stage) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let handle = client.handle::<()>("v").await.unwrap();
        over(match self {
            Goes => handle.signal(GO, ()).await.map(drop),
            Cancel => handle.cancel("enough").await.map_err(SignalError::from),
            Terminate => handle.terminate("now").await.map_err(SignalError::from),
            Timer => {
                stage.until_due().await;
                Ok(())
            }
            Visa => {
                let token = TOKEN.get().expect("it has begun");
                return match client.activity(token).complete("visa").await {
                    Ok(()) | Err(CompletionError::Over { .. }) => None,
                    Err(CompletionError::Ended { phase, .. }) => Some(phase),
                    Err(other) => panic!("{other}"),
                };
            }
        })
    }
}

/// Names in an answer.
fn names(answer: &Resolution) -> Vec<String> {
    match answer {
        Resolution::Returned(bytes) => codec::decode::<String>(bytes).ok().into_iter().collect(),
        Resolution::All(all) => all.iter().flat_map(names).collect(),
        Resolution::Won { answer, .. } => names(answer),
        _ => Vec::new(),
    }
}

/// What is on record of a run, in order: what was done, and what was undone.
async fn recorded(bench: &Bench, run: &RunRecord) -> (Vec<String>, Vec<String>) {
    let answers = answers(bench, run).await;
    let all = answers.iter().flat_map(|one| names(&one.answer));
    let known = |name: &String| {
        let what = name.strip_prefix("undo ").unwrap_or(name);
        ["flight", "visa", "hotel"].contains(&what)
    };
    let mut all: Vec<_> = all.filter(known).collect();
    let undone = all
        .extract_if(.., |name| name.starts_with("undo "))
        .collect();
    (all, undone)
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    TOKEN.take();
    BEGUN.take();
    let start = async |client| drop(start_voyage(&client, "v").await.unwrap());
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut told = Vec::new();
    for (n, arrival) in order.iter().enumerate() {
        told.push((*arrival, arrival.happens(&mut stage).await));
        stage.arrived(course.rests_at(n)).await;
    }
    let at = format!("{order:?}, {course:?}");
    let (bench, [record]) = stage.end(["v"], &at).await;
    let phase = record.phase;
    let (done, undone) = recorded(&bench, &record).await;
    let at = format!("{at}: {phase:?}, {told:?}, {done:?}, {undone:?}");
    assert_eq!(done.first().map(String::as_str), Some("flight"), "C1 {at}");
    let mut expected: Vec<_> = done.iter().map(|name| format!("undo {name}")).collect();
    expected.reverse();
    match phase {
        Phase::Completed => assert_eq!(undone, [""; 0], "X3 {at}"),
        Phase::Failed | Phase::Cancelled => assert_eq!(undone, expected, "X3 {at}"),
        Phase::Terminated => assert!(expected.starts_with(&undone), "X3 {at}"),
        other => panic!("X2 {other:?}, {at}"),
    }
    let cut = usize::from(faulty.fired());
    let begun = BEGUN.take();
    for name in &begun {
        let times = begun.iter().filter(|other| *other == name).count();
        assert!(times <= 1 + cut, "C4 {name} was begun {times} times, {at}");
    }
    ends_truly(&record, &told, &at);
    if course.is_calm(order.len()) {
        let end = order
            .iter()
            .position(|a| matches!(a, Timer | Cancel | Terminate));
        let visa = order.iter().position(|a| *a == Visa);
        assert_eq!(done.len() == 3, visa < end, "W2 {at}");
    }
    assert_eq!(bench.end("v").await, record, "S3 {at}");
    faulty.fired()
}

/// It ends for a reason that came in time, and all who asked for more were told of this end.
fn ends_truly(record: &RunRecord, told: &[(Arrival, Option<Phase>)], at: &str) {
    let in_time = |wanted| told.contains(&(wanted, None));
    for (_, over) in told {
        assert!(over.is_none_or(|over| over == record.phase), "S3 {at}");
    }
    match record.phase {
        Phase::Completed => assert!(in_time(Goes) && in_time(Visa), "X2 {at}"),
        Phase::Cancelled => assert!(in_time(Cancel), "X2 {at}"),
        Phase::Terminated => assert!(in_time(Terminate), "X2 {at}"),
        _ => assert!(in_time(Timer), "X2 {at}"),
    }
    if record.output.is_none() {
        return;
    }
    if let Err(error) = value::<Result<String, SagaError>>(record) {
        assert_eq!(error.failed.len(), 0, "X3 {at}");
        if error.to_string() == "too late" {
            assert!(record.finished_at >= Some(DUE), "W4 {at}");
        }
    }
}

pub(super) const LATE: [Arrival; 4] = [Visa, Goes, Timer, Cancel];
const STOPPED: [Arrival; 4] = [Visa, Timer, Cancel, Terminate];

#[tokio::test]
async fn each_step_is_undone_once_in_every_order() {
    let cuts = in_every_order(&LATE, 5, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_step_is_undone_once_unless_it_is_terminated_in_every_order() {
    let cuts = in_every_order(&STOPPED, 3, story).await;
    assert!(cuts > 300, "only {cuts} calls were cut");
}

#[tokio::test]
async fn each_step_is_undone_once_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&LATE, (8, 9), story).await;
    in_every_order_on_sqlite(&STOPPED, (8, 9), story).await;
}
