//! Closures between a source and its loop.
//!
//! ```text
//! Input:   for x in v.iter().filter(|x| wanted(x)).map(|x| x * 2) { op(x).await; }
//! Output:  next x of v.iter() at `at`, through `pulled.filter(…).map(…)`
//! ```
//!
//! At each turn the closures stand over the rest of the source. What they pull from a borrowed one
//! is counted; from an owned one it is gone. So each runs as often as in the original and in the same order, and never again for an
//! item that it has had. That needs adaptors without a state of their own. What a closure captures
//! is used where the loop begins each turn; rustc [holds](super::held) it in the twin for the whole loop.

use super::Builder;
use super::recipe::bare;
use crate::ir::{Locals, Tail};
use crate::names;
use syn::{Expr, ExprMethodCall, parse_quote};

/// Adaptors without a state, and whether their items are those of what they stand over.
const STATELESS: [(&str, bool); 6] = [
    ("filter", true),
    ("inspect", true),
    ("map", false),
    ("filter_map", false),
    ("cloned", false),
    ("copied", false),
];

/// A tail as it was found.
pub(super) struct FoundTail {
    pub(super) tail: Tail,
    /// How many adaptors it has.
    pub(super) length: usize,
    /// Its items are made by a closure or a clone: they can be saved, and not be made again.
    pub(super) gives_values: bool,
}

impl Builder<'_> {
    /// Takes the tail off a loop's source. Answers nothing when it cannot be resumed exactly.
    #[expect(
        clippy::option_option,
        reason = "no tail is not a tail that is refused"
    )]
    pub(super) fn tail(&self, source: &mut Expr) -> Option<Option<FoundTail>> {
        let (length, gives_values) = length(source);
        if length == 0 {
            return Some(None);
        }
        let mut adaptors = source.clone();
        let inner = under(&mut adaptors, length);
        if !matches!(bare(inner), Expr::MethodCall(_) | Expr::Range(_)) {
            return None;
        }
        let pulled = names::pulled();
        *source = std::mem::replace(inner, parse_quote!(#pulled));
        let mut captures = Locals::new();
        self.arguments(&mut adaptors, &mut captures)?;
        Some(Some(FoundTail {
            tail: Tail {
                adaptors,
                uses: captures,
            },
            length,
            gives_values,
        }))
    }

    /// Each argument must be the same whenever it is evaluated.
    fn arguments(&self, adaptors: &mut Expr, captures: &mut Locals) -> Option<()> {
        let Expr::MethodCall(call) = bare(adaptors) else {
            return Some(());
        };
        for argument in &mut call.args {
            let argument = bare(argument);
            let used = self.captures(argument);
            match argument {
                Expr::Closure(closure) if closure.capture.is_some() => {
                    // It has what its captures were when it was made. By reference it sees the
                    // same if they cannot change, and leaves them for the next turn.
                    if used.iter().any(|local| self.body.locals[local.0].mutable) {
                        return None;
                    }
                    closure.capture = None;
                }
                Expr::Closure(_) => {}
                Expr::Path(_) if used.is_empty() => {}
                Expr::Path(_) if self.shared_code(argument).is_some() => {}
                Expr::Reference(reference) if self.shared_code(&reference.expr).is_some() => {}
                _ => return None,
            }
            captures.extend(used);
        }
        self.arguments(&mut call.receiver, captures)
    }
}

/// How many adaptors without a state stand at the end of a chain, and whether one of them gives new
/// values. `copied` over the source itself belongs to the source.
fn length(source: &Expr) -> (usize, bool) {
    let (mut seen, mut values) = (0, false);
    let mut found = (0, false);
    let mut expr = source;
    loop {
        match expr {
            Expr::Paren(inner) => expr = &inner.expr,
            Expr::Group(inner) => expr = &inner.expr,
            Expr::MethodCall(call) => {
                let Some(keeps) = stateless(call) else {
                    return found;
                };
                seen += 1;
                values |= !keeps;
                if call.method != "copied" {
                    found = (seen, values);
                }
                expr = &call.receiver;
            }
            _ => return found,
        }
    }
}

fn stateless(call: &ExprMethodCall) -> Option<bool> {
    let known = STATELESS.iter().find(|(name, _)| call.method == name);
    known.map(|(_, keeps)| *keeps)
}

/// What stands under this many adaptors.
pub(super) fn under(chain: &mut Expr, length: usize) -> &mut Expr {
    if length == 0 {
        return bare(chain);
    }
    match bare(chain) {
        Expr::MethodCall(call) => under(&mut call.receiver, length - 1),
        other => other,
    }
}
