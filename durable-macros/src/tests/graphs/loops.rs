//! Loops, and jumps out of them.

use super::check;
use expect_test::expect;

#[test]
fn loop_with_break() {
    check(
        "async fn f() -> u32 { let mut n = 0; loop { n += op(n).await; if n > 9 { break; } } n }",
        &expect![[r#"
            b0:
              let mut n = 0  // +n
              goto b1
            b1:
              suspend `op` op(n) -> __durable_tmp1 in b2
            b2:
              n+=__durable_tmp1;  // ?n ?__durable_tmp1
              if n>9{__durable_exit_0();};  // ?n
              goto b1
            b3:
              return n
        "#]],
    );
}

#[test]
fn loop_with_a_value() {
    check(
        "async fn f() -> u32 { let v = loop { let x = op(1).await; if x > 3 { break x; } }; v }",
        &expect![[r#"
            b0:
              goto b1
            b1:
              suspend `op` op(1) -> __durable_tmp1 in b2
            b2:
              let x = __durable_tmp1  // +x ?__durable_tmp1
              if x>3{__durable_exit_0(x);};  // ?x
              goto b1
            b3:
              let v = __durable_tmp0  // +v ?__durable_tmp0
              return v
        "#]],
    );
}

#[test]
fn while_awaits_in_condition() {
    check(
        "async fn f() { while more().await { step(); } }",
        &expect![[r#"
            b0:
              goto b1
            b1:
              suspend `more` more() -> __durable_tmp0 in b2
            b2:
              if __durable_tmp0 -> b3, else b4
            b3:
              step();  
              goto b1
            b4:
              return 
        "#]],
    );
}

#[test]
fn while_let() {
    check(
        "async fn f(mut v: Vec<u32>) { while let Some(x) = v.pop() { op(x).await; } }",
        &expect![[r#"
            b0:
              let mut v = param 0  // +v
              goto b1
            b1:
              if let Some(x)=v.pop() -> b2, else b4
            b2:
              suspend `op` op(x) -> __durable_tmp2 in b3
            b3:
              __durable_tmp2;  // ?__durable_tmp2
              goto b1
            b4:
              return 
        "#]],
    );
}

#[test]
fn for_over_owned() {
    check(
        "async fn f(v: Vec<u32>) -> u32 { let mut sum = 0; for x in v { sum += op(x).await; } sum }",
        &expect![[r#"
            b0:
              let v = param 0  // +v
              let mut sum = 0  // +sum
              let __durable_tmp2 = rest(v)  // +__durable_tmp2 ?v
              goto b1
            b1:
              next x of __durable_tmp2 -> b2, end b4
            b2:
              suspend `op` op(x) -> __durable_tmp4 in b3
            b3:
              sum+=__durable_tmp4;  // ?sum ?__durable_tmp4
              goto b1
            b4:
              return sum
        "#]],
    );
}

#[test]
fn for_over_range_with_continue() {
    check(
        "async fn f() { for i in 0..9 { if i == 3 { continue; } op(i).await; } }",
        &expect![[r#"
            b0:
              let __durable_tmp0 = rest(0..9)  // +__durable_tmp0
              goto b1
            b1:
              next i of __durable_tmp0 -> b2, end b4
            b2:
              if i==3{__durable_exit_0();};  // ?i
              suspend `op` op(i) -> __durable_tmp2 in b3
            b3:
              __durable_tmp2;  // ?__durable_tmp2
              goto b1
            b4:
              return 
        "#]],
    );
}

#[test]
fn nested_loops_labelled() {
    check(
        "async fn f() { 'outer: loop { loop { if op(1).await { break 'outer; } continue 'outer; } } }",
        &expect![[r#"
            b0:
              goto b1
            b1:
              goto b2
            b2:
              suspend `op` op(1) -> __durable_tmp0 in b3
            b3:
              if __durable_tmp0 -> b4, else b5
            b4:
              return 
            b5:
              goto b6
            b6:
              goto b1
        "#]],
    );
}

#[test]
fn loop_that_jumps_to_a_lowered_one() {
    check(
        "async fn f() { 'outer: loop { op(1).await; for i in 0..3 { if i == 2 { continue 'outer; } } break; } }",
        &expect![[r#"
            b0:
              goto b1
            b1:
              suspend `op` op(1) -> __durable_tmp0 in b2
            b2:
              __durable_tmp0;  // ?__durable_tmp0
              for i in 0..3{if i==2{__durable_exit_0();}};  
              return 
        "#]],
    );
}

#[test]
fn only_opaque_loops() {
    check(
        "async fn f(v: Vec<u32>) -> u32 { let mut n = 0; for x in v { if x == 0 { break; } n += x; } op(n).await }",
        &expect![[r#"
            b0:
              let v = param 0  // +v
              let mut n = 0  // +n
              for x in v{if x==0{break;}n+=x;};  // ?v ?n
              suspend `op` op(n) -> __durable_tmp2 in b1
            b1:
              return __durable_tmp2
        "#]],
    );
}
