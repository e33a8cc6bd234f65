//! How much code an await becomes: what rustc has to check, on every build of a user's crate.

use proc_macro2::{TokenStream, TokenTree};
use std::fmt::Write;

/// The tokens of one await and of the local that it binds, in a function like those that
/// `cargo xtask compile-cost` measures. More is worse; less should lower the bound.
const TOKENS_PER_AWAIT_MAX: usize = 580;

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

/// The tokens of a function whose locals each live to the next but one.
fn expanded(awaits: usize) -> usize {
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
    count(crate::expand::workflow(TokenStream::new(), &source))
}

fn count(tokens: TokenStream) -> usize {
    let tokens = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => 2 + count(group.stream()),
        _ => 1,
    });
    tokens.sum()
}
