//! Running a tree of functions that await each other inline.
//!
//! ```text
//!        a     polled last            an answer wakes the function that waits for it; when that
//!        │                            returns, its caller is polled; and when a function awaits
//!        b     polled second          another one, that is polled next
//!        │
//!        c     polled first           never one from within another: the stack stays flat,
//!        │                            however deep they nest
//!      charge
//! ```

use super::cx::{Cx, Finished};
use super::live::{Inline, Live};
use super::node::NodeRef;
use super::value;
use crate::codec;
use crate::operation::Resolution;
use std::task::{Context, Poll, Waker};

impl Cx {
    /// Lets what is below the workflow, and what it has spawned, go on until all of that waits;
    /// answers whether something has come that the workflow itself waits for.
    pub(super) fn run(&self) -> bool {
        loop {
            if run_node(self, self.node()) {
                return true;
            }
            let ended = run_spawned(self);
            if self.is_blocked() || !(self.was_stirred() || ended) {
                return false;
            }
        }
    }
}

fn run_node(cx: &Cx, node: &NodeRef) -> bool {
    // Not locked while futures run; only a node's own future looks at it.
    let mut waits = std::mem::take(&mut node.lock().waits);
    let mut woken = std::mem::take(&mut node.lock().woken);
    for wait in &mut waits {
        woken |= run(cx, wait, Form::Answer);
    }
    node.lock().waits = waits;
    woken
}

/// What is kept of an operation that has ended.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// Its answer, for who knows its type.
    Answer,
    /// Its output; see [`value`].
    Value,
}

/// Runs what is below; answers whether the node above is to look at it again.
fn run(cx: &Cx, live: &mut Live, form: Form) -> bool {
    match live {
        Live::Node(node) => run_node(cx, node),
        Live::Inline(inline) => match run_inline(cx, inline) {
            Some(answer) => {
                *live = Live::done(answer);
                true
            }
            None => false,
        },
        Live::All(_) | Live::TryAll(_) | Live::Race(_) => run_several(cx, live, form),
        Live::Shield(inside) => {
            let woken = run(cx, inside, form);
            if matches!(**inside, Live::Done(_)) {
                *live = std::mem::replace(&mut **inside, Live::Off);
            }
            woken
        }
        Live::Spawned(_) | Live::FirstOf(_) if form == Form::Answer => live.is_resolved(cx),
        Live::Spawned(_) | Live::FirstOf(_) | Live::Call { .. } => {
            if form == Form::Value && live.is_resolved(cx) {
                end(cx, live, form);
            }
            false
        }
        Live::Done(_) | Live::Stored(_) | Live::Begun(_) | Live::Fresh | Live::Off => false,
    }
}

/// Runs the parts of a composite in their order, until the whole is decided. What has lost ends
/// there. Answers whether it is decided.
fn run_several(cx: &Cx, live: &mut Live, form: Form) -> bool {
    let count = live.parts().len();
    if form == Form::Value {
        // Those that have an answer are given their form before it decides about the whole.
        for part in live.parts() {
            if matches!(part, Live::Call { .. }) {
                run(cx, part, form);
            }
        }
    }
    for at in 0..count {
        if !live.is_resolved(cx) {
            run(cx, &mut live.parts()[at], form);
        }
    }
    let decided = live.is_resolved(cx);
    if decided {
        end(cx, live, form);
    }
    decided
}

/// Keeps no more of an operation than what it gave.
fn end(cx: &Cx, live: &mut Live, form: Form) {
    let ended = std::mem::replace(live, Live::Off);
    let kind = match (&ended, form) {
        (_, Form::Answer) => value::Kind::Other,
        (Live::Call { call, .. }, _) => value::Kind::Call(call.request.clone()),
        (Live::All(_), _) => value::Kind::All,
        (Live::TryAll(_), _) => value::Kind::TryAll,
        (Live::Race(_), _) => value::Kind::Race,
        _ => value::Kind::Other,
    };
    match ended.into_resolution(cx).map(|answer| kind.value(answer)) {
        Some(Ok(answer)) => *live = Live::done(answer),
        Some(Err(error)) => cx.block(Some("the result of a spawned operation"), &error),
        None => {}
    }
}

/// Runs an awaited function until it waits; what it returned, if it did.
fn run_inline(cx: &Cx, inline: &mut Inline) -> Option<Resolution> {
    loop {
        let woken = run_node(cx, &inline.node);
        if cx.is_blocked() || (inline.begun && !woken) {
            return None;
        }
        inline.begun = true;
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(Finished { output, failed, .. }) =
            inline.future.as_mut().poll(&mut context)
        {
            match output {
                Ok(output) if failed => return Some(Resolution::Failed(output)),
                Ok(output) => return Some(Resolution::Returned(output)),
                Err(error) => {
                    let name = inline.node.lock().def.name;
                    let error =
                        codec::Error::custom(format_args!("the result of `{name}`: {error}"));
                    cx.block(None, &error);
                    return None;
                }
            }
        }
    }
}

/// Runs what was spawned, each until it waits; answers whether one has ended.
fn run_spawned(cx: &Cx) -> bool {
    let mut ended = false;
    for op in cx.under_way() {
        // Not in the table while it runs: it may spawn by itself.
        let mut live = cx.replace_spawned(op, Live::Off);
        run(cx, &mut live, Form::Value);
        ended |= matches!(live, Live::Done(_));
        cx.replace_spawned(op, live);
    }
    ended
}
