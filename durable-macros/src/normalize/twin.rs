//! Placeholders in the twin: where it will lend a type to the machine, if the machine needs it.
//!
//! | placeholder | becomes |
//! |---|---|
//! | `__durable_is!(7);` | `is(__ty7, &x);`, or nothing |
//! | `__durable_declared!(7);` | an assignment to `x`, never run, of a value of `__ty7`; or nothing |
//! | `__durable_outlives!(1, [7], m!(x););` | a block, never run, that `x` must outlive; or nothing |
//! | `__durable_seen_7(e)` | `seen(__ty7, e)`, or `e` |
//! | `__durable_awaited_3(op)` | `awaited(__op3, op)` |
//! | `__durable_source_7(e)` | `seen(__src7, e)` |
//! | `__durable_tied_7(e, &a, &b)` | `tie(tie(e, &a), &b)` if the borrow is made again, or `e` |
//! | `__durable_joined_7(b)` | `joined(__ty7, b)` |
//! | `__durable_lookup_2(a.m(k), a)` | `a.m(k)`, which lends its types and holds `a` if it is a borrow; or just that |
//! | `__durable_lends_4(a.m(k))` | `a.m(k)`, which tells the type of `a`; or just that |
//! | `#[__durable_probes] { probes; e }` | `{ probes; e }`, or `e` when no probe is left |

use crate::ir::{LocalId, Locals, LookupId, PointId};
use proc_macro2::Span;
use quote::format_ident;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitInt, Stmt, StmtMacro, Token, parse_quote, parse_quote_spanned};

/// The name of the statement placeholder.
pub(crate) const PROBE: &str = "__durable_is";
/// The name of the placeholder after `let x;`.
pub(crate) const DECLARED: &str = "__durable_declared";
/// The name of the placeholder before a macro.
pub(crate) const OUTLIVES: &str = "__durable_outlives";
/// The attribute of a block that was made for probes.
pub(crate) const PROBES: &str = "__durable_probes";
const SEEN: &str = "__durable_seen_";
const AWAITED: &str = "__durable_awaited_";
const SOURCE: &str = "__durable_source_";
const TIED: &str = "__durable_tied_";
const JOINED: &str = "__durable_joined_";
const LOOKUP: &str = "__durable_lookup_";
const LENDS: &str = "__durable_lends_";

/// A placeholder around an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapper {
    Seen(LocalId),
    Awaited(PointId),
    Source(LocalId),
    /// A borrow, with what it must hold in the arguments after it.
    Tied(LocalId),
    Joined(LocalId),
    /// A call that may lend, with what it must hold then in the argument after it.
    Lookup(LookupId),
    /// A borrow of which it is asked what it borrows from; see `emit::lending`.
    Lends(usize),
}

/// A statement that probes a local.
pub(super) fn probe(local: LocalId) -> Stmt {
    let number = local.0;
    let name = Ident::new(PROBE, Span::mixed_site());
    parse_quote!(#name!(#number);)
}

/// A statement, after `let x;`, that gives the local its type.
pub(super) fn declared(local: LocalId) -> Stmt {
    let number = local.0;
    let name = Ident::new(DECLARED, Span::mixed_site());
    parse_quote!(#name!(#number);)
}

/// A statement, before a macro, that proves that the macro does not bind these names anew.
pub(super) fn outlives(number: usize, locals: &Locals, mac: &StmtMacro) -> Stmt {
    let locals = locals.iter().map(|l| l.0);
    let name = Ident::new(OUTLIVES, Span::mixed_site());
    parse_quote!(#name!(#number, [#(#locals),*], #mac);)
}

/// The arguments of [`OUTLIVES`].
pub(crate) struct Outlives {
    pub(crate) number: usize,
    pub(crate) locals: Locals,
    pub(crate) mac: StmtMacro,
}

impl Parse for Outlives {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let number = input.parse::<LitInt>()?.base10_parse()?;
        input.parse::<Token![,]>()?;
        let list;
        syn::bracketed!(list in input);
        let list = Punctuated::<LitInt, Token![,]>::parse_terminated(&list)?;
        let locals = list.iter().map(|n| n.base10_parse().map(LocalId));
        let locals = locals.collect::<syn::Result<_>>()?;
        input.parse::<Token![,]>()?;
        match input.parse()? {
            Stmt::Macro(mac) => Ok(Self {
                number,
                locals,
                mac,
            }),
            other => Err(syn::Error::new(other.span(), "expected a macro")),
        }
    }
}

/// Wraps the expression in a placeholder.
pub(crate) fn wrap(expr: &mut Expr, wrapper: Wrapper) {
    let span = expr.span();
    let name = match wrapper {
        Wrapper::Seen(local) => format_ident!("{SEEN}{}", local.0, span = span),
        Wrapper::Awaited(point) => format_ident!("{AWAITED}{}", point.0, span = span),
        Wrapper::Source(local) => format_ident!("{SOURCE}{}", local.0, span = span),
        Wrapper::Tied(local) => format_ident!("{TIED}{}", local.0, span = span),
        Wrapper::Joined(local) => format_ident!("{JOINED}{}", local.0, span = span),
        Wrapper::Lookup(lookup) => format_ident!("{LOOKUP}{}", lookup.0, span = span),
        Wrapper::Lends(number) => format_ident!("{LENDS}{}", number, span = span),
    };
    let inner = std::mem::replace(expr, Expr::Verbatim(proc_macro2::TokenStream::new()));
    *expr = parse_quote!(#name(#inner));
}

/// Wraps a borrow, which may be made again, so that it holds these variables.
pub(super) fn tie(expr: &mut Expr, local: LocalId, to: &[Expr]) {
    if to.is_empty() {
        return;
    }
    wrap(expr, Wrapper::Tied(local));
    if let Expr::Call(call) = expr {
        for held in to {
            call.args.push(parse_quote_spanned!(held.span()=> &#held));
        }
    }
}

/// Puts probes before the value of an expression.
pub(super) fn probe_before(expr: &mut Expr, probes: &[Stmt]) {
    if probes.is_empty() {
        return;
    }
    let inner = std::mem::replace(expr, Expr::Verbatim(proc_macro2::TokenStream::new()));
    let attr = Ident::new(PROBES, Span::mixed_site());
    *expr = parse_quote!(#[#attr] { #(#probes)* #inner });
}

/// Which placeholder a call of this name is.
pub(crate) fn wrapper(name: &Ident) -> Option<Wrapper> {
    let name = name.to_string();
    let number = |prefix: &str| name.strip_prefix(prefix)?.parse::<usize>().ok();
    number(SEEN)
        .map(|n| Wrapper::Seen(LocalId(n)))
        .or_else(|| number(AWAITED).map(|n| Wrapper::Awaited(PointId(n))))
        .or_else(|| number(SOURCE).map(|n| Wrapper::Source(LocalId(n))))
        .or_else(|| number(TIED).map(|n| Wrapper::Tied(LocalId(n))))
        .or_else(|| number(JOINED).map(|n| Wrapper::Joined(LocalId(n))))
        .or_else(|| number(LOOKUP).map(|n| Wrapper::Lookup(LookupId(n))))
        .or_else(|| number(LENDS).map(Wrapper::Lends))
}
