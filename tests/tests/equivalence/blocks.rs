//! `const` blocks, items inside blocks that await, and attributes.

use durable_tests::equivalent;

equivalent! {
    with [(1)];
    async fn const_blocks(n: u32) -> u32 {
        let a = act("a", const { 1 + 2 }).await + const { 3_u32.pow(2) };
        let b = sum(const { 5 }, act("b", n).await);
        a + b
    }
}

fn sum(a: u32, b: u32) -> u32 {
    a + b
}

equivalent! {
    with [(1), (2)];
    async fn items_in_inner_blocks(n: u32) -> u32 {
        fn twice(x: u32) -> u32 {
            x * 2
        }
        let a = {
            const STEP: u32 = 3;
            fn plus(x: u32) -> u32 {
                x + STEP
            }
            act("a", plus(n)).await
        };
        let b = if n == 1 {
            const MORE: u32 = 30;
            struct Local {
                x: u32,
            }
            impl Local {
                fn get(&self) -> u32 {
                    self.x + MORE
                }
            }
            tick().await;
            Local { x: twice(a) }.get()
        } else {
            use std::cmp::{max, min};
            max(act("max", n).await, min(a, 4))
        };
        let c = {
            let before = thrice(b);
            tick().await;
            let c = act("c", thrice(before)).await;
            fn thrice(x: u32) -> u32 {
                x * 30
            }
            c
        };
        c + twice(1)
    }
}

equivalent! {
    with [(1)];
    async fn attributes(n: u32) -> u32 {
        #[allow(unused_variables, reason = "a test")]
        let unused = act("a", n).await;
        #[allow(clippy::identity_op, reason = "a test")]
        let b = act("b", n + 0).await;
        #[rustfmt::skip]
        let c   =   act("c", b) . await;
        #[allow(clippy::needless_return, reason = "a test")]
        if c > 100 {
            return act("d", c).await;
        }
        #[expect(clippy::let_and_return, reason = "a test")]
        {
            tick().await;
        }
        let x = match c {
            #[allow(unreachable_patterns, reason = "a test")]
            1 => act("one", 1).await,
            #[allow(unreachable_patterns, reason = "a test")]
            1 => 2,
            _ => 3,
        };
        let y = sum(#[allow(unused_parens, reason = "a test")] (x), act("y", x).await);
        x + y
    }
}
