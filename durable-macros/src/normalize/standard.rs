//! Awaits in the arguments of the standard macros.
//!
//! A macro that holds an await is *opened*: it becomes a call of a placeholder whose arguments are
//! the operands, so that every pass sees them, and it is *closed* again around what is left of
//! them.
//!
//! ```text
//! Input:   println!("{} {n}", price(x).await)
//! Opened:  __durable_place_0(price(x).await), and at 0: println!("{} {n}", hole 0)
//! Output:  suspend price(x) -> a; println!("{} {n}", a)
//! ```
//!
//! Events of `tracing` are opened as well ([`events`]).
//!
//! What the macro evaluates only sometimes (the message of an assertion, the guard in `matches!`)
//! is no operand: when it awaits, the macro is written out as the `if` or `match` that it stands
//! for. The names mean the macros of the standard library; a macro under another path is not
//! opened.

use super::events;
use super::macro_parts::{Parts, filled};
use super::macros::contains_await;
use crate::names;
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprCall, ExprMacro, ExprMatch, ExprReference, ExprUnary, Macro, Stmt,
    Token, UnOp, parse_quote,
};

const VALUE: &str = "__durable_value_";
const PLACE: &str = "__durable_place_";

/// How a macro takes its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// By value.
    Value,
    /// By reference: formatting, comparison, matching.
    Place,
}

/// The macros of a function that were opened, by number.
#[derive(Debug, Default)]
pub(crate) struct Opened {
    skeletons: Vec<Skeleton>,
    /// Defined in the function under a name of the standard library.
    shadowed: Vec<String>,
}

#[derive(Debug)]
struct Skeleton {
    name: String,
    /// The first operand as the user wrote it.
    written: TokenStream,
    /// With holes in the places of operands.
    mac: Macro,
}

/// Opens the macros of a function's code.
pub(crate) fn open(bodies: Vec<&mut Block>) -> Opened {
    let mut shadowed = Shadowed(Vec::new());
    for body in &bodies {
        syn::visit::Visit::visit_block(&mut shadowed, body);
    }
    let mut open = Open {
        opened: Opened {
            skeletons: Vec::new(),
            shadowed: shadowed.0,
        },
    };
    for body in bodies {
        open.visit_block_mut(body);
    }
    open.opened
}

/// Walks the operands of a macro of the standard library, and those of its message. Where that
/// changes none of them, the macro stays as it is: it may be the user's.
pub(crate) fn each_operand(mac: &mut Macro, walk: &mut dyn FnMut(&mut Expr)) {
    let (written, mut changed) = (mac.tokens.clone(), false);
    walk_operands(mac, &mut |operand| {
        let before = operand.to_token_stream().to_string();
        walk(operand);
        changed |= operand.to_token_stream().to_string() != before;
    });
    if !changed {
        mac.tokens = written;
    }
}

