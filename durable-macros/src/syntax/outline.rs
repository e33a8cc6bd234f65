//! What a function looks like from outside, also where the rest of it cannot be read yet.
//!
//! ```text
//! Input:   pub async fn run(order: Order, n: ) -> u64 { let total = order. }
//! Output:  run, (order: Order, arg1: anything) -> u64, and the body as tokens
//! ```
//!
//! With it the names of a function stay in the world while its author types, so that a mistake in
//! one function is no error in all that call it.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::discouraged::Speculative;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Generics, Pat, ReturnType, Token, Type, Visibility};

/// The outside of a function.
pub(crate) struct Outline {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// As `self` was written, if it was.
    pub(crate) receiver: Option<TokenStream>,
    pub(crate) params: Vec<OutlineParam>,
    /// What the function returns; `()` when nothing is written.
    pub(crate) output: Type,
    /// The parentheses and what stands in them.
    pub(crate) inputs: Group,
    /// The braces and what stands in them.
    pub(crate) body: Group,
}

/// One parameter.
pub(crate) struct OutlineParam {
    /// Its name, or one by its place.
    pub(crate) ident: Ident,
    /// `None` where no type can be read.
    pub(crate) ty: Option<Type>,
}

impl Outline {
    /// Reads as much of a function as there is; `None` for what is no function at all.
    pub(crate) fn read(tokens: &TokenStream) -> Option<Self> {
        syn::parse2(tokens.clone()).ok()
    }

    /// Whether the body is a block that this compiler can read.
    pub(crate) fn has_readable_body(&self) -> bool {
        syn::parse2::<syn::Block>(self.body.to_token_stream()).is_ok()
    }

    /// Whether each parameter has a type.
    pub(crate) fn has_readable_params(&self) -> bool {
        self.params.iter().all(|p| p.ty.is_some())
    }
}

impl Parse for Outline {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        while !input.peek(Token![fn]) {
            // `async`, `unsafe`, `extern "C"`
            match input.parse::<TokenTree>()? {
                TokenTree::Ident(_) | TokenTree::Literal(_) => {}
                other => return Err(syn::Error::new(other.span(), "not a function")),
            }
        }
        input.parse::<Token![fn]>()?;
        let ident = input.parse()?;
        let mut generics: Generics = input.parse()?;
        let inputs = group(input, Delimiter::Parenthesis)?;
        let output = match input.parse()? {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => *ty,
        };
        generics.where_clause = input.parse()?;
        let body = group(input, Delimiter::Brace)?;
        let (receiver, params) = params(inputs.stream());
        Ok(Self {
            attrs,
            vis,
            ident,
            generics,
            receiver,
            params,
            output,
            inputs,
            body,
        })
    }
}

fn group(input: ParseStream<'_>, delimiter: Delimiter) -> syn::Result<Group> {
    let ahead = input.fork();
    match ahead.parse()? {
        TokenTree::Group(group) if group.delimiter() == delimiter => {
            input.advance_to(&ahead);
            Ok(group)
        }
        other => Err(syn::Error::new(other.span(), "not a function")),
    }
}

/// Parameters, read one by one.
fn params(tokens: TokenStream) -> (Option<TokenStream>, Vec<OutlineParam>) {
    let (mut receiver, mut params) = (None, Vec::new());
    for (index, tokens) in between_commas(tokens).into_iter().enumerate() {
        let by_place = || quote::format_ident!("arg{index}");
        match syn::parse2::<FnArg>(tokens) {
            Ok(FnArg::Receiver(this)) => receiver = Some(this.to_token_stream()),
            Ok(FnArg::Typed(typed)) => params.push(OutlineParam {
                ident: match *typed.pat {
                    Pat::Ident(pat) => pat.ident,
                    _ => by_place(),
                },
                ty: Some(*typed.ty),
            }),
            Err(_) => params.push(OutlineParam {
                ident: by_place(),
                ty: None,
            }),
        }
    }
    (receiver, params)
}

/// The pieces of a list; a comma between `<` and `>` is none of the list's.
fn between_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    let (mut depth, mut dash) = (0_u32, false);
    for token in tokens {
        if let TokenTree::Punct(punct) = &token {
            match punct.as_char() {
                '<' => depth += 1,
                '>' if !dash => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    pieces.push(TokenStream::new());
                    dash = false;
                    continue;
                }
                _ => {}
            }
            dash = punct.as_char() == '-';
        } else {
            dash = false;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.extend([token]);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}
