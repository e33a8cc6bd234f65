//! Compares a plain function with its machine, in every way of stopping on the way.

use super::drive::{self, Rebuild};
use super::log::{self, encoded};
use super::schedule::{self, Schedule};
use durable_runtime::Durable;
use durable_runtime::codec;
use durable_runtime::operation::WorkflowCall;
use durable_runtime::registry::{self, WorkflowDef};
use std::fmt::Debug;

/// At most this many awaits are tried one by one in [`Rebuild::At`].
const KILLS_MAX: usize = 40;
/// Fewer, if that takes more awaits than these: a function of many thousands has them in loops.
const AWAITS_MAX: usize = 20_000;
/// How many orders of answers are tried where operations run at the same time.
const SEEDS: u64 = 6;

/// Runs both copies of a function.
///
/// # Panics
/// When they differ, or when a frame on the way is not sound.
pub fn compare<R: Durable + Debug, F: Future<Output = R>>(
    plain: impl Fn() -> F,
    call: WorkflowCall<R>,
) {
    let def = definition(call.name());
    let input = call.input().expect("the arguments can be encoded");
    if !compare_under(Schedule::First, plain(), def, input) {
        return;
    }
    for schedule in [Schedule::Last]
        .into_iter()
        .chain((0..SEEDS).map(Schedule::Seeded))
    {
        compare_under(schedule, plain(), def, input);
    }
}

/// Compares under one order of answers; whether another order is possible.
fn compare_under<R: Durable + Debug>(
    schedule: Schedule,
    plain: impl Future<Output = R>,
    def: &'static WorkflowDef,
    input: &[u8],
) -> bool {
    log::take();
    let expected = schedule::finish(plain, schedule);
    let expected_log = log::take();
    let (expected_bytes, expected_text) = (encoded(&expected), format!("{expected:?}"));

    let check = |rebuild: Rebuild| {
        let ran = drive::run(def, input, rebuild, schedule);
        let bytes = ran.output;
        let way = format!("{schedule:?}, {rebuild:?}");
        assert_eq!(log::take(), expected_log, "{way}: calls");
        let output: R = codec::decode(&bytes).expect("the result can be decoded");
        assert_eq!(format!("{output:?}"), expected_text, "{way}: result");
        assert_eq!(bytes, expected_bytes, "{way}: encoded result");
        (ran.awaits, ran.concurrent)
    };
    let (awaits, concurrent) = check(Rebuild::Never);
    assert_eq!(check(Rebuild::Always), (awaits, concurrent));
    assert_eq!(check(Rebuild::Twice), (awaits, concurrent));
    let kills = KILLS_MAX.min(AWAITS_MAX / awaits.max(1));
    for kill in 0..awaits.min(kills) {
        assert_eq!(check(Rebuild::At(kill)), (awaits, concurrent));
    }
    concurrent
}

/// The one workflow of this name in the test binary.
pub(super) fn definition(name: &str) -> &'static WorkflowDef {
    let mut found = registry::workflows().filter(|w| w.name == name);
    let def = found.next().expect("the workflow is registered");
    assert!(found.next().is_none(), "two workflows are called `{name}`");
    def
}
