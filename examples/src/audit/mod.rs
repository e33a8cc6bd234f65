//! The proof in the end: what the services did, held against what the store has on record.
//!
//! ```text
//!   scenarios (how each order has to end) ─┐
//!   store     (phase, recorded steps)     ─┼─▶ audit ─▶ findings, none if all is well
//!   ledger    (every call, every effect)  ─┘
//! ```
//!
//! The audit trusts nobody: the ledger is written by the services alone, the store by the workers
//! alone, and the scenarios were fixed before anything began.

mod record;
mod rules;
#[cfg(test)]
mod tests;

pub use record::read;

use crate::ledger::{Call, Effect};
use crate::scenario::{Ending, Scenario};
use durable_runtime::store::Phase;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What the store has on record about an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnRecord {
    /// How far its run has come.
    pub phase: Phase,
    /// Its recorded steps, in order.
    pub steps: Vec<RecordedStep>,
}

/// A step on record: the run reached this await.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedStep {
    /// The await's label.
    pub label: String,
    /// When its answer was recorded, in milliseconds since the Unix epoch; `None`: not yet.
    pub answered_at: Option<i64>,
}

/// What is wrong with an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Problem {
    /// Its start was acknowledged, and the store does not know it.
    Vanished,
    /// It has not ended.
    Unfinished,
    /// It ended otherwise than it had to.
    WrongEnding,
    /// What took effect is not what had to: something is missing (a compensation, say), too
    /// much, or in the wrong order.
    WrongEffects,
    /// The record and the ledger do not tell the same story.
    OffRecord,
    /// Something took effect twice.
    TwiceDone,
    /// A step ran again after it had been recorded, or under a second idempotency key.
    RanAgain,
}

impl Problem {
    /// Whether the order or a part of it was lost.
    #[must_use]
    pub fn is_loss(self) -> bool {
        match self {
            Self::Vanished | Self::WrongEnding | Self::WrongEffects | Self::OffRecord => true,
            Self::Unfinished | Self::TwiceDone | Self::RanAgain => false,
        }
    }

    /// Whether something was done more often than once.
    #[must_use]
    pub fn is_doubling(self) -> bool {
        matches!(self, Self::TwiceDone | Self::RanAgain)
    }
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The order.
    pub order: String,
    /// What is wrong with it.
    pub problem: Problem,
    /// The details.
    pub details: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.order, self.details)
    }
}

/// The result of an audit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// All that is wrong.
    pub findings: Vec<Finding>,
    /// How many orders were looked at.
    pub orders: usize,
    /// How many calls the services received.
    pub calls: usize,
    /// How many of them took effect.
    pub applied: usize,
    /// How many were repetitions that the services recognised by their key.
    pub replayed: usize,
    /// How many finished steps of activities are on record.
    pub steps: usize,
    /// Calls for a recorded step by a worker that had been stopped for longer than its lease:
    /// nobody can call such a request back, so it is allowed (and was recognised by its key).
    pub stragglers: usize,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Whether nothing is wrong in one of these ways.
    #[must_use]
    pub fn is_free_of(&self, problems: &[Problem]) -> bool {
        !self.findings.iter().any(|f| problems.contains(&f.problem))
    }

    /// How many orders lost something.
    #[must_use]
    pub fn lost(&self) -> usize {
        self.orders_with(Problem::is_loss)
    }

    /// For how many orders something was done more often than once.
    #[must_use]
    pub fn doubled(&self) -> usize {
        self.orders_with(Problem::is_doubling)
    }

    /// How many orders have not ended.
    #[must_use]
    pub fn stuck(&self) -> usize {
        self.orders_with(|problem| problem == Problem::Unfinished)
    }

    fn orders_with(&self, is: impl Fn(Problem) -> bool) -> usize {
        let hit = self.findings.iter().filter(|f| is(f.problem));
        hit.map(|f| &f.order).collect::<BTreeSet<_>>().len()
    }
}

/// Holds the ledger against the store. `stalled` are the processes that were stopped for longer
/// than their lease and went on later.
#[must_use]
pub fn audit<'a>(
    orders: impl IntoIterator<Item = (&'a Scenario, Option<&'a OnRecord>)>,
    calls: &[Call],
    stalled: &BTreeSet<u32>,
) -> Report {
    let mut by_order: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls {
        by_order.entry(&call.order).or_default().push(call);
    }
    let count = |effect| calls.iter().filter(|call| call.effect == effect).count();
    let mut report = Report {
        calls: calls.len(),
        applied: count(Effect::Applied),
        replayed: count(Effect::Replayed),
        ..Report::default()
    };
    for (scenario, record) in orders {
        let calls = by_order.remove(&*scenario.order.id).unwrap_or_default();
        report.orders += 1;
        rules::check(
            &rules::Case {
                scenario,
                record,
                calls: &calls,
                stalled,
            },
            &mut report,
        );
    }
    for (order, calls) in by_order {
        report.findings.push(Finding {
            order: order.to_owned(),
            problem: Problem::OffRecord,
            details: format!("{} calls for an order that nobody placed", calls.len()),
        });
    }
    report
}

/// The phase in which a run with this ending is.
#[must_use]
pub fn phase_of(ending: Ending) -> Phase {
    match ending {
        Ending::Delivered => Phase::Completed,
        Ending::OutOfStock | Ending::Declined | Ending::Unpaid | Ending::Undeliverable => {
            Phase::Failed
        }
        Ending::Cancelled => Phase::Cancelled,
    }
}
