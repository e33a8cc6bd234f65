//! Pieces of the language around awaits that have no file of their own.

use durable_tests::equivalent_group;
use std::collections::{BTreeMap, BTreeSet};

fn find(n: u32) -> Option<u32> {
    (n > 1).then_some(n)
}

equivalent_group! {
    pieces: closures_in_options(2), closures_in_options(1), chains_that_await(2), chains_that_await(0), blocks_with_values(3), blocks_with_values(1),
        items_inside(2), attributes_inside(2), either_side_awaits(2), either_side_awaits(11), trees_that_are_borrowed(3);

    #[workflow]
    pub(super) async fn closures_in_options(n: u32) -> String {
        let o = Some(n).filter(|x| *x > 1);
        let p = find(n).map(|x| x * 2);
        let r: Result<u32, String> = act("r", Err::<u32, String>("a".into())).await.map_err(|e| e + "!");
        tick().await;
        let q = find(3).and_then(|x| find(x)).map(|x| x + n).take();
        tick().await;
        format!("{o:?}{r:?}{p:?}{q:?}")
    }
    #[workflow]
    pub(super) async fn chains_that_await(n: u32) -> String {
        let o = Some(n);
        let mut log = String::new();
        if let Some(x) = o && act("c", x).await > 1 && let Some(y) = act("d", Some(x + 1)).await && y > 2 {
            tick().await;
            log += &format!("{x}{y}");
        } else { log += "no"; }
        while let Some(x) = act("e", Some(log.len() as u32)).await && x < 6 && act("f", true).await {
            log += "w";
        }
        log
    }
    #[workflow]
    pub(super) async fn blocks_with_values(n: u32) -> u32 {
        let r = 'a: {
            let x = act("x", n).await;
            if x > 2 { break 'a x * 2; }
            let y = 'b: { if act("y", x).await == 1 { break 'b 5; } if x == 2 { break 'a 9; } 7 };
            y + act("z", 1u32).await
        };
        let k = loop { if act("l", r).await > 0 { break ('k: { act("m", 3u32).await }) } };
        tick().await;
        r + k
    }
    #[workflow]
    pub(super) async fn items_inside(n: u32) -> u32 {
        const K: u32 = 3;
        static S: u32 = 4;
        fn add(a: u32) -> u32 { a + K }
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct P { a: u32 }
        impl P { fn twice(&self) -> u32 { self.a * 2 } }
        enum E { A(u32), B }
        use E::*;
        let c = const { 3u32 + 4 };
        let p = P { a: c };
        tick().await;
        let e = if n > 1 { A(n) } else { B };
        let z = match e { A(x) => act("a", x).await, B => 0 };
        p.twice() + add(z) + const { K * 2 } + S + c
    }
    #[workflow]
    pub(super) async fn attributes_inside(n: u32) -> u32 {
        #[allow(unused_variables, reason = "a test")]
        let x = act("x", n).await;
        #[rustfmt::skip]
        let y = act("y", x).await + 1;
        #[allow(clippy::identity_op, reason = "a test")]
        { tick().await; }
        #[expect(unused_variables, reason = "a test")]
        let unused = 5;
        #[warn(unused_mut)]
        if y > 1 { tick().await; }
        #[allow(unreachable_code, reason = "a test")]
        match y { #[allow(unused, reason = "a test")] 3 => act("m", 1u32).await, _ => y }
    }
    #[workflow]
    pub(super) async fn either_side_awaits(n: u32) -> Result<u32, String> {
        let x = act("x", n).await;
        if x > 10 || act("y", Ok::<bool, String>(x > 1)).await? { tick().await; }
        let b = x > 10 || act("z", Ok::<bool, String>(x > 5)).await? && x < 3;
        let c = !(x > 1) || { tick().await; x > 2 };
        Ok(x + b as u32 + c as u32)
    }
    #[workflow]
    pub(super) async fn trees_that_are_borrowed(n: u32) -> String {
        let m: BTreeMap<u32, String> = (0..n).map(|i| (i, i.to_string())).collect();
        let s: BTreeSet<u32> = (0..n).collect();
        let mut log = String::new();
        for (k, v) in &m { log += &format!("{}{v}", act("k", *k).await); }
        for k in m.keys() { log += &format!("{}", act("k", *k).await); }
        for v in m.values() { log += &format!("{}", act("v", v.clone()).await); }
        for x in &s { log += &format!("{}", act("x", *x).await); }
        for x in s.iter().rev() { log += &format!("{}", act("x", *x).await); tick().await; }
        log
    }
}
