//! Lookups in the twin: their types are lent, and decide what each binding is.
//!
//! ```text
//! Twin:     let first = after(receives(__place0, &order.items), order.items.first());
//! Machine:  let __class7 = (&lookup(method::first, __place0, __operand0, __ty7)).class();
//!           let __kept_ty7 = __class7.kept();
//! ```

use crate::ir::{Body, LocalId, Lookup, LookupId};
use crate::lower::Layout;
use crate::names;
use crate::normalize::is_item;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, parse_quote, parse_quote_spanned};

/// The token with the type of what is in the slot of a local.
pub(super) fn stored_ty(body: &Body, local: LocalId) -> impl ToTokens {
    match body.lookup(local) {
        Some(_) => names::kept_ty(local.0),
        None => names::local_ty(local.0),
    }
}

/// Lookups of which some binding has a slot.
fn planned<'b>(body: &'b Body, layout: &'b Layout) -> impl Iterator<Item = (LookupId, &'b Lookup)> {
    let all = body.lookups.iter().enumerate();
    all.filter(|(_, lookup)| is_planned(layout, lookup))
        .map(|(number, lookup)| (LookupId(number), lookup))
}

fn is_planned(layout: &Layout, lookup: &Lookup) -> bool {
    let mut parts = lookup.parts.iter();
    lookup.either && parts.any(|part| layout.has_slot(part.local))
}

/// What the calls by class need in scope.
pub(super) fn traits(body: &Body, layout: &Layout) -> Option<TokenStream> {
    let rt = names::rt();
    planned(body, layout).next()?;
    Some(quote!(use #rt::{LooksUp as _, LooksUpValue as _, LoopsLent as _, LoopsOwned as _};))
}

/// The tokens for the types of calls.
pub(super) fn tokens(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    planned(body, layout)
        .map(|(id, lookup)| {
            let (place, operand) = (names::receiver_ty(id.0), names::operand_ty(id.0));
            let none = lookup.operand.is_none().then(|| quote!(::<()>));
            // That of the rest of a loop follows from its class.
            let place = (!is_item(&lookup.method)).then(|| quote!(let #place = #rt::place();));
            quote!(#place let #operand = #rt::of #none();)
        })
        .collect()
}

/// What each binding is, and the type of what is saved of it.
pub(super) fn classes(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    let parts = planned(body, layout).flat_map(|(id, lookup)| {
        let parts = lookup
            .parts
            .iter()
            .filter(|part| layout.has_slot(part.local));
        parts.map(move |part| (id, lookup, part.local))
    });
    parts
        .map(|(id, lookup, local)| {
            let (class, kept) = (names::class(local.0), names::kept_ty(local.0));
            let (call, ty) = (call(id, lookup), names::local_ty(local.0));
            if body.found_loop(local).is_some() {
                return rest_of_loop(body, local, &call);
            }
            let place = is_item(&lookup.method).then(|| {
                let (place, class) = (names::receiver_ty(id.0), names::class(lookup.root.0));
                quote!(let #place = #class.place();)
            });
            quote!(#place let #class = (&#rt::lookup(#call, #ty)).class(); let #kept = #class.kept();)
        })
        .collect()
}

/// What the rest of a loop is, which goes over what the call has found.
fn rest_of_loop(body: &Body, rest: LocalId, call: &TokenStream) -> TokenStream {
    let span = body.locals[rest.0].ident.span();
    let (rt, class, kept) = (
        names::rt_at(span),
        names::class(rest.0),
        names::kept_ty(rest.0),
    );
    let (over, ty) = (names::source_ty(rest.0), names::local_ty(rest.0));
    let found = quote_spanned!(span=> (&#rt::found_loop(#call, #over)).class());
    quote!(let #class = #found; let #ty = #class.rest(); let #kept = #class.kept();)
}

/// The method and the types of receiver and operand.
fn call(id: LookupId, lookup: &Lookup) -> TokenStream {
    let (rt, method) = (
        names::rt(),
        names::at(lookup.method.clone(), proc_macro2::Span::call_site()),
    );
    let (place, operand) = (names::receiver_ty(id.0), names::operand_ty(id.0));
    quote!(#rt::method::#method, #place, #operand)
}

/// The call in the twin.
pub(super) fn looked_up(
    body: &Body,
    layout: &Layout,
    id: LookupId,
    marked: &Expr,
    mut inner: Expr,
) -> Expr {
    let lookup = &body.lookups[id.0];
    let Expr::MethodCall(call) = &mut inner else {
        return inner;
    };
    if !is_planned(layout, lookup) {
        return inner;
    }
    let span = call.span();
    let rt = names::rt_at(span);
    let (receiver, ty) = (names::receiver_ty(id.0), names::operand_ty(id.0));
    if let Some(operand) = call.args.first_mut() {
        *operand = parse_quote!(#rt::seen(#ty, #operand));
    }
    let place = &call.receiver;
    let checked: Expr =
        parse_quote_spanned!(span=> #rt::after(#rt::receives(#receiver, &#place), #call));
    let held = match marked {
        Expr::Call(marked) => marked.args.iter().nth(1),
        _ => None,
    };
    let Some(held) = held else {
        return checked;
    };
    let (call, out) = (self::call(id, lookup), names::internal("found"));
    let at = names::rt_at(held.span());
    parse_quote_spanned! {held.span()=>
        (match #checked { #out => (&#at::looked_up(#call, &#out)).tied(#out, &#held) })
    }
}
