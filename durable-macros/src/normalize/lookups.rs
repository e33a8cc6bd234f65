//! Methods that may lend what they find, on places whose type the syntax does not show.
//!
//! ```text
//! init   = call | init.unwrap() | init.expect("…") | init? | init.ok_or(…)?
//! call   = place.method() | place.method(operand)
//! place  = variable | place.field | *place | place[literal]
//! ```
//!
//! rustc decides by the types whether that is a method of std and what is bound a borrow. If not,
//! what is bound is a value like any other.

use super::Builder;
use super::borrowed_loops::borrowed_in;
use super::recipe::{By, bare};
use super::twin::{Wrapper, wrap};
use crate::ir::{Locals, Lookup, LookupId, Part};
use crate::names;
use syn::{Expr, ExprMethodCall, Ident, Pat, Type, UnOp, parse_quote};

/// The methods, with how many operands they have, and whether they borrow mutably.
const METHODS: &[(&str, usize, bool)] = &[
    ("as_str", 0, false),
    ("as_bytes", 0, false),
    ("trim", 0, false),
    ("trim_start", 0, false),
    ("trim_end", 0, false),
    ("strip_prefix", 1, false),
    ("strip_suffix", 1, false),
    ("split_once", 1, false),
    ("rsplit_once", 1, false),
    ("split_at", 1, false),
    ("split_first", 0, false),
    ("split_last", 0, false),
    ("as_slice", 0, false),
    ("as_ref", 0, false),
    ("as_deref", 0, false),
    ("as_mut", 0, true),
    ("as_deref_mut", 0, true),
    ("first", 0, false),
    ("last", 0, false),
    ("first_mut", 0, true),
    ("last_mut", 0, true),
    ("front", 0, false),
    ("back", 0, false),
    ("front_mut", 0, true),
    ("back_mut", 0, true),
    ("get", 1, false),
    ("get_mut", 1, true),
    ("get_key_value", 1, false),
    ("first_key_value", 0, false),
    ("last_key_value", 0, false),
    // What a block has of a reference that it takes along; see `blocks`.
    (OPENED, 0, false),
    // A constant that a loop goes over; see `constants`.
    (CONSTANT, 0, false),
];

/// Those that find a part of a text, and that other types hardly have.
const OF_TEXTS: &[&str] = &[
    "as_str",
    "trim",
    "trim_start",
    "trim_end",
    "strip_prefix",
    "strip_suffix",
    "split_once",
    "rsplit_once",
];

/// Takes what a block that runs by itself holds.
pub(super) const OPENED: &str = "__durable_opened";

/// Takes the value of a constant.
pub(super) const CONSTANT: &str = "__durable_constant";

impl Builder<'_> {
    /// Reads an initialiser as a lookup; marks the call in the twin's copy.
    pub(super) fn lookup(&mut self, machine: &Expr, twin: &mut Expr) -> Option<LookupId> {
        let mut init = machine.clone();
        let call = lookup_call(&mut init)?;
        let method = call.method.clone();
        let by = match METHODS.iter().find(|(name, ..)| method == name) {
            Some((.., true)) => By::Unique,
            _ => By::Shared,
        };
        let in_constant = method == CONSTANT
            || (by == By::Shared
                && is_steady(&call.receiver)
                && self.in_constant(&mut call.receiver));
        let place = (*call.receiver).clone();
        let root = match self.root_variable(&place) {
            Some(root) => root,
            None if in_constant => self.constant_root(&place),
            None => return None,
        };
        let operand = call.args.first().cloned();
        if matches!(&operand, Some(Expr::Closure(_))) {
            return None;
        }
        let name = names::operand();
        if let Some(operand) = call.args.first_mut() {
            *operand = parse_quote!(#name);
        }
        let mut again = init.clone();
        found(&mut again);
        let id = LookupId(self.body.lookups.len());
        let marked = base(twin);
        let Expr::MethodCall(call) = &mut *marked else {
            return None;
        };
        if in_constant {
            self.in_constant(&mut call.receiver);
        }
        let held = self.held(&call.receiver, by);
        wrap(marked, Wrapper::Lookup(id));
        if let Expr::Call(marked) = marked {
            marked.args.extend(held);
        }
        self.body.lookups.push(Lookup {
            method,
            operand,
            init,
            again,
            place,
            root,
            parts: Vec::new(),
            either: false,
        });
        Some(id)
    }

    /// Notes what a pattern binds of a lookup.
    pub(super) fn bind_lookup(
        &mut self,
        id: LookupId,
        (pat, ty): (&Pat, Option<&Type>),
        binds: &Locals,
    ) {
        let mut found = Vec::new();
        borrowed_in(pat, &mut found);
        for &local in binds {
            if found.contains(&self.body.locals[local.0].ident) {
                self.body.locals[local.0].lookup = Some(id);
                self.body.lookups[id.0].parts.push(Part {
                    local,
                    pat: pat.clone(),
                    ty: ty.cloned(),
                    over: None,
                });
            }
        }
    }

    /// Whether the call of a lookup borrows mutably.
    pub(super) fn is_unique(&self, id: LookupId) -> bool {
        let method = &self.body.lookups[id.0].method;
        METHODS
            .iter()
            .any(|(name, _, unique)| method == name && *unique)
    }

    /// The variable of a place that is the same whenever it is evaluated.
    fn root_variable(&self, place: &Expr) -> Option<crate::ir::LocalId> {
        match place {
            Expr::Paren(inner) => self.root_variable(&inner.expr),
            Expr::Group(inner) => self.root_variable(&inner.expr),
            Expr::Field(field) => self.root_variable(&field.base),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
                self.root_variable(&unary.expr)
            }
            Expr::Index(index) if matches!(*index.index, Expr::Lit(_)) => {
                self.root_variable(&index.expr)
            }
            Expr::Path(_) => self.variable(place),
            _ => None,
        }
    }
}

