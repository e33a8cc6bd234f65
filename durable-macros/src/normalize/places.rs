//! Places before a suspend point: they stay where they are and are read when the operator runs, so
//! what they are in and what they are indexed with is computed before it.
//!
//! ```text
//! Input:   send(&rows[order.row].name, price(x).await)
//! Output:  let t = order.row; let _ = &rows[t].name; suspend price(x) -> a; send(&rows[t].name, a)
//!
//! Input:   names()[0] == name(x).await
//! Output:  let t = names(); let _ = &t[0]; suspend name(x) -> a; t[0] == a
//! ```
//!
//! What a place is in may be a borrow, which could not be kept. Where that is likely, the place is
//! copied instead, and rustc checks in the twin that it can be and that nothing changes the copy:
//!
//! ```text
//! Input:   order.items.last().unwrap().price < price(x).await
//! Output:  let t = order.items.last().unwrap().price; suspend price(x) -> a; t < a
//! ```

use super::{Builder, Dest, lookups, operands, place, receivers};
use crate::diag::Code;
use crate::names;
use crate::syntax::bare;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Expr, ExprIndex, ExprReference, Ident, UnOp, parse_quote, parse_quote_spanned};

/// What the operator does with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It borrows it.
    Read,
    /// It borrows it mutably.
    Changed,
    /// One of these: rustc knows.
    Unclear,
}

/// Methods of std that give a value of their own.
const OWNED: &[&str] = &[
    "clone",
    "collect",
    "concat",
    "into_boxed_slice",
    "into_boxed_str",
    "into_bytes",
    "into_string",
    "into_vec",
    "join",
    "repeat",
    "replace",
    "to_lowercase",
    "to_owned",
    "to_string",
    "to_uppercase",
    "to_vec",
];

/// Methods that take a value out of an `Option` or a `Result`.
const UNWRAPPING: &[&str] = &["expect", "unwrap", "unwrap_or_default"];

