//! From the plan to tokens.
//!
//! ```text
//! pub fn process_order(order: Order) -> WorkflowCall<R>        public.rs
//! pub fn start_process_order(client, id, order) -> Start<R>
//! const _: () = {
//!     async fn machine(cx, entry) -> R {
//!         let __tokens = {                                     tokens.rs: what each type is
//!             let _ = |order: Order| -> R { … };               twin.rs: the user's own body
//!             …                                                proofs.rs: each saved local is data
//!         };
//!         let _: Infallible = { __slots; entries; loop };      machine.rs
//!             … one arm per head block …                       arms.rs
//!     }
//!     static tables, registration                              tables.rs
//! };
//! ```

mod arms;
mod blocks;
mod closures;
mod editions;
mod exits;
pub(crate) mod fallback;
mod forks;
mod lending;
mod lookups;
mod machine;
pub(crate) mod options;
mod proofs;
mod public;
mod rename;
mod tables;
mod tokens;
mod twin;

pub(crate) use tables::line;

use crate::analysis::liveness::Liveness;
use crate::ir::{Body, LocalId, LocalKind, Point, Signature};
use crate::lower::{Layout, Part};
use crate::normalize::Normalized;
use crate::syntax::args::WorkflowArgs;
use crate::syntax::{Input, generics};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Index, Type};

/// Everything that replaces the user's function.
pub(crate) fn workflow(
    args: &WorkflowArgs,
    input: &Input,
    normalized: &Normalized,
    liveness: &Liveness,
    layout: &Layout,
) -> TokenStream {
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| crate::names::unraw(&input.ident));
    let public = public::functions(input);
    let machine = machine::machine(input, normalized, liveness, layout);
    let tables = tables::tables(args, input, &name, &normalized.body, layout);
    let implied = generics::implied(&input.generics);
    quote! {
        #public
        #implied
        const _: () = {
            #machine
            #tables
        };
    }
}

/// The names that a pattern binds, as text.
fn scoped_names(pat: &syn::Pat) -> Vec<String> {
    let names = crate::normalize::pattern_names(pat);
    names.iter().map(crate::names::unraw).collect()
}

/// Puts a value into the variable of a local. Where its name may be that of a constant, what stands there
/// is a pattern: a constant binds nothing, and has that value.
pub(crate) fn bound(
    body: &Body,
    local: LocalId,
    ident: &Ident,
    value: &TokenStream,
) -> TokenStream {
    let this = &body.locals[local.0];
    if !this.perhaps_constant || *ident != this.ident {
        return quote!(let mut #ident = #value;);
    }
    let changed = format!(
        "the constant `{}` has another value than when this run was saved",
        crate::names::unraw(ident)
    );
    quote!(let #ident = #value else { ::core::panic!(#changed) };)
}

/// The proof that a type, which rustc infers, has a trait of the runtime; when it does not, the
/// error points to `span`.
///
/// Of the path only `_` stands there: were all of it there, rustc would offer to change the user's
/// code as if the call were in it.
pub(crate) fn proof(span: Span, name: &str, method: &str) -> TokenStream {
    let ident = |name| Ident::new(name, Span::call_site());
    let (rt, name, method) = (crate::names::rt(), ident(name), ident(method));
    let inferred = quote_spanned!(span=> _);
    quote!(<#inferred as #rt::#name<_>>::#method())
}

/// Brings what an operation gives back of what it is lent into scope.
pub(crate) fn back_or_nothing() -> TokenStream {
    let rt = crate::names::rt();
    quote! {
        #[allow(unused_imports, reason = "one of them answers, by method lookup")]
        use #rt::{BackToPlace as _, NothingBack as _};
    }
}

/// The proof that what a suspend point awaits is an operation. Equal tokens in every place, too.
pub(crate) fn awaits_proof(point: &Point) -> TokenStream {
    let again = point.source.starts_with("&mut ");
    let name = if again { "AwaitableAgain" } else { "Awaitable" };
    proof(point.span, name, "awaits")
}

/// The proof that a parameter of this type can be stored. Equal tokens in every place, so that
/// rustc reports an equal error once.
pub(crate) fn param_proof(ty: &Type) -> TokenStream {
    let rt = crate::names::rt();
    quote!(<#ty as #rt::Stored>::param())
}

/// The proof that a result of this type can be stored.
pub(crate) fn data_proof(ty: &impl ToTokens) -> TokenStream {
    let rt = crate::names::rt();
    quote!(<#ty as #rt::Stored>::data())
}

/// Whether the twin lends the type of this local: it has a slot, or it joins several ways.
fn is_linked(body: &Body, layout: &Layout, local: LocalId) -> bool {
    let this = &body.locals[local.0];
    let always = matches!(
        this.kind,
        LocalKind::Temp { .. } | LocalKind::Output | LocalKind::Held { .. }
    );
    if body.signature(local).is_some() {
        return false;
    }
    layout.has_slot(local) || this.typed_elsewhere || always || is_joined(body, local)
}

/// The closure that a local is, if the twin lends it its signature.
fn signed(body: &Body, layout: &Layout, local: LocalId) -> Option<Signature> {
    let signature = body.signature(local)?;
    let typed = layout.remade.contains(&local) || body.locals[local.0].typed_elsewhere;
    typed.then_some(signature)
}

/// The parameters of a closure, as types that rustc finds out.
fn unknown(params: usize) -> TokenStream {
    let params = (0..params).map(|_| quote!(_,));
    quote!((#(#params)*))
}

/// The slot of a local between two arms. Those that last over a wait are fields of one variable:
/// rustc compares all variables that do so with each other, at each place of the machine.
fn slot(part: &Part, local: LocalId) -> TokenStream {
    match part.slots.binary_search(&local) {
        Ok(place) => {
            let (slots, place) = (crate::names::internal("slots"), Index::from(place));
            quote!(#slots.#place)
        }
        Err(_) => crate::names::slot(local.0).into_token_stream(),
    }
}

/// Whether a local is what joined branches give: the join waits in a slot of its own.
fn is_joined(body: &Body, local: LocalId) -> bool {
    match body.locals[local.0].kind {
        LocalKind::Answer { of } => body.points[of.0].joins,
        _ => false,
    }
}
