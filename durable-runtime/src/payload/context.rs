//! Where a value stands in a store: what a codec may bind it to.

use crate::id::{RunId, WorkflowId};

/// The name of the built-in encryption: tools without its keys know it too.
pub(super) const ENCRYPTION: &str = "xchacha20poly1305";

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Column {
    /// What a workflow was started with.
    Input,
    /// What a run of a schedule knows of the one before it.
    LastResult,
    /// What a workflow has returned.
    Output,
    /// Why a workflow did not complete.
    Error,
    /// What a workflow has left published at its end.
    Published,
    /// A note about a workflow.
    Memo,
    /// The checkpoint at an await.
    Frame,
    /// The answers that ended an await.
    Answers,
    /// Why an attempt has failed.
    AttemptError,
    /// How far an activity has come.
    Note,
    /// The value of a signal.
    Signal,
    /// The value of an update.
    Update,
    /// What is told of an activity that ends elsewhere.
    Activity,
    /// An attempt of an activity for a worker of another queue, and how far that has come.
    Task,
    /// The answer to an update.
    Reply,
    /// When a schedule starts what.
    ScheduleDefinition,
    /// How far a schedule has come.
    ScheduleState,
}

impl Column {
    /// As it is bound: never changes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::LastResult => "last-result",
            Self::Output => "output",
            Self::Error => "error",
            Self::Published => "published",
            Self::Memo => "memo",
            Self::Frame => "frame",
            Self::Answers => "answers",
            Self::AttemptError => "attempt-error",
            Self::Note => "note",
            Self::Signal => "signal",
            Self::Update => "update",
            Self::Activity => "activity",
            Self::Task => "task",
            Self::Reply => "reply",
            Self::ScheduleDefinition => "schedule-definition",
            Self::ScheduleState => "schedule-state",
        }
    }
}

/// A place in a store: no two values stand at the same one, but for later ones of the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    pub(crate) workflow: &'a str,
    pub(crate) run: Option<RunId>,
    pub(crate) column: Column,
    pub(crate) item: String,
}

impl<'a> Place<'a> {
    pub(crate) fn new(workflow: &'a str, run: Option<RunId>, column: Column) -> Self {
        Self {
            workflow,
            run,
            column,
            item: String::new(),
        }
    }

    /// The place of a value of a run.
    pub(crate) fn of(workflow: &'a WorkflowId, run: RunId, column: Column) -> Self {
        Self::new(workflow.as_str(), Some(run), column)
    }

    pub(crate) fn item(self, item: impl Into<String>) -> Self {
        Self {
            item: item.into(),
            ..self
        }
    }
}

/// Where the value stands that a codec is given, and what others have done with it before.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub(super) place: &'a Place<'a>,
    /// The part of the envelope about the codecs before this one.
    pub(super) before: &'a [u8],
}

impl Context<'_> {
    /// The id of the workflow; of a schedule's own values the id of the schedule.
    #[must_use]
    pub fn workflow(&self) -> &str {
        self.place.workflow
    }

    /// The run; none for messages, which may reach a run that goes on in another's place, and
    /// for schedules.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        self.place.run
    }

    /// What it is.
    #[must_use]
    pub fn column(&self) -> Column {
        self.place.column
    }

    /// Which of those: the number of a step or an operation, the name of a memo, a message's id.
    #[must_use]
    pub fn item(&self) -> &str {
        &self.place.item
    }

    /// All of this as bytes, and the codecs that were applied before: to be authenticated with the
    /// value, so that it decodes nowhere else.
    #[must_use]
    pub fn associated_data(&self) -> Vec<u8> {
        let place = self.place;
        let run = place.run.map_or_else(String::new, |run| run.0.to_string());
        let mut bytes = Vec::with_capacity(96 + place.workflow.len() + place.item.len());
        for part in [place.workflow, &run, place.column.name(), &place.item] {
            put(&mut bytes, part.as_bytes());
        }
        put(&mut bytes, self.before);
        bytes
    }
}

/// With its length in front, so that no two lists of parts look alike.
fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}
