//! Functions that macros write, and names that could meet ours.

use durable_tests::equivalent;

macro_rules! by_macro {
    ($name:ident, $x:ident, $value:expr, $body:block) => {
        equivalent! {
            with [(1), (2)];
            async fn $name($x: u32) -> u32 {
                let y = $value;
                let x = 1000;
                let z = $body;
                tick().await;
                x + y + z
            }
        }
    };
}

by_macro!(written_by_a_macro, n, n + 1, { n * 2 });

macro_rules! with_awaits {
    ($name:ident, $x:ident, $first:expr, $body:block, $label:lifetime, $pat:pat, $ty:ty) => {
        equivalent! {
            with [(1), (2)];
            async fn $name($x: u32) -> u32 {
                let x: $ty = act("x", $first).await + $first;
                let out = $label: {
                    if let $pat = act("pat", $x).await {
                        break $label x * 10;
                    }
                    $body
                };
                tick().await;
                x + out
            }
        }
    };
}

with_awaits!(parts_given_to_a_macro, n, 1 + n * 2, { let n = 7; n }, 'out, 1, u32);

equivalent! {
    with [(1)];
    async fn r#match(r#type: u32) -> u32 {
        let r#fn = act("fn", r#type).await;
        let größe = r#fn + 1;
        let 名前 = act("name", größe).await;
        'r#loop: loop {
            if act("go", 名前).await > 0 {
                break 'r#loop;
            }
        }
        tick().await;
        r#fn + größe + 名前
    }
}

equivalent! {
    with [(1)];
    async fn names_like_ours(__durable_tmp0: u32) -> u32 {
        let __slot1 = act("slot", __durable_tmp0).await;
        let __durable_tmp1 = act("tmp", __slot1 + 1).await;
        let (cx, pc, entry, here, point, frame) = (1, 2, 3, 4, 5, 6);
        let pc__ = act("pc", pc).await + act("cx", cx).await;
        let cx__ = '__machine: loop {
            if act("label", entry).await == 3 {
                break '__machine here;
            }
        };
        tick().await;
        __durable_tmp0 + __slot1 + __durable_tmp1 + cx + pc + entry + here + point + frame + pc__ + cx__
    }
}

mod shadowed {
    use durable_tests::equivalent;

    #[derive(Debug)]
    pub struct Option;
    #[derive(Debug)]
    pub struct Result;
    #[derive(Debug)]
    pub struct Some;
    pub struct Ok;
    pub struct Err;
    pub struct None;
    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub mod core {}
    pub mod std {}
    pub trait Send {}
    pub trait Clone {}
    pub trait Into {}
    pub fn drop(_: u32) -> u32 {
        7
    }

    pub mod one {
        use super::super::*;
        use super::*;
        use durable_tests::equivalence::ops::durable::*;
        #[durable_tests::equivalence::workflow]
        pub async fn shadowed_prelude(n: u32) -> u32 {
            let a = act("a", n).await;
            let mut sum = a;
            for i in 0..n {
                sum += act("i", i).await;
            }
            if act("b", sum).await > 1
                && let 1 = act("c", 1).await
            {
                sum += 1;
            }
            drop(sum)
        }
    }
}

macro_rules! several_places {
    ($name:ident, $x:ident, $label:lifetime, $e:expr, $out:expr) => {
        equivalent! {
            with [(1), (3)];
            async fn $name(mut $x: u32) -> u32 {
                let mut x = 100;
                let point = Named { n: $x, x };
                $label: loop {
                    'turn: loop {
                        $e;
                        x += act("x", x).await;
                        if $x > 3 {
                            break $label;
                        }
                        break 'turn;
                    }
                    note("seen", format!("{x} {}", $out));
                }
                tick().await;
                $x + x + point.n
            }
        }
    };
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Named {
    n: u32,
    x: u32,
}

several_places!(tokens_of_a_name_from_several_places, n, 'outer, n += 1, format!("{n}"));
