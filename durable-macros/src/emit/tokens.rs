//! The tokens that stand for types, and how the head of a machine lends them to the rest.
//!
//! ```text
//! let __tokens = { let __ty0 = rt::of(); …twin, proofs… (__ty0, __op0, __saved0) };   the head
//! { let (__ty0, _, _) = __tokens; …slots… }      each piece after it names what it uses
//! ```
//!
//! Only `__tokens` lasts over a wait. rustc compares all variables that last over one with each
//! other, at each place of the machine: three for each local and each await take their square.

use super::{awaits_proof, is_linked, proof, signed};
use crate::ir::{Body, LocalId, LocalKind};
use crate::lower::Layout;
use crate::names::{self, internal};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;

/// One token per type that the twin finds out and that `code` mentions. A temporary of code that control cannot reach may
/// have no mention at all, and so no type.
pub(super) fn types(body: &Body, layout: &Layout, code: &TokenStream) -> TokenStream {
    let rt = names::rt();
    let mentioned = mentions(code);
    let locals = body
        .locals
        .iter()
        .enumerate()
        .filter_map(|(number, local)| match local.kind {
            LocalKind::Cursor { .. } => Some(names::source_ty(number)),
            _ => {
                let local = LocalId(number);
                let lent = is_linked(body, layout, local) || signed(body, layout, local).is_some();
                lent.then(|| names::local_ty(number))
            }
        });
    let types = locals.filter(|token| mentioned.contains(&token.to_string()));
    let types = types.map(|token| quote!(let #token = #rt::of();));
    let operations = body.points.iter().enumerate();
    let operations = operations.filter(|(_, point)| !point.joins);
    let operations = operations.map(|(number, point)| {
        let token = names::op_ty(number);
        let proof = awaits_proof(point);
        quote!(let #token = #proof.answers();)
    });
    types.chain(operations).collect()
}

/// The proof that each loop can be saved.
pub(super) fn looped(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    let looped = |number: usize| {
        let span = body.locals[number].ident.span();
        let (token, source) = (names::looped(number), names::source_ty(number));
        let proof = proof(span, "Loop", "looped");
        quote!(let #token = #proof; #rt::loops_over(#source, #token);)
    };
    (0..body.locals.len())
        .filter(|&n| matches!(body.locals[n].kind, LocalKind::Cursor { .. }))
        .filter(|&n| layout.has_slot(LocalId(n)) && body.found_loop(LocalId(n)).is_none())
        .map(looped)
        .collect()
}

/// The types of cursors follow from the types of what is iterated over.
pub(super) fn cursors(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    body.locals
        .iter()
        .enumerate()
        .filter(|(number, local)| {
            matches!(local.kind, LocalKind::Cursor { .. })
                && layout.has_slot(LocalId(*number))
                && body.found_loop(LocalId(*number)).is_none()
        })
        .map(|(number, _)| {
            let (ty, looped) = (names::local_ty(number), names::looped(number));
            quote!(let #ty = #rt::cursor(#looped);)
        })
        .collect()
}

/// All that may be lent. Nothing with branches: their machines stand at a wait themselves.
fn all(body: &Body, layout: &Layout) -> Vec<Ident> {
    if layout.parts.len() > 1 || !layout.parts[0].forks.is_empty() {
        return Vec::new();
    }
    let locals = (0..body.locals.len()).map(LocalId);
    let locals = locals.flat_map(|local| {
        let is_cursor = matches!(body.locals[local.0].kind, LocalKind::Cursor { .. });
        let lent = is_linked(body, layout, local) || signed(body, layout, local).is_some();
        let looped = (is_cursor && layout.has_slot(local)).then(|| names::looped(local.0));
        let ty = (lent || looped.is_some()).then(|| names::local_ty(local.0));
        let saved = layout.is_saved(local).then(|| names::saved(local.0));
        let found = body.lookup(local).is_some() && layout.has_slot(local);
        let found = found.then(|| [names::class(local.0), names::kept_ty(local.0)]);
        let found = found.into_iter().flatten();
        looped.into_iter().chain(ty).chain(saved).chain(found)
    });
    let points = (0..body.points.len()).filter(|n| !body.points[*n].joins);
    let operands = (0..body.lookups.len()).map(names::operand_ty);
    let locals = locals.chain(points.map(names::op_ty));
    locals.chain(operands).collect()
}

/// What the head of a machine ends with: a name for each of [`all`], `()` where it declares none.
pub(super) fn lent_names(
    body: &Body,
    layout: &Layout,
    head: &TokenStream,
) -> Option<Vec<TokenStream>> {
    let lent = all(body, layout);
    if lent.is_empty() {
        return None;
    }
    let declared = mentions(head);
    let names = lent.into_iter().map(|name| {
        if declared.contains(&name.to_string()) {
            quote!(#name)
        } else {
            quote!(())
        }
    });
    Some(names.collect())
}

/// Code after the head of a machine, in which the tokens that it mentions have names again.
pub(super) fn lent(body: &Body, layout: &Layout, code: &TokenStream) -> TokenStream {
    let lent = all(body, layout);
    if lent.is_empty() {
        return code.clone();
    }
    let mentioned = mentions(code);
    let names = lent.iter().map(|name| {
        let used = mentioned.contains(&name.to_string());
        if used { quote!(#name) } else { quote!(_) }
    });
    let tokens = internal("tokens");
    quote!(let (#(#names,)*) = #tokens; #code)
}

/// All names in this code that the expansion made.
fn mentions(code: &TokenStream) -> BTreeSet<String> {
    fn collect(code: &TokenStream, found: &mut BTreeSet<String>) {
        for token in code.clone() {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if name.starts_with("__") {
                        found.insert(name);
                    }
                }
                TokenTree::Group(group) => collect(&group.stream(), found),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    collect(code, &mut found);
    found
}
