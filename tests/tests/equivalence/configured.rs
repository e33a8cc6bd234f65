//! `#[cfg]` in bodies: rustc has evaluated it before the body is read.

use durable_tests::{equivalent, equivalent_group};

equivalent! {
    with [(1), (2), (7)];
    async fn a_cfg_on_statements_that_bind_and_await(n: u32) -> String {
        #[cfg(all())]
        let a = act("a", n).await;
        #[cfg(any())]
        let a = no_such_function(n).await;
        #[cfg(any())]
        {
            act("never", 1).await;
        }
        #[cfg(not(any()))]
        {
            act("always", 2).await;
        }
        let mut b = a + 1;
        tick().await;
        #[cfg(any())]
        {
            b = 100;
        }
        #[cfg(all())]
        {
            b += 10;
        }
        #[cfg(any())]
        return String::new();
        #[cfg(any())]
        panic!("never");
        tick().await;
        format!("{a}{b}")
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn a_cfg_on_parts_of_expressions(n: u32) -> String {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Parts { #[cfg(any())] none: u32, #[cfg(all())] a: u32, b: u32 }
        let taken = match n {
            #[cfg(any())]
            1 => act("gone", 1).await,
            #[cfg(all())]
            1 => act("one", 11).await,
            #[cfg(any())]
            2 => unreachable!(),
            k if !(k == 3) => act("k", k).await,
            #[cfg_attr(all(), allow(clippy::match_same_arms, reason = "a test"))]
            _ => 0,
        };
        let parts = Parts {
            #[cfg(any())]
            none: act("none", 1).await,
            #[cfg(all())]
            a: act("a", taken).await,
            b: act("b", n).await,
        };
        let list = [#[cfg(any())] 1, act("l", 2).await, #[cfg(any())] 3];
        let mut sum = 0;
        for x in list {
            #[cfg(any())]
            break;
            sum += act("x", x).await;
            #[cfg(any())]
            continue;
            tick().await;
            sum += 1;
        }
        #[cfg_attr(any(), label = "never")]
        #[cfg_attr(all(), allow(unused_mut, reason = "a test"))]
        let last = act("last", sum).await;
        let Parts { a, .. } = parts;
        tick().await;
        #[cfg(all())]
        { format!("{a}{last}{sum}") }
    }
}

equivalent! {
    with [(3)];
    async fn a_cfg_in_branches_of_functions(n: u32) -> u32 {
        #[cfg(any())]
        fn helper(n: u32) -> u32 { n }
        #[cfg(all())]
        fn helper(n: u32) -> u32 { n * 2 }
        let mut x = n;
        if x > 1 {
            #[cfg(any())]
            let x = act("inner", 1).await;
            #[cfg(all())]
            let x = act("inner", x).await;
            tick().await;
            return helper(x);
        } else {
            #[cfg(all())]
            tick().await;
        }
        x
    }
}
