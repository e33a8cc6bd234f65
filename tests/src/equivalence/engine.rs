//! Runs a function in the real engine: on a store, with workers, in all ways that must not matter.
//!
//! ```text
//!   straight through          one worker, which keeps the machine in memory
//!   always suspending         at every await the machine is dropped and made again from the store
//!   killed                    at every write of the worker, before it and after it
//!   two workers               on one store
//! ```

use super::log::{self, Entry};
pub(super) use super::world::Answers;
use super::world::World;
use durable_runtime::operation::WorkflowCall;
use durable_runtime::registry::WorkflowDef;
use durable_runtime::testing::{TestEnv, TestEnvBuilder};
use durable_runtime::{Durable, WorkerOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::marker::PhantomData;
use std::time::Duration;

/// Functions of more awaits are killed at some writes only, since a run for each takes the square of their number.
const KILLED_MAX: usize = 40;
/// At so many, from the first to the last.
const SOME_WRITES: usize = 22;
/// Functions of more awaits have them in loops, and are not run in the engine.
const AWAITS_MAX: usize = 1_000;
/// One of so many inputs is run on SQLite as well.
const ON_SQLITE: u64 = 4;
/// One of so many is killed at every write there too.
const KILLED_ON_SQLITE: u64 = 64;

/// What the plain copy did, with what was under way at the same time answered in the order that the engine gives.
#[derive(Debug)]
pub(super) struct Plain {
    /// What it returned, encoded.
    pub(super) output: Vec<u8>,
    /// What it did, in order.
    pub(super) log: Vec<Entry>,
    pub(super) awaits: usize,
    /// Whether operations were under way at the same time.
    pub(super) concurrent: bool,
    /// When calls are answered.
    pub(super) answers: Answers,
}

/// Whether a worker may have been killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Killed {
    No,
    Perhaps,
}

/// Compares the plain copy with the durable one in the engine.
///
/// # Panics
/// When they differ.
pub(super) fn compare<R: Durable>(plain: &Plain, def: &'static WorkflowDef, input: &[u8]) {
    if plain.awaits > AWAITS_MAX {
        return;
    }
    let course = Course::<R> {
        plain,
        def,
        input,
        output: PhantomData,
    };
    let mut hasher = DefaultHasher::new();
    (def.name, input).hash(&mut hasher);
    let draw = hasher.finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        course.undisturbed("in memory", in_memory).await;
        if draw.is_multiple_of(ON_SQLITE) {
            course.undisturbed("on SQLite", on_sqlite).await;
        }
        if plain.awaits == 0 {
            return;
        }
        course.killed(in_memory()).await;
        if draw.is_multiple_of(KILLED_ON_SQLITE) {
            course.killed(on_sqlite()).await;
        }
    });
}

fn in_memory() -> TestEnvBuilder {
    TestEnv::builder()
}

fn on_sqlite() -> TestEnvBuilder {
    TestEnv::builder().sqlite()
}

/// One function with one input.
struct Course<'p, R> {
    plain: &'p Plain,
    def: &'static WorkflowDef,
    input: &'p [u8],
    output: PhantomData<fn() -> R>,
}

