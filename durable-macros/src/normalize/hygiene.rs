//! Names in a function that a macro writes, where one name may be two for rustc.
//!
//! ```text
//! Input:   macro_rules! twice { ($x:ident, $e:expr) => {
//!              #[workflow] async fn run(mut $x: u32) -> u32 { { let mut x = 1; $e; … } $x }
//!          } }
//!          twice!(x, x += 1);          `x += 1` means the parameter
//! Proof:   let x = another {}; { let x = the_same {}; the_only_x::asked(&x) }     the tokens of two places
//! ```
//!
//! All passes go by the text of a name. No macro can compare what rustc knows of two tokens, but where
//! they stand: in a function that nobody has pasted together, the tokens of a name stand in the order in which they
//! are read. If they do not, rustc is asked for each of them whether it means the first binding of its name.

use super::macros::{Arguments, arguments, captures};
use super::pattern_names;
use crate::names::unraw;
use crate::syntax::Input;
use proc_macro2::{Ident, LineColumn, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::{BTreeMap, BTreeSet};
use syn::visit::{self, Visit};
use syn::{Expr, Label, Lifetime, Macro, Pat};

/// The names, and labels, of a function of which the tokens are not in the order of the source.
pub(crate) fn scattered(item: &TokenStream) -> BTreeSet<String> {
    let mut order = Order::default();
    order.walk(item.clone());
    order.scattered
}

#[derive(Default)]
struct Order {
    last: BTreeMap<String, (String, LineColumn)>,
    scattered: BTreeSet<String>,
}

impl Order {
    fn walk(&mut self, tokens: TokenStream) {
        let mut tick = false;
        for token in tokens {
            match &token {
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(ident) if tick => self.token(format!("'{ident}"), ident.span()),
                TokenTree::Ident(ident) => self.token(unraw(ident), ident.span()),
                TokenTree::Literal(literal) => {
                    for name in captured(literal) {
                        self.token(name, literal.span());
                    }
                }
                TokenTree::Punct(_) => {}
            }
            tick = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
        }
    }

    fn token(&mut self, name: String, at: Span) {
        let here = (at.file(), at.start());
        let ordered = |last: &(String, LineColumn)| last.0 == here.0 && last.1 < here.1;
        if self.last.get(&name).is_some_and(|last| !ordered(last)) {
            self.scattered.insert(name.clone());
        }
        self.last.insert(name, here);
    }
}

/// The names that a literal captures, if it is a format string.
fn captured(literal: &Literal) -> BTreeSet<String> {
    let text = syn::parse2::<syn::LitStr>(literal.to_token_stream());
    let text = text.ok().filter(|text| text.value().contains('{'));
    text.iter()
        .flat_map(|text| captures(&text.value()))
        .collect()
}

/// The proofs, as items, that each of these names means one thing.
pub(crate) fn proofs(input: &Input) -> TokenStream {
    if input.scattered.is_empty() {
        return TokenStream::new();
    }
    let mut find = Find {
        among: &input.scattered,
        names: BTreeMap::new(),
        labels: BTreeMap::new(),
    };
    for param in &input.params {
        find.visit_pat(&param.pat);
    }
    input.bodies().for_each(|body| find.visit_block(body));
    let names = find
        .names
        .iter()
        .filter_map(|(name, found)| found.proof(name));
    // Rustc's own words: the one inside the other would be warned of where both are the same.
    let labels = find.labels.values().flat_map(|found| {
        let others = found.others().into_iter().flatten();
        others.map(|(first, other)| quote!(#first: { if false { break #other; } }))
    });
    quote! {
        #[allow(
            warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
            reason = "generated code"
        )]
        const _: () = {
            struct the_same {}
            struct another {}
            #(#names)*
            fn __labels() {
                #(#labels)*
            }
        };
    }
}

/// The tokens of one name.
struct Found<T> {
    bound: Vec<T>,
    used: Vec<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        let (bound, used) = (Vec::new(), Vec::new());
        Self { bound, used }
    }
}

impl<T> Found<T> {
    /// The first binding, with each other token.
    fn others(&self) -> Option<impl Iterator<Item = (&T, &T)>> {
        let (first, bound) = self.bound.split_first()?;
        Some(
            bound
                .iter()
                .chain(&self.used)
                .map(move |other| (first, other)),
        )
    }
}