fn walk_operands(mac: &mut Macro, walk: &mut dyn FnMut(&mut Expr)) {
    if let Some(mut parts) = events::parts(mac) {
        parts.operands.iter_mut().for_each(walk);
        mac.tokens = filled(parts.skeleton, &parts.operands.iter().collect::<Vec<_>>());
        return;
    }
    let Some(name) = name(mac) else { return };
    let parse = |input: ParseStream<'_>| Parts::parse(input, &name);
    let Ok(mut parts) = mac.parse_body_with(parse) else {
        return;
    };
    let message = parts.sometimes.first().cloned().unwrap_or_default();
    let messages = Punctuated::<Expr, Token![,]>::parse_terminated.parse2(message.clone());
    if name == "assert" && message.is_empty() {
        // The text is the user's; what is walked may become another.
        let (comma, written) = (Token![,](mac.path.span()), &mac.tokens);
        let text = quote!("assertion failed: {}", ::core::stringify!(#written));
        mac.tokens = without_comma(&parts.skeleton, &quote!(#comma #text));
    } else if let (true, Ok(mut messages)) = (name.contains("assert"), messages) {
        messages.iter_mut().for_each(&mut *walk);
        let length = message.into_iter().count();
        let skeleton: Vec<TokenTree> = parts.skeleton.into_iter().collect();
        let kept = skeleton[..skeleton.len() - length].iter().cloned();
        mac.tokens = kept.chain(messages.into_token_stream()).collect();
    } else {
        mac.tokens = parts.skeleton;
    }
    parts.operands.iter_mut().for_each(walk);
    mac.tokens = filled(
        mac.tokens.clone(),
        &parts.operands.iter().collect::<Vec<_>>(),
    );
}

/// How an opened macro takes its operands; `None` for other calls.
pub(super) fn kind(call: &ExprCall) -> Option<Kind> {
    number(call).map(|(kind, _)| kind)
}

/// Whether a call is an opened macro that borrows its operands.
pub(crate) fn is_place(call: &ExprCall) -> bool {
    kind(call) == Some(Kind::Place)
}

fn number(call: &ExprCall) -> Option<(Kind, usize)> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let name = path.path.get_ident()?.to_string();
    let number = |prefix: &str| name.strip_prefix(prefix)?.parse().ok();
    number(VALUE)
        .map(|n| (Kind::Value, n))
        .or_else(|| number(PLACE).map(|n| (Kind::Place, n)))
}

impl Opened {
    fn skeleton(&self, call: &ExprCall) -> Option<&Skeleton> {
        self.skeletons.get(number(call)?.1)
    }

    /// Whether a macro of this name is defined in the function.
    pub(super) fn is_shadowed(&self, name: &str) -> bool {
        self.shadowed.iter().any(|shadowed| shadowed == name)
    }

    /// The macro that a call was opened from, around the call's arguments.
    pub(crate) fn closed(&self, call: &ExprCall) -> Option<Expr> {
        let skeleton = self.skeleton(call)?;
        Some(Expr::Macro(ExprMacro {
            attrs: call.attrs.clone(),
            mac: skeleton.around(&call.args),
        }))
    }

    /// The same for the machine, where temporaries stand for the operands: what the macro shows of
    /// the text of its arguments is the user's.
    pub(super) fn closed_in_machine(&self, call: &ExprCall) -> Option<Expr> {
        let skeleton = self.skeleton(call)?;
        let mut mac = skeleton.around(&call.args);
        let (span, written) = (mac.path.span(), &skeleton.written);
        match (skeleton.name.as_str(), call.args.first()) {
            ("dbg", Some(value)) => {
                return Some(super::shown::show(span, written, value));
            }
            ("assert", Some(cond)) if !has_message(&mac) => {
                mac.tokens = quote!(#cond, "assertion failed: {}", ::core::stringify!(#written));
            }
            _ => {}
        }
        let attrs = call.attrs.clone();
        Some(Expr::Macro(ExprMacro { attrs, mac }))
    }

    /// An expression as the user wrote it.
    pub(super) fn as_written(&self, expr: &Expr) -> Expr {
        struct Close<'a>(&'a Opened);
        impl VisitMut for Close<'_> {
            fn visit_expr_mut(&mut self, expr: &mut Expr) {
                visit_mut::visit_expr_mut(self, expr);
                if let Expr::Call(call) = &*expr
                    && let Some(mac) = self.0.closed(call)
                {
                    *expr = mac;
                }
            }
        }
        let mut expr = expr.clone();
        Close(self).visit_expr_mut(&mut expr);
        expr
    }
}

impl Skeleton {
    fn around(&self, operands: &Punctuated<Expr, Token![,]>) -> Macro {
        let mut mac = self.mac.clone();
        mac.tokens = filled(mac.tokens, &operands.iter().collect::<Vec<_>>());
        mac
    }
}

fn has_message(mac: &Macro) -> bool {
    let parse = |input: ParseStream<'_>| {
        input.parse::<Expr>()?;
        input.parse::<Option<Token![,]>>()?;
        let rest: TokenStream = input.parse()?;
        Ok(!rest.is_empty())
    };
    mac.parse_body_with(parse).unwrap_or(true)
}

/// The name of a macro of the standard library: bare, or under its path there.
fn name(mac: &Macro) -> Option<String> {
    let segments: Vec<_> = mac.path.segments.iter().map(|s| &s.ident).collect();
    match segments[..] {
        [name] if mac.path.leading_colon.is_none() => Some(name.to_string()),
        [root, name] if ["std", "core", "alloc"].iter().any(|r| root == r) => {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// Whether a macro is that of the standard library, as its name says.
pub(super) fn is_named(mac: &Macro, of_std: &str) -> bool {
    name(mac).is_some_and(|name| name == of_std)
}

/// Names of macros that are defined in the function.
struct Shadowed(Vec<String>);

impl<'ast> syn::visit::Visit<'ast> for Shadowed {
    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        self.0.extend(item.ident.iter().map(ToString::to_string));
    }
}

struct Open {
    opened: Opened,
}

impl Open {
    fn expr(&mut self, attrs: &[Attribute], mac: &Macro) -> Option<Expr> {
        if !contains_await(mac.tokens.clone()) {
            return None;
        }
        if let Some(parts) = events::parts(mac) {
            return self.event(attrs, mac, parts);
        }
        let name = name(mac).filter(|name| !self.opened.is_shadowed(name))?;
        let parse = |input: ParseStream<'_>| Parts::parse(input, &name);
        let parts = mac.parse_body_with(parse).ok()?;
        if parts.sometimes.iter().any(|t| contains_await(t.clone())) {
            return written_out(&name, mac, &parts);
        }
        if let ("dbg", [_, _, ..]) = (name.as_str(), &parts.operands[..]) {
            let path = &mac.path;
            let each = parts.operands.iter().map(|e| quote!(#path!(#e)));
            return Some(parse_quote!((#(#each),*)));
        }
        let kind = match name.as_str() {
            "vec" | "dbg" | "assert" => VALUE,
            _ => PLACE,
        };
        Some(self.opened(kind, name, attrs, mac, parts))
    }

    /// The call of a placeholder that a macro becomes.
    fn opened(
        &mut self,
        kind: &str,
        name: String,
        attrs: &[Attribute],
        mac: &Macro,
        parts: Parts,
    ) -> Expr {
        let number = self.opened.skeletons.len();
        let callee = Ident::new(&format!("{kind}{number}"), mac.path.span());
        let mut with_holes = mac.clone();
        with_holes.tokens = parts.skeleton;
        self.opened.skeletons.push(Skeleton {
            name,
            written: parts.operands.first().to_token_stream(),
            mac: with_holes,
        });
        let operands = parts.operands;
        parse_quote!(#(#attrs)* #callee(#(#operands),*))
    }

    fn event(&mut self, attrs: &[Attribute], mac: &Macro, parts: Parts) -> Option<Expr> {
        let bare = mac.path.get_ident().map(ToString::to_string);
        if bare.is_some_and(|name| self.opened.is_shadowed(&name)) {
            return None;
        }
        let asked = events::Asked::new(mac, &parts);
        let told = self.opened(PLACE, String::new(), attrs, mac, parts);
        Some(asked.before(&told))
    }
}

impl VisitMut for Open {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(mac) = &*expr
            && let Some(opened) = self.expr(&mac.attrs, &mac.mac)
        {
            *expr = opened;
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(mac) = &*stmt
            && let Some(opened) = self.expr(&mac.attrs, &mac.mac)
        {
            *stmt = Stmt::Expr(opened, mac.semi_token);
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// The `if` or `match` that a macro stands for; its parts are opened in their turn.
fn written_out(name: &str, mac: &Macro, parts: &Parts) -> Option<Expr> {
    let allow = quote!(#[allow(
        clippy::manual_assert,
        clippy::panic,
        clippy::nonminimal_bool,
        clippy::match_like_matches_macro,
        reason = "written out from a macro"
    )]);
    let (span, rest) = (mac.path.span(), parts.sometimes.first()?);
    if let Some(plain) = name.strip_prefix("debug_") {
        let (plain, tokens) = (Ident::new(plain, span), &mac.tokens);
        let on = quote_spanned!(span=> ::core::cfg!(debug_assertions));
        return Some(parse_quote!(if #on { #plain!(#tokens); }));
    }
    let value = parts.operands.first()?;
    match name {
        "assert" => {
            let panic = quote_spanned!(span=> ::core::panic!(#rest));
            let cond = Expr::Unary(ExprUnary {
                attrs: Vec::new(),
                op: UnOp::Not(Token![!](span)),
                expr: Box::new(value.clone()),
            });
            Some(parse_quote!({ #allow if #cond { #panic } }))
        }
        "matches" => {
            let arm = Group::new(
                Delimiter::Brace,
                without_comma(rest, &quote!(=> true, _ => false)),
            );
            let mut expr: ExprMatch = parse_quote!(#allow match () #arm);
            *expr.expr = value.clone();
            Some(parse_quote!({ #expr }))
        }
        "assert_eq" => compared(&quote!(==), mac, parts, rest, &allow),
        "assert_ne" => compared(&quote!(!=), mac, parts, rest, &allow),
        _ => None,
    }
}

/// The comparison of two sides that std's macro borrows, and its panic, which shows them behind the message.
fn compared(
    op: &TokenStream,
    mac: &Macro,
    parts: &Parts,
    message: &TokenStream,
    allow: &TokenStream,
) -> Option<Expr> {
    let [left, right] = &parts.operands[..] else {
        return None;
    };
    let (span, l, r) = (
        mac.path.span(),
        names::asserted("left"),
        names::asserted("right"),
    );
    let ((left, l_is), (right, r_is)) = (side(left, &l), side(right, &r));
    let text = format!("assertion `left {op} right` failed: {{}}\n  left: {{:?}}\n right: {{:?}}");
    let panic = quote_spanned! {span=>
        ::core::panic!(#text, ::core::format_args!(#message), #l, #r)
    };
    Some(parse_quote!({
        match #left {
            #l => match #right {
                #r => {
                    #allow
                    if !(#l_is #op #r_is) {
                        #panic
                    }
                }
            },
        }
    }))
}

/// A side as a borrow, and what is compared of that: one that is a borrow already is its own.
fn side(side: &Expr, name: &Ident) -> (Expr, TokenStream) {
    match side {
        Expr::Reference(reference) if reference.mutability.is_none() => {
            (side.clone(), name.to_token_stream())
        }
        _ => {
            let borrowed = ExprReference {
                attrs: Vec::new(),
                and_token: Token![&](side.span()),
                mutability: None,
                expr: Box::new(side.clone()),
            };
            (Expr::Reference(borrowed), quote!(*#name))
        }
    }
}

/// A list without the comma at its end, and something after it.
fn without_comma(tokens: &TokenStream, after: &TokenStream) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    if matches!(tokens.last(), Some(TokenTree::Punct(p)) if p.as_char() == ',') {
        tokens.pop();
    }
    tokens.into_iter().chain(after.clone()).collect()
}
