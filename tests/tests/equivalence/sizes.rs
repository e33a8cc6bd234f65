//! A function of 50 locals and 200 awaits.

use durable_tests::equivalent;

macro_rules! large {
    ($all:tt) => {
        large! { @ $all $all $all $all $all }
    };
    (@ [$($local:ident)*] [$($a:ident)*] [$($b:ident)*] [$($c:ident)*] [$($d:ident)*]) => {
        equivalent! {
            with [(1)];
            async fn fifty_locals_and_two_hundred_awaits(n: u64) -> u64 {
                $(let mut $local = n;)*
                $($a = act("a", $a + 1).await;)*
                $($b = $b * 3 + act("b", $b).await;)*
                if n > 0 {
                    $($c += act(stringify!($c), $c).await % 7;)*
                }
                $($d ^= act("d", $d * 2).await;)*
                0 $(+ $local)*
            }
        }
    };
}

large! {
    [
        v00 v01 v02 v03 v04 v05 v06 v07 v08 v09
        v10 v11 v12 v13 v14 v15 v16 v17 v18 v19
        v20 v21 v22 v23 v24 v25 v26 v27 v28 v29
        v30 v31 v32 v33 v34 v35 v36 v37 v38 v39
        v40 v41 v42 v43 v44 v45 v46 v47 v48 v49
    ]
}
