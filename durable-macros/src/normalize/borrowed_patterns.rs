//! Patterns that are matched against something borrowed: what they bind is made again by matching
//! again, with the one pattern of its arm and without its guard.
//!
//! ```text
//! Input:   match &order.note { Some(text) if long(text) => { op().await; use(text) } … }
//! Output:  let b = &order.note;
//!          match b { Some(text) if long(text) => … }
//!             text: let Some(text) = b else { unreachable!() }
//! ```
//!
//! The same pattern matches again because nothing that it looks at can have changed: all of what
//! is matched is borrowed while a binding lives. Where a guard chose an alternative, that one is
//! matched (`alternatives`). Where a doubt is left (a binding that may itself change what is looked
//! at) nothing is made again, and the binding is refused where it is needed after an await.

use super::Builder;
use super::borrowed_loops::borrowed_in;
use crate::ir::{Code, Instead, LocalId, LocalKind, Locals, LookupId, Recipe, Statement};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Pat, parse_quote};

/// A borrow that patterns are matched against.
#[derive(Clone, Copy, Debug)]
pub(super) enum Matched {
    /// It is made again; the flag says that it is a `&mut`.
    Borrow(LocalId, bool),
    /// Only rustc knows whether it is one.
    Lookup(LookupId),
}

/// When the temporaries end of what is matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// With the `let` that binds its parts.
    AtOnce,
    /// With the `match` or the `if let`.
    Later,
}

impl Matched {
    /// Whether only rustc knows what it is.
    pub(super) fn is_lookup(self) -> bool {
        matches!(self, Self::Lookup(_))
    }
}

