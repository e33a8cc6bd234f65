//! What has to hold for one order.

use super::{Finding, OnRecord, Problem, Report, phase_of};
use crate::ledger::{Action, Call, Effect};
use crate::scenario::Scenario;
use durable_runtime::store::Phase;
use std::collections::BTreeSet;

/// One order, and all that is known about it.
pub(super) struct Case<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) record: Option<&'a OnRecord>,
    /// In the order in which they arrived.
    pub(super) calls: &'a [&'a Call],
    pub(super) stalled: &'a BTreeSet<u32>,
}

/// A finished step of an activity: what was asked, and when its answer was recorded.
struct Finished {
    action: Action,
    recorded_at: i64,
}

/// Checks everything.
pub(super) fn check(case: &Case<'_>, report: &mut Report) {
    once_each(case, report);
    one_key_each(case, report);
    let Some(record) = case.record else {
        find(
            case,
            report,
            Problem::Vanished,
            "it vanished from the store",
        );
        return;
    };
    not_again_once_recorded(case, record, report);
    if record.phase == Phase::Running {
        find(case, report, Problem::Unfinished, "it has not ended");
        return;
    }
    right_phase(case, record, report);
    right_effects(case, report);
    same_story(case, record, report);
}

/// No action takes effect twice, whatever keys it came under.
fn once_each(case: &Case<'_>, report: &mut Report) {
    for action in Action::ALL {
        let effects = applied(case).filter(|a| *a == action).count();
        if effects > 1 {
            let details = format!("{action} took effect {effects} times");
            find(case, report, Problem::TwiceDone, details);
        }
    }
}

/// All attempts of a call carry one idempotency key. (The workflow makes each call at most once.)
fn one_key_each(case: &Case<'_>, report: &mut Report) {
    for action in Action::ALL {
        let calls = case.calls.iter().filter(|call| call.action == action);
        let keys: BTreeSet<_> = calls.map(|call| call.key.as_str()).collect();
        if keys.len() > 1 {
            let details = format!("{action} was asked under several keys: {keys:?}");
            find(case, report, Problem::RanAgain, details);
        }
    }
}

/// Once the answer of a call is on record, nobody asks for it again.
fn not_again_once_recorded(case: &Case<'_>, record: &OnRecord, report: &mut Report) {
    for step in finished(record) {
        report.steps += 1;
        let calls = case.calls.iter().filter(|call| call.action == step.action);
        for call in calls.filter(|call| call.at > step.recorded_at) {
            if case.stalled.contains(&call.worker) && call.effect != Effect::Applied {
                report.stragglers += 1;
                continue;
            }
            let details = format!(
                "{} was asked again (by process {}) {} ms after its answer had been recorded",
                call.action,
                call.worker,
                call.at - step.recorded_at
            );
            find(case, report, Problem::RanAgain, details);
        }
    }
}

fn right_phase(case: &Case<'_>, record: &OnRecord, report: &mut Report) {
    if record.phase != phase_of(case.scenario.ends) {
        let details = format!(
            "it had to end as {}, but its run has {:?}",
            case.scenario.ends, record.phase
        );
        find(case, report, Problem::WrongEnding, details);
    }
}

/// Exactly the effects of the ending, in its order: compensation complete, newest first.
fn right_effects(case: &Case<'_>, report: &mut Report) {
    // One that happened twice is reported as that.
    let mut effects: Vec<_> = applied(case).collect();
    effects.dedup();
    let expected = case.scenario.ends.effects();
    if effects != expected {
        let details = format!(
            "{} has to mean {}, but what took effect is {}",
            case.scenario.ends,
            list(expected),
            list(&effects)
        );
        find(case, report, Problem::WrongEffects, details);
    }
}

/// What the store has on record was asked, and what was asked is on record.
fn same_story(case: &Case<'_>, record: &OnRecord, report: &mut Report) {
    let on_record: BTreeSet<_> = finished(record).map(|step| step.action).collect();
    let asked: BTreeSet<_> = case.calls.iter().map(|call| call.action).collect();
    for action in on_record.symmetric_difference(&asked) {
        let details = if asked.contains(action) {
            format!("{action} was asked, but its answer is not on record")
        } else {
            format!("{action} is on record, but nobody was asked")
        };
        find(case, report, Problem::OffRecord, details);
    }
}

fn applied(case: &Case<'_>) -> impl Iterator<Item = Action> {
    let applied = case.calls.iter().filter(|c| c.effect == Effect::Applied);
    applied.map(|call| call.action)
}

fn finished(record: &OnRecord) -> impl Iterator<Item = Finished> {
    record.steps.iter().filter_map(|step| {
        Some(Finished {
            action: action_of(&step.label)?,
            recorded_at: step.answered_at?,
        })
    })
}

/// The action that is awaited at a suspend point: labels begin with the name of the callee.
pub(super) fn action_of(label: &str) -> Option<Action> {
    let end = label.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let callee = &label[..end.unwrap_or(label.len())];
    Action::ALL.into_iter().find(|a| a.name() == callee)
}

fn list(actions: &[Action]) -> String {
    if actions.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<_> = actions.iter().map(|action| action.name()).collect();
    names.join(", ")
}

fn find(case: &Case<'_>, report: &mut Report, problem: Problem, details: impl Into<String>) {
    report.findings.push(Finding {
        order: case.scenario.order.id.clone(),
        problem,
        details: details.into(),
    });
}
