//! Forged ledgers and records: each lie has to be found.

use super::{OnRecord, Problem, RecordedStep, Report, audit};
use crate::ledger::{Action, Call, Effect};
use crate::order::Order;
use crate::scenario::{Ending, Scenario, Then};
use durable_runtime::store::Phase;
use std::collections::BTreeSet;

/// One order that went well, to be spoilt in one way by each test.
struct Forgery {
    scenario: Scenario,
    record: Option<OnRecord>,
    calls: Vec<Call>,
    stalled: BTreeSet<u32>,
}

impl Forgery {
    /// Step *n* is asked for at 100 × *n* + 10, and its answer is recorded at 100 × (*n* + 1).
    fn honest(ends: Ending, awaits: &[&str]) -> Self {
        let scenario = Scenario {
            story: String::new(),
            order: Order {
                id: "o".into(),
                customer: String::new(),
                items: Vec::new(),
                card: String::new(),
                address: String::new(),
                cancellation_window_ms: 0,
            },
            faults: Vec::new(),
            then: Then::Wait,
            ends,
        };
        let steps: Vec<_> = (1..)
            .zip(awaits)
            .map(|(n, label)| RecordedStep {
                label: (*label).to_owned(),
                answered_at: Some(100 * (n + 1)),
            })
            .collect();
        let calls = steps.iter().filter_map(|step| {
            let action = super::rules::action_of(&step.label)?;
            Some(call(step.answered_at? - 90, action, Effect::Applied))
        });
        Self {
            calls: calls.collect(),
            record: Some(OnRecord {
                phase: super::phase_of(ends),
                steps,
            }),
            scenario,
            stalled: BTreeSet::new(),
        }
    }

    fn delivered() -> Self {
        let awaits = ["reserve", "sleep", "charge", "send_package"];
        Self::honest(Ending::Delivered, &awaits)
    }

    fn undeliverable() -> Self {
        let mut honest = Self::honest(
            Ending::Undeliverable,
            &[
                "reserve",
                "sleep",
                "charge",
                "send_package",
                "refund",
                "unreserve(reservation)",
            ],
        );
        honest.calls[2].effect = Effect::Refused;
        honest
    }

    fn report(&self) -> Report {
        let orders = [(&self.scenario, self.record.as_ref())];
        audit(orders, &self.calls, &self.stalled)
    }

    #[track_caller]
    fn expect(&self, expected: &[Problem]) -> Report {
        let report = self.report();
        let problems: Vec<_> = report.findings.iter().map(|f| f.problem).collect();
        assert_eq!(problems, expected, "{:#?}", report.findings);
        report
    }
}

fn call(at: i64, action: Action, effect: Effect) -> Call {
    Call {
        at,
        action,
        order: "o".into(),
        key: format!("key of {action}"),
        attempt: 1,
        worker: 1,
        effect,
        answer_lost: false,
        status: 200,
        answer: String::new(),
    }
}

fn counts(report: &Report) -> (usize, usize, usize) {
    (report.lost(), report.doubled(), report.stuck())
}

#[test]
fn honest_accounts_are_clean() {
    for honest in [Forgery::delivered(), Forgery::undeliverable()] {
        let report = honest.expect(&[]);
        assert!(report.is_clean());
        assert_eq!(counts(&report), (0, 0, 0));
        assert_eq!(report.orders, 1);
        assert_eq!(report.steps, honest.calls.len());
    }
}

#[test]
fn repetitions_before_the_record_are_what_keys_are_for() {
    let mut honest = Forgery::delivered();
    honest
        .calls
        .insert(2, call(395, Action::Charge, Effect::Replayed));
    assert_eq!(honest.expect(&[]).replayed, 1);
}

