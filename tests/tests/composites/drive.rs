//! A small engine: it answers one operation per turn, in an order that the test gives.

use durable_runtime::Durable;
use durable_runtime::codec::{self, Args};
use durable_runtime::frame::{Call, Checkpoint};
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::operation::{Answered, Request, Resolution, WorkflowCall};
use durable_runtime::prelude::*;
use durable_runtime::registry;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// A number that is not squared.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Refused(pub(crate) u64);

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is refused", self.0)
    }
}

impl std::error::Error for Refused {}

/// Squares a number; 13 is refused.
#[activity]
pub async fn square(n: u64) -> Result<u64, Refused> {
    unreachable!("{n}: the test answers")
}

/// Which operation is answered next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Order<'p> {
    /// Those that were begun first; timers when nothing else is left.
    First,
    /// Those that were begun last; timers when nothing else is left.
    Last,
    /// By chance, timers too.
    Seed(u64),
    /// Timers first.
    Timers,
    /// Everything at once is cancelled on this turn; else as `First`.
    CancelAt(usize),
    /// For each turn the place of the next one among all, in the order in which they began; the
    /// first one after that.
    Path(&'p [usize]),
}

/// What happened.
#[derive(Debug, PartialEq)]
pub(crate) struct Story {
    /// The output, or the panic or the reason why it is blocked.
    pub output: Result<String, String>,
    /// Each operation when it was first seen, in their order.
    pub begun: Vec<String>,
    /// Each operation that was answered.
    pub answered: Vec<String>,
    /// The most operations at a time.
    pub most: usize,
    /// How many were under way on each turn.
    pub open: Vec<usize>,
}

impl Story {
    pub(crate) fn output(&self) -> &str {
        self.output.as_ref().expect("it has returned")
    }

    pub(crate) fn error(&self) -> &str {
        self.output.as_ref().expect_err("it cannot go on")
    }
}

/// The story of a workflow, which is the same however often its machine is rebuilt.
pub(crate) fn story<R: Durable + Debug>(call: &WorkflowCall<R>, order: Order<'_>) -> Story {
    let kept = drive(call, order, false);
    assert_eq!(drive(call, order, true), kept, "{order:?}: rebuilt");
    kept
}

/// The stories of a workflow under every order of answers there is.
pub(crate) fn every_story<R: Durable + Debug>(call: &WorkflowCall<R>) -> Vec<Story> {
    let (mut stories, mut path) = (Vec::new(), Vec::new());
    loop {
        let story = story(call, Order::Path(&path));
        path.resize(story.open.len(), 0);
        // The last turn on which another one could have been answered.
        while let Some(place) = path.pop() {
            if place + 1 < story.open[path.len()] {
                path.push(place + 1);
                break;
            }
        }
        stories.push(story);
        if path.is_empty() {
            return stories;
        }
    }
}

fn drive<R: Durable + Debug>(call: &WorkflowCall<R>, order: Order<'_>, rebuild: bool) -> Story {
    let def = registry::workflow(call.name()).expect("it is linked");
    let mut machine = Machine::start(def, call.input().expect("arguments").to_vec());
    let mut turn = machine.turn(&[], Timestamp(0));
    let mut story = Story {
        output: Ok(String::new()),
        begun: Vec::new(),
        answered: Vec::new(),
        most: 0,
        open: Vec::new(),
    };
    let (mut highest, mut random) = (0, fastrand::Rng::with_seed(seed(order)));
    for number in 0.. {
        let checkpoint = match turn {
            Turn::Suspended(checkpoint) => checkpoint,
            Turn::Finished(finished) => {
                let bytes = finished.output.expect("the result can be encoded");
                let output: R = codec::decode(&bytes).expect("the result can be decoded");
                story.output = Ok(format!("{output:?}"));
                return story;
            }
            Turn::Blocked(blocked) => {
                story.output = Err(blocked.to_string());
                return story;
            }
            Turn::Panicked(message) => {
                story.output = Err(format!("panicked: {message}"));
                return story;
            }
        };
        let calls = checkpoint.calls();
        let mut sorted: Vec<&Call> = calls.clone();
        sorted.sort_by_key(|call| call.op);
        for call in sorted.iter().filter(|call| call.op > highest) {
            story.begun.push(name(call));
        }
        highest = sorted.last().map_or(highest, |call| call.op.max(highest));
        story.most = story.most.max(calls.len());
        story.open.push(calls.len());
        let answers = answers(&sorted, order, number, &mut random);
        for answered in &answers {
            let call = checkpoint.call(answered.op).expect("it is under way");
            story.answered.push(name(call));
        }
        if rebuild {
            let bytes = checkpoint.encode().expect("a checkpoint can be encoded");
            let checkpoint = Checkpoint::decode(&bytes).expect("a checkpoint can be decoded");
            machine = Machine::resume(def, &checkpoint).expect("it can be resumed");
        }
        turn = machine.turn(&answers, Timestamp(0));
    }
    unreachable!("the loop ends by itself")
}

fn seed(order: Order<'_>) -> u64 {
    match order {
        Order::Seed(seed) => seed,
        _ => 0,
    }
}

fn answers(
    calls: &[&Call],
    order: Order<'_>,
    number: usize,
    random: &mut fastrand::Rng,
) -> Vec<Answered> {
    if order == Order::CancelAt(number) {
        let cancelled = |call: &&Call| Answered {
            op: call.op,
            answer: Resolution::Cancelled,
        };
        return calls.iter().map(cancelled).collect();
    }
    let timer = |call: &&&Call| matches!(call.request, Request::Timer { .. });
    let plain: Vec<_> = calls.iter().filter(|call| !timer(call)).collect();
    let timers: Vec<_> = calls.iter().filter(timer).collect();
    let first = |a: &[&&Call], b: &[&&Call]| -> u64 {
        let call = a.first().or(b.first());
        call.expect("something is under way").op
    };
    let op = match order {
        Order::First | Order::CancelAt(_) => first(&plain, &timers),
        Order::Timers => first(&timers, &plain),
        Order::Last => {
            plain
                .last()
                .or(timers.last())
                .expect("something is under way")
                .op
        }
        Order::Seed(_) => calls[random.usize(0..calls.len())].op,
        Order::Path(path) => calls[path.get(number).copied().unwrap_or(0)].op,
    };
    let call = calls
        .iter()
        .find(|call| call.op == op)
        .expect("it is one of them");
    vec![Answered {
        op,
        answer: answer(call),
    }]
}

/// What each signal brings.
pub(crate) const TOLD: u64 = 7;

fn answer(call: &Call) -> Resolution {
    let encoded = |value: u64| codec::encode(&value).expect("a number");
    let request = match &call.request {
        Request::Activity(request) => request,
        Request::Signal { .. } => return Resolution::Returned(encoded(TOLD)),
        _ => return Resolution::Fired,
    };
    match number(&request.args) {
        13 => Resolution::Failed(encoded(13)),
        n => Resolution::Returned(encoded(n * n)),
    }
}

fn number(args: &[u8]) -> u64 {
    let mut args = Args::open(args).expect("arguments");
    args.get("n").expect("a number")
}

fn name(call: &Call) -> String {
    match &call.request {
        Request::Activity(request) => format!("{} {}", request.name, number(&request.args)),
        Request::Timer { due } => format!("timer {}", due.0),
        Request::Signal { name } => format!("signal {name}"),
        other => format!("{other:?}"),
    }
}
