//! Which binding a name means: the scopes that are open at one place of the function.

use crate::ir::LocalId;
use crate::names::unraw;
use crate::syntax::Input;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Ident, Pat, PatIdent};

/// Scopes, innermost last; in each the bindings in order.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    open: Vec<Vec<Binding>>,
    /// Temporaries; their names are unique in the function.
    temps: BTreeMap<String, LocalId>,
    blocks: super::blocks::Seen,
}

#[derive(Debug)]
struct Binding {
    name: String,
    local: LocalId,
    /// Set for a `let _guard = …` whose value may matter.
    guard: Option<Ident>,
}

impl Scopes {
    pub(super) fn push(&mut self) {
        self.open.push(Vec::new());
    }

    pub(super) fn pop(&mut self) {
        self.open.pop();
    }

    pub(super) fn bind(&mut self, name: String, local: LocalId, guard: Option<Ident>) {
        if let Some(scope) = self.open.last_mut() {
            scope.push(Binding { name, local, guard });
        }
    }

    pub(super) fn bind_temp(&mut self, name: String, local: LocalId) {
        self.temps.insert(name, local);
    }

    /// What `name` means here.
    pub(super) fn resolve(&self, name: &str) -> Option<LocalId> {
        let binding = self.all().rev().find(|b| b.name == name).map(|b| b.local);
        binding.or_else(|| self.temps.get(name).copied())
    }

    /// Whether a local is bound in the innermost scope.
    pub(super) fn is_innermost(&self, local: LocalId) -> bool {
        let innermost = self.open.last();
        innermost.is_some_and(|scope| scope.iter().any(|b| b.local == local))
    }

    /// How many bindings of `name` are visible or shadowed here.
    pub(super) fn count(&self, name: &str) -> usize {
        self.all().filter(|b| b.name == name).count()
    }

    /// Guards that are in scope here, once each.
    pub(super) fn take_guards(&mut self) -> Vec<Ident> {
        let bindings = self.open.iter_mut().flatten();
        bindings.filter_map(|b| b.guard.take()).collect()
    }

    /// What blocks that run by themselves take along.
    pub(super) fn blocks(&self) -> &super::blocks::Seen {
        &self.blocks
    }

    fn all(&self) -> impl DoubleEndedIterator<Item = &Binding> {
        self.open.iter().flatten()
    }
}

/// The names that a pattern binds, in order and once each. By rustc's own convention an
/// identifier that begins with an upper-case letter is a constant or a variant; a raw one is marked
/// as a variable (`syntax/capitals.rs`).
pub(crate) fn pattern_names(pat: &Pat) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            let upper = pat.ident.to_string().starts_with(char::is_uppercase);
            let constant = upper && pat.by_ref.is_none() && pat.mutability.is_none();
            let binds = !constant || pat.subpat.is_some();
            if binds && !self.0.contains(&pat.ident) {
                self.0.push(pat.ident.clone());
            }
            visit::visit_pat_ident(self, pat);
        }
        // Expressions in patterns (guards, constants) bind nothing outside themselves.
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    names.0
}

/// The names of a pattern that may be those of constants or unit structs, which bind nothing: written
/// alone, and, where the pattern cannot fail, in capitals.
pub(super) fn perhaps_constants(pat: &Pat, fallible: bool) -> Vec<String> {
    struct Names(Vec<String>, bool);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            let alone = pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none();
            let name = unraw(&pat.ident);
            if alone && (self.1 || name.starts_with(char::is_uppercase)) {
                self.0.push(name);
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    let mut names = Names(Vec::new(), fallible);
    names.visit_pat(pat);
    names.0
}

/// The names that a pattern binds as `mut`.
pub(super) fn mutable_names(pat: &Pat) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            if pat.by_ref.is_none() && pat.mutability.is_some() {
                self.0.push(unraw(&pat.ident));
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    names.0
}

/// The names that are bound as `mut` anywhere in a function.
pub(super) fn mutable_anywhere(input: &Input) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            if pat.by_ref.is_none() && pat.mutability.is_some() {
                self.0.insert(unraw(&pat.ident));
            }
            visit::visit_pat_ident(self, pat);
        }
    }
    let mut names = Names(BTreeSet::new());
    if input.blocks.is_empty() {
        return names.0;
    }
    for param in &input.params {
        names.visit_pat(&param.pat);
    }
    names.visit_block(&input.body);
    for block in &input.blocks {
        names.visit_block(&block.code);
    }
    names.0
}

/// A macro in a pattern, outside of its expressions.
pub(super) fn pattern_macro(pat: &Pat) -> Option<&syn::Macro> {
    struct Macros<'p>(Option<&'p syn::Macro>);
    impl<'p> Visit<'p> for Macros<'p> {
        fn visit_macro(&mut self, mac: &'p syn::Macro) {
            self.0 = self.0.or(Some(mac));
        }
        fn visit_expr(&mut self, _: &'p syn::Expr) {}
    }
    let mut macros = Macros(None);
    macros.visit_pat(pat);
    macros.0
}
