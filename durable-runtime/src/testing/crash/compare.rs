//! What can be seen of a run from outside, and what may differ after a crash.

use super::super::log::{Called, Ended, Log};
use super::cuts::What;
use crate::registry::activities;
use crate::store::Phase;
use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};

/// What can be seen of a run.
#[derive(Debug)]
pub(super) struct Outcome<T> {
    pub(super) value: T,
    pub(super) ends: Vec<End>,
    pub(super) log: Log,
    pub(super) writes: Vec<What>,
    /// What was on record when a worker was killed, if one was.
    pub(super) killed: Option<Kill>,
}

/// How a workflow ended, or where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) id: String,
    pub(super) workflow: String,
    pub(super) phase: Phase,
    pub(super) at: Option<String>,
    pub(super) output: Option<String>,
    pub(super) error: Option<String>,
}

/// What was on record at a crash.
#[derive(Clone, Debug, Default)]
pub(super) struct Kill {
    /// How many attempts the log had.
    pub(super) calls: usize,
    /// Idempotency keys of calls without an answer.
    pub(super) open: BTreeSet<String>,
    /// Attempts that have failed: key and number.
    pub(super) failed: BTreeSet<(String, u32)>,
}

impl Kill {
    /// Whether this attempt may come again.
    fn may_repeat(&self, called: &Called) -> bool {
        let key = &called.idempotency_key;
        self.open.contains(key) && !self.failed.contains(&(key.clone(), called.attempt))
    }
}

impl<T: PartialEq + Debug> Outcome<T> {
    /// Which calls the other run has repeated; or what differs that must not.
    pub(super) fn difference(&self, other: &Self) -> Result<Vec<String>, String> {
        let mut wrong = String::new();
        if self.value != other.value {
            both(&mut wrong, "the scenario gives", &self.value, &other.value);
        }
        if self.ends != other.ends {
            let shown = |ends: &[End]| ends.iter().map(End::text).collect::<String>();
            both_texts(
                &mut wrong,
                "the workflows",
                &shown(&self.ends),
                &shown(&other.ends),
            );
        }
        let (seen, repeated, recorded) = other.without_repeats();
        for called in &recorded {
            // Writing to a string does not fail.
            let _ = writeln!(
                wrong,
                "a call came again whose answer was on record:\n  {called}"
            );
        }
        if !self.same_calls(&self.with_recorded(seen)) {
            wrong.push_str("the calls of activities differ\n");
        }
        if wrong.is_empty() {
            return Ok(repeated
                .iter()
                .map(|called| called.activity.to_owned())
                .collect());
        }
        let (mine, its) = (self.log.to_string(), other.marked());
        both_texts(&mut wrong, "the outside world saw", &mine, &its);
        Err(wrong)
    }

    /// The log as a service sees it that knows idempotency keys; what it has recognised, and what
    /// should not have been asked again.
    fn without_repeats(&self) -> (Vec<Called>, Vec<Called>, Vec<Called>) {
        let (mut seen, mut repeated, mut recorded): (Vec<Called>, Vec<_>, Vec<_>) =
            Default::default();
        let Some(kill) = &self.killed else {
            return (self.log.to_vec(), repeated, recorded);
        };
        for (at, called) in self.log.iter().enumerate() {
            let before = seen.iter_mut().find(|earlier| earlier.is_same(called));
            match before {
                Some(earlier) if at >= kill.calls && kill.may_repeat(called) => {
                    // The first one asked; only the last one's answer counts.
                    earlier.ended = called.ended.clone();
                    repeated.push(called.clone());
                }
                Some(_) => recorded.push(called.clone()),
                None => seen.push(called.clone()),
            }
        }
        (seen, repeated, recorded)
    }

    /// What a transaction has recorded counts, though the worker died before the body heard of it.
    fn with_recorded(&self, mut seen: Vec<Called>) -> Vec<Called> {
        for called in &mut seen {
            if called.ended != Ended::Stopped || !is_transactional(called.activity) {
                continue;
            }
            let same = |mine: &&Called| {
                (&mine.workflow, mine.activity, &mine.arguments, mine.attempt)
                    == (
                        &called.workflow,
                        called.activity,
                        &called.arguments,
                        called.attempt,
                    )
            };
            if let Some(mine) = self.log.iter().find(same) {
                called.ended = mine.ended.clone();
            }
        }
        seen
    }

    /// Whether these are the same calls, in the same order where there is one.
    fn same_calls(&self, others: &[Called]) -> bool {
        let key = |called: &Called| {
            let Called {
                activity,
                workflow,
                attempt,
                arguments,
                ended,
                idempotency_key: _,
                at: _,
            } = called;
            format!("{workflow} {activity} {arguments} {attempt} {ended:?}")
        };
        let mut mine: Vec<_> = self.log.iter().map(key).collect();
        let mut its: Vec<_> = others.iter().map(key).collect();
        if self.is_concurrent() {
            // What goes on at the same time has no order.
            mine.sort();
            its.sort();
        }
        mine == its
    }

    fn is_concurrent(&self) -> bool {
        self.ends.len() > 1 || self.writes.iter().any(|what| what.concurrent)
    }

    /// The log, with the crash and the repeats in it.
    fn marked(&self) -> String {
        let Some(kill) = &self.killed else {
            return self.log.to_string();
        };
        let mut text = String::new();
        for (at, called) in self.log.iter().enumerate() {
            if at == kill.calls {
                text.push_str("  ---------- the worker is killed, another one goes on\n");
            }
            let mut earlier = self.log.iter().take(at);
            let again = earlier.any(|earlier| earlier.is_same(called));
            let note = if again { "  (again)" } else { "" };
            let _ = writeln!(text, "  {called}{note}");
        }
        if self.log.len() == kill.calls {
            text.push_str("  ---------- the worker is killed, another one goes on\n");
        }
        text
    }
}

fn is_transactional(activity: &str) -> bool {
    let mut named = activities().filter(|def| def.name == activity);
    named.any(|def| (def.options)().transactional)
}

impl End {
    fn text(&self) -> String {
        let Self {
            id,
            workflow,
            phase,
            at,
            output,
            error,
        } = self;
        let mut text = format!("  {id} ({workflow}) {phase}");
        for (what, value) in [(" at ", at), (": ", output), (", ", error)] {
            if let Some(value) = value {
                let _ = write!(text, "{what}{value}");
            }
        }
        text + "\n"
    }
}

fn both<V: Debug>(text: &mut String, what: &str, mine: &V, its: &V) {
    both_texts(
        text,
        what,
        &format!("  {mine:?}\n"),
        &format!("  {its:?}\n"),
    );
}

fn both_texts(text: &mut String, what: &str, mine: &str, its: &str) {
    let _ = write!(
        text,
        "undisturbed, {what}\n{mine}in this run, {what}\n{its}"
    );
}
