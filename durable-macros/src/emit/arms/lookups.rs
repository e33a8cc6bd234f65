//! Lookups in an arm: a binding is taken out of its slot if it is a value, and found again if it
//! is a borrow. Both are written; the class of the binding decides which of them happens.
//!
//! ```text
//! let mut __held7 = slot7.take();
//! let first = match __class7.value(&mut __held7) {
//!     Some(value) => value,
//!     None => order.items.first(),
//! };
//! ```

use super::borrows::Names;
use super::{Arms, Env};
use crate::emit::rename::in_expr;
use crate::ir::{LocalId, Locals, Lookup, LookupId, Part};
use crate::lower::Part as Machine;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::visit_mut::VisitMut;
use syn::{Expr, parse_quote};

impl Arms<'_> {
    /// The lookup of a local with a slot.
    pub(super) fn found(&self, local: LocalId) -> Option<(LookupId, &Lookup, &Part)> {
        self.body
            .lookup(local)
            .filter(|_| self.layout.has_slot(local))
    }

    /// Puts a binding into a variable of this name, which is free.
    pub(super) fn find_again(
        &self,
        local: LocalId,
        ident: &Ident,
        live: &Locals,
        env: &mut Env,
    ) -> TokenStream {
        let Some((_, lookup, part)) = self.found(local) else {
            return TokenStream::new();
        };
        let root = self.input(lookup.root, live, env);
        let slot = crate::emit::slot(self.part, local);
        let (class, held) = (names::class(local.0), names::held(local.0));
        let name = part.over.unwrap_or(local);
        let as_written = super::borrows::has_alternatives(&part.pat);
        let found = match part.over {
            _ if as_written => self.ident(name).clone(),
            None => ident.clone(),
            Some(_) => names::internal("found"),
        };
        let again = in_expr(&lookup.again, &self.waiting([lookup.root], env));
        let operand = names::operand();
        let again = match &lookup.operand {
            Some(_) => quote!((match #class.operand(&#held) { #operand => #again })),
            None => quote!(#again),
        };
        let mut pat = part.pat.clone();
        if !as_written {
            Names(vec![(self.ident(name).clone(), found.clone())]).visit_pat_mut(&mut pat);
        }
        let ty = part.ty.as_ref().map(|ty| quote!(: #ty));
        // The rest of a loop goes on from where it was.
        let found = match part.over {
            Some(_) => quote!(#class.again(&mut #held, #found)),
            None => quote!(#found),
        };
        let found = quote! {
            (match #class.value(&mut #held) {
                ::core::option::Option::Some(__value) => __value,
                ::core::option::Option::None => {
                    let (#pat) #ty = #again else { ::core::unreachable!() };
                    #found
                }
            })
        };
        let (bound, link) = (
            crate::emit::bound(self.body, local, ident, &found),
            self.link(local, ident),
        );
        quote! {
            #root
            let mut #held = #slot.take();
            #bound
            #link
        }
    }

    /// The initialiser where something is looked up first, and what comes before it.
    pub(super) fn first_found(&self, binds: &Locals, init: &Expr) -> Option<(TokenStream, Expr)> {
        let parts: Vec<LocalId> = binds
            .iter()
            .copied()
            .filter(|local| self.found(*local).is_some())
            .collect();
        let (id, lookup, _) = self.found(*parts.first()?)?;
        let (rt, operand) = (names::rt(), names::operand());
        let held = |value: Expr| {
            let parts = parts
                .iter()
                .map(|local| (names::held(local.0), names::class(local.0)));
            parts
                .map(|(held, class)| quote!(let mut #held = #class.hold(#value);))
                .collect::<TokenStream>()
        };
        let Some(value) = &lookup.operand else {
            return Some((held(parse_quote!(&())), init.clone()));
        };
        let names: Vec<Ident> = parts.iter().map(|local| names::held(local.0)).collect();
        let holds = parts.iter().map(|local| {
            let (held, class) = (names::held(local.0), names::class(local.0));
            quote!(#held = #class.hold(&#operand);)
        });
        let (ty, init) = (names::operand_ty(id.0), &lookup.init);
        let init = parse_quote! {
            (match #rt::seen(#ty, #value) { #operand => { #(#holds)* #init } })
        };
        Some((
            quote!(#(let mut #names = ::core::option::Option::None;)*),
            init,
        ))
    }

    /// Where a loop begins over what was found.
    pub(super) fn found_start(&self, rest: LocalId, source: &Expr) -> Option<TokenStream> {
        let over = self.found(rest)?.2.over?;
        let (ident, class) = (self.ident(rest), names::class(rest.0));
        let (held, found) = (names::held(rest.0), names::held(over.0));
        Some(quote! {
            let mut #held = #class.hold(&#found);
            let mut #ident = #class.begin(#source);
        })
    }

    /// A condition that matches what is looked up first, and what comes before it.
    pub(super) fn condition(&self, binds: &Locals, cond: &Expr) -> (Option<TokenStream>, Expr) {
        let mut cond = cond.clone();
        let mut held = None;
        if let Expr::Let(cond) = &mut cond
            && let Some((before, init)) = self.first_found(binds, &cond.expr)
        {
            *cond.expr = init;
            held = Some(before);
        }
        (held, cond)
    }
}

/// Puts a binding back into its slot.
pub(super) fn put(machine: &Machine, local: LocalId, ident: &Ident) -> TokenStream {
    let (slot, class) = (crate::emit::slot(machine, local), names::class(local.0));
    let held = names::held(local.0);
    quote!(#slot = ::core::option::Option::Some(#class.put(#held, #ident));)
}
