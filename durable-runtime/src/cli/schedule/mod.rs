//! `schedule`: workflows that start at times; create, look, steer.

mod change;
mod create;
mod list;
mod options;
mod show;

use super::failure::{Exit, Failure};
use super::terminal::{Format, Terminal};
use crate::client::{Client, ScheduleError, ScheduleHandle};
use crate::schedule::Overlap;
use serde_json::json;

/// What an application can do with schedules.
#[derive(Debug, clap::Args)]
pub(crate) struct AppArgs {
    #[command(subcommand)]
    command: AppSchedule,
}

#[derive(Debug, clap::Subcommand)]
enum AppSchedule {
    /// Create a schedule that starts a workflow of this binary
    Create(create::Args),
    #[command(flatten)]
    Shared(Schedule),
}

/// What needs no application code.
#[derive(Debug, clap::Args)]
pub(crate) struct ToolArgs {
    #[command(subcommand)]
    command: Schedule,
}

#[derive(Debug, clap::Subcommand)]
enum Schedule {
    /// List schedules by id
    List(list::Args),
    /// Show times, policies, what comes next and what came last
    Show(One),
    /// Change times and policies; only what is named changes, and new times count from now on
    Update(change::UpdateArgs),
    /// Start nothing by time until it is resumed
    Pause(change::NoteArgs),
    /// Go on with the times from now on
    Resume(change::NoteArgs),
    /// Start its workflow now, also in a pause
    Trigger(change::TriggerArgs),
    /// Start its workflow for times of the past that have none
    Backfill(change::BackfillArgs),
    /// Delete it; its workflows go on
    Delete(change::DeleteArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The schedule's id
    id: String,
}

/// The policies on the command line.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum OverlapArg {
    /// Start nothing while a workflow of an earlier time runs
    Skip,
    /// Start one when it has ended
    BufferOne,
    /// Start all, one after the other
    BufferAll,
    /// Ask it to stop, and start when it has
    CancelOther,
    /// End it, and start then
    TerminateOther,
    /// Start beside it
    AllowAll,
}

impl From<OverlapArg> for Overlap {
    fn from(arg: OverlapArg) -> Self {
        match arg {
            OverlapArg::Skip => Self::Skip,
            OverlapArg::BufferOne => Self::BufferOne,
            OverlapArg::BufferAll => Self::BufferAll,
            OverlapArg::CancelOther => Self::CancelOther,
            OverlapArg::TerminateOther => Self::TerminateOther,
            OverlapArg::AllowAll => Self::AllowAll,
        }
    }
}

impl AppArgs {
    /// Whether it makes sense on a database that does not exist yet.
    pub(crate) fn creates(&self) -> bool {
        matches!(self.command, AppSchedule::Create(_))
    }
}

pub(crate) async fn run_app(
    args: AppArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    match args.command {
        AppSchedule::Create(args) => create::run(args, client, term).await,
        AppSchedule::Shared(command) => command.run(client, term).await,
    }
}

pub(crate) async fn run_tool(
    args: ToolArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    args.command.run(client, term).await
}

impl Schedule {
    async fn run(self, client: &Client, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
        match self {
            Self::List(args) => list::run(&args, client, term).await,
            Self::Show(one) => show::run(&one, client, term).await,
            Self::Update(args) => change::update(args, client, term).await,
            Self::Pause(args) => change::pause(args, client, term).await,
            Self::Resume(args) => change::resume(args, client, term).await,
            Self::Trigger(args) => change::trigger(&args, client, term).await,
            Self::Backfill(args) => change::backfill(&args, client, term).await,
            Self::Delete(args) => change::delete(&args, client, term).await,
        }
    }
}

/// The schedule with this id, or a failure that says how to find it.
async fn find(client: &Client, id: &str, term: &Terminal<'_>) -> Result<ScheduleHandle, Failure> {
    match client.schedule(id).await {
        Err(error @ ScheduleError::NotFound(_)) => Err(Failure::from(error).hint(format!(
            "`{} schedule list` shows which there are",
            term.program
        ))),
        other => Ok(other?),
    }
}

/// Says what was done.
fn report(schedule: &ScheduleHandle, done: &str, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
    match term.format {
        Format::Ids => term.line(schedule)?,
        Format::Json | Format::Jsonl => term.json(&json!({ "id": schedule.id(), "done": done }))?,
        Format::Table => term.line(format_args!("{schedule}: {done}"))?,
    }
    Ok(Exit::Ok)
}

impl From<ScheduleError> for Failure {
    fn from(error: ScheduleError) -> Self {
        match error {
            ScheduleError::Store(error) => error.into(),
            ScheduleError::NotFound(_) => Self::of(Exit::NotFound, &error),
            ScheduleError::Exists(_) => Self::of(Exit::Conflict, &error)
                .hint("nothing was changed; `schedule update` changes it"),
            ScheduleError::InvalidId(_)
            | ScheduleError::Invalid(_)
            | ScheduleError::Meaningless(_)
            | ScheduleError::Input(_)
            | ScheduleError::Priority(_)
            | ScheduleError::TooLarge { .. }
            | ScheduleError::Range => Self::of(Exit::Usage, &error),
            ScheduleError::Unreadable { .. } => Self::of(Exit::Error, &error)
                .hint("it may have been written by a newer version; try that version's binary"),
            ScheduleError::Contended(_)
            | ScheduleError::Ambiguous(_)
            | ScheduleError::Refused(_) => Self::of(Exit::Error, &error),
        }
    }
}
