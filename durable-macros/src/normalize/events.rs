//! Awaits in the fields and the message of an event of `tracing`.
//!
//! What an event is given is evaluated only if somebody listens to it. So the macro is asked first, with
//! arguments that tell when they are evaluated; then the event is told with what the real ones gave.
//!
//! ```text
//! Input:   info!(order = %id, total = price(x).await, "charged {}", name().await)
//! Opened:  if (|| { info!(order = %ask, total = ask, "charged {}", ask); false })() {
//!              __durable_place_0(name().await, id, price(x).await);
//!          }
//! where    ask is { if true { return true; } 0 }
//!
//! The message is evaluated before the fields, wherever it stands.
//! ```

use super::macro_parts::Parts;
use crate::syntax::meaning;
use proc_macro2::{Delimiter, Group, Ident, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Expr, LitStr, Macro, Token, braced, parse_quote};

/// The arguments of an event; `None` for another macro, or one that is written in another way.
pub(super) fn parts(mac: &Macro) -> Option<Parts> {
    let name = meaning::event(mac)?;
    let parse = |input: ParseStream<'_>| {
        let mut parts = Parts::default();
        settings(&mut parts, input)?;
        if name == "event" {
            verbatim(&mut parts, &input.parse()?, input)?;
            comma(&mut parts, input)?;
        }
        arguments(parts, input)
    };
    let parts = mac.parse_body_with(parse).ok()?;
    // What is asked with is a number, which is no pointer.
    let pointer = parts.skeleton.to_string().contains(":p}");
    (!pointer && !parts.operands.is_empty()).then_some(parts)
}

/// The question whether somebody listens to an event.
pub(super) struct Asked(Macro);

impl Asked {
    /// `parts` are its arguments.
    pub(super) fn new(mac: &Macro, parts: &Parts) -> Self {
        let ask: Expr = parse_quote!({
            if true {
                return true;
            }
            0_usize
        });
        let mut asked = mac.clone();
        asked.tokens = parts.asking(&ask);
        Self(asked)
    }

    /// The event `told`, if somebody listens to it.
    pub(super) fn before(&self, told: &Expr) -> Expr {
        let asked = &self.0;
        parse_quote!({
            if (|| -> ::core::primitive::bool {
                #[allow(
                    warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                    reason = "generated code"
                )]
                {
                    #asked;
                }
                false
            })() {
                #told;
            }
        })
    }
}

/// `name: "…", target: "…", parent: &span,`
fn settings(parts: &mut Parts, input: ParseStream<'_>) -> syn::Result<()> {
    while input.peek(syn::Ident) && input.peek2(Token![:]) && !input.peek2(Token![::]) {
        let (name, colon): (Ident, Token![:]) = (input.parse()?, input.parse()?);
        parts.skeleton.extend(quote!(#name #colon));
        verbatim(parts, &input.parse()?, input)?;
        comma(parts, input)?;
    }
    Ok(())
}

/// What is no operand: it is evaluated where the event is told.
fn verbatim(parts: &mut Parts, expr: &Expr, input: ParseStream<'_>) -> syn::Result<()> {
    let tokens = expr.to_token_stream();
    if super::contains_await(tokens.clone()) {
        return Err(input.error("an await in a setting"));
    }
    parts.skeleton.extend(tokens);
    Ok(())
}

fn comma(parts: &mut Parts, input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?.to_tokens(&mut parts.skeleton);
    }
    Ok(())
}

/// The fields and the message, which is evaluated before them wherever it stands.
fn arguments(mut parts: Parts, input: ParseStream<'_>) -> syn::Result<Parts> {
    let (mut fields, mut message) = (Parts::default(), Parts::default());
    if input.peek(syn::token::Brace) && !is_given(input, true) {
        let inside;
        let braces = braced!(inside in input);
        all_fields(&mut fields, &inside)?;
        let mut group = Group::new(Delimiter::Brace, std::mem::take(&mut fields.skeleton));
        group.set_span(braces.span.join());
        TokenTree::Group(group).to_tokens(&mut fields.skeleton);
        comma(&mut message, input)?;
    } else {
        all_fields(&mut fields, input)?;
    }
    message.format(input)?;
    let fields = fields.after(message.operands);
    parts.skeleton.extend(fields.skeleton);
    parts.skeleton.extend(message.skeleton);
    parts.operands = fields.operands;
    Ok(parts)
}

/// Fields, up to a message.
fn all_fields(parts: &mut Parts, input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && (!input.peek(LitStr) || is_given(input, true)) {
        field(parts, input)?;
        comma(parts, input)?;
    }
    Ok(())
}

/// Whether an `=` comes next, or after the next token.
fn is_given(input: ParseStream<'_>, after_one: bool) -> bool {
    if after_one {
        input.peek2(Token![=]) && !input.peek2(Token![==])
    } else {
        input.peek(Token![=]) && !input.peek(Token![==])
    }
}

/// `path = value`, `"name" = %value`, `{ NAME } = ?value`, `path`, `%path`.
fn field(parts: &mut Parts, input: ParseStream<'_>) -> syn::Result<()> {
    if (input.peek(LitStr) || input.peek(syn::token::Brace)) && is_given(input, true) {
        input.parse::<TokenTree>()?.to_tokens(&mut parts.skeleton);
        return value(parts, input);
    }
    let sigil = sigil(input)?;
    let mut path = input.call(Ident::parse_any)?.into_token_stream();
    while input.peek(Token![.]) {
        input.parse::<Token![.]>()?.to_tokens(&mut path);
        input.call(Ident::parse_any)?.to_tokens(&mut path);
    }
    path.to_tokens(&mut parts.skeleton);
    if sigil.is_none() && is_given(input, false) {
        return value(parts, input);
    }
    parts.skeleton.extend(quote!(= #sigil));
    parts.hole(syn::parse2(path)?);
    Ok(())
}

fn value(parts: &mut Parts, input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Token![=]>()?.to_tokens(&mut parts.skeleton);
    sigil(input)?.to_tokens(&mut parts.skeleton);
    parts.operand(input)
}

/// How a value is shown.
fn sigil(input: ParseStream<'_>) -> syn::Result<Option<TokenTree>> {
    let shown = input.peek(Token![?]) || input.peek(Token![%]);
    shown.then(|| input.parse()).transpose()
}
