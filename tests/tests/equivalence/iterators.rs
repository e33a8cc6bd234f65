//! `for` over everything that can be saved.

use durable_tests::equivalent;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};

equivalent! {
    with [(3)];
    async fn ranges(n: u32) -> Vec<u32> {
        let mut all = Vec::new();
        for i in 0..n {
            all.push(act("a", i).await);
        }
        for i in (0..n).rev() {
            all.push(act("b", i).await);
        }
        for i in 5.. {
            if i > 5 + n {
                break;
            }
            all.push(act("c", i).await);
        }
        for i in n..0 {
            all.push(act("never", i).await);
        }
        for c in 'a'..'d' {
            all.push(act("char", c).await as u32);
        }
        for i in (0..10).step_by(4) {
            all.push(act("step", i).await);
        }
        for i in -2_i64..2 {
            all.push(act("signed", i).await as u32);
        }
        all
    }
}

equivalent! {
    with [(3)];
    async fn inclusive_ranges_come_to_an_end(n: u8) -> Vec<u8> {
        let mut all = Vec::new();
        for i in 253..=u8::MAX {
            all.push(act("a", i).await);
        }
        for i in (0..=n).rev() {
            all.push(act("b", i).await);
        }
        for i in n..=n {
            all.push(act("c", i).await);
        }
        for i in n + 1..=n {
            all.push(act("never", i).await);
        }
        for i in (n + 1..=n).rev() {
            all.push(act("never", i).await);
        }
        for c in '\u{d7fe}'..='\u{e001}' {
            all.push(act("over the gap", c).await.len_utf8() as u8);
        }
        for i in i128::MAX - 1..=i128::MAX {
            all.push(act("large", i == i128::MAX).await.into());
        }
        all
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn owned_collections(items: Vec<u32>) -> Vec<u32> {
        let mut all = Vec::new();
        for x in items.clone() {
            all.push(act("vec", x).await);
        }
        for x in [1, 2] {
            all.push(act("array", x).await);
        }
        for x in items.iter().copied().collect::<VecDeque<_>>() {
            all.push(act("deque", x).await);
        }
        for x in items.iter().copied().collect::<BTreeSet<_>>() {
            all.push(act("set", x).await);
        }
        for x in items.iter().copied().collect::<LinkedList<_>>() {
            all.push(act("list", x).await);
        }
        for x in BinaryHeap::from(vec![7]) {
            all.push(act("heap", x).await);
        }
        for x in items.first().copied() {
            all.push(act("option", x).await);
        }
        for x in Ok::<u32, String>(9) {
            all.push(act("result", x).await);
        }
        for x in items.into_iter().rev() {
            all.push(act("rev", x).await);
        }
        all
    }
}

equivalent! {
    with [(2)];
    async fn maps(n: u32) -> Vec<(u32, String)> {
        let tree: BTreeMap<u32, String> = (0..n).map(|i| (i, format!("t{i}"))).collect();
        let mut hash = HashMap::new();
        hash.insert(7, "h".to_owned());
        let mut all = vec![];
        for (k, v) in tree.clone() {
            tick().await;
            all.push((k, v));
        }
        for (k, mut v) in tree.clone().into_iter().rev() {
            v.push('!');
            tick().await;
            all.push((k, v));
        }
        for k in tree.clone().into_keys() {
            all.push((act("key", k).await, String::new()));
        }
        for v in tree.into_values() {
            all.push((0, act("value", v).await));
        }
        for (k, v) in hash.clone() {
            tick().await;
            all.push((k, v));
        }
        for k in HashSet::from([5]) {
            tick().await;
            all.push((k, String::new()));
        }
        for k in hash.into_keys() {
            tick().await;
            all.push((k, String::new()));
        }
        all
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])];
    async fn adaptors(words: Vec<String>) -> Vec<String> {
        let mut all = Vec::new();
        for (i, word) in words.clone().into_iter().enumerate() {
            all.push(act("enumerate", format!("{i}{word}")).await);
        }
        for (word, n) in words.clone().into_iter().zip(1..) {
            all.push(act("zip", format!("{n}{word}")).await);
        }
        for word in words.clone().into_iter().chain(["d".to_owned()]).skip(1).take(2) {
            all.push(act("chain", word).await);
        }
        for word in words.clone().into_iter().step_by(2) {
            all.push(act("step", word).await);
        }
        for (i, word) in words.into_iter().enumerate().rev() {
            all.push(act("rev", format!("{i}{word}")).await);
        }
        for (i, x) in (10..13).enumerate().skip(1) {
            all.push(act("range", format!("{i}{x}")).await);
        }
        all
    }
}

equivalent! {
    with [(vec![(1, Some("a".to_owned())), (2, None)])];
    async fn patterns_of_loops(items: Vec<(u32, Option<String>)>) -> Vec<String> {
        let mut all = Vec::new();
        for (mut n, text) in items {
            let Some(text) = text else {
                all.push(act("none", n).await.to_string());
                continue;
            };
            n += 1;
            tick().await;
            all.push(format!("{n}{text}"));
        }
        for _ in 0..2 {
            tick().await;
        }
        all
    }
}

equivalent! {
    with [(3)];
    async fn the_source_is_evaluated_once(n: u32) -> Vec<u32> {
        let mut all = Vec::new();
        for i in note("source", 0..act("n", n).await) {
            all.push(act("i", i).await);
        }
        let mut left = vec![1, 2, 3];
        for i in std::mem::take(&mut left) {
            left.push(act("left", i * 10).await);
        }
        all.extend(left);
        all
    }
}

equivalent! {
    with [(3)];
    async fn iterators_used_up_between_awaits(n: u32) -> (Vec<u32>, String) {
        let mut it = (0..n).into_iter();
        let first = it.next();
        let rest: Vec<u32> = it.map(|x| x * 2).collect();
        tick().await;
        let mut text = String::new();
        for (i, x) in rest.iter().enumerate() {
            text += &format!("{i}{x}");
        }
        act("first", first).await;
        (rest, text)
    }
}
