//! How much code an await becomes: what rustc has to check, on every build of a user's crate.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::fmt::Write;

/// The tokens of one await and of the local that it binds, in a function like those that
/// `cargo xtask compile-cost` measures. More is worse; less should lower the bound.
const TOKENS_PER_AWAIT_MAX: usize = 605;

#[test]
fn an_await_becomes_few_tokens() {
    let per_await = (expanded(20) - expanded(10)) / 10;
    assert!(
        per_await <= TOKENS_PER_AWAIT_MAX,
        "an await became {per_await} tokens"
    );
}

/// The size of a function grows with its awaits, and not with their square.
#[test]
fn each_await_costs_the_same() {
    let (few, more) = (expanded(40) - expanded(20), expanded(80) - expanded(60));
    assert!(more * 10 <= few * 11, "{few} tokens, then {more}");
}

/// rustc compares all variables that last over a wait with each other, at each place of the machine.
#[test]
fn what_lasts_over_a_wait_is_in_few_variables() {
    let (few, more) = (lasting(10), lasting(40));
    assert!(few == more && few > 0, "{few} variables, then {more}");
}

/// The variables in the outermost blocks of the machine.
fn lasting(awaits: usize) -> usize {
    let machine = inner(&expansion(awaits), "const");
    let body = inner(&machine, "__durable_machine");
    let code = inner(&body, "Infallible");
    [body, code]
        .into_iter()
        .flatten()
        .filter(|token| matches!(token, TokenTree::Ident(ident) if ident == "let"))
        .count()
}

/// What stands in the first braces after a word.
fn inner(tokens: &TokenStream, word: &str) -> TokenStream {
    let after = tokens.clone().into_iter();
    let after = after.skip_while(|t| !matches!(t, TokenTree::Ident(ident) if ident == word));
    let mut blocks = after.filter_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    });
    blocks.next().expect("braces")
}

/// The tokens of a function whose locals each live to the next but one.
fn expanded(awaits: usize) -> usize {
    count(expansion(awaits))
}

fn expansion(awaits: usize) -> TokenStream {
    let mut source = "async fn f(start: u64) -> u64 { let l0 = start; let l1 = start;".to_owned();
    for n in 2..awaits + 2 {
        let (last, before) = (n - 1, n - 2);
        let _ = write!(
            source,
            "let l{n} = number(l{before} + {n}).await.unwrap_or_default() + l{last};"
        );
    }
    let _ = write!(source, "l{} }}", awaits + 1);
    let source = source.parse().expect("tokens");
    crate::expand::workflow(TokenStream::new(), &source)
}

fn count(tokens: TokenStream) -> usize {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => 2 + count(group.stream()),
        _ => 1,
    });
    tokens.sum()
}
