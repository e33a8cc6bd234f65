//! What this binary could not go on with, asked before it is deployed.
//!
//! Every running workflow is at an await (its frame must decode) or before the first one (its
//! input must decode). Types are decoded; no workflow or activity code runs.

use super::Client;
use super::describe::checkpoint;
use crate::frame::Call;
use crate::id::{RunId, WorkflowId};
use crate::machine::{self, Problem};
use crate::operation::Request;
use crate::registry::{self, ActivityContext, WorkflowDef};
use crate::store::{Page, Phase, RunFilter, RunRecord, StoreError};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What this binary says about one running workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The application's id.
    pub id: WorkflowId,
    /// The workflow's persistent name.
    pub workflow: String,
    /// The label of the await at which it stands; empty before the first.
    pub label: String,
    /// Why it would be parked; empty if this binary can go on with it.
    pub problems: Vec<Problem>,
}

/// One page of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedPage {
    /// The workflows, newest first.
    pub workflows: Vec<Checked>,
    /// Where the next page begins ([`Page::before`]), if there is one.
    pub next: Option<RunId>,
}

impl Client {
    /// Decodes the checkpoints of running workflows with the types of this binary, one page at a
    /// time. Changes nothing and runs no workflow or activity code.
    pub async fn check(&self, page: Page) -> Result<CheckedPage, StoreError> {
        let running = RunFilter {
            phase: Some(Phase::Running),
            ..RunFilter::default()
        };
        let listing = self.store().list(running, page).await?;
        let mut workflows = Vec::with_capacity(listing.runs.len());
        for record in listing.runs {
            let latest = self.store().latest_step(record.run).await?;
            let (label, stored) =
                latest.map_or_else(|| (String::new(), None), |step| (step.label, step.frame));
            workflows.push(Checked {
                problems: check(&record, &label, stored.as_deref()),
                id: record.id,
                workflow: record.workflow,
                label,
            });
        }
        Ok(CheckedPage {
            workflows,
            next: listing.next,
        })
    }
}

fn check(record: &RunRecord, label: &str, stored: Option<&[u8]>) -> Vec<Problem> {
    let Some(def) = registry::workflow(&record.workflow) else {
        return vec![problem("this binary has no workflow of that name")];
    };
    if label.is_empty() {
        return guarded(|| check_input(def, &record.input));
    }
    let Some(stored) = stored else {
        return vec![problem("the checkpoint has no frame")];
    };
    match checkpoint(&record.id, stored) {
        Ok(checkpoint) => guarded(|| {
            let mut problems = machine::check(def, &checkpoint.frame);
            problems.extend(machine::check_spawned(&checkpoint));
            problems.extend(checkpoint.calls().into_iter().filter_map(check_call));
            problems
        }),
        Err(error) => vec![problem(format!(
            "the checkpoint cannot be read: {}",
            std::error::Error::source(&error).map_or_else(String::new, ToString::to_string)
        ))],
    }
}

fn check_input(def: &WorkflowDef, input: &[u8]) -> Vec<Problem> {
    (def.check_input)(input)
        .err()
        .map(|error| problem(format!("the input does not fit: {error}")))
        .into_iter()
        .collect()
}

/// An activity that has not answered yet will be run again, by this binary.
fn check_call(call: &Call) -> Option<Problem> {
    let Request::Activity(request) = &call.request else {
        return None;
    };
    if call.answer.is_some() {
        return None;
    }
    let Some(def) = registry::activity(&request.name) else {
        return Some(problem(format!(
            "this binary has no activity `{}`",
            request.name
        )));
    };
    // Makes the future of an attempt and drops it; only polling it would run the body.
    (def.run)(&registry::nothing(), no_attempt(), &request.args)
        .err()
        .map(|error| {
            problem(format!(
                "the arguments of activity `{}` do not fit: {error}",
                request.name
            ))
        })
}

fn no_attempt() -> ActivityContext {
    ActivityContext::nowhere(String::new(), 0)
}

/// A hand-written `Deserialize` may panic; that is an answer too.
fn guarded(check: impl FnOnce() -> Vec<Problem>) -> Vec<Problem> {
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|panic| {
        vec![problem(format!(
            "decoding it panics: {}",
            machine::panic_message(&*panic)
        ))]
    })
}

fn problem(error: impl Into<String>) -> Problem {
    Problem {
        local: None,
        error: error.into(),
    }
}