impl Found<Ident> {
    /// Asks of each token whether it means what the first binding binds. A trait of its own is what lets
    /// the message name it; all errors have one place, and so come once.
    fn proof(&self, name: &str) -> Option<TokenStream> {
        let mut others = self.others()?.peekable();
        let (_, at) = others.peek()?;
        let inferred = quote_spanned!(at.span()=> _);
        let only = format_ident!("the_only_{name}");
        let proofs = others.map(|(first, other)| {
            quote! {{
                let #other = another {};
                {
                    let #first = the_same {};
                    <#inferred as #only>::asked(&#other);
                }
            }}
        });
        let message = format!(
            "two variables are called `{name}` in this function: one in the macro that writes it, and one where that macro is called"
        );
        Some(quote! {
            const _: () = {
                #[diagnostic::on_unimplemented(
                    message = #message,
                    label = "one of the two",
                    note = "give one of the two another name: a workflow is compiled and saved by the names in it",
                    note = "code: durable D09"
                )]
                trait #only {
                    fn asked(&self) {}
                }
                #[diagnostic::do_not_recommend]
                impl #only for the_same {}
                fn __asked() {
                    #(#proofs)*
                }
            };
        })
    }
}

struct Find<'s> {
    among: &'s BTreeSet<String>,
    names: BTreeMap<String, Found<Ident>>,
    labels: BTreeMap<String, Found<Lifetime>>,
}

impl Find<'_> {
    fn used(&mut self, ident: &Ident) {
        let name = unraw(ident);
        if self.among.contains(&name) {
            self.names.entry(name).or_default().used.push(ident.clone());
        }
    }

    fn label(&mut self, label: &Lifetime) -> Option<&mut Found<Lifetime>> {
        let name = label.to_string();
        self.among
            .contains(&name)
            .then(|| self.labels.entry(name).or_default())
    }

    /// What a format string captures has the place of the string.
    fn strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.strings(group.stream()),
                TokenTree::Literal(literal) => {
                    for name in captured(&literal) {
                        self.used(&Ident::new(&name, literal.span()));
                    }
                }
                _ => {}
            }
        }
    }

    /// The names in the arguments of a macro of which nobody knows what it does with them.
    fn searched(&mut self, tokens: TokenStream) {
        let mut before = [' '; 2];
        for token in tokens {
            let punct = match token {
                TokenTree::Group(group) => {
                    self.searched(group.stream());
                    ' '
                }
                TokenTree::Ident(ident) => {
                    let member = before[1] == '.' && before[0] != '.';
                    if !member && !matches!(before[1], '\'' | ':') {
                        self.used(&ident);
                    }
                    ' '
                }
                TokenTree::Punct(punct) => punct.as_char(),
                TokenTree::Literal(_) => ' ',
            };
            before = [before[1], punct];
        }
    }
}

impl<'ast> Visit<'ast> for Find<'_> {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let name = unraw(&pat.ident);
        if self.among.contains(&name) && !pattern_names(&Pat::Ident(pat.clone())).is_empty() {
            let found = self.names.entry(name).or_default();
            found.bound.push(pat.ident.clone());
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
        {
            self.used(ident);
        }
    }

    fn visit_label(&mut self, label: &'ast Label) {
        if let Some(found) = self.label(&label.name) {
            found.bound.push(label.name.clone());
        }
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        let jump = match expr {
            Expr::Break(jump) => jump.label.as_ref(),
            Expr::Continue(jump) => jump.label.as_ref(),
            _ => None,
        };
        if let Some(label) = jump
            && let Some(found) = self.label(label)
        {
            found.used.push(label.clone());
        }
        visit::visit_expr(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        match arguments(mac) {
            Arguments::Known { exprs, .. } => exprs.iter().for_each(|expr| self.visit_expr(expr)),
            Arguments::Searched { .. } => self.searched(mac.tokens.clone()),
        }
        self.strings(mac.tokens.clone());
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_order_are_those_of_one_place() {
        let written: TokenStream = "{ let x = 1; 'a: loop { x; m!(\"{x} {x}\"); break 'a } }"
            .parse()
            .expect("tokens");
        assert!(scattered(&written).is_empty());
        let other: TokenStream = "x".parse().expect("tokens");
        let (one, two) = (written.clone(), other);
        let pasted = scattered(&quote!(#one #two));
        assert_eq!(pasted.into_iter().collect::<Vec<_>>(), ["x"]);
        let twice = scattered(&quote!(#written #written));
        let all = ["'a", "break", "let", "loop", "m", "x"];
        assert_eq!(twice.into_iter().collect::<Vec<_>>(), all);
    }
}
