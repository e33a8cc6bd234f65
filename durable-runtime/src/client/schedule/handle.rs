//! One schedule, seen from outside.

use super::{Read, ScheduleDescription, ScheduleError};
use crate::client::Client;
use crate::codec;
use crate::id::{ScheduleId, Timestamp};
use crate::schedule::{Definition, Overlap, Schedule, State};
use crate::store::{ScheduleRow, ScheduleWrite, ScheduleWritten};
use std::fmt;

/// How often a change is tried while others change the schedule too.
const TRIES_MAX: usize = 100;

/// A schedule that was created. Shows as its id.
#[derive(Clone)]
pub struct ScheduleHandle {
    client: Client,
    id: ScheduleId,
}

impl fmt::Display for ScheduleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl fmt::Debug for ScheduleHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScheduleHandle")
            .field(&self.id.as_str())
            .finish()
    }
}

impl ScheduleHandle {
    pub(super) fn new(client: Client, id: ScheduleId) -> Self {
        Self { client, id }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ScheduleId {
        &self.id
    }

    /// Its times and policies, how far it has come, what comes next and what came last.
    pub async fn describe(&self) -> Result<ScheduleDescription, ScheduleError> {
        match self.client.store().schedule(&self.id).await? {
            Some(record) => ScheduleDescription::of(&record),
            None => Err(ScheduleError::NotFound(self.id.clone())),
        }
    }

    /// Starts nothing by time until it is resumed; runs that are at work go on. The note says why.
    pub async fn pause(&self, note: impl Into<String>) -> Result<(), ScheduleError> {
        let note = note.into();
        self.change(|_, state, _| {
            state.pause(note.clone());
            Ok(())
        })
        .await
    }

    /// Goes on with the times from now on; those that came during the pause are left out.
    pub async fn resume(&self, note: impl Into<String>) -> Result<(), ScheduleError> {
        let note = note.into();
        self.change(|_, state, now| {
            state.resume(note.clone(), now);
            Ok(())
        })
        .await
    }

    /// Starts its workflow now, beside all times, also while it is paused. By its own overlap
    /// policy: with [`Overlap::Skip`] nothing is started while a run is at work.
    pub async fn trigger(&self) -> Result<(), ScheduleError> {
        self.triggered(None).await
    }

    /// The same by another overlap policy.
    pub async fn trigger_with(&self, overlap: Overlap) -> Result<(), ScheduleError> {
        self.triggered(Some(overlap)).await
    }

    async fn triggered(&self, overlap: Option<Overlap>) -> Result<(), ScheduleError> {
        self.change(|_, state, now| {
            state.trigger(overlap, now);
            Ok(())
        })
        .await
    }

    /// Starts its workflow for all of its times between two instants of the past, both included,
    /// for which none was started yet. The overlap policy is that of these starts:
    /// [`Overlap::BufferAll`] runs one after the other, [`Overlap::AllowAll`] all at once.
    pub async fn backfill(
        &self,
        from: impl Into<Timestamp>,
        until: impl Into<Timestamp>,
        overlap: Overlap,
    ) -> Result<(), ScheduleError> {
        let (from, until) = (from.into(), until.into());
        self.change(|_, state, now| {
            if from > until || until > now {
                return Err(ScheduleError::Range);
            }
            state.back_fill(from, until, overlap);
            Ok(())
        })
        .await
    }

    /// Changes times and policies; `change` gets the schedule as it is and may be called again if
    /// somebody else changes it at the same time. New times count from now on.
    pub async fn update(&self, change: impl Fn(Schedule) -> Schedule) -> Result<(), ScheduleError> {
        self.change(|definition, state, now| {
            let new = change(definition.schedule.clone());
            new.check(now)?;
            state.reschedule(&definition.schedule, &new, now);
            definition.schedule = new;
            Ok(())
        })
        .await
    }

    /// Deletes it. Runs that it has started go on.
    pub async fn delete(&self) -> Result<(), ScheduleError> {
        for _ in 0..TRIES_MAX {
            let found = self.client.store().schedule(&self.id).await?;
            let record = found.ok_or_else(|| ScheduleError::NotFound(self.id.clone()))?;
            let write = ScheduleWrite::of(self.id.clone(), Some(record.version));
            if self.client.store().write_schedule(write).await? == ScheduleWritten::Done {
                return Ok(());
            }
        }
        Err(ScheduleError::Contended(self.id.clone()))
    }

    /// Changes its row. A worker carries out what follows from that, at once.
    async fn change(
        &self,
        change: impl Fn(&mut Definition, &mut State, Timestamp) -> Result<(), ScheduleError>,
    ) -> Result<(), ScheduleError> {
        for _ in 0..TRIES_MAX {
            let found = self.client.store().schedule(&self.id).await?;
            let record = found.ok_or_else(|| ScheduleError::NotFound(self.id.clone()))?;
            let now = self.client.now();
            let Read {
                mut definition,
                mut state,
            } = Read::of(&record)?;
            change(&mut definition, &mut state, now)?;
            let row = ScheduleRow {
                due_at: Some(now),
                definition: codec::encode_plain(&definition),
                state: codec::encode_plain(&state),
            };
            let write = ScheduleWrite {
                row: Some(row),
                ..ScheduleWrite::of(self.id.clone(), Some(record.version))
            };
            if self.client.store().write_schedule(write).await? == ScheduleWritten::Done {
                self.poke();
                return Ok(());
            }
        }
        Err(ScheduleError::Contended(self.id.clone()))
    }

    /// Lets a worker in this process look at once.
    pub(super) fn poke(&self) {
        if let Some(link) = self.client.link() {
            link.poke();
        }
    }
}
