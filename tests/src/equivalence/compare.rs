//! Compares a plain function with its machine, in every way of stopping on the way.

use super::drive::{self, Rebuild};
use super::engine::{self, Answers, Plain};
use super::log::{self, encoded};
use super::schedule::{self, Schedule};
use super::spawned;
use durable_runtime::Durable;
use durable_runtime::codec;
use durable_runtime::operation::WorkflowCall;
use durable_runtime::registry::{self, WorkflowDef};
use std::fmt::Debug;
use std::fs::OpenOptions;
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};

/// At most this many awaits are tried one by one in [`Rebuild::At`], from the first to the last.
const KILLS_MAX: usize = 40;
/// Fewer, if that takes more awaits than these: a function of many thousands has them in loops.
const AWAITS_MAX: usize = 20_000;
/// How many orders of answers are tried where operations run at the same time.
const SEEDS: u64 = 6;

/// How the plain copy ends. One that panics by accident would be compared up to there, and never in the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// With a result, under every order of answers.
    Returns,
    /// With a panic, under every order of answers.
    Panics,
}

/// Runs both copies of a function: the durable one as a machine that the test drives itself, and in
/// the real engine.
///
/// # Panics
/// When they differ, when a frame on the way is not sound, or when the plain copy ends in another way.
pub fn compare<R: Durable + Debug, F: Future<Output = R>>(
    ends: Ends,
    plain: impl Fn() -> F,
    call: WorkflowCall<R>,
) {
    let (def, input) = parts(&call);
    // A run that has panicked is tried again by the engine, for ever.
    let Some(first) = machines(Some(ends), &plain, def, input) else {
        return;
    };
    let timers = first.log.iter().any(|entry| entry.timer().is_some());
    let in_engine = if first.concurrent && timers {
        // The order in which timers and calls end is the clock's there, and not the test's.
        by_clock(plain(), &first)
    } else {
        Some(first)
    };
    if let Some(plain) = in_engine {
        engine::compare::<R>(&plain, def, input);
    }
}

/// Runs both copies of a function, without an engine: for very many functions, of which nobody knows whether they
/// panic. How each ends is written to the file that [`ENDS`] names.
///
/// # Panics
/// When they differ, or when a frame on the way is not sound.
pub fn compare_machines<R: Durable + Debug, F: Future<Output = R>>(
    _: Ends,
    plain: impl Fn() -> F,
    call: WorkflowCall<R>,
) {
    super::heard::listen();
    let (def, input) = parts(&call);
    let returned = machines(None, &plain, def, input).is_some();
    if let Some(path) = std::env::var_os(ENDS) {
        let ended = if returned { RETURNED } else { PANICKED };
        let file = OpenOptions::new().append(true).create(true).open(path);
        let mut file = file.expect("the file of what ended how");
        writeln!(file, "{ended} {}", def.name).expect("it can be written");
    }
}

/// The variable of the environment with the path of a file, in which there is one line for each call: how it ended
/// under the first order of answers, and the name of the function.
pub const ENDS: &str = "EQUIVALENCE_ENDS";
const RETURNED: &str = "returned";
const PANICKED: &str = "panicked";

fn parts<R>(call: &WorkflowCall<R>) -> (&'static WorkflowDef, &[u8]) {
    let input = call.input().expect("the arguments can be encoded");
    (definition(call.name()), input)
}

/// Compares under all orders of answers; what the plain copy did under the first, unless it panicked.
fn machines<R: Durable + Debug, F: Future<Output = R>>(
    ends: Option<Ends>,
    plain: &impl Fn() -> F,
    def: &'static WorkflowDef,
    input: &[u8],
) -> Option<Plain> {
    let first = compare_under(Schedule::First, ends, plain(), def, input);
    if first.as_ref().is_none_or(|first| first.concurrent) {
        for schedule in [Schedule::Last]
            .into_iter()
            .chain((0..SEEDS).map(Schedule::Seeded))
        {
            compare_under(schedule, ends, plain(), def, input);
        }
    }
    first
}

