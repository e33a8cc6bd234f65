//! Drives a machine to its end, and drops and rebuilds it on the way where it is told to.

use super::schedule::Schedule;
use super::{log, ops, world};
use durable_runtime::frame::{Call, Checkpoint, Frame};
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{self, Machine, Turn};
use durable_runtime::operation::{Answered, Request, Resolution};
use durable_runtime::registry::{self, WorkflowDef};
use std::collections::BTreeSet;

/// More awaits than any function under test has.
const AWAITS_MAX: usize = 20_000;

/// Where a machine is dropped and rebuilt from the stored bytes of its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rebuild {
    Never,
    Always,
    /// Always, and twice: both must go on alike.
    Twice,
    /// At this await only, counted from 0.
    At(usize),
}

/// What a machine did on its way.
#[derive(Debug)]
pub(super) struct Ran {
    /// What it returned, encoded, or the message of its panic.
    pub(super) output: Result<Vec<u8>, String>,
    /// The number of awaits.
    pub(super) awaits: usize,
    /// Whether operations were under way at the same time.
    pub(super) concurrent: bool,
}

/// Runs a machine to its end.
pub(super) fn run(
    def: &'static WorkflowDef,
    input: &[u8],
    rebuild: Rebuild,
    schedule: Schedule,
) -> Ran {
    let (mut begun, mut concurrent) = (0, false);
    let mut machine = Machine::start(def, input.to_vec());
    let mut turn = machine.turn(&[], Timestamp(0));
    for number in 0..AWAITS_MAX {
        let checkpoint = match turn {
            Turn::Suspended(checkpoint) => checkpoint,
            Turn::Finished(finished) => {
                return Ran {
                    output: Ok(finished.output.expect("the result can be encoded")),
                    awaits: number,
                    concurrent,
                };
            }
            Turn::Blocked(blocked) => panic!("{rebuild:?}, await {number}: {blocked}"),
            Turn::Panicked(message) => {
                return Ran {
                    output: Err(message),
                    awaits: number,
                    concurrent,
                };
            }
        };
        sound(def, &checkpoint.frame);
        let calls = open(&checkpoint, &mut begun);
        concurrent |= calls.len() > 1;
        let answers = [answer(calls[schedule.pick(number, calls.len())])];
        log::set_turn(number + 1);
        let bytes = checkpoint.encode().expect("a checkpoint can be encoded");
        match rebuild {
            Rebuild::Never => {}
            Rebuild::At(at) if at != number => {}
            Rebuild::At(_) | Rebuild::Always => machine = rebuilt(def, &bytes),
            Rebuild::Twice => {
                let before = log::so_far();
                let first = rebuilt(def, &bytes).turn(&answers, Timestamp(0));
                let after = log::so_far();
                log::rewind(before);
                machine = rebuilt(def, &bytes);
                turn = machine.turn(&answers, Timestamp(0));
                assert_eq!(
                    seen(&first),
                    seen(&turn),
                    "the same frame went on differently"
                );
                assert_eq!(after, log::so_far(), "the same frame did something else");
                continue;
            }
        }
        turn = machine.turn(&answers, Timestamp(0));
    }
    panic!("the machine does not come to an end");
}

/// What was said by a panic that was caught.
pub(super) fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// Drives a machine to the panic at which it ends, and answers the message.
///
/// # Panics
/// When it does not panic.
#[must_use]
pub fn panic_message(name: &str, input: &[u8]) -> String {
    let def = super::compare::definition(name);
    let mut machine = Machine::start(def, input.to_vec());
    let mut turn = machine.turn(&[], Timestamp(0));
    loop {
        match turn {
            Turn::Panicked(message) => return message,
            Turn::Suspended(checkpoint) => {
                let bytes = checkpoint.encode().expect("a checkpoint can be encoded");
                machine = rebuilt(def, &bytes);
                turn = machine.turn(&[answer(checkpoint.calls()[0])], Timestamp(0));
            }
            other => panic!("`{name}` does not panic: {other:?}"),
        }
    }
}

fn rebuilt(def: &'static WorkflowDef, bytes: &[u8]) -> Machine {
    let checkpoint = Checkpoint::decode(bytes).expect("a checkpoint can be decoded");
    match Machine::resume(def, &checkpoint) {
        Ok(machine) => machine,
        Err(blocked) => panic!("cannot resume: {blocked}"),
    }
}

/// What a turn shows to the outside.
fn seen(turn: &Turn) -> String {
    format!("{turn:?}")
}

/// The operations under way in the order in which they began; those that are new are logged.
fn open<'c>(checkpoint: &'c Checkpoint, begun: &mut u64) -> Vec<&'c Call> {
    let mut calls = checkpoint.calls();
    calls.sort_by_key(|call| call.op);
    assert!(
        !calls.is_empty(),
        "`{}` has no call",
        checkpoint.frame.label
    );
    for call in &calls {
        if call.op > *begun {
            match &call.request {
                Request::Activity(request) => {
                    let (name, argument) = world::asked(request);
                    log::push(&name, &argument, true)
                }
                Request::Timer { due } => log::push(ops::TIMER, &log::encoded(&due.0), true),
                other => panic!("plain async Rust has no {other:?}"),
            };
            *begun = call.op;
        }
    }
    calls
}

/// Carries an operation out.
fn answer(call: &Call) -> Answered {
    let answer = match &call.request {
        Request::Activity(request) => {
            let (name, argument) = world::asked(request);
            Resolution::Returned(world::encoded(ops::answer(&name, argument)))
        }
        _ => Resolution::Fired,
    };
    Answered {
        op: call.op,
        answer,
    }
}

/// The frame is at a known suspend point and holds exactly the locals in that point's table.
fn sound(def: &'static WorkflowDef, frame: &Frame) {
    let point = def
        .points
        .iter()
        .find(|p| p.label == frame.label)
        .unwrap_or_else(|| panic!("`{}` is in no table", frame.label));
    let table: Vec<&str> = point
        .locals
        .iter()
        .map(|&l| def.locals[usize::from(l)].name)
        .collect();
    let saved: Vec<&str> = frame.locals.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(saved, table, "locals saved at `{}`", frame.label);
    let distinct: BTreeSet<&str> = saved.iter().copied().collect();
    assert_eq!(distinct.len(), saved.len(), "equal names: {saved:?}");
    let problems = machine::check(def, frame);
    assert!(problems.is_empty(), "at `{}`: {problems:?}", frame.label);
    for child in frame.children() {
        // A branch, or a function that is awaited inline. No name leads to one that is generic;
        // its types are checked above.
        if let Some(inside) = registry::workflow(&child.workflow) {
            sound(inside, child);
        }
    }
}
