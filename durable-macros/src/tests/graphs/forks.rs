//! Branches that run at the same time, guards that await, and closures that are made again.

use super::check;
use expect_test::expect;

#[test]
fn join_of_an_operation_and_a_block() {
    check(
        "async fn f(n: u32) -> u32 {
            let mut total = n;
            let (a, b) = join!(op(n), async { let x = other(n).await; total += x; x });
            a + b + total
        }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              let mut total = n  // +total ?n
              fork `join(op,async)` [0: op(n)] [1: b2] -> __durable_tmp5 in b1
            b1:
              let (a,b) = __durable_tmp5  // +a +b ?__durable_tmp5
              return a+b+total
            b2:
              suspend `other` other(n) -> __durable_tmp3 in b3
            b3:
              let x = __durable_tmp3  // +x ?__durable_tmp3
              total+=x;  // ?total ?x
              return x
        "#]],
    );
}

#[test]
fn select_with_a_condition_and_handlers() {
    check(
        "async fn f(n: u32) -> u32 {
            loop {
                select! {
                    Some(x) = op(n), if n > 1 => break x,
                    _ = other() => continue,
                    else => return 0,
                }
            }
        }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              goto b1
            b1:
              let __durable_tmp1 = n>1  // +__durable_tmp1 ?n
              fork `select(op,other)` [0 if __durable_tmp1: op(n)] [1: other()] -> __durable_tmp2 in b2
            b2:
              match __durable_tmp2 [(::core::option::Option::Some(Some(x)),_,) -> b3] [(_,::core::option::Option::Some(_),) -> b4] [_ -> b5]
            b3:
              return x
            b4:
              goto b1
            b5:
              return 0
        "#]],
    );
}

#[test]
fn limit_of_a_block() {
    check(
        "async fn f(n: u32) -> bool { timeout(D, async move { op(n).await }).await.is_ok() }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              fork `timeout(async)` [0: timeout(D,::durable_runtime::__private::never())] [1: b2] -> __durable_tmp3 in b1
            b1:
              return __durable_tmp3.is_ok()
            b2:
              suspend `op` op(n) -> __durable_tmp2 in b3
            b3:
              return __durable_tmp2
        "#]],
    );
}

#[test]
fn guard_that_awaits() {
    check(
        "async fn f(n: Option<u32>) -> u32 {
            match n { Some(x) if x > 2 && op(x).await => x, Some(x) => x + 1, None => 0 }
        }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              goto b1
            b1:
              let mut __durable_tmp2 = ::core::option::Option::None  // +__durable_tmp2
              match n{Some(x)if{if x>2{__durable_tmp2=::core::option::Option::Some(op(x));}false}=>::core::unreachable!(),_=>{}}  // ?n
              if ::core::option::Option::is_some(&__durable_tmp2) -> b2, else b5
            b2:
              suspend `op` ::core::option::Option::unwrap(__durable_tmp2) -> __durable_tmp1 in b3
            b3:
              match n [Some(x)if __durable_tmp1 -> b4] [_ -> b5]
            b4:
              return x
            b5:
              match n [Some(x) -> b6] [None -> b7] [_ -> b8]
            b6:
              return x+1
            b7:
              return 0
            b8:
              unreachable
        "#]],
    );
}

#[test]
fn parameter_that_is_lent() {
    check(
        "async fn f(order: &Order) -> u32 { op(order.id).await; order.total }",
        &expect![[r#"
            b0:
              let __lent_order = param 0  // +__lent_order
              let order = &__lent_order  // +order ?__lent_order
              suspend `op` op(order.id) -> __durable_tmp2 in b1
            b1:
              __durable_tmp2;  // ?__durable_tmp2
              return order.total
        "#]],
    );
}

#[test]
fn nothing_comes_after_a_select_without_a_branch() {
    check(
        "async fn f(n: u32) -> u32 {
            let x;
            select! {
                a = op(n) => { x = a; }
                Some(b) = op2() => { x = act(b).await; }
            }
            act(x).await;
            x
        }",
        &expect![[r#"
            b0:
              let n = param 0  // +n
              let x;  // +x
              fork `select(op,op2)` [0: op(n)] [1: op2()] -> __durable_tmp2 in b1
            b1:
              match __durable_tmp2 [(::core::option::Option::Some(a),_,) -> b2] [(_,::core::option::Option::Some(Some(b)),) -> b5] [_ -> b7]
            b2:
              {x=a;};  // =x ?a
              goto b3
            b3:
              suspend `act(x)` act(x) -> __durable_tmp6 in b4
            b4:
              __durable_tmp6;  // ?__durable_tmp6
              return x
            b5:
              suspend `act(b)` act(b) -> __durable_tmp5 in b6
            b6:
              x=__durable_tmp5;  // =x ?__durable_tmp5
              goto b3
            b7:
              ::durable_runtime::__private::no_branch();  
              unreachable
        "#]],
    );
}
