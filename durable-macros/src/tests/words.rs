//! What an author sees and an editor needs: no name that we made in a message, functions that stay
//! in the world while they are typed, and each name of the user's in the expansion.

use crate::emit::fallback::Kind;
use crate::syntax::outline::Outline;
use proc_macro2::{Ident, TokenStream, TokenTree};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn tokens(source: &str) -> TokenStream {
    source.parse().expect("tokens")
}

fn workflow(source: &str) -> TokenStream {
    crate::expand::workflow(TokenStream::new(), &tokens(source))
}

fn identifiers(tokens: TokenStream, found: &mut Vec<Ident>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => found.push(ident),
            TokenTree::Group(group) => identifiers(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Text and place of each name.
fn names(tokens: TokenStream) -> BTreeSet<(String, usize, usize)> {
    let mut found = Vec::new();
    identifiers(tokens, &mut found);
    let place = |ident: Ident| {
        let start = ident.span().start();
        (ident.to_string(), start.line, start.column)
    };
    found.into_iter().map(place).collect()
}

/// The user's names that the expansion has nowhere in their place. Words that only steer what is
/// lowered are none.
fn lost(source: &str) -> Vec<String> {
    let expansion = workflow(source);
    let kept = names(expansion);
    let words = [
        "async", "await", "move", "biased", "else", "if", "let", "fn", "mut",
    ];
    let written = names(tokens(source)).into_iter();
    let lost = written.filter(|name| !words.contains(&name.0.as_str()) && !kept.contains(name));
    lost.map(|(name, line, column)| format!("{name} at {line}:{column}"))
        .collect()
}

const PROGRAMS: &[&str] = &[
    "async fn f(order: Order, n: u32) -> u32 {
        let total = order.lines.iter().map(|line| line.cents).sum::<u32>();
        let paid = charge(total, n).await.unwrap_or_default();
        if paid > total { return Sizes::LEAST; }
        paid + order.size()
    }",
    "async fn f(orders: Vec<Order>) -> u32 {
        let mut sum: u32 = 0;
        'all: for (index, Order { lines, .. }) in orders.into_iter().enumerate() {
            for line in &lines {
                if line.is_empty() { continue 'all; }
                sum += price(line, index).await;
            }
            while let Some(next) = more(sum).await { sum -= next; }
        }
        sum
    }",
    "async fn f(a: u32) -> u32 {
        let (x, y) = join!(one(a), async { let inner = two(a).await; inner + a });
        let z = try_join!(three(x), async move { Ok::<u32, Problem>(four(y).await) })?;
        let first = select! {
            Ok(value) = five(x), if y > 1 => { let more = six(value).await; more },
            _ = seven(y) => return z.0,
            else => default_of(a),
        };
        first
    }",
    r#"async fn f(a: u32) -> String {
        println!("{} {named} {a}", price(a).await, named = rate(a));
        assert!(check(a).await, "not {}", describe(a));
        assert_eq!(count(a).await, expected(a), "{}", reason(a));
        let list = vec![first(a).await, second(a)];
        if matches!(state(a).await, State::Open(since) if since > a) { log(a); }
        dbg!(last(list).await);
        format!("{}", tail(a).await)
    }"#,
    "async fn f(order: Order) -> u32 {
        let part = &order.items[index(&order)];
        let scale = |amount: u32| amount * factor();
        let Some(found) = part.get(scale(1)) else { return missing(part); };
        let answer = match ask(found).await {
            Answer::Yes { reason } if reason.is_good() => accept(reason).await,
            other @ Answer::Maybe(_) => weigh(other),
            Answer::No => loop { break refuse(part).await },
        };
        answer
    }",
];

#[test]
fn each_name_of_the_user_is_in_the_expansion() {
    for source in PROGRAMS {
        assert_eq!(lost(source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn names_are_there_too_where_there_are_errors() {
    let wrong = [
        "async fn f(order: Order) -> u32 { let wait = || charge(order).await; other(wait) }",
        "async fn f<T>(order: &mut [T]) -> u32 { charge(order).await }",
        "async fn f(order: Option<&Order>) -> u32 { charge(order).await }",
        "fn f(order: Order) -> u32 { charge(order).await }",
        "async fn f(order: Order) -> u32 { join!(); charge(order).await }",
    ];
    for source in wrong {
        let expansion = workflow(source).to_string();
        assert!(expansion.contains("compile_error"), "{source}");
        assert_eq!(lost(source), Vec::<String>::new(), "{source}");
    }
}

/// Functions that are being typed, as rust-analyzer gives them to a macro: where something is
/// missing it puts a name of its own.
const MENDED: &[&str] = &[
    "async fn f(order: Order) -> u32 { let total = __ra_fixup; charge(order.__ra_fixup).await }",
    "async fn f(order: Order, n: u32) -> u32 {
        let (x, y) = join!(one(order.id), async { let inner = two(n).await; inner.__ra_fixup });
        let scale = |amount: u32| amount * order.__ra_fixup;
        charge(scale(x)).await
    }",
    "async fn f(orders: Vec<Order>) -> u32 {
        for order in &orders {
            if order.big == __ra_fixup { charge(order.id).await; }
            let first = select! { Ok(paid) = pay(order), if order.open => paid.__ra_fixup, else => 0 };
        }
        orders.__ra_fixup
    }",
    // With mistakes of our own kinds besides.
    "async fn f(order: Order) -> u32 {
        let wait = || charge(order.__ra_fixup).await;
        let both = join!(one(order), async { two(wait).__ra_fixup });
        both.0
    }",
    "async fn f(order: Order) -> u32 {
        let a = try_join!(async { let part = one(order.id).await; break part }, other(order));
        a.__ra_fixup
    }",
];

