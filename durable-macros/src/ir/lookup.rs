//! Calls of methods that may lend what they find: `let first = order.items.first();`
//!
//! Whether what is bound is a borrow, which is made again, or a value, which is saved, only rustc
//! knows. Both are planned for: the binding has a slot, for the value or for the operand of the
//! call, and what the call is made on lives as long as the binding.

use super::{Body, LocalId};
use proc_macro2::Ident;
use syn::{Expr, Pat, Type};

/// A lookup of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LookupId(pub(crate) usize);

/// A call that may lend, and what is bound of it.
#[derive(Debug)]
pub(crate) struct Lookup {
    pub(crate) method: Ident,
    /// What is called with.
    pub(crate) operand: Option<Expr>,
    /// The initialiser, with [`names::operand`](crate::names::operand) in the place of that.
    pub(crate) init: Expr,
    /// What gives the same again.
    pub(crate) again: Expr,
    /// What it is called on, and the variable at its root.
    pub(crate) place: Expr,
    pub(crate) root: LocalId,
    pub(crate) parts: Vec<Part>,
    /// Both classes are possible here; else what is bound can only be a value.
    pub(crate) either: bool,
}

/// A binding, and the pattern that finds it again.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) local: LocalId,
    pub(crate) pat: Pat,
    pub(crate) ty: Option<Type>,
    /// It is the rest of a loop over this other binding, by which the pattern calls it.
    pub(crate) over: Option<LocalId>,
}

impl Body {
    /// The lookup that may have lent what this local is.
    pub(crate) fn lookup(&self, local: LocalId) -> Option<(LookupId, &Lookup, &Part)> {
        let id = self.locals[local.0].lookup?;
        let lookup = &self.lookups[id.0];
        let part = lookup.parts.iter().find(|part| part.local == local)?;
        lookup.either.then_some((id, lookup, part))
    }

    /// The binding that a local is the rest of a loop over, if only rustc knows whether that is a borrow.
    pub(crate) fn found_loop(&self, rest: LocalId) -> Option<LocalId> {
        self.lookup(rest)?.2.over
    }
}
