//! Owned iterators that are advanced by hand: saved as the items that are left.

use durable_tests::equivalent_group;
use std::collections::VecDeque;

equivalent_group! {
    rests: owned_rest(3), owned_rest(0), owned_peek(3), owned_in_branches(3);

    #[workflow]
    pub(super) async fn owned_rest(n: u32) -> String {
        let v: Vec<String> = (0..n).map(|i| i.to_string()).collect();
        let mut log = String::new();
        let mut it = v.into_iter();
        while let Some(x) = it.next() {
            log += &act("x", x).await;
            if log.len() == 1 { tick().await; log += &it.next_back().unwrap_or_default(); }
        }
        let mut nums = vec![1u32, 2, 3].into_iter().rev();
        let a = nums.next();
        tick().await;
        let b = nums.next_back();
        tick().await;
        let mut d = VecDeque::from([n, 5, 6]).into_iter();
        d.next();
        tick().await;
        let rest: Vec<u32> = d.collect();
        it = vec!["again".to_owned(), "b".to_owned()].into_iter();
        let first = loop { let Some(x) = it.next() else { break "none".to_owned() }; if act("y", x.len()).await > 1 { break x; } };
        let typed: std::vec::IntoIter<u32> = vec![7, 8].into_iter();
        tick().await;
        for t in typed { log += &act("t", t).await.to_string(); }
        format!("{log}{a:?}{b:?}{rest:?}{first}{}", it.len())
    }
    #[workflow]
    pub(super) async fn owned_peek(n: u32) -> String {
        let mut it = (0..n).collect::<Vec<_>>().into_iter().peekable();
        let mut log = String::new();
        while let Some(x) = it.next() {
            tick().await;
            if let Some(y) = it.peek() { log += &format!("{x}<{y}"); }
            if it.next_if(|y| *y == 2).is_some() { tick().await; }
            if it.peek().is_none() { tick().await; log += "end"; }
        }
        let mut r = vec![1, 2, 3].into_iter().rev().peekable();
        r.next(); r.peek();
        tick().await;
        format!("{log}{:?}", r.collect::<Vec<i32>>())
    }
    #[workflow]
    pub(super) async fn owned_in_branches(n: u32) -> String {
        let mut it = vec![n, 2, 3, 4].into_iter();
        let mut other = vec![n].into_iter();
        let (a, b) = join!(
            async { let a = it.next(); tick().await; let b = it.next(); tick().await; (a, b) },
            async move { tick().await; other.next() },
        );
        tick().await;
        format!("{a:?}{b:?}{:?}", it.next())
    }
}
