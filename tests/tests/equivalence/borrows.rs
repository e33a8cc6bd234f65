//! Borrows that are needed after an await: made again from what they borrow.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    id: u32,
    items: Vec<Item>,
    note: Option<String>,
}

fn order() -> Order {
    let item = |name: &str, price| Item {
        name: name.to_owned(),
        price,
    };
    Order {
        id: 7,
        items: vec![item("pen", 2), item("ink", 5), item("paper", 9)],
        note: Some("soon".to_owned()),
    }
}

equivalent! {
    with [(order())];
    async fn a_place_and_its_fields(order: Order) -> (u32, String, usize) {
        let all = &order;
        let items = &order.items;
        let name = &order.items[1].name;
        tick().await;
        let n = act("len", items.len()).await;
        (all.id, name.clone(), n + order.items.len())
    }
}

equivalent! {
    with [(order())];
    async fn changes_through_a_borrow(mut order: Order) -> Order {
        let items = &mut order.items;
        items.push(Item { name: "ruler".to_owned(), price: 1 });
        tick().await;
        items[0].price += 10;
        let n = act("n", items.len()).await;
        items.truncate(n - 1);
        order.id += 1;
        order
    }
}

equivalent! {
    with [(vec![10, 20, 30])];
    async fn an_index_that_moves_on(v: Vec<u32>) -> u32 {
        let mut i = 0;
        let r = &v[i];
        i += 1;
        tick().await;
        let part = &v[i..v.len()];
        i += 1;
        tick().await;
        let rest = &v[..i];
        i = 100;
        tick().await;
        *r + part[0] + rest.len() as u32 + i as u32
    }
}

equivalent! {
    with [(order())];
    async fn a_borrow_of_a_borrow(order: Order) -> String {
        let all = &order;
        let items = &all.items;
        let first = &items[0];
        tick().await;
        let name = &first.name;
        tick().await;
        format!("{name} {}", all.id)
    }
}

equivalent! {
    with [(order())];
    async fn a_borrow_through_a_unique_one(mut order: Order) -> Order {
        let all = &mut order;
        let items = &mut all.items;
        tick().await;
        let first = &mut items[0];
        tick().await;
        first.price = 100;
        items.pop();
        tick().await;
        all.id = 0;
        order
    }
}

