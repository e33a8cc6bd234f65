//! Awaits one after another, `return`, assignment and shadowing.

use super::check;
use expect_test::expect;

#[test]
fn straight_line() {
    check(
        "async fn f(a: u32) -> u32 { let b = a + 1; b * 2 }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              let b = a+1  // +b ?a
              return b*2
        "#]],
    );
}

#[test]
fn one_await() {
    check(
        "async fn f(a: u32) -> u32 { op(a).await }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              suspend `op` op(a) -> __durable_tmp1 in b1
            b1:
              return __durable_tmp1
        "#]],
    );
}

#[test]
fn two_awaits() {
    check(
        "async fn f(a: u32) -> u32 { let b = op(a).await; let c = other(b).await; b + c }",
        &expect![[r#"
            b0:
              let a = param 0  // +a
              suspend `op` op(a) -> __durable_tmp1 in b1
            b1:
              let b = __durable_tmp1  // +b ?__durable_tmp1
              suspend `other` other(b) -> __durable_tmp3 in b2
            b2:
              let c = __durable_tmp3  // +c ?__durable_tmp3
              return b+c
        "#]],
    );
}

#[test]
fn await_with_question_mark() {
    check(
        "async fn f() -> R { let a = op(1).await?; Ok(a) }",
        &expect![[r#"
            b0:
              suspend `op` op(1) -> __durable_tmp0 in b1
            b1:
              let a = __durable_tmp0?  // +a ?__durable_tmp0
              return Ok(a)
        "#]],
    );
}

#[test]
fn shadowed() {
    check(
        "async fn f(x: u32) -> u32 { let x = x + 1; { let x = op(x).await; log(x); } x }",
        &expect![[r#"
            b0:
              let x = param 0  // +x
              let x = x+1  // +x ?x
              suspend `op` op(x) -> __durable_tmp2 in b1
            b1:
              let x = __durable_tmp2  // +x ?__durable_tmp2
              log(x);  // ?x
              goto b2
            b2:
              return x
        "#]],
    );
}

#[test]
fn code_after_return() {
    check(
        "async fn f(c: bool) -> u32 { return op(1).await; }",
        &expect![[r#"
            b0:
              let c = param 0  // +c
              suspend `op` op(1) -> __durable_tmp1 in b1
            b1:
              return __durable_tmp1
        "#]],
    );
}

#[test]
fn early_return() {
    check(
        "async fn f(c: bool) -> u32 { if c { return 1; } op(2).await }",
        &expect![[r#"
            b0:
              let c = param 0  // +c
              if c{return 1;};  // ?c
              suspend `op` op(2) -> __durable_tmp1 in b1
            b1:
              return __durable_tmp1
        "#]],
    );
}

#[test]
fn assignment() {
    check(
        "async fn f() -> u32 { let mut x = 1; x = op(x).await; x += op(x).await; x }",
        &expect![[r#"
            b0:
              let mut x = 1  // +x
              suspend `op(x)#1/2` op(x) -> __durable_tmp1 in b1
            b1:
              x=__durable_tmp1;  // =x ?__durable_tmp1
              suspend `op(x)#2/2` op(x) -> __durable_tmp2 in b2
            b2:
              x+=__durable_tmp2;  // ?x ?__durable_tmp2
              return x
        "#]],
    );
}

#[test]
fn closure_over_an_await() {
    check(
        "async fn f(rate: u32) -> u32 { let mut n = 0; let scale = move |x: u32| x * rate; \
         let mut add = |x: u32| n += scale(x); op(scale(1)).await; add(2); n }",
        &expect![[r#"
            b0:
              let rate = param 0  // +rate
              let mut n = 0  // +n
              let scale = move|x:u32|x*rate  // +scale ?rate
              let mut add = |x:u32|n+=scale(x)  // +add ?n ?scale
              suspend `op` op(scale(1)) -> __durable_tmp4 in b1
            b1:
              __durable_tmp4;  // ?__durable_tmp4
              add(2);  // ?add
              return n
        "#]],
    );
}
