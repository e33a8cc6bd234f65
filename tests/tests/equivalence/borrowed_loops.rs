//! Loops over borrowed things with awaits inside.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
}

fn items() -> Vec<Item> {
    let item = |name: &str, price| Item {
        name: name.to_owned(),
        price,
    };
    vec![item("pen", 2), item("ink", 5), item("paper", 9)]
}

equivalent! {
    with [(items()), (vec![])];
    async fn by_reference(items: Vec<Item>) -> (Vec<String>, usize) {
        let mut out = Vec::new();
        for item in &items {
            let price = act("price", item.price).await;
            out.push(format!("{} {price}", item.name));
        }
        for item in items.iter() {
            tick().await;
            out.push(item.name.clone());
        }
        (out, items.len())
    }
}

equivalent! {
    with [(items())];
    async fn by_unique_reference(mut items: Vec<Item>) -> Vec<Item> {
        for item in &mut items {
            item.price += act("more", 1).await;
            item.name.push('!');
        }
        for item in items.iter_mut() {
            let name = &mut item.name;
            tick().await;
            name.push('?');
            item.price *= 2;
        }
        items.truncate(2);
        items
    }
}

equivalent! {
    with [(items())];
    async fn fields_and_elements(items: Vec<Item>) -> Vec<char> {
        let mut both = (items, vec![vec![1], vec![2, 3]]);
        let mut out = Vec::new();
        for c in both.0[1].name.chars() {
            out.push(act("char", c).await);
        }
        let mut i = 0;
        for n in &both.1[i] {
            i += 1;
            tick().await;
            both.0[0].price += *n;
        }
        for n in &mut both.1[i] {
            i += 1;
            tick().await;
            *n += 1;
        }
        out.push(char::from_digit(both.1[1][1] + both.0[0].price, 10).unwrap());
        out
    }
}

equivalent! {
    with [("ab\ncdé\n\nf".to_owned())];
    async fn texts(text: String) -> Vec<String> {
        let mut out = Vec::new();
        for (i, c) in text.char_indices() {
            let c = act("c", c).await;
            out.push(format!("{i}{c}"));
        }
        for b in text.bytes() {
            out.push(act("b", b).await.to_string());
        }
        for line in text.lines() {
            tick().await;
            out.push(line.to_owned());
        }
        for word in text.split('c') {
            tick().await;
            for c in word.chars().rev() {
                out.push(act("rev", c).await.to_string() + word);
            }
        }
        let comma = String::from("\n");
        for part in text.split(&comma) {
            tick().await;
            out.push(part.to_owned());
        }
        for part in "a b c".split_whitespace() {
            tick().await;
            out.push(part.to_owned());
        }
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4, 5])];
    async fn borrowed_adaptors(v: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        for (i, x) in v.iter().enumerate() {
            tick().await;
            out.push(i as u32 * 100 + x);
        }
        for x in v.iter().rev().skip(1).take(3) {
            out.push(act("rev", *x).await);
        }
        let mut n = 2;
        for pair in v.windows(n) {
            n += 1;
            tick().await;
            out.push(pair[0] * pair[1]);
        }
        for part in v.chunks(2).rev() {
            tick().await;
            out.push(part.len() as u32);
        }
        let w = vec![10, 20, 30];
        for (a, b) in v.iter().zip(&w) {
            tick().await;
            out.push(a + b);
        }
        for (i, (a, b)) in v.iter().zip(w.iter().rev()).enumerate() {
            tick().await;
            out.push(a + b + i as u32);
        }
        for (a, b) in v.iter().zip(7..) {
            tick().await;
            out.push(a * b);
        }
        for x in v.iter().chain(w.iter()).step_by(3) {
            tick().await;
            out.push(*x);
        }
        for x in v.iter().copied() {
            tick().await;
            out.push(x);
        }
        for &x in v.iter() {
            tick().await;
            out.push(x);
        }
        for (i, &x) in v.iter().enumerate().rev() {
            tick().await;
            out.push(x + i as u32);
        }
        for both in v.iter().enumerate() {
            tick().await;
            out.push(*both.1 + both.0 as u32);
        }
        out
    }
}

equivalent! {
    with [(4)];
    async fn collections(n: u32) -> Vec<u32> {
        let mut tree: BTreeMap<u32, String> = (0..n).map(|i| (i, format!("{i}"))).collect();
        let set: BTreeSet<u32> = (0..n).collect();
        let mut deque: VecDeque<u32> = (0..n).collect();
        let list: LinkedList<u32> = (0..n).collect();
        let array = [1, 2, 3];
        let maybe = Some(n);
        let mut out = vec![];
        for (k, v) in &tree {
            tick().await;
            out.push(k + v.len() as u32);
        }
        for (k, v) in &mut tree {
            v.push('x');
            tick().await;
            v.push_str(&k.to_string());
        }
        for v in tree.values_mut() {
            tick().await;
            v.pop();
        }
        for (&k, v) in tree.iter().rev() {
            out.push(act("k", k).await + v.len() as u32);
        }
        for k in tree.keys() {
            tick().await;
            out.push(*k);
        }
        for v in tree.values().skip(1) {
            tick().await;
            out.push(v.len() as u32);
        }
        for x in &set {
            tick().await;
            out.push(*x);
        }
        for x in deque.iter_mut().rev() {
            *x += 1;
            tick().await;
            *x *= 2;
        }
        for x in &deque {
            tick().await;
            out.push(*x);
        }
        for x in &list {
            tick().await;
            out.push(*x);
        }
        for x in &array {
            tick().await;
            out.push(*x);
        }
        for x in &maybe {
            tick().await;
            out.push(*x);
        }
        out
    }
}

