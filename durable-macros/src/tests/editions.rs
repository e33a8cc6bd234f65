//! Where the twin asks rustc about the order of drops in crates of an older edition. That rustc answers so is tested in
//! `tests/src/editions.rs`, in crates of both.

use proc_macro2::TokenStream;
use std::collections::BTreeSet;

fn expanded(body: &str) -> String {
    let source = format!("async fn f(a: bool, v: Vec<u8>) -> u8 {{ {body} }}");
    let tokens = crate::expand::workflow(TokenStream::new(), &source.parse().expect("tokens"));
    let file = syn::parse2(tokens).expect("an expansion is a file");
    let text = prettyplease::unparse(&file);
    text.replace("::durable_runtime::__private::", "rt::")
}

/// How the code begins behind each place where `if let` is not asked about.
fn spared(body: &str) -> BTreeSet<String> {
    let text = expanded(body);
    let places = text.split("#[allow(if_let_rescope)]").skip(1);
    let code = places.map(|code| code.trim_start_matches(|c: char| c == '{' || c.is_whitespace()));
    let begins = code.map(|code| code.split_once(" {").map_or(code, |(begin, _)| begin));
    begins.map(str::to_owned).collect()
}

#[test]
fn the_twin_asks_under_a_code() {
    let text = expanded("op(1).await");
    let (_, denied) = text.split_once("#[deny(").expect("the twin denies");
    let denied = denied.split_once(")]").expect("an attribute").0;
    for part in [
        "if_let_rescope",
        "tail_expr_drop_order",
        "code: durable D08",
        "help: ",
    ] {
        assert!(denied.contains(part), "no `{part}` in {denied}");
    }
}

#[test]
fn statements_without_an_await_are_not_asked_about() {
    let body = "let n = if let Some(n) = m() { n } else { 0 }; op(n).await";
    assert_eq!(
        spared(body),
        ["let n = if let Some(n) = m()".to_owned()].into()
    );
    let body = "if op(1).await { if let Some(n) = m() { g(n); } else { h(); } k(); } 0";
    assert_eq!(spared(body), ["if let Some(n) = m()".to_owned()].into());
}

#[test]
fn an_if_let_with_an_await_is_asked_about() {
    let body = "let n = if let Some(n) = m() { op(n).await } else { 0 }; n";
    assert_eq!(spared(body), BTreeSet::new());
    let body = "let n = if a { 1 } else if let Some(n) = m() { n } else { op(2).await }; n";
    assert_eq!(spared(body), BTreeSet::new());
}

#[test]
fn an_operand_beside_an_await_is_asked_about() {
    let body = "g(if let Some(n) = m() { n } else { 0 }, op(1).await)";
    assert_eq!(spared(body), BTreeSet::new());
    // Its own ways are not.
    let body = "g(if a { if let Some(n) = m() { n } else { 0 } } else { 0 }, op(1).await)";
    assert_eq!(spared(body), ["if let Some(n) = m()".to_owned()].into());
}

#[test]
fn closures_are_not_asked_about() {
    let body = "v.iter().map(|n| if let Some(n) = m(n) { n } else { 0 }).sum::<u8>() + op(1).await";
    assert_eq!(spared(body), ["if let Some(n) = m(n)".to_owned()].into());
}

#[test]
fn the_last_expression_is_asked_about_its_block_alone() {
    let body = "op(1).await; if let Some(n) = m() { n } else { 0 }";
    assert_eq!(spared(body), ["if let Some(n) = m()".to_owned()].into());
}