impl Builder<'_> {
    /// The borrow that these patterns are matched against, if it is one and they bind parts of it,
    /// and the expression that names it. `twin` is the twin's copy of the expression.
    pub(super) fn matched<'p>(
        &mut self,
        pats: impl IntoIterator<Item = &'p Pat>,
        machine: Expr,
        twin: &mut Expr,
        ends: Ends,
    ) -> (Expr, Option<Matched>) {
        let mut names = Vec::new();
        for pat in pats {
            borrowed_in(pat, &mut names);
        }
        let Some(name) = names.first().map(crate::names::unraw) else {
            return (machine, None);
        };
        if let Some(shown) = self.shown(&machine) {
            let found = self.matched_shown(&name, &shown, twin, ends);
            return found.map_or((machine, None), |(value, matched)| (value, Some(matched)));
        }
        self.matched_value(&name, machine, twin, ends)
    }

    /// The same, of what patterns bind parts of which `name` is the first.
    pub(super) fn matched_value(
        &mut self,
        name: &str,
        machine: Expr,
        twin: &mut Expr,
        ends: Ends,
    ) -> (Expr, Option<Matched>) {
        if let Some(local) = self.variable(&machine) {
            let Some(recipe) = self.body.recipe(local) else {
                let whole = self.whole_lookup(local);
                return (machine, whole.map(Matched::Lookup));
            };
            if recipe.mixed.contains(&local) {
                return (machine, None);
            }
            let unique = recipe.unique;
            if unique {
                // All of it is held, not only the part that is bound.
                let inner = twin.clone();
                *twin = syn::parse_quote_spanned!(inner.span()=> &mut *#inner);
            }
            return (machine, Some(Matched::Borrow(local, unique)));
        }
        let Some(mut draft) = self.draft(name, &machine, twin) else {
            let lookup = self.lookup(&machine, twin);
            return (machine, lookup.map(Matched::Lookup));
        };
        let held = match ends {
            Ends::AtOnce => None,
            Ends::Later => self.hold_temporaries(&mut draft),
        };
        let (uses, machine) = match held {
            Some(uses) => (uses, draft.init.clone()),
            None => (self.uses_of(&machine), machine),
        };
        let local = self.new_temp(LocalKind::Borrow, machine.span());
        let ident = self.body.locals[local.0].ident.clone();
        let pat: Pat = parse_quote!(#ident);
        let unique = draft.unique;
        let id = self.adopt(draft, pat.clone(), None, &Locals::from([local]), twin);
        let keys = self.body.recipes[id.0].keys.iter().map(|(key, _)| *key);
        let code = Code::Let {
            pat,
            ty: None,
            init: machine,
            otherwise: None,
        };
        self.push(Statement {
            binds: keys.chain([local]).collect(),
            uses,
            ..Statement::new(code)
        });
        (self.temp_expr(local), Some(Matched::Borrow(local, unique)))
    }

    /// The lookup that a variable is all of: what a pattern binds of the variable, its call finds again.
    /// Not one with an operand, which is kept for the variable alone.
    fn whole_lookup(&self, local: LocalId) -> Option<LookupId> {
        let id = self.body.locals[local.0].lookup?;
        let lookup = &self.body.lookups[id.0];
        let part = lookup.parts.iter().find(|part| part.local == local)?;
        let whole =
            matches!(&part.pat, Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none());
        let steady = lookup.operand.is_none() && !self.is_unique(id);
        (whole && steady && !self.body.locals[local.0].mutable).then_some(id)
    }

    /// Whether a condition matches something borrowed, so that its parts are lowered one by one.
    pub(super) fn lends(&self, cond: &Expr) -> bool {
        match cond {
            Expr::Let(cond) => {
                let borrow = matches!(&*cond.expr, Expr::Reference(_));
                let recipe = |local| self.body.recipe(local).is_some();
                borrow || self.variable(&cond.expr).is_some_and(recipe)
            }
            Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
                self.lends(&binary.left) || self.lends(&binary.right)
            }
            _ => false,
        }
    }

    /// Gives what a pattern binds to parts of a borrow its recipe.
    pub(super) fn bind_matched(&mut self, pat: &Pat, binds: &Locals, matched: Option<Matched>) {
        let (local, unique) = match matched {
            Some(Matched::Borrow(local, unique)) => (local, unique),
            Some(Matched::Lookup(id)) => return self.bind_found(id, pat, binds),
            None => return,
        };
        let mut names = Vec::new();
        borrowed_in(pat, &mut names);
        let is = |l: &LocalId| names.contains(&self.body.locals[l.0].ident);
        let binds: Locals = binds.iter().copied().filter(is).collect();
        if binds.is_empty() {
            return;
        }
        let (pat, guarded) = match pat {
            Pat::Guard(guarded) => ((*guarded.pat).clone(), true),
            other => (other.clone(), false),
        };
        let mut doubts = Doubts::default();
        doubts.visit_pat(&pat);
        if (doubts.alternatives && (guarded || unique)) || (doubts.whole && unique) {
            return self.bind_in_doubt(&binds);
        }
        let ident = &self.body.locals[local.0].ident;
        self.register(Recipe {
            pat,
            ty: None,
            init: parse_quote!(#ident),
            binds,
            inputs: Locals::from([local]),
            keys: Vec::new(),
            refutable: true,
            unique,
            code: None,
            mixed: Locals::new(),
            looked_up_by: Locals::new(),
        });
    }
}

impl Builder<'_> {
    /// Borrows that cannot be made again, since their pattern may not match again as it did.
    pub(super) fn bind_in_doubt(&mut self, binds: &Locals) {
        for local in binds {
            let local = &mut self.body.locals[local.0];
            local.borrow = true;
            local.instead = Some(Instead {
                what: "is a borrow",
                why: String::new(),
                help: "give each alternative, and what stands before `@`, an arm of its own"
                    .to_owned(),
            });
        }
    }

    /// Notes what a pattern binds of a lookup, if it can be matched again.
    fn bind_found(&mut self, id: LookupId, pat: &Pat, binds: &Locals) {
        let (pat, guarded) = match pat {
            Pat::Guard(guarded) => (&*guarded.pat, true),
            other => (other, false),
        };
        let mut doubts = Doubts::default();
        doubts.visit_pat(pat);
        let unique = self.is_unique(id);
        // Two parts of one `&mut` would have to be made at once.
        if (doubts.alternatives && (guarded || unique))
            || (unique && (doubts.whole || binds.len() > 1))
        {
            return;
        }
        self.bind_lookup(id, (pat, None), binds);
    }
}

/// What keeps a pattern from being matched again.
#[derive(Default)]
struct Doubts {
    alternatives: bool,
    /// `name @ pattern`: the name may change what the pattern looks at.
    whole: bool,
}

impl<'ast> Visit<'ast> for Doubts {
    fn visit_pat_or(&mut self, pat: &'ast syn::PatOr) {
        self.alternatives = true;
        visit::visit_pat_or(self, pat);
    }
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let rest = |pat: &Pat| matches!(pat, Pat::Rest(_));
        self.whole |= pat.subpat.as_ref().is_some_and(|(_, inner)| !rest(inner));
        visit::visit_pat_ident(self, pat);
    }
    fn visit_expr(&mut self, _: &'ast Expr) {}
}
