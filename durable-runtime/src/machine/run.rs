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
use crate::codec;
use crate::frame::Done;
use crate::operation::Resolution;
use std::task::{Context, Poll, Waker};

impl Cx {
    /// Lets the functions below this one go on until all of them wait; answers whether something
    /// has come that this one waits for.
    pub(super) fn run(&self) -> bool {
        run_node(self, self.node())
    }
}

fn run_node(cx: &Cx, node: &NodeRef) -> bool {
    // Not locked while futures run; only a node's own future looks at it.
    let mut waits = std::mem::take(&mut node.lock().waits);
    let mut woken = std::mem::take(&mut node.lock().woken);
    for wait in &mut waits {
        woken |= run(cx, wait);
    }
    node.lock().waits = waits;
    woken
}

/// Runs what is below; answers whether the node above is to look at it again.
fn run(cx: &Cx, live: &mut Live) -> bool {
    match live {
        Live::Node(node) => run_node(cx, node),
        Live::Inline(inline) => match run_inline(cx, inline) {
            Some(answer) => {
                *live = Live::Done(Done {
                    answer,
                    locals: Vec::new(),
                });
                true
            }
            None => false,
        },
        Live::Call { .. }
        | Live::Done(_)
        | Live::Stored(_)
        | Live::Begun(_)
        | Live::Fresh
        | Live::Off => false,
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
        if let Poll::Ready(Finished { output, failed }) = inline.future.as_mut().poll(&mut context)
        {
            match output {
                Ok(output) if failed => return Some(Resolution::Failed(output)),
                Ok(output) => return Some(Resolution::Returned(output)),
                Err(error) => {
                    block_result(cx, inline, &error);
                    return None;
                }
            }
        }
    }
}

fn block_result(cx: &Cx, inline: &Inline, error: &codec::Error) {
    let name = inline.node.lock().def.name;
    let error = codec::Error::custom(format_args!("the result of `{name}`: {error}"));
    cx.block(None, &error);
}
