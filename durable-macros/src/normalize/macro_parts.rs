//! The arguments of a macro as operands, and what is around them.
//!
//! ```text
//! Input:   println!("{} {n}", price(x).await)
//! Output:  operands [price(x).await], skeleton "{} {n}", hole 0
//! ```

use super::macros::contains_await;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Expr, Token};

const HOLE: &str = "__durable_hole_";

/// The arguments of a macro.
#[derive(Default)]
pub(super) struct Parts {
    /// What it always evaluates, in order.
    pub(super) operands: Vec<Expr>,
    /// What it evaluates sometimes.
    pub(super) sometimes: Vec<TokenStream>,
    /// All arguments, with a hole for each operand.
    pub(super) skeleton: TokenStream,
}

impl Parts {
    pub(super) fn parse(input: ParseStream<'_>, name: &str) -> syn::Result<Self> {
        let mut parts = Self::default();
        match name {
            "format" | "print" | "println" | "eprint" | "eprintln" | "panic" | "todo"
            | "unimplemented" | "unreachable" | "format_args" => parts.format(input)?,
            "write" | "writeln" => {
                parts.operand(input)?;
                parts.comma(input)?;
                parts.format(input)?;
            }
            "assert" | "debug_assert" | "matches" => {
                parts.operand(input)?;
                parts.rest(input)?;
            }
            "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => {
                parts.operand(input)?;
                parts.comma(input)?;
                parts.operand(input)?;
                parts.rest(input)?;
            }
            "vec" => {
                parts.operand(input)?;
                if input.peek(Token![;]) {
                    let semi: Token![;] = input.parse()?;
                    semi.to_tokens(&mut parts.skeleton);
                    parts.operand(input)?;
                } else {
                    parts.list(input)?;
                }
            }
            "dbg" => {
                parts.operand(input)?;
                parts.list(input)?;
            }
            _ => return Err(input.error("not a macro of the standard library")),
        }
        if name.starts_with("debug_") {
            // Only where debug assertions are on.
            let operands = parts.operands.iter().map(ToTokens::to_token_stream);
            parts.sometimes.extend(operands);
        }
        Ok(parts)
    }

    pub(super) fn operand(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        self.hole(input.parse()?);
        Ok(())
    }

    /// An operand, and the hole in its place.
    pub(super) fn hole(&mut self, operand: Expr) {
        hole(self.operands.len()).to_tokens(&mut self.skeleton);
        self.operands.push(operand);
    }

    /// The same arguments, evaluated after these.
    pub(super) fn after(self, mut first: Vec<Expr>) -> Self {
        let moved = (0..self.operands.len()).map(|number| {
            let hole = hole(first.len() + number);
            Expr::Path(syn::parse_quote!(#hole))
        });
        let moved: Vec<Expr> = moved.collect();
        let skeleton = filled(self.skeleton, &moved.iter().collect::<Vec<_>>());
        first.extend(self.operands);
        Self {
            operands: first,
            sometimes: self.sometimes,
            skeleton,
        }
    }

    /// All arguments, with one thing in each hole.
    pub(super) fn asking(&self, ask: &Expr) -> TokenStream {
        filled(self.skeleton.clone(), &vec![ask; self.operands.len()])
    }

    fn comma(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let comma: Option<Token![,]> = input.parse()?;
        comma.to_tokens(&mut self.skeleton);
        Ok(())
    }

    fn list(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        while !input.is_empty() {
            let comma: Token![,] = input.parse()?;
            comma.to_tokens(&mut self.skeleton);
            if !input.is_empty() {
                self.operand(input)?;
            }
        }
        Ok(())
    }

    /// A format string and its arguments, `name = value` included.
    pub(super) fn format(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.is_empty() {
            return Ok(());
        }
        let text: Expr = input.parse()?;
        if contains_await(text.to_token_stream()) {
            return Err(input.error("an await in a format string"));
        }
        text.to_tokens(&mut self.skeleton);
        while !input.is_empty() {
            let comma: Token![,] = input.parse()?;
            comma.to_tokens(&mut self.skeleton);
            if input.peek(syn::Ident) && input.peek2(Token![=]) && !input.peek2(Token![==]) {
                let name: Ident = input.parse()?;
                let equals: Token![=] = input.parse()?;
                name.to_tokens(&mut self.skeleton);
                equals.to_tokens(&mut self.skeleton);
            }
            if !input.is_empty() {
                self.operand(input)?;
            }
        }
        Ok(())
    }

    fn rest(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        self.comma(input)?;
        let rest: TokenStream = input.parse()?;
        self.skeleton.extend(rest.clone());
        self.sometimes.push(rest);
        Ok(())
    }
}

fn hole(number: usize) -> Ident {
    Ident::new(&format!("{HOLE}{number}"), Span::mixed_site())
}

/// Arguments with these in their holes.
pub(super) fn filled(tokens: TokenStream, values: &[&Expr]) -> TokenStream {
    let fill = |token: TokenTree| {
        let number = match &token {
            TokenTree::Ident(ident) => {
                let text = ident.to_string();
                text.strip_prefix(HOLE)
                    .and_then(|n| n.parse::<usize>().ok())
            }
            // The fields of an event may stand in braces.
            TokenTree::Group(group) if holds_holes(group) => {
                let mut inside = Group::new(group.delimiter(), filled(group.stream(), values));
                inside.set_span(group.span());
                return TokenTree::Group(inside).into();
            }
            _ => None,
        };
        match number.and_then(|n| values.get(n)) {
            Some(value) => value.to_token_stream(),
            None => token.into(),
        }
    };
    tokens.into_iter().map(fill).collect()
}

fn holds_holes(group: &Group) -> bool {
    group.delimiter() == Delimiter::Brace
        && group.stream().into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident.to_string().starts_with(HOLE),
            _ => false,
        })
}
