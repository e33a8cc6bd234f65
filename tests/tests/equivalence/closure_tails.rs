//! Loops over borrowed things through closures, with awaits inside.

use durable_tests::equivalent;
use std::cell::Cell;

equivalent! {
    with [(vec![1, 2, 3, 4, 5, 6]), (vec![]), (vec![1])];
    async fn filtered(v: Vec<u32>) -> (Vec<u32>, u32) {
        let mut calls = 0;
        let mut out = Vec::new();
        for x in v.iter().filter(|x| {
            calls += 1;
            **x % 2 == 0
        }) {
            tick().await;
            out.push(*x);
            tick().await;
            out.push(*x + 1);
        }
        (out, calls)
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4, 5, 6])];
    async fn mapped_in_order(v: Vec<u32>) -> (Vec<u32>, Vec<String>) {
        let mut log = Vec::new();
        let mut out = Vec::new();
        for x in v
            .iter()
            .inspect(|x| {
                note("saw", **x);
            })
            .filter(|x| {
                log.push(format!("filter {x}"));
                **x != 2
            })
            .map(|x| x * 10)
            .filter_map(|x| if x == 40 { None } else { Some(x + 1) })
        {
            let more = act("more", x).await;
            out.push(x + more);
            if x == 51 {
                continue;
            }
            tick().await;
            out.push(x);
        }
        log.push("end".to_owned());
        (out, log)
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "b".to_owned(), "c".to_owned()])];
    async fn cloned_items(v: Vec<String>) -> Vec<String> {
        let mut out = Vec::new();
        for mut s in v.iter().cloned() {
            s.push('!');
            tick().await;
            out.push(s);
        }
        for n in v.iter().map(String::len) {
            tick().await;
            out.push(n.to_string());
        }
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4, 5, 6], 2), (vec![3, 4], 9)];
    async fn with_captures(v: Vec<u32>, least: u32) -> (Vec<usize>, Vec<u32>, u32) {
        let mut out = Vec::new();
        let mut seen = Vec::new();
        let mut calls = 0;
        let except = vec![4];
        for (i, x) in v.iter().enumerate().filter(move |(_, x)| **x > least && !except.contains(x)) {
            tick().await;
            out.push(i);
            for y in v.iter().filter(|y| {
                calls += 1;
                *y < x
            }) {
                tick().await;
                if *y == 2 {
                    break;
                }
                seen.push(*y);
            }
            seen.push(*x);
        }
        (out, seen, calls)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn cells_that_change(v: Vec<u32>) -> Vec<u32> {
        let cells: Vec<Cell<u32>> = v.into_iter().map(Cell::new).collect();
        let mut out = Vec::new();
        for c in cells.iter().filter(|c| c.get() != 3) {
            c.set(7);
            cells[2].set(8);
            tick().await;
            out.push(c.get());
        }
        for c in cells.iter().cloned() {
            c.set(5);
            tick().await;
            out.push(c.get());
        }
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4])];
    async fn changed_in_place(mut v: Vec<u32>) -> Vec<u32> {
        let x = 3;
        for x in v.iter_mut().filter(|y| **y != x) {
            tick().await;
            *x += 10;
            tick().await;
            *x += 100;
        }
        for x in v.iter_mut().map(|x| {
            *x += 1;
            *x
        }) {
            act("x", x).await;
        }
        v
    }
}

equivalent! {
    with [(vec![5, 1, 4, 8], 3)];
    async fn owned_sources_with_closures(items: Vec<u32>, least: u32) -> (u32, Vec<String>) {
        let mut sum = 0;
        let mut asked = 0;
        for item in items
            .clone()
            .into_iter()
            .filter(|i| {
                asked += 1;
                note("asked", i);
                *i >= least
            })
            .map(|i| i * 2)
        {
            sum += act("item", item).await;
            if sum > 20 {
                break;
            }
        }
        note("asked", asked);
        for i in (0..10).filter(|i| i % 3 == 0) {
            sum += act("range", i).await;
        }
        for i in (1..=6).rev().map(|i| {
            note("mapped", i);
            i * i
        }) {
            if act("rev", i).await < 5 {
                continue;
            }
            sum += i;
        }
        let mut names = Vec::new();
        let prefix = "p".to_string();
        for (i, name) in items
            .into_iter()
            .enumerate()
            .filter_map(|(i, n)| (n > 1).then(|| (i, format!("{prefix}{n}"))))
        {
            names.push(act("name", name).await);
            for c in vec!['a', 'b'].into_iter().map(move |c| (i, c)) {
                act("c", c).await;
            }
        }
        act("prefix", prefix).await;
        (sum, names)
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4, 5, 6]), (vec![])];
    async fn other_parts_of_what_is_captured_change(v: Vec<u32>) -> (Vec<u32>, u32, u32) {
        let mut limits = (2, 0, "a");
        let mut out = Vec::new();
        for x in v.iter().filter(|x| **x > limits.0 && !limits.2.is_empty()) {
            limits.1 += act("passed", *x).await;
            out.push(*x);
            tick().await;
        }
        limits.0 = 4;
        limits.2 = "";
        for x in v.into_iter().filter(|x| *x > limits.0 || limits.2.len() > 1) {
            limits.1 += act("again", x).await;
        }
        tick().await;
        (out, limits.0, limits.1)
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "abc".to_owned(), "abcd".to_owned()])];
    async fn texts_change_before_and_after(v: Vec<String>) -> Vec<String> {
        let mut least = "a";
        let mut other = "b";
        let mut out = Vec::new();
        for round in 0..2 {
            for w in v.iter().filter(|w| -> bool { w.len() > least.len() }) {
                other = "changed";
                act("word", w.len()).await;
                out.push(format!("{w} {least} {other} {round}"));
            }
            least = "abc";
            tick().await;
        }
        out.push(least.to_owned() + other);
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4], 1)];
    async fn through_a_borrow_that_the_closure_changes(v: Vec<u32>, mut n: u32) -> (Vec<u32>, u32) {
        let changed = &mut n;
        let mut last = 0;
        let mut out = Vec::new();
        for x in v.iter().filter(|x| {
            *changed += **x;
            last = **x;
            *changed % 2 == 0
        }) {
            tick().await;
            out.push(*x);
        }
        *changed += 1;
        tick().await;
        (out, n + last)
    }
}

equivalent! {
    with [(vec![vec![1, 2, 3], vec![4, 5]])];
    async fn an_inner_name_hides_what_is_captured(v: Vec<Vec<u32>>) -> Vec<u32> {
        let mut x = 2;
        let mut out = Vec::new();
        for list in v.iter().filter(|list| list.len() > x) {
            let x = list.len();
            for y in list.iter().map(|y| {
                let list = y + 1;
                list * u32::try_from(x).unwrap()
            }) {
                tick().await;
                out.push(y);
            }
        }
        x += 1;
        tick().await;
        out.push(u32::try_from(x).unwrap());
        out
    }
}