impl<R: Durable> Course<'_, R> {
    /// Without a kill.
    async fn undisturbed(&self, place: &str, builder: impl Fn() -> TestEnvBuilder) {
        let suspending = WorkerOptions {
            evict_always: true,
            ..WorkerOptions::default()
        };
        for (way, builder) in [
            ("straight through", builder()),
            ("always suspending", builder().options(suspending)),
            ("two workers", builder().workers(2)),
        ] {
            let env = builder.only(self.def).build();
            self.run(&env, &format!("{place}, {way}"), Killed::No).await;
        }
    }

    /// With a kill at each write, or at some of very many.
    async fn killed(&self, mut builder: TestEnvBuilder) {
        if self.plain.awaits > KILLED_MAX {
            builder = builder.crashes(SOME_WRITES);
        }
        let course = async |env: &TestEnv| self.run(env, "killed", Killed::Perhaps).await;
        builder.only(self.def).crash_everywhere(course).await;
    }

    /// Runs it to its end, and holds what it did against what the plain copy did.
    async fn run(&self, env: &TestEnv, way: &str, killed: Killed) {
        let plain = self.plain;
        log::take();
        World::around(env, plain.answers);
        let input = self.input.to_vec();
        let start = WorkflowCall::<R>::new(self.def, Ok(input)).start(env.client(), "w");
        let handle = start.await.expect("it can be started");
        let outcome = handle.outcome().await.expect("it comes to an end");
        let seen = log::take_as_it_came();
        assert_eq!(
            outcome.output.as_ref(),
            Some(&plain.output),
            "{way}: encoded result of {outcome:?}"
        );
        let expected: Vec<&Entry> = plain.log.iter().filter(|e| e.timer().is_none()).collect();
        match killed {
            Killed::No => {
                let expected: Vec<_> = expected.iter().map(|e| e.without_turn()).collect();
                assert_eq!(seen, expected, "{way}: calls");
                let log = env.log();
                assert_eq!(log, log.without_repeats(), "{way}: calls that came again");
            }
            Killed::Perhaps => {
                let (calls, notes) = calls_and_notes(expected);
                let (made, noted) = calls_and_notes(&seen);
                let calls: Vec<_> = calls.into_iter().map(Entry::without_turn).collect();
                let made: Vec<_> = made.into_iter().map(Entry::without_turn).collect();
                assert_eq!(made, calls, "{way}: calls");
                assert!(
                    at_most_one_turn_again(&notes, &noted),
                    "{way}: expected {notes:#?} with at most one turn again, found {noted:#?}"
                );
            }
        }
        if plain.answers == Answers::AtOnce {
            let slept: Duration = plain.log.iter().filter_map(Entry::timer).sum();
            assert_eq!(env.elapsed(), slept, "{way}: time");
        }
    }
}

fn calls_and_notes<'l>(
    log: impl IntoIterator<Item = &'l Entry>,
) -> (Vec<&'l Entry>, Vec<&'l Entry>) {
    log.into_iter().partition(|entry| entry.begins())
}

/// Whether the same was done, but for a turn that may have been done twice: a worker that is killed
/// before a turn is on disk has done it in vain.
fn at_most_one_turn_again(plain: &[&Entry], seen: &[&Entry]) -> bool {
    let Some(more) = seen.len().checked_sub(plain.len()) else {
        return false;
    };
    let same = |plain: &[&Entry], seen: &[&Entry]| {
        let mut pairs = plain.iter().zip(seen);
        plain.len() == seen.len() && pairs.all(|(p, s)| p.without_turn() == s.without_turn())
    };
    // A turn begins or ends there.
    let is_border =
        |at: usize| at == 0 || at == plain.len() || plain[at - 1].turn() != plain[at].turn();
    (more..=plain.len()).any(|killed| {
        let from = killed - more;
        let turn = &plain[from..killed];
        let one = turn.iter().all(|entry| entry.turn() == turn[0].turn());
        let whole = more == 0 || (is_border(from) && is_border(killed));
        one && whole
            && same(&plain[..killed], &seen[..killed])
            && same(&plain[from..], &seen[killed..])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes: a turn and a letter each.
    fn notes(text: &str) -> Vec<Entry> {
        log::take();
        for note in text.split_whitespace() {
            let (turn, name) = note.split_at(1);
            log::set_turn(turn.parse().unwrap());
            log::push(name, &[], false);
        }
        log::take_as_it_came()
    }

    fn is_allowed(plain: &str, seen: &str) -> bool {
        let (plain, seen) = (notes(plain), notes(seen));
        let plain: Vec<_> = plain.iter().collect();
        at_most_one_turn_again(&plain, &seen.iter().collect::<Vec<_>>())
    }

    #[test]
    fn one_whole_turn_may_come_again() {
        let plain = "0a 0b 1c 2d 2d";
        for seen in [
            plain,
            "0a 0b 0a 0b 1c 2d 2d",
            "0a 0b 1c 1c 2d 2d",
            "0a 0b 1c 2d 2d 2d 2d",
        ] {
            assert!(is_allowed(plain, seen), "{seen}");
        }
        assert!(is_allowed("", ""));
    }

    #[test]
    fn nothing_else_may() {
        let plain = "0a 0b 1c 2d 2d";
        for seen in [
            "",
            "0a 0b 1c 2d",
            "0a 0b 0b 1c 2d 2d",
            "0a 0a 0b 1c 2d 2d",
            "0a 0b 1c 0a 0b 1c 2d 2d",
            "0a 0b 0a 0b 1c 1c 2d 2d",
            "0a 0b 1c 2d 2d 2d",
            "0b 0a 1c 2d 2d",
            "0a 0b 1c 2d 2d 0e",
        ] {
            assert!(!is_allowed(plain, seen), "{seen}");
        }
    }
}
