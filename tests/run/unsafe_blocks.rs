//! `unsafe` blocks that await; the other tests forbid unsafe code.
#![deny(unsafe_code, unused_unsafe)]

use durable_tests::equivalence::{Ends, compare, workflow};

#[allow(unsafe_code)]
unsafe fn plus_one(n: u32) -> u32 {
    n + 1
}

macro_rules! function {
    ($($attr:tt)*) => {
        $($attr)*
        #[allow(unsafe_code)]
        pub async fn unsafe_blocks(n: u32) -> u32 {
            let a = unsafe { plus_one(act("a", n).await) };
            let b = unsafe {
                let b = plus_one(a);
                tick().await;
                plus_one(b)
            };
            unsafe {
                act("b", plus_one(b)).await;
            }
            if unsafe { plus_one(act("c", b).await) } > 2 {
                return unsafe { act("d", plus_one(b)).await };
            }
            b
        }
    };
}

mod plain {
    use super::plus_one;
    use durable_tests::equivalence::ops::plain::*;
    function!();
}

mod durable {
    use super::{plus_one, workflow};
    use durable_tests::equivalence::ops::durable::*;
    function!(#[workflow]);
}

fn main() {
    compare(Ends::Returns, || plain::unsafe_blocks(1), durable::unsafe_blocks(1));
}
