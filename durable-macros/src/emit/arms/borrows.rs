//! Borrows in an arm: made again from their inputs where they are used.
//!
//! ```text
//! Input:   let r = &order.items[i]; op().await; use(r)
//! Output:  let mut order = take(&mut slot_order);
//!          let mut key = take(&mut slot_key);
//!          let r = &order.items[again(&key)];
//!          use(r)
//! ```
//!
//! A borrow is never in a slot. Where a local that it holds is moved to another name, the borrow
//! is forgotten and made again.

use super::{Arms, Env, stash};
use crate::emit::rename::{Renamed, in_expr};
use crate::ir::{LocalId, LocalKind, Locals, Recipe};
use crate::names;
use crate::normalize::macro_mentions;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, PatWild, parse_quote_spanned};

impl Arms<'_> {
    /// What must not be lost before `uses` are in variables.
    pub(super) fn needed(&self, uses: &Locals, live: Locals) -> Locals {
        if self.layout.borrows.is_empty() && self.body.lookups.is_empty() {
            return live;
        }
        let uses = self.body.with_inputs(uses.clone());
        live.into_iter().chain(uses).collect()
    }

    /// Makes the borrows among `uses` that are in no variable of their own name.
    pub(super) fn settle(&self, uses: &Locals, needed: &Locals, env: &mut Env) -> TokenStream {
        let mut code = TokenStream::new();
        if self.layout.borrows.is_empty() {
            return code;
        }
        // One may move what another holds to another name, but each local only once.
        loop {
            let missing = uses.intersection(&self.layout.borrows);
            let missing = missing.filter(|l| !env.holds(**l, self.ident(**l)));
            let missing: Locals = missing.copied().collect();
            if missing.is_empty() {
                return code;
            }
            for local in missing {
                code.extend(self.ensure(local, needed, env));
            }
        }
    }

    /// Makes a borrow that is in no variable, and all that its recipe makes with it. Its own name
    /// is free.
    pub(super) fn remake(
        &self,
        local: LocalId,
        ident: &Ident,
        needed: &Locals,
        env: &mut Env,
    ) -> TokenStream {
        let recipe = self.body.recipe(local).expect("it is a borrow");
        env.bind(local, ident);
        let mut made = vec![(local, ident.clone())];
        for &other in recipe.binds.intersection(needed) {
            if other != local {
                let ident = self.free_name(other, needed, env);
                env.bind(other, &ident);
                made.push((other, ident));
            }
        }
        let mut code = TokenStream::new();
        for &input in &recipe.inputs {
            code.extend(self.input(input, needed, env));
        }
        code.extend(self.recipe(recipe, &made, env));
        code.extend(self.sign(local, ident));
        code
    }

    /// The code of a recipe whose inputs are in variables.
    fn recipe(&self, recipe: &Recipe, made: &[(LocalId, Ident)], env: &Env) -> TokenStream {
        let waiting = self.waiting(recipe.inputs.iter().copied(), env);
        let init = made_of(recipe, &waiting);
        let ty = recipe.ty.as_ref().map(|ty| quote!(: #ty));
        let mut pat = recipe.pat.clone();
        if recipe.refutable && has_alternatives(&pat) {
            let (bound, made): (Vec<_>, Vec<_>) =
                made.iter().map(|(l, made)| (self.ident(*l), made)).unzip();
            let found = quote!(match #init { #pat => (#(#bound,)*), _ => ::core::unreachable!() });
            return quote!(let (#(#made,)*) = (#found) else { ::core::unreachable!() };);
        }
        let names = made
            .iter()
            .map(|(local, ident)| (self.ident(*local).clone(), ident.clone()));
        Names(names.collect()).visit_pat_mut(&mut pat);
        if recipe.refutable {
            return quote!(let (#pat) #ty = #init else { ::core::unreachable!() };);
        }
        quote!(let #pat #ty = #init;)
    }

    /// Those of these locals that are not in variables of their own names.
    pub(super) fn waiting(
        &self,
        locals: impl IntoIterator<Item = LocalId>,
        env: &Env,
    ) -> Vec<Renamed> {
        let waits = |local: LocalId| {
            let (ident, kept) = (self.ident(local).clone(), env.bound.get(&local)?.clone());
            (ident != kept).then_some(Renamed { ident, kept })
        };
        locals.into_iter().filter_map(waits).collect()
    }

    /// Puts what a recipe needs into a variable, of its own name if no other needs that.
    pub(super) fn input(&self, local: LocalId, needed: &Locals, env: &mut Env) -> TokenStream {
        if env.bound.contains_key(&local) {
            return TokenStream::new();
        }
        if self.part.is_around(local) {
            return self.out_of_reach(local);
        }
        let ident = self.free_name(local, needed, env);
        if self.layout.borrows.contains(&local) {
            return self.remake(local, &ident, needed, env);
        }
        if self.found(local).is_some() {
            env.bind(local, &ident);
            return self.find_again(local, &ident, needed, env);
        }
        env.bind(local, &ident);
        let (rt, slot) = (names::rt(), crate::emit::slot(self.part, local));
        crate::emit::bound(self.body, local, &ident, &quote!(#rt::take(&mut #slot)))
    }

    /// The name of a local, or where it waits if another that is needed has that name.
    fn free_name(&self, local: LocalId, needed: &Locals, env: &Env) -> Ident {
        let ident = self.ident(local);
        match env.names.get(&ident.to_string()) {
            Some(holder) if *holder != local && needed.contains(holder) => names::stash(local.0),
            _ => ident.clone(),
        }
    }

    /// Forgets the borrows that hold a local which has moved.
    pub(super) fn forget_borrows(&self, of: LocalId, env: &mut Env) {
        let holds = |local: LocalId| {
            self.layout.borrows.contains(&local)
                && local != of
                && self.body.with_inputs(Locals::from([local])).contains(&of)
        };
        env.bound.retain(|local, _| !holds(*local));
        env.names.retain(|_, local| !holds(*local));
    }

    /// Whether the operands of a recipe are needed after the borrow is made first.
    pub(super) fn is_keyed(&self, recipe: &Recipe) -> bool {
        // A `move` closure is made as one that borrows.
        let closure = recipe.code.is_some();
        let unnamed = |l: &LocalId| matches!(self.body.locals[l.0].kind, LocalKind::Borrow);
        closure || !recipe.keys.is_empty() || recipe.binds.iter().any(unnamed)
    }

    /// The first definition of borrows that are made again: operands, then the borrow.
    pub(super) fn first_made(
        &self,
        recipe: &Recipe,
        renamed: &[Renamed],
        before: &Env,
    ) -> TokenStream {
        let rt = names::rt();
        let keys = recipe.keys.iter().map(|(key, value)| {
            let (ident, ty) = (self.ident(*key), names::local_ty(key.0));
            let value = self.user_expr(value, renamed, before);
            if self.layout.has_slot(*key) {
                quote!(let mut #ident = #rt::seen(#ty, #value);)
            } else {
                // Before a `&mut` of it is made.
                let link = self.link(*key, ident);
                quote!(let mut #ident = #value; #link)
            }
        });
        let (pat, init) = (&recipe.pat, made_of(recipe, renamed));
        let ty = recipe.ty.as_ref().map(|ty| quote!(: #ty));
        quote!(#(#keys)* let #pat #ty = #init;)
    }

    /// A local that another takes the name of: it waits if it is needed.
    pub(super) fn stashed(
        &self,
        ident: &Ident,
        by: LocalId,
        needed: &Locals,
        env: &mut Env,
    ) -> TokenStream {
        stash(self.make_room(ident, by, needed, env).as_ref())
    }
}

/// The initialiser of a recipe. In a closure, a macro cannot be told that a variable waits under
/// another name.
fn made_of(recipe: &Recipe, waiting: &[Renamed]) -> Expr {
    let hidden = |r: &&Renamed| recipe.code.is_some() && in_macro(&recipe.init, &r.ident);
    match waiting.iter().find(hidden) {
        None => in_expr(&recipe.init, waiting),
        Some(Renamed { ident, .. }) => {
            let text = format!(
                "`{ident}` is captured by a macro in a closure that is made again after an `.await`, where another variable has this name\n\n  \
                 help: give one of the two another name\n  code: durable D17"
            );
            let span = recipe.init.span();
            parse_quote_spanned!(span=> ::core::compile_error!(#text))
        }
    }
}

/// Whether a macro in an expression mentions a name.
fn in_macro(expr: &Expr, ident: &Ident) -> bool {
    struct Macros(String, bool);
    impl<'ast> Visit<'ast> for Macros {
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            self.1 |= macro_mentions(mac).contains(&self.0);
        }
    }
    let mut macros = Macros(names::unraw(ident), false);
    macros.visit_expr(expr);
    macros.1
}

impl Env {
    /// Whether a local is in the variable of this name.
    pub(super) fn holds(&self, local: LocalId, ident: &Ident) -> bool {
        self.bound.get(&local) == Some(ident) && self.names.get(&ident.to_string()) == Some(&local)
    }
}

/// Whether a pattern has alternatives. A constant among their names decides which of them fits, and
/// only rustc knows whether one is: so they are matched as they are written.
pub(super) fn has_alternatives(pat: &Pat) -> bool {
    struct Alternatives(bool);
    impl<'ast> Visit<'ast> for Alternatives {
        fn visit_pat_or(&mut self, _: &'ast syn::PatOr) {
            self.0 = true;
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut alternatives = Alternatives(false);
    alternatives.visit_pat(pat);
    alternatives.0
}

/// Gives the names of a pattern their variables; those that are not made become `_`.
pub(super) struct Names(pub(super) Vec<(Ident, Ident)>);

impl VisitMut for Names {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        visit_mut::visit_pat_mut(self, pat);
        let Pat::Ident(binding) = pat else { return };
        if crate::normalize::pattern_names(&Pat::Ident(binding.clone())).is_empty() {
            return;
        }
        let made = self.0.iter().find(|(ident, _)| *ident == binding.ident);
        match (made, binding.subpat.take()) {
            (Some((_, name)), subpat) => {
                binding.ident = name.clone();
                binding.subpat = subpat;
            }
            (None, Some((_, inner))) => *pat = *inner,
            (None, None) => {
                *pat = Pat::Wild(PatWild {
                    attrs: Vec::new(),
                    underscore_token: syn::token::Underscore::default(),
                });
            }
        }
    }
    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        // `S { x }` cannot hold anything but a name.
        field.colon_token.get_or_insert_with(Default::default);
        visit_mut::visit_field_pat_mut(self, field);
    }
    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}
}
