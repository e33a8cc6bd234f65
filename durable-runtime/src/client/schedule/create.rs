//! A new schedule, made of a start: instead of now, at the times of a schedule.

use super::{ScheduleError, ScheduleHandle};
use crate::client::start::{Prepared, Start, StartError};
use crate::codec;
use crate::id::ScheduleId;
use crate::operation::WorkflowOptions;
use crate::schedule::{Action, Definition, Schedule, State};
use crate::store::{ScheduleRow, ScheduleWrite, ScheduleWritten, limits};
use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

/// A schedule about to be created; `.await` creates it and gives its [`ScheduleHandle`].
///
/// Once the await has returned `Ok` the schedule is on disk. An id that is taken creates nothing
/// and answers [`ScheduleError::Exists`].
#[must_use = "a schedule is created by `.await`"]
pub struct CreateSchedule {
    id: String,
    start: Result<Prepared, ScheduleError>,
    options: WorkflowOptions,
    schedule: Schedule,
    paused: Option<String>,
}

impl<R> Start<R> {
    /// Starts the workflow at the times of a schedule instead of now. The id is that of the
    /// schedule; the workflows have the time behind it, as in `nightly-2026-11-27T02:00:00Z`, and
    /// each has the memos and search attributes that are set here.
    ///
    /// ```no_run
    /// # use durable_runtime::prelude::*;
    /// # use durable_runtime::Schedule;
    /// # #[workflow] async fn report(region: String) -> Result<(), Error> { sleep(Duration::ZERO).await?; let _ = region; Ok(()) }
    /// # async fn run(client: Client) -> Result<(), Box<dyn std::error::Error>> {
    /// start_report(&client, "nightly", "eu".to_owned())
    ///     .on_schedule(Schedule::cron("0 2 * * *").zone("Europe/Berlin"))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_schedule(self, schedule: impl Into<Schedule>) -> CreateSchedule {
        let (id, options) = (self.id().to_owned(), self.options().clone());
        let start = match self.only_for_one() {
            Some(option) => Err(ScheduleError::Meaningless(option)),
            None => match ScheduleId::new(id.clone()) {
                Ok(_) => self.prepare().map_err(refused),
                Err(error) => Err(error.into()),
            },
        };
        CreateSchedule {
            id,
            start,
            options,
            schedule: schedule.into(),
            paused: None,
        }
    }
}

/// Why a start cannot be prepared. Its id has been checked.
fn refused<R>(error: StartError<R>) -> ScheduleError {
    match error {
        StartError::Input(error) => ScheduleError::Input(error),
        StartError::TooLarge { size, limit } => ScheduleError::TooLarge { size, limit },
        StartError::Ambiguous(error) => ScheduleError::Ambiguous(error),
        StartError::Priority(error) => error.into(),
        StartError::Store(error) => ScheduleError::Store(error),
        StartError::Refused(error) => ScheduleError::Refused(error),
        _ => ScheduleError::Meaningless("such an option"),
    }
}

impl CreateSchedule {
    /// Creates it paused; the note says why.
    pub fn paused(mut self, note: impl Into<String>) -> Self {
        self.paused = Some(note.into());
        self
    }

    async fn create(self) -> Result<ScheduleHandle, ScheduleError> {
        let id = ScheduleId::new(self.id)?;
        let Prepared {
            client, mut run, ..
        } = self.start?;
        // They say where this call comes from, and its runs come from the schedule.
        run.tags.headers.clear();
        // What is too large now would be so each time.
        limits::check_run(&run)?;
        let now = client.now();
        self.schedule.check(now)?;
        let mut state = State::new(now);
        if let Some(note) = self.paused {
            state.pause(note);
        }
        let definition = Definition {
            schedule: self.schedule,
            action: Action {
                workflow: run.workflow,
                queue: run.queue,
                input: run.input,
                options: self.options,
                queueing: run.queueing,
                tags: run.tags,
            },
        };
        let row = ScheduleRow {
            due_at: Some(now),
            definition: codec::encode_plain(&definition),
            state: codec::encode_plain(&state),
        };
        let write = ScheduleWrite {
            row: Some(row),
            ..ScheduleWrite::of(id.clone(), None)
        };
        let written = client.store().write_schedule(write).await?;
        let handle = ScheduleHandle::new(client, id);
        handle.poke();
        match written {
            ScheduleWritten::Done => Ok(handle),
            _ => Err(ScheduleError::Exists(handle)),
        }
    }
}

impl IntoFuture for CreateSchedule {
    type Output = Result<ScheduleHandle, ScheduleError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}

impl fmt::Debug for CreateSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreateSchedule")
            .field("id", &self.id)
            .field("schedule", &self.schedule)
            .finish_non_exhaustive()
    }
}
