//! Awaits in the guards of a `match`.

use durable_tests::equivalent_group;
use serde::{Deserialize, Serialize};

equivalent_group! {
    guards: guard_first(3), guard_first(0), guard_moved(Some("abc".to_owned())), guard_moved(None), guard_moved(Some(String::new())),
        guard_several(1), guard_several(4), guard_several(7), guard_several(20), guard_borrowed(2), guard_borrowed(0), guard_both(1, 2), guard_both(5, 5), guard_both(9, 1),
        guard_counted(3), guard_counted(5), guard_lazy(2), guard_lazy(12), guard_in_loop(6), guard_value(3), guard_value(8), guard_by_ref(4), guard_nested(3),
        guard_kinds(0), guard_kinds(1), guard_kinds(2), guard_kinds(3), guard_whole(3), guard_whole(9), guard_compared(4), guard_compared(6),
        guard_shadowed(3), guard_joined(5), guard_changes(3), guard_of_await(3), guard_of_await(8), guard_places(1), guard_then_waits(4), guard_unique(3);

    #[workflow]
    pub(super) async fn odd_one(n: u32) -> bool {
        act("odd", n).await % 2 == 1
    }

    #[workflow]
    pub(super) async fn guard_first(n: u32) -> u32 {
        match n {
            0 if odd_one(n).await => 100,
            x if odd_one(x).await => x + 1,
            _ => 7,
        }
    }
    // What is bound by value moves when the guard has held, and not before.
    #[workflow]
    pub(super) async fn guard_moved(name: Option<String>) -> String {
        let text = match name {
            Some(text) if act("long", text.len()).await > 2 => text,
            Some(text) if odd_one(text.len() as u32).await || text.is_empty() => text + "!",
            Some(text) => text + "?",
            None => "none".to_owned(),
        };
        tick().await;
        text
    }
    #[workflow]
    pub(super) async fn guard_several(n: u32) -> String {
        match n {
            0 => "zero".to_owned(),
            1 => act("one", "one".to_owned()).await,
            2..=5 if odd_one(n).await => "odd".to_owned(),
            3 => "three".to_owned(),
            4..=9 if act("a", n).await > 6 && act("b", n + 1).await > 7 => "large".to_owned(),
            m if m < 10 && odd_one(m + 1).await => format!("even {m}"),
            m => format!("rest {m}"),
        }
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub(super) struct Order { note: Option<String>, items: Vec<u32> }
    #[workflow]
    pub(super) async fn guard_borrowed(n: u32) -> String {
        let order = Order { note: (n > 1).then(|| n.to_string()), items: vec![n] };
        let note = match &order.note {
            Some(text) if odd_one(text.len() as u32).await => {
                tick().await;
                text.clone() + text
            }
            Some(text) => text.clone(),
            None if act("items", order.items.len()).await == 1 => "one".to_owned(),
            None => String::new(),
        };
        format!("{note}{order:?}")
    }
    #[workflow]
    pub(super) async fn guard_both(a: u32, b: u32) -> u32 {
        match (a, b) {
            (x, y) if act("sum", x + y).await == 10 => x,
            (x, 1) if odd_one(x).await => x * 10,
            (_, y) => y,
        }
    }
    // What comes before the await happens once.
    #[workflow]
    pub(super) async fn guard_counted(n: u32) -> (u32, Vec<u32>) {
        let mut seen = Vec::new();
        let mut count = 0;
        let found = match n {
            x if { count += 1; seen.push(x); note("before", x) > 4 } && odd_one(x).await && { seen.push(9); true } => x,
            x if { count += 10; odd_one(x + count) }.await => x + 1,
            _ => 0,
        };
        tick().await;
        (found + count, seen)
    }
    #[workflow]
    pub(super) async fn guard_lazy(n: u32) -> u32 {
        match n {
            x if x > 10 && odd_one(x + 1).await && note("after", x) > 3 => 1,
            x if !odd_one(x).await => 2,
            _ => 3,
        }
    }
    #[workflow]
    pub(super) async fn guard_in_loop(n: u32) -> u32 {
        let mut total = 0;
        let out = 'out: loop {
            for i in 0..n {
                match i % 4 {
                    0 if odd_one(i + total).await => continue,
                    1 if act("one", i).await > 4 => break 'out total,
                    2 => total += 1,
                    k if odd_one(k).await => {
                        total += act("k", k).await;
                        if total > 20 { break 'out total + 100; }
                    }
                    _ => {}
                }
            }
            total += 3;
        };
        out
    }
    #[workflow]
    pub(super) async fn guard_value(n: u32) -> u32 {
        let base = 1 + match n { 3 if odd_one(n).await => act("three", 30).await, x => x } + act("plus", n).await;
        base * 2
    }
    #[workflow]
    pub(super) async fn guard_by_ref(n: u32) -> String {
        let pair = (n, n.to_string());
        let text = match pair {
            (k, ref text) if act("text", text.len()).await == 1 && odd_one(k + 1).await => format!("{text}{k}"),
            (k, text) => format!("{text}-{k}"),
        };
        tick().await;
        text
    }
    #[workflow]
    pub(super) async fn guard_nested(n: u32) -> u32 {
        match n {
            x if odd_one(x).await => match x + 1 {
                y if odd_one(y).await => 1,
                y if act("y", y).await == 4 => match y { z if !odd_one(z).await => z, _ => 2 },
                _ => 3,
            },
            _ => 4,
        }
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub(super) enum Kind { Empty, Text(String), Pair { a: u32, b: String } }
    #[workflow]
    pub(super) async fn guard_kinds(n: u32) -> String {
        let kind = match n { 0 => Kind::Empty, 1 => Kind::Text("t".to_owned()), 2 => Kind::Pair { a: 1, b: "b".to_owned() }, _ => Kind::Pair { a: 2, b: "c".to_owned() } };
        match kind {
            Kind::Empty if odd_one(0).await => "no".to_owned(),
            Kind::Pair { a, .. } if odd_one(a).await => { tick().await; a.to_string() }
            Kind::Text(text) if odd_one(text.len() as u32).await => text,
            Kind::Pair { b, a: 2 } => { tick().await; b }
            other => { tick().await; format!("{other:?}") }
        }
    }
    #[workflow]
    pub(super) async fn guard_whole(n: u32) -> u32 {
        match n { all @ 1..=5 if odd_one(all).await => all, all @ (2 | 9) => all * 2, _ => 0 }
    }
    #[workflow]
    pub(super) async fn guard_compared(n: u32) -> u32 {
        match n { x if 4 == act("x", x).await => 1, x if act("x", x).await as u64 > 5u64 => 2, x if x + act("y", x).await > 7 => 9, _ => 3 }
    }
    #[workflow]
    pub(super) async fn guard_shadowed(n: u32) -> u32 {
        let x = 100;
        let y = match Some(n) { Some(x) if odd_one(x).await => x + 1, Some(_) => x, None => 0 };
        tick().await;
        x + y
    }
    #[workflow]
    pub(super) async fn guard_joined(n: u32) -> u32 {
        let (a, b) = join!(async { match n { x if odd_one(x).await => x, _ => 0 } }, async {
            match n + 1 { x if odd_one(x).await => x, x => { tick().await; x * 2 } }
        });
        a * 100 + b
    }
    #[workflow]
    pub(super) async fn guard_changes(n: u32) -> Vec<u32> {
        let mut list = vec![n];
        match list.len() {
            1 if { list.push(2); odd_one(list[0]) }.await => list.push(3),
            _ => list.clear(),
        }
        match list { list if odd_one(list.len() as u32).await => list, mut list => { list.push(7); list } }
    }
    #[workflow]
    pub(super) async fn guard_of_await(n: u32) -> u32 {
        match act("n", n).await { x if odd_one(x).await => x, 8 => 80, _ => 1 }
    }
    #[workflow]
    pub(super) async fn guard_places(i: usize) -> u32 {
        let items = vec![Some(1), Some(3), None];
        match items[i] { Some(x) if odd_one(x).await && act("more", x).await > 1 => x, Some(_) => 1, None => 2 }
    }
    #[workflow]
    pub(super) async fn guard_then_waits(n: u32) -> String {
        let texts = vec!["a".to_owned(), "bcd".to_owned()];
        let last = match texts.as_slice() {
            [one, rest @ ..] if !odd_one(rest.len() as u32 + n).await => one.clone(),
            [.., last] if odd_one(last.len() as u32).await => { tick().await; tick().await; last.clone() }
            _ => String::new(),
        };
        last
    }
    #[workflow]
    pub(super) async fn guard_unique(n: u32) -> Vec<u32> {
        let mut list = vec![n, 2];
        match &mut list {
            all if odd_one(all.len() as u32).await => all.clear(),
            all if odd_one(all.len() as u32 + 1).await => { all.push(5); tick().await; all.push(6); }
            _ => {}
        }
        list
    }
}