impl Builder<'_> {
    /// What stands under `&` before a suspend point. Answers how the machine names it.
    pub(super) fn borrowed(&mut self, twin: &mut ExprReference, later: &[Expr]) -> Expr {
        let used = match twin.mutability {
            Some(_) => Use::Changed,
            None => Use::Read,
        };
        let place = &mut *twin.expr;
        // Of `&*text()` the target may have no size of its own.
        let target =
            matches!(place, Expr::Unary(e) if matches!(e.op, UnOp::Deref(_)) && !lends(&e.expr));
        if used == Use::Changed || target {
            return self.place_that_stays(place, used, later);
        }
        self.place(place, used, later)
    }

    /// A place before a suspend point, or a value that stands for one. Answers how the machine names it.
    pub(super) fn place(&mut self, part: &mut Expr, used: Use, later: &[Expr]) -> Expr {
        let base = place::base(part);
        if let Expr::Path(_) = base {
            // A method of this name may well not change what is called.
            let used = match used {
                Use::Changed if !self.is_mutable(base) => Use::Unclear,
                used => used,
            };
            return self.place_that_stays(part, used, later);
        }
        if used == Use::Changed || self.stays(part) {
            return self.place_that_stays(part, used, later);
        }
        let proof = copied(part, used);
        let machine = self.keep(part);
        proof.prove(part);
        machine
    }

    fn is_mutable(&self, variable: &Expr) -> bool {
        let local = super::uses::plain_local(variable, &self.scopes);
        local.is_some_and(|local| self.body.locals[local.0].mutable)
    }

    /// Whether what a place is in can be kept, as far as the syntax tells.
    fn stays(&self, part: &Expr) -> bool {
        let index = |step: &Expr| matches!(step, Expr::Index(_));
        let first = place::first_step(part);
        match place::base(part) {
            Expr::Lit(_) => true,
            base if gives_a_value(base) => place::goes_through(part),
            // `names()[0]`: what is given without arguments can hardly be a borrow of them.
            Expr::Call(call) if first.is_some_and(index) => {
                call.args.iter().all(|argument| self.is_constant(argument))
            }
            // A part of a text or a list has no size of its own.
            _ => matches!(part, Expr::Index(e) if matches!(*e.index, Expr::Range(_))),
        }
    }

    /// Nothing after the place may change what it denotes.
    fn place_that_stays(&mut self, part: &mut Expr, used: Use, later: &[Expr]) -> Expr {
        let mut machine = part.clone();
        self.steady(&mut machine, part, used);
        let Some(mut names) = place::indices(&machine) else {
            self.diagnostics.report(
                &*part,
                Code::Order,
                "what this place is indexed with may change before the `.await` after it",
                "bind the awaited value with `let` before this expression",
            );
            return machine;
        };
        names.extend(place::root(&machine));
        let changed = names.into_iter().find(|name| self.changes(name, later));
        match changed.cloned() {
            Some(name) => self.refuse_place(part, &name),
            None => self.touch(&machine, used),
        }
        machine
    }

    fn refuse_place(&mut self, place: &Expr, name: &Ident) {
        self.diagnostics.report(
            place,
            Code::Order,
            &format!("`{name}` may change between this place and the `.await` after it"),
            "bind the awaited value with `let` before this expression",
        );
    }

    /// A panic of an index comes before the operation begins, as in the original.
    pub(super) fn touch(&mut self, place: &Expr, used: Use) {
        if place::is_field_path(place) {
            return;
        }
        let mut place = place.clone();
        self.copy_indices(&mut place);
        let touched = match used {
            Use::Changed => parse_quote!({ let _ = &mut #place; }),
            Use::Read | Use::Unclear => parse_quote!({ let _ = &#place; }),
        };
        self.deliver(touched, Dest::Discard);
    }

    /// An index that was computed is used once more by the operator.
    fn copy_indices(&self, place: &mut Expr) {
        match place {
            Expr::Index(e) => {
                self.copy_indices(&mut e.expr);
                if self.is_temp(&e.index) {
                    let (rt, index) = (names::rt(), &e.index);
                    e.index = parse_quote!(#rt::again(&#index));
                }
            }
            Expr::Field(e) => self.copy_indices(&mut e.base),
            Expr::Unary(e) => self.copy_indices(&mut e.expr),
            Expr::Paren(e) => self.copy_indices(&mut e.expr),
            Expr::Group(e) => self.copy_indices(&mut e.expr),
            _ => {}
        }
    }

    /// Computes what a place is in, and its indices.
    fn steady(&mut self, machine: &mut Expr, twin: &mut Expr, used: Use) {
        match (machine, twin) {
            (Expr::Index(machine), Expr::Index(twin)) => {
                self.steady(&mut machine.expr, &mut twin.expr, used);
                self.steady_index(machine, twin, used);
            }
            (Expr::Field(machine), Expr::Field(twin)) => {
                self.steady(&mut machine.base, &mut twin.base, used);
            }
            (Expr::Unary(machine), Expr::Unary(twin)) if matches!(machine.op, UnOp::Deref(_)) => {
                self.steady(&mut machine.expr, &mut twin.expr, used);
            }
            (Expr::Paren(machine), Expr::Paren(twin)) => {
                self.steady(&mut machine.expr, &mut twin.expr, used);
            }
            (Expr::Group(machine), Expr::Group(twin)) => {
                self.steady(&mut machine.expr, &mut twin.expr, used);
            }
            (Expr::Path(_) | Expr::Lit(_), _) => {}
            (machine, twin) => *machine = self.keep(twin),
        }
    }

    /// An index stays if it is the same as long as the variables in it are. Any other is computed, which
    /// may not change those before it.
    fn steady_index(&mut self, machine: &mut ExprIndex, twin: &mut ExprIndex, used: Use) {
        let index = bare(&machine.index);
        let by_reference = matches!(index, Expr::Reference(_));
        let variable = matches!(index, Expr::Path(_));
        let simple = place::steady(index).is_some();
        if self.is_constant(index) || (simple && (by_reference || variable)) {
            return;
        }
        let outer = std::mem::take(&mut self.held);
        let before = place::indices(&machine.expr).unwrap_or_default();
        let before: Vec<Ident> = before.into_iter().cloned().collect();
        let computed = [(*machine.index).clone()];
        let changed = before.iter().find(|name| self.changes(name, &computed));
        if let Some(name) = changed {
            self.refuse_place(&twin.expr, name);
        }
        let held = std::mem::replace(&mut self.held, outer);
        self.touch(&machine.expr, used);
        match (&mut *machine.index, &mut *twin.index) {
            (Expr::Reference(machine), Expr::Reference(twin)) if machine.mutability.is_none() => {
                self.steady(&mut machine.expr, &mut twin.expr, Use::Read);
            }
            (machine, twin) => self.keep_index(machine, twin),
        }
        operands::hold(&mut twin.index, &held);
    }

    /// Computes an index, of a range its bounds: a range itself could be used only once.
    pub(super) fn keep_index(&mut self, machine: &mut Expr, twin: &mut Expr) {
        match (machine, twin) {
            (Expr::Range(machine), Expr::Range(twin)) => {
                let bounds = [
                    (&mut machine.start, &mut twin.start),
                    (&mut machine.end, &mut twin.end),
                ];
                for (machine, twin) in bounds {
                    if let (Some(machine), Some(twin)) = (machine, twin) {
                        self.keep_index(machine, twin);
                    }
                }
            }
            (Expr::Paren(machine), Expr::Paren(twin)) => {
                self.keep_index(&mut machine.expr, &mut twin.expr);
            }
            (machine, _) if self.is_constant(machine) => {}
            (machine, twin) => *machine = self.keep(twin),
        }
    }
}

/// What the twin has to prove of a part that is copied.
#[derive(Clone, Copy, Default)]
pub(super) struct Copied {
    /// The part can be copied.
    copies: bool,
    /// Nothing changes the copy.
    stays: bool,
}

/// What is to prove of a place that is kept by its value.
pub(super) fn copied(part: &Expr, used: Use) -> Copied {
    let base = place::base(part);
    let place = place::first_step(part).is_some() && !gives_a_value(base);
    Copied {
        copies: place && (place::goes_through(part) || lends(base)),
        stays: place && used != Use::Read,
    }
}

impl Copied {
    /// The part is in the twin what it is kept as.
    pub(super) fn prove(self, part: &mut Expr) {
        let span = part.span();
        let rt = names::rt_at(span);
        let copied = self.copies.then(|| quote_spanned!(span=> .copied()));
        let kept = if self.stays {
            quote_spanned!(span=> .in_place())
        } else {
            quote_spanned!(span=> .0)
        };
        if self.copies || self.stays {
            *part = parse_quote_spanned! {span=> ({
                #[allow(unused_imports, reason = "method lookup decides")]
                use #rt::{InPlace as _, NoCopy as _};
                #rt::KeptPart(#part) #copied #kept
            })};
        }
    }
}

/// Whether an expression gives a value of its own, whatever its types are.
fn gives_a_value(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) | Expr::Array(_) | Expr::Repeat(_) | Expr::Struct(_) | Expr::Tuple(_) => {
            true
        }
        Expr::Call(_) | Expr::Macro(_) => receivers::of_value(expr).is_some(),
        Expr::MethodCall(call) if UNWRAPPING.iter().any(|name| call.method == name) => {
            gives_a_value(&call.receiver)
        }
        Expr::MethodCall(call) => OWNED.iter().any(|name| call.method == name),
        Expr::Try(tried) => gives_a_value(&tried.expr),
        Expr::Paren(inner) => gives_a_value(&inner.expr),
        Expr::Group(inner) => gives_a_value(&inner.expr),
        _ => false,
    }
}

/// Whether a call may lend what it gives, by the name of its method.
fn lends(expr: &Expr) -> bool {
    match expr {
        Expr::MethodCall(call) if UNWRAPPING.iter().any(|name| call.method == name) => {
            lends(&call.receiver)
        }
        Expr::MethodCall(call) => lookups::may_lend(&call.method),
        Expr::Try(tried) => lends(&tried.expr),
        Expr::Paren(inner) => lends(&inner.expr),
        Expr::Group(inner) => lends(&inner.expr),
        _ => false,
    }
}