/// Compares under one order of answers. Where the plain copy panics, the machine must panic with the same message,
/// after the same calls.
fn compare_under<R: Durable + Debug>(
    schedule: Schedule,
    ends: Option<Ends>,
    plain: impl Future<Output = R>,
    def: &'static WorkflowDef,
    input: &[u8],
) -> Option<Plain> {
    log::take();
    let expected = log::plain(|| {
        panic::catch_unwind(AssertUnwindSafe(|| {
            let expected = schedule::finish(plain, schedule);
            (encoded(&expected), format!("{expected:?}"))
        }))
    });
    let expected_log = match expected {
        Ok(_) => log::take(),
        Err(_) => {
            spawned::give_up();
            log::take_before_panic()
        }
    };
    let expected = expected.map_err(|payload| drive::message(&*payload));
    if let Err(message) = &expected
        && message.starts_with(log::OUTGROWN)
    {
        panic!("{message}");
    }
    match (ends, &expected) {
        (Some(Ends::Returns), Err(message)) => panic!(
            "{schedule:?}: the plain copy panics, and the test does not say so with `panics [(…)];`: {message}"
        ),
        (Some(Ends::Panics), Ok((_, text))) => {
            panic!("{schedule:?}: the test says that the plain copy panics, and it returns {text}")
        }
        _ => {}
    }

    let check = |rebuild: Rebuild| {
        let ran = drive::run(def, input, rebuild, schedule);
        let way = format!("{schedule:?}, {rebuild:?}");
        let log = match ran.output {
            Ok(_) => log::take(),
            Err(_) => log::take_before_panic(),
        };
        assert_eq!(log, expected_log, "{way}: calls");
        let output = ran.output.map(|bytes| {
            let output: R = codec::decode(&bytes).expect("the result can be decoded");
            (bytes, format!("{output:?}"))
        });
        let text = |output: &Result<(Vec<u8>, String), String>| {
            let text = output.as_ref().map(|(_, text)| text.clone());
            text.map_err(String::clone)
        };
        assert_eq!(text(&output), text(&expected), "{way}: result");
        assert_eq!(output, expected, "{way}: encoded result");
        (ran.awaits, ran.concurrent)
    };
    let (awaits, concurrent) = check(Rebuild::Never);
    assert_eq!(check(Rebuild::Always), (awaits, concurrent));
    assert_eq!(check(Rebuild::Twice), (awaits, concurrent));
    let kills = KILLS_MAX.min(AWAITS_MAX / awaits.max(1));
    for kill in spread(awaits, kills) {
        assert_eq!(check(Rebuild::At(kill)), (awaits, concurrent));
    }
    Some(Plain {
        output: expected.ok()?.0,
        log: expected_log,
        awaits,
        concurrent,
        answers: if concurrent {
            Answers::InOrder
        } else {
            Answers::AtOnce
        },
    })
}

/// What the plain copy does where a clock orders the answers, if that is certain.
fn by_clock<R: Durable>(plain: impl Future<Output = R>, first: &Plain) -> Option<Plain> {
    log::take();
    let output = log::plain(|| schedule::finish_by_clock(plain));
    let log = log::take();
    Some(Plain {
        output: encoded(&output?),
        log,
        awaits: first.awaits,
        concurrent: true,
        answers: Answers::ByClock,
    })
}

/// At most so many of `all` numbers, evenly: the first and the last are among them.
fn spread(all: usize, most: usize) -> impl Iterator<Item = usize> {
    let many = all.min(most);
    let gaps = many.saturating_sub(1).max(1);
    (0..many).map(move |number| number * (all - 1) / gaps)
}

/// The one workflow of this name in the test binary.
pub(super) fn definition(name: &str) -> &'static WorkflowDef {
    let mut found = registry::workflows().filter(|w| w.name == name);
    let def = found.next().expect("the workflow is registered");
    assert!(found.next().is_none(), "two workflows are called `{name}`");
    def
}