/// Whether a place has no index but literals.
fn is_steady(place: &Expr) -> bool {
    match place {
        Expr::Index(index) => matches!(*index.index, Expr::Lit(_)) && is_steady(&index.expr),
        Expr::Paren(inner) => is_steady(&inner.expr),
        Expr::Group(inner) => is_steady(&inner.expr),
        Expr::Field(field) => is_steady(&field.base),
        Expr::Unary(unary) => is_steady(&unary.expr),
        _ => true,
    }
}

/// The call of a method that may lend.
fn lookup_call(init: &mut Expr) -> Option<&mut ExprMethodCall> {
    let known = |call: &ExprMethodCall| {
        let mut all = METHODS.iter();
        call.turbofish.is_none()
            && all.any(|(name, args, _)| call.method == name && call.args.len() == *args)
    };
    if !is_chain(init) {
        return None;
    }
    match base(init) {
        Expr::MethodCall(call) if known(call) => Some(call),
        _ => None,
    }
}

/// Whether what stands after the call gives the same whenever it is evaluated.
fn is_chain(init: &Expr) -> bool {
    match init {
        Expr::Paren(inner) => is_chain(&inner.expr),
        Expr::Group(inner) => is_chain(&inner.expr),
        Expr::Try(inner) => match &*inner.expr {
            // What it fails with is not made again.
            Expr::MethodCall(call) if fails(call) => is_chain(&call.receiver),
            other => is_chain(other),
        },
        Expr::MethodCall(call) if unwraps(call) => is_chain(&call.receiver),
        Expr::MethodCall(_) => true,
        _ => false,
    }
}

/// `.unwrap()`, `.expect("…")`.
fn unwraps(call: &ExprMethodCall) -> bool {
    let literal = |arg: &Expr| matches!(arg, Expr::Lit(_));
    (call.method == "unwrap" && call.args.is_empty())
        || (call.method == "expect" && call.args.iter().all(literal))
}

/// `.ok_or(…)`, before a `?`.
fn fails(call: &ExprMethodCall) -> bool {
    (call.method == "ok_or" || call.method == "ok_or_else") && call.args.len() == 1
}

/// The call under what unwraps it.
fn base(init: &mut Expr) -> &mut Expr {
    let init = bare(init);
    if is_unwrapping(init) {
        return receiver(init);
    }
    match init {
        Expr::Try(inner) => {
            if is_failing(&inner.expr) {
                receiver(&mut inner.expr)
            } else {
                base(&mut inner.expr)
            }
        }
        other => other,
    }
}

/// The call under a method of its result.
fn receiver(init: &mut Expr) -> &mut Expr {
    match bare(init) {
        Expr::MethodCall(call) => base(&mut call.receiver),
        other => other,
    }
}

fn is_failing(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => is_failing(&inner.expr),
        Expr::Group(inner) => is_failing(&inner.expr),
        Expr::MethodCall(call) => fails(call),
        _ => false,
    }
}

fn is_unwrapping(expr: &Expr) -> bool {
    matches!(expr, Expr::MethodCall(call) if unwraps(call))
}

/// `.ok_or(…)?` becomes `.unwrap()`: the error is not made again.
fn found(init: &mut Expr) {
    let inner = bare(init);
    if let Expr::Try(tried) = inner
        && let Expr::MethodCall(call) = bare(&mut tried.expr)
        && fails(call)
    {
        found(&mut call.receiver);
        let receiver = &call.receiver;
        *inner = parse_quote!(#receiver.unwrap());
        return;
    }
    match inner {
        Expr::Try(tried) => found(&mut tried.expr),
        Expr::MethodCall(call) if unwraps(call) => found(&mut call.receiver),
        _ => {}
    }
}

/// Whether a name is that of a method that may lend and that users' own types have as well.
pub(crate) fn is_common(method: &Ident) -> bool {
    method == "get" || method == "get_mut"
}

/// Whether a method of std of this name borrows what it is called on.
pub(crate) fn may_lend(method: &Ident) -> bool {
    METHODS.iter().any(|(name, ..)| method == name)
}

/// Whether what a method of this name gives is surely a part of a text.
pub(crate) fn finds_text(method: &Ident) -> bool {
    OF_TEXTS.iter().any(|name| method == name)
}
