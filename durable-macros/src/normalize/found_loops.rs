//! Loops over what a method has found, of which only rustc knows whether it is a borrow.
//!
//! ```text
//! Input:   let (first, rest) = v.split_first()?; for x in rest { op(x).await; use(x) }
//! Output:  start `at` over rest        a position in it, or the items that are left
//!          next x of `at` -> body      x is found in `at` again, or saved
//! ```
//!
//! The rest of the loop is found by the same call as what it goes over, and its items are looked up
//! in it: see [`lookups`](super::lookups).

use super::Builder;
use super::twin::{Wrapper, wrap};
use crate::ir::{Code, LocalId, LocalKind, Locals, Lookup, LookupId, Part, Statement};
use crate::names;
use proc_macro2::{Ident, Span};
use syn::spanned::Spanned;
use syn::{Expr, Pat, parse_quote};

/// Finds an item in the rest of a loop.
const ITEM: &str = "__durable_item";

impl Builder<'_> {
    /// What a loop goes over, if that was found by a method, and the binding that has it. `twin` is the
    /// twin's copy of the expression.
    pub(super) fn found(
        &mut self,
        name: &str,
        source: &mut Expr,
        twin: &mut Expr,
    ) -> Option<LocalId> {
        if let Some(local) = self.variable(source) {
            let id = self.body.locals[local.0].lookup?;
            return (!self.is_unique(id)).then_some(local);
        }
        self.constant_source(source, twin);
        let id = self.lookup(source, twin)?;
        if self.is_unique(id) {
            return None;
        }
        let uses = self.uses_of(source);
        let ident = names::at(names::temp(self.body.locals.len()), source.span());
        let name = format!("{name}.of");
        let local = self.new_local(ident.clone(), LocalKind::Key { name }, 1);
        self.scopes.bind_temp(ident.to_string(), local);
        let pat: Pat = parse_quote!(#ident);
        self.bind_lookup(id, (&pat, None), &Locals::from([local]));
        wrap(twin, Wrapper::Seen(local));
        self.push(Statement {
            binds: Locals::from([local]),
            uses,
            ..Statement::new(Code::Let {
                pat,
                ty: None,
                init: source.clone(),
                otherwise: None,
            })
        });
        *source = self.temp_expr(local);
        Some(local)
    }

    /// The rest of the loop is found as the binding is.
    pub(super) fn found_rest(&mut self, binding: LocalId, rest: LocalId) {
        let Some(id) = self.body.locals[binding.0].lookup else {
            return;
        };
        let parts = &mut self.body.lookups[id.0].parts;
        let Some(part) = parts.iter().find(|part| part.local == binding) else {
            return;
        };
        let part = Part {
            local: rest,
            pat: part.pat.clone(),
            ty: part.ty.clone(),
            over: Some(binding),
        };
        parts.push(part);
        self.body.locals[rest.0].lookup = Some(id);
    }

    /// What the pattern of the loop binds is looked up in its rest.
    pub(super) fn found_items(&mut self, rest: LocalId, pat: &Pat, binds: &Locals) {
        let ident = self.body.locals[rest.0].ident.clone();
        let class = names::class(rest.0);
        let again: Expr = parse_quote!(#class.current(&#ident));
        let id = LookupId(self.body.lookups.len());
        self.body.lookups.push(Lookup {
            method: Ident::new(ITEM, Span::mixed_site()),
            operand: None,
            init: again.clone(),
            again,
            place: parse_quote!(#ident),
            root: rest,
            parts: Vec::new(),
            either: false,
        });
        self.bind_lookup(id, (pat, None), binds);
    }
}

/// Whether a method of this name finds an item in the rest of a loop.
pub(crate) fn is_item(method: &Ident) -> bool {
    method == ITEM
}
