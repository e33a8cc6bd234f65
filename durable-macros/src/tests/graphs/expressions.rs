//! Awaits inside of expressions.

use super::check;
use expect_test::expect;

#[test]
fn lazy_and() {
    check(
        "async fn f(c: bool) -> bool { c && op(1).await }",
        &expect![[r#"
            b0:
              let c = param 0  // +c
              if c -> b1, else b3
            b1:
              suspend `op` op(1) -> __durable_tmp1 in b2
            b2:
              return __durable_tmp1
            b3:
              return false
        "#]],
    );
}

#[test]
fn lazy_or_in_a_condition() {
    check(
        "async fn f(c: bool) -> u32 { if c || op(1).await { 1 } else { 2 } }",
        &expect![[r#"
            b0:
              let c = param 0  // +c
              if c -> b1, else b2
            b1:
              return 1
            b2:
              suspend `op` op(1) -> __durable_tmp1 in b3
            b3:
              if __durable_tmp1 -> b1, else b4
            b4:
              return {2}
        "#]],
    );
}

#[test]
fn await_in_argument() {
    check(
        "async fn f(a: u32) -> u32 { send(next(), op(a).await, a) }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              let __durable_tmp1 = next()  // +__durable_tmp1
              suspend `op` op(a) -> __durable_tmp2 in b1
            b1:
              return send(__durable_tmp1,__durable_tmp2,a)
        "#]],
    );
}

#[test]
fn await_in_a_struct() {
    check(
        "async fn f(a: u32) -> S { S { a, b: op(a).await } }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              let __durable_tmp1 = a  // +__durable_tmp1 ?a
              suspend `op` op(a) -> __durable_tmp2 in b1
            b1:
              return S{a:__durable_tmp1,b:__durable_tmp2}
        "#]],
    );
}

#[test]
fn method_chain() {
    check(
        "async fn f(a: u32) -> String { op(a).await.trim().to_owned() }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              suspend `op` op(a) -> __durable_tmp1 in b1
            b1:
              return __durable_tmp1.trim().to_owned()
        "#]],
    );
}

#[test]
fn await_in_await() {
    check(
        "async fn f(a: u32) -> u32 { outer(inner(a).await).await }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              suspend `inner` inner(a) -> __durable_tmp1 in b1
            b1:
              suspend `outer` outer(__durable_tmp1) -> __durable_tmp2 in b2
            b2:
              return __durable_tmp2
        "#]],
    );
}

#[test]
fn macro_uses() {
    check(
        r#"async fn f(a: u32, b: u32) { op(1).await; println!("{a} {}", b); }"#,
        &expect![[r#"
            b0:
              let a = param 0  // +a
              let b = param 1  // +b
              suspend `op` op(1) -> __durable_tmp2 in b1
            b1:
              __durable_tmp2;  // ?__durable_tmp2
              println!("{a} {}",b);  // ?a ?b
              return 
        "#]],
    );
}
