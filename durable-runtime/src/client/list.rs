//! Lists of workflows, page by page.

use super::Client;
use crate::id::{RunId, ScheduleId, Timestamp, WorkflowId};
use crate::payload::text;
use crate::propagation::Headers;
use crate::store::{
    Attribute, Page, Paused, Phase, Queueing, RunFilter, RunRecord, RunState, StoreError, Terms,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a list shows of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The application's id.
    pub id: WorkflowId,
    /// Its current run.
    pub run: RunId,
    /// The workflow's persistent name.
    pub workflow: String,
    /// Its queue.
    pub queue: String,
    /// Life cycle.
    pub phase: Phase,
    /// Where it is.
    pub state: RunState,
    /// Whether an operator lets it rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused: Option<Paused>,
    /// When it was started.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it did not complete.
    pub error: Option<String>,
    /// The schedule that started it, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// The time of the schedule that it was started for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// What it is held to.
    pub terms: Terms,
    /// Before whom it has its turns.
    pub queueing: Queueing,
    /// What it is found by.
    pub attributes: BTreeMap<String, Attribute>,
    /// What goes along to its activities and children.
    #[serde(skip_serializing_if = "Headers::is_empty")]
    pub headers: Headers,
}

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The workflows.
    pub workflows: Vec<Summary>,
    /// Where the next page begins ([`Page::before`]), if there is one.
    pub next: Option<RunId>,
}

impl From<RunRecord> for Summary {
    fn from(record: RunRecord) -> Self {
        Self {
            id: record.id,
            run: record.run,
            workflow: record.workflow,
            queue: record.queue,
            phase: record.phase,
            state: record.state,
            paused: record.paused,
            created_at: record.created_at,
            finished_at: record.finished_at,
            error: record.error.map(text::shown),
            scheduled_for: record.scheduled.as_ref().map(|by| by.at),
            schedule: record.scheduled.map(|by| by.schedule),
            terms: record.terms,
            queueing: record.queueing,
            attributes: record.tags.attributes,
            headers: *record.tags.headers,
        }
    }
}

impl Client {
    /// Workflows by filter, newest first, one page at a time.
    pub async fn list(&self, filter: RunFilter, page: Page) -> Result<Found, StoreError> {
        let listing = self.store().list(filter, page).await?;
        Ok(Found {
            workflows: listing.runs.into_iter().map(Summary::from).collect(),
            next: listing.next,
        })
    }

    /// How many runs a filter finds, at one moment: as many as [`list`](Self::list) gives in all
    /// its pages. A workflow that goes on as a new run, or is tried again, has several.
    ///
    /// ```
    /// # use durable_runtime::store::{Phase, RunFilter};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let client = durable_runtime::Client::connect("memory://").await?;
    /// let running = RunFilter { phase: Some(Phase::Running), ..RunFilter::default() };
    /// assert_eq!(client.count(running).await?, 0);
    /// let large = r#"customer = "jane" and cents >= 100000"#.parse()?;
    /// let large = RunFilter { condition: Some(large), ..RunFilter::default() };
    /// assert_eq!(client.count(large).await?, 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn count(&self, filter: RunFilter) -> Result<u64, StoreError> {
        self.store().count(filter).await
    }
}