#[test]
fn a_function_that_is_being_typed_keeps_its_names() {
    for source in MENDED {
        assert_eq!(lost(source), Vec::<String>::new(), "{source}");
    }
}

#[test]
fn a_lost_name_is_seen() {
    let source = "async fn f(order: Order) -> u32 { charge(order).await }";
    let elsewhere = names(tokens(&format!("\n{source}")));
    assert!(names(tokens(source)).is_disjoint(&elsewhere));
    assert_eq!(lost("struct Order { id: u32 }"), Vec::<String>::new());
}

/// Half-written functions, whose syntax rustc has refused before us.
const HALF_WRITTEN: &[&str] = &[
    "pub async fn run(order: Order) -> u64 { let total = ; total }",
    "pub async fn run(order: Order) -> u64 { order. }",
    "pub async fn run(order: Order) -> u64 { if order.big == { } }",
    "pub async fn run(order: Order, n: ) -> u64 { 1 }",
    "pub async fn run(order: Order, map: HashMap<u8, u8>,, ) -> u64 { match n { _ => } }",
];

#[test]
fn a_half_written_function_keeps_its_names() {
    for source in HALF_WRITTEN {
        for (kind, expansion) in [
            (Kind::Workflow, workflow(source)),
            (
                Kind::Activity,
                crate::expand::activity(TokenStream::new(), &tokens(source)),
            ),
        ] {
            let file: syn::File = syn::parse2(expansion).expect("an expansion is a file");
            let mut functions = Vec::new();
            for item in &file.items {
                let syn::Item::Fn(function) = item else {
                    continue;
                };
                functions.push(function.sig.ident.to_string());
                let params = &function.sig.inputs;
                assert!(
                    params.len() >= usize::from(source.contains("order")),
                    "{source}"
                );
            }
            let expected: &[&str] = match kind {
                Kind::Workflow => &["run", "start_run"],
                Kind::Activity => &["run"],
            };
            assert_eq!(functions, expected, "{source}");
        }
    }
}

#[test]
fn an_outline_reads_what_it_can() {
    let source = "#[must_use] pub(crate) async unsafe fn run<'a, T: Into<A, B>>(
        &self, (a, b): (A, B), map: Map<A, B>, n:
    ) -> Result<(), E> where T: Clone { ; }";
    let outline = Outline::read(&tokens(source)).expect("a function");
    let params: Vec<_> = outline
        .params
        .iter()
        .map(|p| (p.ident.to_string(), p.ty.is_some()))
        .collect();
    let expected = [("arg1", true), ("map", true), ("arg3", false)];
    assert_eq!(
        params,
        expected.map(|(name, typed)| (name.to_owned(), typed))
    );
    assert!(outline.receiver.is_some() && !outline.has_readable_params());
    for other in [
        "struct Order { a: u32 }",
        "mod a { fn f() {} }",
        "impl A { fn f() {} }",
        "fn f();",
    ] {
        assert!(Outline::read(&tokens(other)).is_none(), "{other}");
    }
}

fn messages() -> Vec<(String, String)> {
    let mut folders: Vec<PathBuf> = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui")];
    let mut messages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("tests/ui") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "stderr") {
                let text = fs::read_to_string(&path).expect("a message");
                messages.push((path.display().to_string(), text));
            }
        }
    }
    messages
}

/// Whether a line of a message says a name that the expansion made.
fn says_a_made_name(line: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let made = [
        "Goto",
        "Infallible",
        "Slot",
        "Entry",
        "Cx",
        "BranchEntry",
        "Ty",
    ];
    let words = line.split(|c: char| !word(c));
    let mut words = words.filter(|w| w.chars().any(char::is_alphabetic));
    let known = "durable_runtime::operation::Infallible";
    let line_without = line.replace(known, "");
    let hidden = words.any(|w| w.starts_with("__"));
    let internal = line_without
        .split(|c: char| !word(c))
        .any(|w| made.contains(&w));
    hidden || internal || line.contains("{closure#") || line.contains("__private")
}

#[test]
fn no_message_says_a_name_that_we_made() {
    let messages = messages();
    assert!(messages.len() > 100, "the messages are elsewhere now");
    for (path, text) in messages {
        for line in text.lines() {
            assert!(!says_a_made_name(line), "{path}: {line}");
        }
    }
    assert!(says_a_made_name(
        "the trait `__durable_machine::{closure#0}::Durable` is not"
    ));
    assert!(says_a_made_name("use of moved value: `__slot3`") && says_a_made_name("found `Goto`"));
}
