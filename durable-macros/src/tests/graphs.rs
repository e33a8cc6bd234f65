//! The graph of each small function, as text. Names are the shape of the graph; `+` binds, `=`
//! assigns, `?` uses. `UPDATE_EXPECT=1 cargo test -p durable-macros` writes them anew.

use super::lowered;
use expect_test::{Expect, expect};

fn check(source: &str, expected: Expect) {
    expected.assert_eq(&lowered(source).to_string());
}

#[test]
fn straight_line() {
    check(
        "async fn f(a: u32) -> u32 { let b = a + 1; b * 2 }",
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
            b0:
              suspend `op` op(1) -> __durable_tmp0 in b1
            b1:
              let a = __durable_tmp0?  // +a ?__durable_tmp0
              return Ok(a)
        "#]],
    );
}

#[test]
fn if_suspends_in_one_arm() {
    check(
        "async fn f(c: bool) -> u32 { let x = if c { op(1).await } else { 2 }; x }",
        expect![[r#"
            b0:
              let c = param 0  // +c
              if c -> b1, else b4
            b1:
              suspend `op` op(1) -> __durable_tmp2 in b2
            b2:
              let __durable_tmp1 = __durable_tmp2  // +__durable_tmp1 ?__durable_tmp2
              goto b3
            b3:
              let x = __durable_tmp1  // +x ?__durable_tmp1
              return x
            b4:
              let __durable_tmp1 = {2}  // +__durable_tmp1
              goto b3
        "#]],
    );
}

#[test]
fn if_without_else() {
    check(
        "async fn f(c: bool) { if c { op(1).await; } after(); }",
        expect![[r#"
            b0:
              let c = param 0  // +c
              if c -> b1, else b4
            b1:
              suspend `op` op(1) -> __durable_tmp1 in b2
            b2:
              __durable_tmp1;  // ?__durable_tmp1
              goto b3
            b3:
              after();  
              return 
            b4:
              goto b3
        "#]],
    );
}

#[test]
fn if_let_suspends() {
    check(
        "async fn f(o: Option<u32>) { if let Some(x) = o { op(x).await; } }",
        expect![[r#"
            b0:
              let o = param 0  // +o
              if let Some(x)=o -> b1, else b3
            b1:
              suspend `op` op(x) -> __durable_tmp2 in b2
            b2:
              __durable_tmp2;  // ?__durable_tmp2
              return 
            b3:
              return 
        "#]],
    );
}

#[test]
fn condition_suspends() {
    check(
        "async fn f() -> u32 { if ready().await { 1 } else { 2 } }",
        expect![[r#"
            b0:
              suspend `ready` ready() -> __durable_tmp0 in b1
            b1:
              if __durable_tmp0 -> b2, else b3
            b2:
              return 1
            b3:
              return {2}
        "#]],
    );
}

#[test]
fn match_suspends_in_one_arm() {
    check(
        "async fn f(o: Option<u32>) -> u32 { match o { Some(x) if x > 1 => op(x).await, _ => 0 } }",
        expect![[r#"
            b0:
              let o = param 0  // +o
              match o [Some(x)if x>1 -> b1] [_ -> b3]
            b1:
              suspend `op` op(x) -> __durable_tmp2 in b2
            b2:
              return __durable_tmp2
            b3:
              return 0
        "#]],
    );
}

#[test]
fn match_on_an_await() {
    check(
        "async fn f() -> u32 { match op(1).await { Ok(x) => x, Err(e) => undo(e).await } }",
        expect![[r#"
            b0:
              suspend `op` op(1) -> __durable_tmp0 in b1
            b1:
              match __durable_tmp0 [Ok(x) -> b2] [Err(e) -> b3]
            b2:
              return x
            b3:
              suspend `undo` undo(e) -> __durable_tmp3 in b4
            b4:
              return __durable_tmp3
        "#]],
    );
}

#[test]
fn loop_with_break() {
    check(
        "async fn f() -> u32 { let mut n = 0; loop { n += op(n).await; if n > 9 { break; } } n }",
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
fn labelled_block() {
    check(
        "async fn f(c: bool) -> u32 { 'done: { if c { break 'done 1; } op(2).await } }",
        expect![[r#"
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
fn let_else() {
    check(
        "async fn f() -> u32 { let Some(x) = op(1).await else { return 0; }; x }",
        expect![[r#"
            b0:
              suspend `op` op(1) -> __durable_tmp0 in b1
            b1:
              let Some(x) = __durable_tmp0 -> b2, else b3
            b2:
              return x
            b3:
              {return 0;};  
              unreachable
        "#]],
    );
}

#[test]
fn let_else_awaits_in_else() {
    check(
        "async fn f(o: Option<u32>) -> u32 { let Some(x) = o else { return op(0).await; }; x }",
        expect![[r#"
            b0:
              let o = param 0  // +o
              let Some(x) = o -> b1, else b2
            b1:
              return x
            b2:
              suspend `op` op(0) -> __durable_tmp1 in b3
            b3:
              return __durable_tmp1
        "#]],
    );
}

#[test]
fn lazy_and() {
    check(
        "async fn f(c: bool) -> bool { c && op(1).await }",
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
fn shadowed() {
    check(
        "async fn f(x: u32) -> u32 { let x = x + 1; { let x = op(x).await; log(x); } x }",
        expect![[r#"
            b0:
              let x = param 0  // +x
              let x = x+1  // +x ?x
              suspend `op` op(x) -> __durable_tmp2 in b1
            b1:
              let x = __durable_tmp2  // +x ?__durable_tmp2
              log(x);  // ?x
              return x
        "#]],
    );
}

#[test]
fn code_after_return() {
    check(
        "async fn f(c: bool) -> u32 { return op(1).await; }",
        expect![[r#"
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
        expect![[r#"
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
        expect![[r#"
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
fn only_opaque_loops() {
    check(
        "async fn f(v: Vec<u32>) -> u32 { let mut n = 0; for x in v { if x == 0 { break; } n += x; } op(n).await }",
        expect![[r#"
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

#[test]
fn macro_uses() {
    check(
        r#"async fn f(a: u32, b: u32) { op(1).await; println!("{a} {}", b); }"#,
        expect![[r#"
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
