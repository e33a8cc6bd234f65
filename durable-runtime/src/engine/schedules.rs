//! Drives the schedules that are due: any worker does, whatever it runs.
//!
//! Whoever is first writes; the others find another version and look again. A worker that dies
//! before its write has done nothing, and after it everything.

use super::ids;
use super::life::Life;
use crate::codec;
use crate::id::{RunId, ScheduleId, Timestamp};
use crate::panics::unwinding;
use crate::payload::envelope;
use crate::schedule::{Definition, State, advance};
use crate::store::{
    NewMessage, NewRun, ScheduleRecord, ScheduleRow, ScheduleWrite, ScheduleWritten, Scheduled,
    StoreError,
};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// How many schedules are read at once.
const BATCH: usize = 64;

/// What driving the schedules has done.
#[derive(Debug, Default)]
pub(super) struct Driven {
    /// When the next one is due.
    pub(super) next: Option<Timestamp>,
    /// Runs were started or told something; they may be here.
    pub(super) acted: bool,
}

/// Schedules that this binary cannot read, in these versions: another one has written them.
#[derive(Debug, Default)]
pub(super) struct Unreadable(Mutex<BTreeSet<(ScheduleId, i64)>>);

/// Drives every schedule that is due.
pub(super) async fn drive(life: Arc<Life>, unreadable: Arc<Unreadable>) -> Driven {
    let mut driven = Driven::default();
    let all = drive_all(&life, &unreadable, &mut driven);
    match life.guard.keep("look for schedules", all, Ok(None)).await {
        Ok(next) => driven.next = next,
        // The next look shows what remains.
        Err(error) => tracing::warn!(%error, "cannot look for schedules"),
    }
    driven
}

async fn drive_all(
    life: &Life,
    unreadable: &Unreadable,
    driven: &mut Driven,
) -> Result<Option<Timestamp>, StoreError> {
    loop {
        let limit = BATCH + unreadable.count();
        let found = life.store.soonest_schedules(limit).await?;
        let full = found.len() == limit;
        let mut done = 0;
        for record in found {
            if unreadable.has(&record) {
                continue;
            }
            let now = life.clock.now();
            if let Some(due) = record.row.due_at.filter(|due| *due > now) {
                return Ok(Some(due));
            }
            done += 1;
            let which = (record.id.clone(), record.version);
            match unwinding(drive_one(life, record)).await {
                Ok(Ok(Ok(acted))) => driven.acted |= acted,
                Ok(Ok(Err(which))) => unreadable.add(which),
                Ok(Err(error)) if error.is_transient() || error == StoreError::Closed => {
                    return Err(error);
                }
                // The others go on; this one does when somebody changes it, or with another worker.
                Ok(Err(error)) => {
                    tracing::error!(schedule = %which.0, %error, "the store refuses a schedule");
                    unreadable.add(which);
                }
                Err(panic) => {
                    tracing::error!(schedule = %which.0, panic, "the engine panicked with a schedule");
                    unreadable.add(which);
                }
            }
        }
        if done == 0 && !full {
            return Ok(None);
        }
    }
}

/// Drives one schedule: whether runs were started or told something. `Err`: it cannot be read.
async fn drive_one(
    life: &Life,
    record: ScheduleRecord,
) -> Result<Result<bool, (ScheduleId, i64)>, StoreError> {
    let read = |record: &ScheduleRecord| -> Result<_, codec::Error> {
        let mut outputs = record
            .ended
            .iter()
            .filter_map(|told| told.output.as_deref());
        if let Some(reason) = outputs.find_map(envelope::reason) {
            // It is a last result, and would be stored as one.
            return Err(codec::Error::custom(format_args!("a result: {reason}")));
        }
        let definition: Definition = codec::decode(&record.row.definition)?;
        let state: State = codec::decode(&record.row.state)?;
        let times = definition.schedule.times().map_err(codec::Error::custom)?;
        Ok((definition, state, times))
    };
    let (definition, state, times) = match read(&record) {
        Ok(parts) => parts,
        Err(error) => {
            let schedule = &record.id;
            tracing::warn!(%schedule, %error, "this binary cannot read a schedule");
            return Ok(Err((record.id, record.version)));
        }
    };
    let schedule = (&definition.schedule, &times);
    let mut taken = BTreeSet::new();
    let mut draw: fn(Timestamp) -> RunId = ids::new_run;
    loop {
        let now = life.clock.now();
        let (id, ended) = (&record.id, &record.ended);
        let decision = advance(id, schedule, state.clone(), ended, &taken, now);
        let acted = !decision.starts.is_empty() || !decision.stops.is_empty();
        let last_result = &decision.state.last_result;
        let start = |(workflow, at)| NewRun {
            run: draw(now),
            scheduled: Some(Scheduled {
                schedule: id.clone(),
                at,
                last_result: last_result.clone(),
            }),
            ..definition.action.new_run(workflow, now)
        };
        let write = ScheduleWrite {
            id: id.clone(),
            expected: Some(record.version),
            starts: decision.starts.into_iter().map(start).collect(),
            sends: decision
                .stops
                .into_iter()
                .map(|(workflow, kind)| (workflow, NewMessage::steer(kind, OVERLAP, now)))
                .collect(),
            row: Some(ScheduleRow {
                due_at: decision.due_at,
                definition: record.row.definition.clone(),
                state: codec::encode_plain(&decision.state),
            }),
            told: true,
        };
        match life.store.write_schedule(write).await? {
            ScheduleWritten::Done => return Ok(Ok(acted)),
            ScheduleWritten::Changed => return Ok(Ok(false)),
            ScheduleWritten::Taken(ids) => taken.extend(ids),
            ScheduleWritten::RunTaken => draw = ids::new_run_elsewhere,
        }
    }
}

/// Why a run is stopped.
const OVERLAP: &str = "the next run of its schedule is due";

impl Unreadable {
    fn with<R>(&self, act: impl FnOnce(&mut BTreeSet<(ScheduleId, i64)>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self) -> usize {
        self.with(|all| all.len())
    }

    fn has(&self, record: &ScheduleRecord) -> bool {
        self.with(|all| all.contains(&(record.id.clone(), record.version)))
    }

    fn add(&self, which: (ScheduleId, i64)) {
        self.with(|all| all.insert(which));
    }
}
