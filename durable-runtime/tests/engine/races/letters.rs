//! A workflow to which others write, cancel it and terminate it, while a client does so too: each
//! letter is read once or never, and who has sent it was told the truth.

use super::{Course, Stage, in_every_order, in_every_order_on_sqlite, over, place};
use crate::support::{elsewhere, value};
use durable_runtime::operation::SendError;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, RunRecord, Store};
use std::sync::Arc;

const GO: Signal<()> = Signal::new("go");
const SAY: Signal<u32> = Signal::new("say");

/// Takes three numbers.
#[workflow]
async fn reader() -> Result<Vec<u32>, String> {
    let mut read = Vec::new();
    while read.len() < 3 {
        let Ok(number) = SAY.recv().await else {
            return Err(format!("{read:?}"));
        };
        read.push(number);
    }
    Ok(read)
}

/// Writes to the reader, once it may.
#[workflow]
async fn writer(number: u32) -> Result<(), String> {
    GO.recv().await.map_err(|e| e.to_string())?;
    let sent = external("reader").signal(SAY, number).await;
    sent.map_err(|error| format!("{error:?}"))
}

/// Puts an end to the reader, once it may.
#[workflow]
async fn stopper(kindly: bool) -> Result<(), String> {
    GO.recv().await.map_err(|e| e.to_string())?;
    let reader = external("reader");
    let sent = if kindly {
        reader.cancel("enough").await
    } else {
        reader.terminate("now").await
    };
    sent.map_err(|error| format!("{error:?}"))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A workflow may write this.
    Writes(u32),
    /// A client writes three.
    Says,
    /// A workflow may cancel the reader.
    Cancels,
    /// A workflow may terminate it.
    Terminates,
}

use Arrival::{Cancels, Says, Terminates, Writes};

impl Arrival {
    /// The workflow that may do it.
    fn by(self) -> Option<&'static str> {
        match self {
            Writes(1) => Some("first"),
            Writes(_) => Some("second"),
            Cancels => Some("cancels"),
            Terminates => Some("terminates"),
            Says => None,
        }
    }

    fn number(self) -> Option<u32> {
        match self {
            Writes(number) => Some(number),
            Says => Some(3),
            Cancels | Terminates => None,
        }
    }

    /// It happens; for a client, the phase of the reader if that had ended before.
    async fn happens(self, stage: &Stage) -> Option<Phase> {
        let client = elsewhere(&stage.bench);
        let Some(by) = self.by() else {
            let reader = client.handle::<()>("reader").await.unwrap();
            return over(reader.signal(SAY, 3).await.map(drop));
        };
        let by = client.handle::<()>(by).await.unwrap();
        by.signal(GO, ()).await.unwrap();
        None
    }
}

/// The end of the reader that a sender was told of: `None` if it was sent in time.
fn told(sender: &RunRecord) -> Option<Phase> {
    let said = value::<Result<(), String>>(sender).err()?;
    let phases = [Phase::Completed, Phase::Cancelled, Phase::Terminated];
    let ended = |phase: &Phase| {
        let id = durable_runtime::id::WorkflowId::new("reader").unwrap();
        said == format!("{:?}", SendError::Finished { id, phase: *phase })
    };
    Some(
        phases
            .into_iter()
            .find(ended)
            .unwrap_or_else(|| panic!("X5 {said}")),
    )
}

/// True if the worker was cut.
pub(super) async fn story(store: Arc<dyn Store>, order: &[Arrival], course: Course) -> bool {
    let start = async |client: Client| {
        drop(start_reader(&client, "reader").await.unwrap());
        for (id, number) in [("first", 1), ("second", 2)] {
            drop(start_writer(&client, id, number).await.unwrap());
        }
        for (id, kindly) in [("cancels", true), ("terminates", false)] {
            drop(start_stopper(&client, id, kindly).await.unwrap());
        }
    };
    let mut stage = Stage::set(store, course, start).await;
    let faulty = stage.store.clone();
    let mut by_client = None;
    for (n, arrival) in order.iter().enumerate() {
        let over = arrival.happens(&stage).await;
        if *arrival == Says {
            by_client = Some(over);
        }
        stage.arrived(course.rests_at(n)).await;
    }
    // Those that have no part in this story go home.
    for idle in [Writes(1), Writes(2), Cancels, Terminates] {
        if !order.contains(&idle) {
            let client = elsewhere(&stage.bench);
            let idle = client.handle::<()>(idle.by().unwrap()).await.unwrap();
            idle.cancel("not needed").await.unwrap();
        }
    }
    let at = format!("{order:?}, {course:?}");
    let ids = ["reader", "first", "second", "cancels", "terminates"];
    let (bench, [reader, senders @ ..]) = stage.end(ids, &at).await;
    let mut sent = Vec::new();
    for arrival in order {
        let over = match arrival.by() {
            None => by_client.expect("it has said it"),
            Some(by) => {
                let sender = senders.iter().find(|sender| sender.id.as_str() == by);
                let sender = sender.expect("it is one of them");
                let said = told(sender);
                let expected = said.map_or(Phase::Completed, |_| Phase::Failed);
                assert_eq!(sender.phase, expected, "X5 {at}");
                said
            }
        };
        sent.push((*arrival, over));
    }
    let at = format!("{at}: {:?}, {sent:?}", reader.phase);
    are_read_once(&reader, &sent, &at);
    if course.is_calm(order.len()) {
        in_order(&reader, order, &at);
    }
    assert_eq!(bench.end("reader").await, reader, "S3 {at}");
    faulty.fired()
}

