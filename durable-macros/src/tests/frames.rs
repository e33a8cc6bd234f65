//! What each suspend point saves, and under which names: the stored format.

use super::laid_out;
use expect_test::{Expect, expect};

fn check(source: &str, expected: &Expect) {
    expected.assert_eq(&laid_out(source));
}

#[test]
fn nothing_live() {
    check(
        "async fn f() { op(1).await; }",
        &expect![[r#"
            op: 
        "#]],
    );
}

#[test]
fn parameter_live() {
    check(
        "async fn f(a: u32) -> u32 { op(1).await; a }",
        &expect![[r#"
            op: a
        "#]],
    );
}

#[test]
fn dead_after_its_last_use() {
    check(
        "async fn f(a: u32) { first(a).await; let b = second(1).await; third(b).await; }",
        &expect![[r#"
            first: 
            second: 
            third: 
        "#]],
    );
}

#[test]
fn shadowed_names() {
    check(
        "async fn f(x: u32) -> u32 { let y = { let x = 2; op(1).await; x }; x + y }",
        &expect![[r#"
            op: x, x#2
        "#]],
    );
}

#[test]
fn equal_names_in_two_scopes() {
    check(
        "async fn f(c: bool) { if c { let x = 1; one().await; use_(x); } else { let x = 2; two().await; use_(x); } }",
        &expect![[r#"
            one: x
            two: x
        "#]],
    );
}

#[test]
fn cursor_of_a_loop() {
    check(
        "async fn f(items: Vec<u32>) { for item in items { op(item).await; } }",
        &expect![[r#"
            op: item.at
        "#]],
    );
}

#[test]
fn cursor_of_a_pattern() {
    check(
        "async fn f(items: Vec<(u32, u32)>) { for (_, price) in items { op(price).await; } }",
        &expect![[r#"
            op: price.at
        "#]],
    );
}

#[test]
fn nested_cursors() {
    check(
        "async fn f(a: Vec<Vec<u32>>) { for x in a { for x in x { op(x).await; } } }",
        &expect![[r#"
            op: x.at, x.at#2
        "#]],
    );
}

#[test]
fn argument_before_an_await() {
    check(
        "async fn f() -> u32 { charge(next(), price().await).await }",
        &expect![[r#"
            price: price.arg0
            charge: 
        "#]],
    );
}

#[test]
fn two_arguments_before_an_await() {
    check(
        "async fn f() -> T { (first(), second(), op(1).await) }",
        &expect![[r#"
            op: op.arg0, op.arg1
        "#]],
    );
}

#[test]
fn answer_kept() {
    check(
        "async fn f() -> u32 { one().await + two().await }",
        &expect![[r#"
            one: 
            two: one.out
        "#]],
    );
}

#[test]
fn raw_identifier() {
    check(
        "async fn f(r#type: u32) -> u32 { op(1).await; r#type }",
        &expect![[r#"
            op: type
        "#]],
    );
}

#[test]
fn only_passed_between_arms() {
    check(
        "async fn f(c: bool) -> u32 { let x; if c { op(1).await; x = 1; } else { x = 2; } x }",
        &expect![[r#"
            op: 
            passed: x
        "#]],
    );
}
