//! Lets rustc evaluate the `#[cfg]`s of a body before it is read.
//!
//! ```text
//! #[workflow(args)]            #[derive(Configured)] #[dropped]
//! async fn run(…) {            struct run_configured { f: [(); { #[durable_args(args)]
//!     #[cfg(a)] let x = 1;         async fn run(…) { #[cfg(a)] let x = 1; … }
//! }                            0 }] }
//! ```
//!
//! An attribute sees its item as it is written; a derive sees it with each `cfg` evaluated, in
//! blocks as well. The struct itself is dropped by the attribute behind it. What stands in the
//! arguments of a macro is not evaluated even then.

use crate::names;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::visit::{self, Visit};
use syn::{Attribute, ItemFn};

const ARGS: &str = "durable_args";

/// The item for rustc to evaluate first, if there is anything to evaluate in its body.
pub(crate) fn unevaluated(args: &TokenStream, item: &TokenStream) -> Option<TokenStream> {
    let function: ItemFn = syn::parse2(item.clone()).ok()?;
    let mut found = Found(false);
    // A parameter is refused: it would change what is stored of a call.
    function
        .sig
        .inputs
        .iter()
        .for_each(|input| found.visit_fn_arg(input));
    if found.0 {
        return None;
    }
    found.visit_block(&function.block);
    found.0.then(|| {
        let (rt, marker) = (names::rt(), Ident::new(ARGS, Span::call_site()));
        let name = format_ident!("__durable_configured_{}", names::unraw(&function.sig.ident));
        quote! {
            #[derive(#rt::Configured)]
            #[#rt::dropped]
            struct #name { f: [(); { #[#marker(#args)] #item 0 }] }
        }
    })
}

struct Found(bool);

impl<'ast> Visit<'ast> for Found {
    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        self.0 |= is_cfg(attr.path());
    }
    fn visit_item(&mut self, item: &'ast syn::Item) {
        visit::visit_item(self, item);
    }
}

fn is_cfg(path: &syn::Path) -> bool {
    path.is_ident("cfg") || path.is_ident("cfg_attr")
}

/// The arguments and the function, out of what rustc has evaluated.
pub(crate) fn evaluated(item: TokenStream) -> Option<(TokenStream, TokenStream)> {
    let fields = last_group(item, Delimiter::Brace)?;
    let array = last_group(fields, Delimiter::Bracket)?;
    let code = last_group(array, Delimiter::Brace)?;
    let mut code: Vec<TokenTree> = code.into_iter().collect();
    code.pop()?;
    let mut code = code.into_iter();
    let TokenTree::Group(marker) = code.nth(1)? else {
        return None;
    };
    let args = last_group(marker.stream(), Delimiter::Parenthesis)?;
    Some((args, mended(code.collect())))
}

fn last_group(tokens: TokenStream, delimiter: Delimiter) -> Option<TokenStream> {
    let groups = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream()),
        _ => None,
    });
    groups.last()
}

/// Without what rustc leaves behind: the `cfg`s that hold, and the commas and semicolons behind
/// those that do not.
fn mended(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let token = match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if matches!(tokens.peek(), Some(TokenTree::Group(group)) if is_cfg_group(group)) {
                    tokens.next();
                    continue;
                }
                TokenTree::Punct(punct)
            }
            TokenTree::Punct(punct) if matches!(punct.as_char(), ',' | ';') => {
                let left = |before: &TokenTree| is_punct(before, punct.as_char());
                if out.last().is_none_or(left) {
                    continue;
                }
                TokenTree::Punct(punct)
            }
            TokenTree::Group(group) if !is_of_a_macro(&out) => {
                let mut inside = Group::new(group.delimiter(), mended(group.stream()));
                inside.set_span(group.span());
                TokenTree::Group(inside)
            }
            other => other,
        };
        out.push(token);
    }
    out.into_iter().collect()
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn is_cfg_group(group: &Group) -> bool {
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "cfg")
}

/// Whether a group behind these tokens is the arguments of a macro: `name!(…)`,
/// `macro_rules! name {…}`.
fn is_of_a_macro(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name), bang] => {
            let keyword = ["if", "in", "while", "match", "return", "break", "else"];
            is_punct(bang, '!') && keyword.iter().all(|k| name != k)
        }
        [.., TokenTree::Ident(rules), bang, TokenTree::Ident(_)] => {
            is_punct(bang, '!') && rules == "macro_rules"
        }
        _ => false,
    }
}