#[test]
fn a_doubled_charge_is_found_even_under_a_new_key() {
    let mut forged = Forgery::delivered();
    forged
        .calls
        .insert(2, call(320, Action::Charge, Effect::Applied));
    assert_eq!(counts(&forged.expect(&[Problem::TwiceDone])), (0, 1, 0));
    forged.calls[2].key = "another".into();
    let report = forged.expect(&[Problem::TwiceDone, Problem::RanAgain]);
    assert_eq!(counts(&report), (0, 1, 0));
}

#[test]
fn a_step_that_runs_again_once_recorded_is_found() {
    let mut forged = Forgery::delivered();
    forged
        .calls
        .push(call(401, Action::Charge, Effect::Replayed));
    let report = forged.expect(&[Problem::RanAgain]);
    assert_eq!(counts(&report), (0, 1, 0));
    // Unless it comes from a process that had been stopped: nobody can call that back …
    forged.stalled.insert(1);
    assert_eq!(forged.expect(&[]).stragglers, 1);
    // … but it must not have an effect.
    forged.calls[3].effect = Effect::Applied;
    forged.expect(&[Problem::TwiceDone, Problem::RanAgain, Problem::WrongEffects]);
}

#[test]
fn a_lost_order_is_found() {
    let mut forged = Forgery::delivered();
    forged.record = None;
    let report = forged.expect(&[Problem::Vanished]);
    assert_eq!(counts(&report), (1, 0, 0));
    assert_eq!(
        report.findings[0].to_string(),
        "o: it vanished from the store"
    );
}

#[test]
fn a_lost_effect_is_found() {
    let mut forged = Forgery::delivered();
    forged.calls.remove(2);
    let report = forged.expect(&[Problem::WrongEffects, Problem::OffRecord]);
    assert_eq!(counts(&report), (1, 0, 0));
}

#[test]
fn a_missing_compensation_is_found() {
    let mut forged = Forgery::undeliverable();
    forged.calls.retain(|call| call.action != Action::Refund);
    let steps = &mut forged.record.as_mut().unwrap().steps;
    steps.retain(|step| step.label != "refund");
    let report = forged.expect(&[Problem::WrongEffects]);
    assert_eq!(counts(&report), (1, 0, 0));
    assert_eq!(
        report.findings[0].details,
        "undeliverable has to mean reserve, charge, refund, unreserve, \
         but what took effect is reserve, charge, unreserve"
    );
}

#[test]
fn compensation_in_the_wrong_order_is_found() {
    let mut forged = Forgery::undeliverable();
    forged.calls.swap(3, 4);
    forged.calls[3].at = 510;
    forged.calls[4].at = 590;
    let report = forged.expect(&[Problem::WrongEffects]);
    assert_eq!(counts(&report), (1, 0, 0));
}

#[test]
fn a_wrong_ending_is_found() {
    let mut forged = Forgery::delivered();
    forged.record.as_mut().unwrap().phase = Phase::Failed;
    assert_eq!(counts(&forged.expect(&[Problem::WrongEnding])), (1, 0, 0));
}

#[test]
fn an_order_that_does_not_end_is_stuck_and_nothing_else() {
    let mut forged = Forgery::delivered();
    let record = forged.record.as_mut().unwrap();
    record.phase = Phase::Running;
    record.steps.truncate(3);
    record.steps[2].answered_at = None;
    forged.calls.truncate(2);
    assert_eq!(counts(&forged.expect(&[Problem::Unfinished])), (0, 0, 1));
}

#[test]
fn effects_that_nobody_ordered_are_found() {
    let mut forged = Forgery::delivered();
    forged.calls.push(Call {
        order: "nobody's".into(),
        ..call(1, Action::Charge, Effect::Applied)
    });
    let report = forged.expect(&[Problem::OffRecord]);
    assert_eq!(report.findings[0].order, "nobody's");
}

#[test]
fn steps_that_are_not_on_record_are_found() {
    let mut forged = Forgery::delivered();
    let steps = &mut forged.record.as_mut().unwrap().steps;
    steps.retain(|step| step.label != "send_package");
    assert_eq!(counts(&forged.expect(&[Problem::OffRecord])), (1, 0, 0));
}