/// What the reader has read; `None` if nobody knows.
fn read(reader: &RunRecord) -> Option<Vec<u32>> {
    (reader.phase != Phase::Terminated).then(|| match value::<Result<Vec<u32>, String>>(reader) {
        Ok(read) => read,
        Err(read) => serde_json::from_str(&read).unwrap(),
    })
}

/// A letter that was sent too late is not read, and one in time once at most; the end is one that
/// came in time, and all are told of that one.
fn are_read_once(reader: &RunRecord, sent: &[(Arrival, Option<Phase>)], at: &str) {
    for (arrival, over) in sent {
        assert!(
            over.is_none_or(|over| over == reader.phase),
            "S3 {arrival:?}, {at}"
        );
    }
    let in_time = |wanted| sent.contains(&(wanted, None));
    match reader.phase {
        Phase::Completed => {}
        Phase::Cancelled => assert!(in_time(Cancels), "X2 {at}"),
        Phase::Terminated => assert!(in_time(Terminates), "X2 {at}"),
        other => panic!("X2 {other:?}, {at}"),
    }
    let Some(read) = read(reader) else {
        return;
    };
    let at = format!("{at}: {read:?}");
    let mut once = read.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), read.len(), "X5 {at}");
    for number in &read {
        let from = sent.iter().find(|(a, _)| a.number() == Some(*number));
        assert_eq!(from.map(|(_, over)| *over), Some(None), "W3, X5 {at}");
    }
    if reader.phase == Phase::Completed {
        assert_eq!(read.len(), 3, "X2 {at}");
    } else {
        assert!(read.len() < 3, "X2 {at}");
    }
}

/// With time for each, they are read in order, up to the end.
fn in_order(reader: &RunRecord, order: &[Arrival], at: &str) {
    let ends = [Cancels, Terminates].map(|end| place(order, end).unwrap_or(order.len()));
    let end = ends[0].min(ends[1]);
    let all: Vec<_> = order[..end].iter().filter_map(|a| a.number()).collect();
    if let Some(read) = read(reader) {
        assert_eq!(read, all, "X5 {at}");
    }
    let phase = match order.get(end) {
        _ if all.len() == 3 => Phase::Completed,
        Some(Cancels) => Phase::Cancelled,
        _ => Phase::Terminated,
    };
    assert_eq!(reader.phase, phase, "X2 {at}");
}

pub(super) const WRITTEN: [Arrival; 4] = [Writes(1), Writes(2), Says, Cancels];
const STOPPED: [Arrival; 4] = [Writes(1), Says, Cancels, Terminates];

/// One that was sent before the process died ends the reader, and is sent again.
#[tokio::test]
async fn who_terminates_another_is_told_the_same_wherever_the_process_is_cut() {
    let cuts = in_every_order(&[Terminates], 8, story).await;
    assert!(cuts > 8, "only {cuts} calls were cut");
}

#[tokio::test]
async fn letters_of_workflows_are_read_once_in_every_order() {
    let cuts = in_every_order(&WRITTEN, 8, story).await;
    assert!(cuts > 500, "only {cuts} calls were cut");
}

#[tokio::test]
async fn letters_to_who_is_stopped_are_read_once_in_every_order() {
    let cuts = in_every_order(&STOPPED, 8, story).await;
    assert!(cuts > 500, "only {cuts} calls were cut");
}

#[tokio::test]
async fn letters_of_workflows_are_read_once_in_every_order_on_sqlite() {
    in_every_order_on_sqlite(&WRITTEN, (12, 9), story).await;
    in_every_order_on_sqlite(&STOPPED, (12, 9), story).await;
}
