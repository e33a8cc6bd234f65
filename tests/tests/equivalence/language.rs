//! Programs that use much of the language at once, as people write them.

use durable_tests::{equivalent, equivalent_group};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    items: Vec<String>,
    note: Option<String>,
    address: Address,
    lines: Vec<Line>,
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    town: String,
}
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Line {
    sku: String,
    count: u32,
    price: Option<u32>,
}
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    Paid { amount: u32, by: String },
    Shipped(String, Vec<u32>),
    Returned(Option<Box<Event>>),
    Closed,
}

fn order(id: u32) -> Order {
    Order {
        id,
        items: vec!["a".into(), "b".into()],
        note: (id > 1).then(|| "note".into()),
        address: Address {
            street: "s".into(),
            town: "t".into(),
        },
        lines: (0..id)
            .map(|n| Line {
                sku: format!("sku{n}"),
                count: n,
                price: (n % 2 == 0).then_some(n * 3),
            })
            .collect(),
    }
}

equivalent! {
    with [(1), (2), (3), (4)];
    async fn let_else_with_nested(id: u32) -> Result<String, String> {
        let order = order(id);
        let Order { note: Some(note), lines, .. } = order else { return Err(act("none", "none".to_owned()).await) };
        let [Line { sku, price: Some(price), .. }, rest @ ..] = &lines[..] else { return Err("empty".to_owned()) };
        tick().await;
        let Some(last) = rest.last().map(|l| l.sku.clone()) else { panic!() };
        Ok(format!("{note} {sku} {price} {last} {}", act("len", rest.len()).await))
    }
}
equivalent! {
    with [(vec![Some(1), None, Some(3)].into()), (vec![].into()), (vec![Some(9), Some(8), Some(7), Some(1)].into())];
    async fn while_let_chain_in_condition(mut queue: VecDeque<Option<u32>>) -> Vec<u32> {
        let mut out = vec![];
        let mut budget = 10u32;
        while let Some(next) = queue.pop_front() && let Some(n) = next && let left @ 1.. = budget.saturating_sub(act("cost", n).await) && (n > 5 || act("ok", true).await) {
            budget = left;
            out.push(n);
            if n == 3 { queue.push_back(Some(2)); }
        }
        out.push(budget);
        out
    }
}
equivalent! {
    with [(1)];
    async fn index_compound(n: usize) -> Vec<u32> {
        let mut x = vec![1u32, 2, 3];
        let mut grid = vec![vec![0u32; 3]; 2];
        x[act("i", n).await] = act("v", 7).await;
        grid[act("r", 1usize).await][act("c", 2usize).await] = 5;
        let i = act("i2", 2usize).await;
        x[i] += act("y", 10).await;
        grid[n][i] += act("z", 1).await;
        x[act("j", 0usize).await] += 4;
        let total = x[act("a", 0usize).await] + x[act("b", 1usize).await..].iter().sum::<u32>();
        x.push(total);
        x.extend(&grid[act("g", n).await]);
        x
    }
}
equivalent! {
    with [(Event::Paid { amount: 3, by: "me".into() }), (Event::Shipped("x".into(), vec![1, 2])), (Event::Shipped("y".into(), vec![9])), (Event::Returned(Some(Box::new(Event::Closed)))), (Event::Returned(Some(Box::new(Event::Paid { amount: 1, by: "b".into() })))), (Event::Returned(None)), (Event::Closed)];
    async fn nested_or_patterns(event: Event) -> String {
        let first = match &event {
            Event::Paid { amount: 1..=5 | 9, by } | Event::Shipped(by, _) if !by.is_empty() => act("by", by.clone()).await,
            Event::Returned(Some(inner)) => match &**inner {
                Event::Paid { amount, .. } => { tick().await; amount.to_string() }
                Event::Closed | Event::Returned(None) => "cl".to_owned(),
                _ => "other".to_owned(),
            },
            Event::Returned(None) | Event::Closed | Event::Paid { .. } | Event::Shipped(..) => String::new(),
        };
        let second = match event {
            Event::Paid { by: name, .. } | Event::Shipped(name, _) => { tick().await; name }
            Event::Returned(Some(b)) if matches!(*b, Event::Closed) => act("boxed", format!("{b:?}")).await,
            Event::Returned(ref inner @ Some(_)) => format!("{inner:?}"),
            e @ (Event::Closed | Event::Returned(_)) => act("e", format!("{e:?}")).await,
        };
        first + &second
    }
}
equivalent! {
    with [(3), (5), (8)];
    async fn labelled_value_from_match(n: u32) -> u32 {
        let mut tries = 0;
        let price = 'found: {
            match act("kind", n % 4).await {
                3 => break 'found 1,
                1 => for line in order(n).lines {
                    tries += 1;
                    if let Some(p) = line.price && p > act("min", 2).await { break 'found p; }
                },
                _ if n > 7 => { tries += 100; break 'found act("big", 8).await }
                _ => {}
            }
            act("fallback", 42).await
        };
        price + tries
    }
}
equivalent! {
    with [("1,2,3".to_owned()), ("1,x".to_owned()), (String::new())];
    async fn question_mark_in_chains(text: String) -> Result<usize, String> {
        let n = act("text", text.clone()).await
            .split(',').map(|p| p.parse::<u32>().map_err(|e| e.to_string())).collect::<Result<Vec<_>, _>>()?
            .first().copied().ok_or("empty".to_owned())?;
        let m = act("r", text.split(',').last().map(str::to_owned)).await.ok_or_else(|| "none".to_owned())?.trim().len() + act("n", Ok::<_, String>(n)).await? as usize;
        Ok(act("pair", (m, n)).await.0.checked_sub(act("sub", 1usize).await).ok_or("under")?)
    }
}
equivalent! {
    with [(2)];
    async fn literals_everywhere(n: u32) -> (Order, [u32; 3], (u32, String), std::ops::Range<u32>, u64) {
        let base = order(n);
        let order = Order { id: act("id", 5).await, note: Some(act("note", "x".to_owned()).await), address: Address { town: act("town", "T".to_owned()).await, ..base.address.clone() }, ..base };
        let array = [act("a", 1).await, n, act("c", 3).await];
        let tuple = (n + act("t", 1).await, format!("{}-{}", act("f", 1).await, order.id));
        let range = act("from", 1).await..act("to", 9).await;
        let cast = act("cast", 300u32).await as u8 as u64 + -(act("neg", -5i64).await) as u64 + !act("not", 0u8).await as u64;
        (order, array, tuple, range, cast)
    }
}
equivalent! {
    with [(2)];
    async fn macros_of_std(n: u32) -> Vec<String> {
        let mut out = vec![act("v", "x".to_owned()).await; 2];
        out.extend(vec![act("w", "y".to_owned()).await, n.to_string()]);
        assert!(act("as", n).await == 2, "n is {n}");
        assert_eq!(act("l", 1).await, 1, "they differ {}", n);
        assert_ne!(n, act("r", 9).await);
        debug_assert!(act("d", true).await);
        if matches!(act("m", Some(n)).await, Some(1 | 2) if n > 1) { out.push(format!("{:>w$} {x:?}", act("fmt", 1).await, w = 3, x = act("x", "q".to_owned()).await)); }
        let k = dbg!(act("dbg", 3).await + 1);
        println!("{} {k}", act("p", 1).await);
        use std::fmt::Write;
        let mut s = String::new();
        write!(s, "{}", act("wr", 7).await).unwrap();
        writeln!(&mut s, "{k}").unwrap();
        out.push(s);
        out
    }
}
equivalent! {
    with [(2), (0)];
    async fn nested_items_and_consts(n: u32) -> u32 {
        const LIMIT: u32 = 3;
        static NAMES: [&str; 2] = ["a", "b"];
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        enum Mode { Fast, Slow }
        struct Local(u32);
        impl Local { fn twice(&self) -> u32 { self.0 * 2 } }
        fn helper(n: u32) -> u32 { n + LIMIT }
        macro_rules! add { ($a:expr, $b:expr) => { $a + $b } }
        use std::cmp::max;
        let size = const { 2 + LIMIT };
        let mode = if act("mode", n).await > 1 { Mode::Fast } else { Mode::Slow };
        let x = { let l = Local(helper(n)); l.twice() };
        tick().await;
        let y = size + act("u", 1).await;
        #[allow(clippy::let_and_return, reason = "a test")]
        #[expect(unused_variables, reason = "a test")]
        let unused = act("un", 1).await;
        let z = match mode { Mode::Fast => add!(x, y), Mode::Slow => max(x, NAMES.len() as u32) };
        add!(z, size)
    }
}
equivalent! {
    with [(3)];
    async fn closures_between(n: u32) -> Vec<u32> {
        let mut log = vec![];
        let mut push = |x: u32| log.push(x);
        push(n); push(n + 1);
        tick().await;
        let factor = act("f", 3).await;
        let scale = |x: u32| x * factor;
        log.push(scale(act("s", 2).await));
        let mut counter = 0;
        let mut next = || { counter += 1; counter };
        let a = next(); let b = next();
        log.extend([a, b, counter]);
        log.sort_by_key(|x| std::cmp::Reverse(*x));
        let total: u32 = log.iter().map(|x| scale(*x)).sum();
        log.push(act("total", total).await);
        log
    }
}
equivalent! {
    with [(1), (2), (3), (4)];
    async fn short_circuits(n: u32) -> Vec<bool> {
        let a = n > 1 && act("a", n).await > 2;
        let b = act("b", n).await == 1 || n == 3 || act("b2", false).await;
        let c = !(a && act("c", true).await) ^ b;
        let d = if a || act("d", false).await && n != 2 { !a } else { act("e", true).await && b };
        let e = (act("x", n).await > 1 && n < 4) == (act("y", n).await > 2 || n == 1);
        let f = a & act("f", true).await | b & act("g", false).await;
        let g = match n { 1 => act("g1", true).await && false, 2 | 3 => a, _ => false } || act("last", n == 4).await;
        vec![a, b, c, d, e, f, g]
    }
}
equivalent! {
    with [(Some(Some(3)), Ok(1)), (Some(None), Err("e".to_owned())), (None, Ok(9))];
    async fn if_let_else_if_let(a: Option<Option<u32>>, b: Result<u32, String>) -> String {
        let out = if let Some(Some(x @ 1..)) = a { act("x", x).await.to_string() }
            else if let Some(None) = a && let Err(e) = &b { send("e", e).await; e.clone() }
            else if let Ok(n) = act("b", b.clone()).await { format!("n{n}") }
            else { "none".to_owned() };
        let text = if let Err(text) = b { tick().await; text } else { "fine".to_owned() };
        out + &text
    }
}
equivalent! {
    with [(2), (5)];
    async fn deferred(n: u32) -> (String, u32) {
        let name;
        let (a, mut b);
        let list: Vec<u32>;
        if n > 3 { name = act("n", "big".to_owned()).await; (a, b) = (1, act("b", 2).await); }
        else { name = "small".to_owned(); a = act("a", 3).await; b = a; }
        list = match act("l", n).await { 5 => vec![1], k => (0..k).collect() };
        b += list.len() as u32;
        tick().await;
        let x; loop { if act("try", b).await > 1 { x = b; break; } b += 1; }
        (name, a + b + x)
    }
}
equivalent! {
    with [(4)];
    async fn ref_bindings(n: u32) -> String {
        let mut order = order(n);
        { let Order { ref items, ref mut lines, .. } = order; lines[0].count += items.len() as u32; }
        tick().await;
        match order.note { Some(ref mut note) => note.push('!'), None => {} }
        act("order", format!("{order:?}")).await
    }
}

equivalent! {
    with [(1), (0)];
    async fn places_with_awaits_inside(n: usize) -> (Vec<Vec<u32>>, Vec<u32>, usize) {
        let mut grid = vec![vec![1u32; 3]; 3];
        let mut orders = vec![order(3), order(2)];
        grid[n + 1][act("c", 2usize).await] = 7;
        grid[act("r", n).await].push(act("p", 8).await);
        grid[act("row", 1usize).await + 1][n..act("end", 2usize).await].copy_from_slice(&vec![5; 2 - n]);
        orders[act("o", n).await].lines[act("l", 1usize).await].count += 1;
        orders[1 - n].items[note("index", n)].push_str(&act("text", "x".to_owned()).await);
        let size = send("slice", &grid[n..act("to", 3usize).await]).await + grid[n + 1][act("a", 0usize).await..].len();
        let counts = orders.iter().map(|o| o.lines.iter().map(|l| l.count).sum()).collect();
        let mut i = 0;
        let same = grid[i + 1][act("i", i).await];
        grid[{ i += 1; i }][act("k", 0usize).await] = same;
        (grid, counts, size)
    }
}
equivalent_group! {
    guards_of_ranges: guard_of_range(1), guard_of_range(0);
    #[workflow]
    pub(super) async fn guard_of_range(n: usize) -> u32 {
        let list = vec![3u32, 4, 5, 6];
        match &list[n..n + 2] { [a, _] if act("a", *a).await == 3 => *a, rest if act("b", rest.len()).await == 2 => { tick().await; rest[0] } _ => 0 }
    }
}

// The index is computed once, before the operation.
equivalent! {
    with [(1)];
    async fn index_that_is_called(n: u32) -> (Vec<Vec<u32>>, u32) {
        let mut list = vec![vec![n], vec![]];
        let mut calls = 0;
        let mut next = || {
            calls += 1;
            note("called", calls as usize % 2)
        };
        list[next()].push(act("first", 1).await);
        (list, calls)
    }
}
