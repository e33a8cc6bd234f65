//! `if`, `match`, `let … else`, labelled blocks.

use super::check;
use expect_test::expect;

#[test]
fn if_suspends_in_one_arm() {
    check(
        "async fn f(c: bool) -> u32 { let x = if c { op(1).await } else { 2 }; x }",
        &expect![[r#"
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
        &expect![[r#"
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
        &expect![[r#"
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
        &expect![[r#"
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
        &expect![[r#"
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
        &expect![[r#"
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
fn labelled_block() {
    check(
        "async fn f(c: bool) -> u32 { 'done: { if c { break 'done 1; } op(2).await } }",
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
fn let_else() {
    check(
        "async fn f() -> u32 { let Some(x) = op(1).await else { return 0; }; x }",
        &expect![[r#"
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
        &expect![[r#"
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
fn temporaries_of_what_is_matched_live_as_long_as_the_match() {
    check(
        "async fn f(n: u32) { match &count(&lock(), n) { k => { critical(k); op(k).await; } } after(); }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              match count(&lock(),n) [__durable_tmp1 -> b1]
            b1:
              let __durable_tmp2 = &__durable_tmp1  // +__durable_tmp2 ?__durable_tmp1
              match __durable_tmp2 [k -> b2]
            b2:
              critical(k);  // ?k
              suspend `op` op(k) -> __durable_tmp4 in b3
            b3:
              __durable_tmp4;  // ?__durable_tmp4
              goto b4
            b4:
              after();  
              return 
        "#]],
    );
    check(
        "async fn f(c: bool) { if c && let Some(k) = &count(&lock()) { op(k).await; } else { none(); } }",
        &expect![[r#"
            b0:
              let c = param 0  // +c
              if c -> b1, else b5
            b1:
              match count(&lock()) [__durable_tmp1 -> b2]
            b2:
              let __durable_tmp2 = &__durable_tmp1  // +__durable_tmp2 ?__durable_tmp1
              if let Some(k)=__durable_tmp2 -> b3, else b5
            b3:
              suspend `op` op(k) -> __durable_tmp4 in b4
            b4:
              __durable_tmp4;  // ?__durable_tmp4
              return 
            b5:
              return {none();}
        "#]],
    );
}