equivalent! {
    with [(order())];
    async fn disjoint_fields(mut order: Order) -> Order {
        let items = &mut order.items;
        let note = &mut order.note;
        tick().await;
        items.clear();
        tick().await;
        *note = None;
        order.id = act("id", 1).await;
        items.push(Item { name: "x".to_owned(), price: 0 });
        order
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn shadowed_by_its_own_borrow(v: Vec<u32>) -> u32 {
        let v = &v;
        tick().await;
        let v = &v[1..];
        tick().await;
        let v = &v[1];
        tick().await;
        *v
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn a_shadowed_root(v: Vec<u32>) -> (u32, String) {
        let r = &v;
        let first = &r[0];
        let v = "new".to_owned();
        let r = 5;
        tick().await;
        let s = format!("{v}{r}");
        let both = (*first + r, s);
        tick().await;
        (both.0 + *first, v + &both.1)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn shadowed_inside_and_back(v: Vec<u32>) -> (usize, usize) {
        let r = &v;
        let mut n = 0;
        {
            let v = r.len();
            tick().await;
            n += v + r.len();
            let r = v;
            tick().await;
            n += r;
        }
        tick().await;
        n += r.len();
        (n, v.len())
    }
}

equivalent! {
    with [(true), (false)];
    async fn a_borrow_over_a_join(flag: bool) -> (usize, String) {
        let text = String::from("text");
        let r = &text;
        let mut n = 0;
        if flag {
            n += act("a", r.len()).await;
        } else {
            n += r.len();
        }
        n += r.len();
        (n, text)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn over_the_back_edge_of_a_loop(mut v: Vec<u32>) -> Vec<u32> {
        let r = &mut v;
        let mut i = 0;
        while i < r.len() {
            r[i] += act("more", 10).await;
            i += 1;
        }
        loop {
            let last = &mut r[i - 1];
            tick().await;
            *last += 1;
            i -= 1;
            if i == 0 {
                break;
            }
            let others = &r[..i];
            act("n", others.len()).await;
            if others.is_empty() {
                continue;
            }
        }
        r.push(0);
        v
    }
}

fn make(n: u32) -> Vec<u32> {
    crate::borrows::made(n)
}

fn made(n: u32) -> Vec<u32> {
    durable_tests::equivalence::ops::note("make", vec![n, n + 1])
}

equivalent! {
    with [(3)];
    async fn a_value_without_a_name(n: u32) -> u32 {
        let r = &make(n);
        let part = &make(n)[1..];
        let unique = &mut make(n);
        let five = &5;
        tick().await;
        unique.push(1);
        let answer = &act("answer", n).await;
        tick().await;
        unique.push(*answer);
        r[0] + part[0] + unique.iter().sum::<u32>() + five
    }
}

equivalent! {
    with [(2)];
    async fn keys_by_reference_and_by_value(n: u32) -> u32 {
        let tree: BTreeMap<String, u32> = (0..n).map(|i| (format!("k{i}"), i)).collect();
        let hash: HashMap<(u32, u32), u32> = (0..n).map(|i| ((i, i), i * 10)).collect();
        let key = "k1".to_owned();
        let a = &tree[&key];
        let b = &tree["k0"];
        let c = &hash[&(1, 1)];
        let k = &key;
        let d = &tree[k];
        tick().await;
        a + b + c + d
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn types_that_are_coerced(v: Vec<u32>) -> String {
        let slice: &[u32] = &v;
        let text: &dyn std::fmt::Debug = &v;
        let boxed: Box<u64> = Box::new(5);
        let inner = &*boxed;
        tick().await;
        format!("{} {text:?} {inner}", slice.len())
    }
}

equivalent! {
    with [((vec![1], 2))];
    async fn parts_of_a_parameter((list, n): (Vec<u32>, u32)) -> u32 {
        let first = &list[0];
        let n = &n;
        tick().await;
        *first + *n
    }
}

equivalent! {
    with [(4)];
    async fn borrows_inside_a_loop(n: usize) -> Vec<String> {
        let words = ["a", "b", "c", "d"].map(str::to_owned);
        let mut out = Vec::new();
        for i in 0..n {
            let word = &words[i];
            let next = &words[(i + 1) % n];
            tick().await;
            if i == 1 {
                continue;
            }
            for j in 0..2 {
                let inner = &words[j];
                if act("j", j).await == 1 && i == 2 {
                    break;
                }
                out.push(format!("{word}{next}{inner}"));
            }
        }
        out
    }
}

equivalent! {
    with [(1)];
    async fn what_is_inside_may_change(n: u32) -> u32 {
        let list = VecDeque::from([n, 2]);
        let at = &list[1];
        let nested = vec![vec![1, 2], vec![3]];
        let mut i = 0;
        let row = &nested[i];
        i += 1;
        let cell = &row[i];
        i += 1;
        tick().await;
        *cell + *at + i as u32
    }
}

equivalent! {
    with [("name".to_owned(), vec![1, 2, 3], Some("x".to_owned()))];
    async fn methods_that_borrow(name: String, v: Vec<u32>, o: Option<String>) -> Vec<String> {
        let mut map = HashMap::new();
        map.insert("k".to_owned(), 5);
        let text = name.as_str();
        let first = v.first();
        let mut i = 1;
        let second = v.get(i);
        i += 1;
        let inner = o.as_ref();
        tick().await;
        let mut out = vec![text.to_owned(), format!("{first:?}{second:?}{inner:?}{i}")];
        let key = "k".to_owned();
        if let Some(n) = map.get(&key) {
            tick().await;
            out.push(n.to_string());
        }
        let Some(last) = v.last() else { return out };
        match o.as_deref() {
            Some(s) => {
                tick().await;
                out.push(format!("{s}{last}"));
            }
            None => {}
        }
        match inner {
            Some(s) if s.len() == 1 => {
                tick().await;
                out.push(s.clone());
            }
            _ => {}
        }
        out
    }
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Status {
    Open,
    Shut,
}

impl Status {
    fn as_str(&self) -> &'static str {
        match self {
            Status::Open => "open",
            Status::Shut => "shut",
        }
    }

    fn get(&self, more: &str) -> String {
        format!("{}{more}", self.as_str())
    }
}

equivalent! {
    with [(Status::Open)];
    async fn methods_of_a_user_that_give_data(mut status: Status) -> String {
        let text = status.as_str();
        let got = status.get("!");
        status = Status::Shut;
        tick().await;
        let now = status.as_str();
        drop(status);
        tick().await;
        format!("{text}{got}{now}")
    }
}