equivalent! {
    with [(3)];
    async fn owners_without_a_name(n: u32) -> Vec<u32> {
        let mut out = Vec::new();
        for x in note("made", vec![n, n + 1]).iter() {
            tick().await;
            out.push(*x);
        }
        for x in &act("answer", vec![n]).await {
            tick().await;
            out.push(*x);
        }
        for x in &mut note("unique", vec![n, n]) {
            *x += 1;
            tick().await;
            out.push(*x);
        }
        for x in [1, 2].iter().zip(&out.clone()) {
            tick().await;
            out.push(*x.0 + *x.1);
        }
        out
    }
}

equivalent! {
    with [(vec![vec![1, 2], vec![], vec![3, 4, 5]])];
    async fn nested_with_jumps(rows: Vec<Vec<u32>>) -> Vec<u32> {
        let mut out = Vec::new();
        'rows: for (y, row) in rows.iter().enumerate() {
            for x in row {
                if *x == 2 {
                    continue 'rows;
                }
                for other in &rows {
                    if other.len() > 2 {
                        break;
                    }
                    out.push(act("inner", x * 10 + other.len() as u32).await);
                }
                if *x == 4 {
                    break 'rows;
                }
                tick().await;
                out.push(row.len() as u32 + x + y as u32);
            }
        }
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn the_item_after_a_break(mut v: Vec<u32>) -> (u32, usize, Vec<u32>) {
        let mut sum = 0;
        for (i, x) in v.iter_mut().enumerate() {
            if *x == 2 {
                tick().await;
                *x = 20;
                sum += i as u32;
                let i = i;
                v.clear();
                tick().await;
                return (sum, i, v);
            }
            tick().await;
        }
        (sum, 0, v)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn a_copy_outlives_what_it_came_from(mut v: Vec<u32>) -> (u32, usize) {
        for (i, x) in v.iter().copied().enumerate() {
            tick().await;
            v.clear();
            tick().await;
            return (x, i);
        }
        (0, 0)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn a_source_that_is_a_borrow(mut v: Vec<u32>) -> Vec<u32> {
        let all = &mut v;
        tick().await;
        for x in all.iter_mut() {
            *x += act("one", 1).await;
        }
        let part = &all[1..];
        let mut out = vec![];
        for x in part {
            out.push(act("part", *x).await);
        }
        for x in part.iter().rev() {
            out.push(act("again", *x).await + part[0]);
        }
        for x in all {
            *x += 1;
            tick().await;
            *x *= 2;
        }
        out.extend(v);
        out
    }
}

equivalent! {
    with [(vec![1, 2])];
    async fn borrowed_items_that_change_inside(v: Vec<u32>) -> u32 {
        let cells: Vec<Cell<u32>> = v.into_iter().map(Cell::new).collect();
        let mut sum = 0;
        for c in &cells {
            c.set(c.get() + 5);
            tick().await;
            sum += c.get();
        }
        sum
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn shadowed_sources(v: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        for v in &v {
            let v = act("v", *v + 1).await;
            out.push(v);
        }
        for x in &v {
            let v = x;
            tick().await;
            out.push(*x + act("x", 1).await);
        }
        let v = &v;
        for v in v {
            tick().await;
            out.push(*v);
        }
        out
    }
}

equivalent! {
    with [(vec![(1, Some("a".to_owned())), (2, None)])];
    async fn patterns(v: Vec<(u32, Option<String>)>) -> Vec<String> {
        let mut out = Vec::new();
        for (n, text) in &v {
            let n = act("n", *n).await;
            let Some(text) = text else { continue };
            out.push(format!("{n}{text}"));
        }
        for &(n, ref text) in &v {
            tick().await;
            out.push(format!("{n}{text:?}"));
        }
        for (i, (n, _)) in v.iter().enumerate() {
            tick().await;
            out.push(format!("{n}{i}"));
        }
        for _ in &v {
            tick().await;
        }
        out
    }
}

equivalent! {
    with [(vec![vec![1, 2], vec![3]])];
    async fn a_source_that_is_replaced_after_its_loop(mut rows: Vec<Vec<u32>>) -> Vec<u32> {
        let mut other = vec![vec![7, 8, 9]];
        let mut out = Vec::new();
        for _ in 0..2 {
            for row in &rows {
                let [first, ..] = &row[..] else { continue };
                tick().await;
                if *first == 3 {
                    break;
                }
                for x in row.iter().skip(1) {
                    out.push(act("x", *x).await + *first);
                }
            }
            std::mem::swap(&mut rows, &mut other);
            let longest = &rows[0];
            tick().await;
            out.push(longest.len() as u32);
        }
        out
    }
}
