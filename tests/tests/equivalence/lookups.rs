//! Methods that may lend what they find, on places whose type the syntax does not show.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

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
    stock: HashMap<String, u32>,
    queue: VecDeque<u32>,
    tags: BTreeSet<String>,
}

fn order() -> Order {
    let item = |name: &str, price| Item {
        name: name.to_owned(),
        price,
    };
    Order {
        id: 7,
        items: vec![item("pen", 2), item("ink", 5), item("paper", 9)],
        note: Some(" soon ".to_owned()),
        stock: HashMap::from([("pen".to_owned(), 3)]),
        queue: VecDeque::from([1, 2, 3]),
        tags: BTreeSet::from(["a".to_owned(), "b".to_owned()]),
    }
}

equivalent! {
    with [(order())];
    async fn methods_of_fields(order: Order) -> (String, u32, String) {
        let first = order.items.first();
        let last = order.items.last().unwrap();
        let note = order.note.as_deref();
        let raw = order.note.as_ref().expect("a note");
        let trimmed = raw.trim();
        let front = order.queue.front();
        let tag = order.tags.first();
        tick().await;
        let n = act("n", last.price).await;
        let name = order.items[0].name.as_str();
        let bytes = name.as_bytes();
        tick().await;
        let all = format!("{:?} {:?} {raw} {front:?} {tag:?} {name} {bytes:?} {trimmed}", first, note);
        (all, n, order.items[1].name.clone())
    }
}

equivalent! {
    with [(order())];
    async fn operands_that_change(order: Order) -> (u32, String) {
        let mut key = "pen".to_owned();
        let mut i = 0;
        let stock = order.stock.get(&key).unwrap();
        let item = order.items.get(i);
        let part = order.items.get(i..2).unwrap();
        let by_literal = order.stock.get("ink");
        key.clear();
        i += 1;
        tick().await;
        let other = order.items.get(i).unwrap();
        i += 1;
        tick().await;
        let text = format!("{item:?} {} {by_literal:?} {other:?} {key} {i}", part.len());
        (*stock + part[1].price, text)
    }
}

equivalent! {
    with [(order(), "pen"), (order(), "cup")];
    async fn matched_by_a_pattern(order: Order, want: &'static str) -> (u32, String) {
        let Some(first) = order.items.first() else {
            return (0, "none".to_owned());
        };
        tick().await;
        let mut n = first.price;
        if let Some(amount) = order.stock.get(want) {
            n += act("amount", *amount).await;
            n += *amount;
        }
        match order.note.as_deref() {
            Some(text) if text.len() > 2 => {
                tick().await;
                (n, format!("{text} {}", first.name))
            }
            _ => (n, first.name.clone()),
        }
    }
}

equivalent! {
    with [(order())];
    async fn copied_out_of_a_pattern(mut order: Order) -> (u32, Order) {
        let mut sum = 0;
        if let Some(&n) = order.stock.get("pen") {
            order.stock.clear();
            tick().await;
            sum += n;
        }
        while let Some(&n) = order.queue.front() {
            order.queue.pop_front();
            sum += act("n", n).await + n;
        }
        (sum, order)
    }
}

equivalent! {
    with [(order())];
    async fn mutable_ones(mut order: Order) -> Order {
        let first = order.items.first_mut().unwrap();
        tick().await;
        first.price += 10;
        tick().await;
        first.name.push('!');
        if let Some(amount) = order.stock.get_mut("pen") {
            *amount += act("more", 1).await;
            *amount += 1;
        }
        let note = order.note.as_mut();
        tick().await;
        if let Some(text) = note {
            text.push('?');
        }
        order
    }
}

#[derive(Debug)]
struct Missing;

equivalent! {
    with [(order(), "pen"), (order(), "cup")];
    async fn questions(order: Order, want: &'static str) -> Result<u32, String> {
        let stock = order.stock.get(want).ok_or("out of stock".to_owned())?;
        tick().await;
        let item = order.items.get(1).ok_or_else(|| format!("{Missing:?}"))?;
        tick().await;
        Ok(*stock + item.price)
    }
}

fn some_items(n: u32) -> Vec<u32> {
    (0..n).collect()
}

equivalent! {
    with [(3)];
    async fn locals_without_a_type(n: u32) -> u32 {
        let items = act("items", some_items(n)).await;
        let first = items.first();
        let second = items.get(1);
        tick().await;
        let copied = items.get(2).copied();
        let made = some_items(n);
        let last = made.last();
        tick().await;
        first.copied().unwrap_or(0) + second.unwrap() + copied.unwrap_or(9) + last.unwrap() + made.len() as u32
    }
}

/// Gives values by methods with the names of those that lend.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Catalog {
    seen: Cell<u32>,
    name: String,
}

impl Catalog {
    fn get(&self, key: &str) -> Option<u32> {
        self.seen.set(self.seen.get() + 1);
        Some(self.seen.get() + key.len() as u32)
    }
    fn first(&self) -> u32 {
        self.seen.set(self.seen.get() + 1);
        self.seen.get()
    }
    fn as_str(&self) -> &'static str {
        self.seen.set(self.seen.get() + 1);
        if self.seen.get() > 3 { "many" } else { "few" }
    }
    fn last(self) -> String {
        self.name
    }
}

/// Not data.
struct Private(u32);

impl Private {
    fn get(&self, n: u32) -> u32 {
        durable_tests::equivalence::ops::note("get", self.0 + n)
    }
}

fn catalog() -> Catalog {
    Catalog {
        seen: Cell::new(0),
        name: "c".to_owned(),
    }
}

equivalent! {
    with [(catalog())];
    async fn values_of_a_users_type(catalog: Catalog) -> (u32, u32, &'static str, u32) {
        let price = catalog.get("pen").unwrap();
        let first = catalog.first();
        let label = catalog.as_str();
        tick().await;
        let Some(again) = catalog.get("ink") else { return (0, 0, "", 0) };
        tick().await;
        (price, first, label, again + catalog.seen.get())
    }
}

equivalent! {
    with [(catalog(), 4)];
    async fn values_of_what_is_gone(catalog: Catalog, n: u32) -> (u32, u32, String, u32) {
        let private = crate::lookups::Private(n);
        let got = private.get(1);
        tick().await;
        let price = catalog.get("pen").unwrap();
        let name = catalog.name;
        tick().await;
        let other = act("other", crate::lookups::catalog()).await;
        let count = other.first();
        drop(other);
        tick().await;
        let third = crate::lookups::catalog();
        let last = third.last();
        tick().await;
        (got, price, format!("{name}{last}"), count)
    }
}

equivalent! {
    with [(vec![vec![1, 2], vec![3]])];
    async fn through_other_borrows(lists: Vec<Vec<u32>>) -> u32 {
        let all = &lists;
        let head = all.first().unwrap();
        tick().await;
        let inner = head.get(1).unwrap();
        tick().await;
        let mut sum = 0;
        for list in &lists {
            let least = list.first().unwrap();
            tick().await;
            sum += *least;
        }
        sum + *inner + head.len() as u32
    }
}

equivalent! {
    with [((0, BTreeMap::from([(1, "one".to_owned()), (2, "two".to_owned())])))];
    async fn found_in_a_loop((_id, map): (u32, BTreeMap<u32, String>)) -> String {
        let mut out = String::new();
        let mut n = 0;
        while let Some((key, text)) = map.first_key_value() {
            tick().await;
            out += text;
            n += *key;
            if n > 2 {
                break;
            }
        }
        loop {
            let found = map.get(&n);
            n -= 1;
            tick().await;
            match found {
                Some(text) => out += text,
                None if n == 0 => break,
                None => {}
            }
            if n == 0 {
                break;
            }
        }
        out
    }
}

equivalent! {
    with [(order(), true), (order(), false)];
    async fn beside_branches(mut order: Order, flag: bool) -> (u32, String) {
        let first = order.items.first().unwrap();
        let (a, b) = join!(act("a", 1), async {
            let inner = act("list", some_items(3)).await;
            let least = inner.get(1).unwrap();
            tick().await;
            *least + inner.len() as u32
        });
        let name = first.name.clone();
        order.items.clear();
        let first = 5;
        if flag {
            tick().await;
        }
        (a + b + first, name)
    }
}

equivalent! {
    with [(order())];
    async fn shadowed_ones(order: Order) -> (u32, String) {
        let cheap = order.items.first();
        let text = order.note.as_deref();
        let mut sum = 0;
        {
            let note = order.queue.front().copied();
            sum += note.unwrap_or(0);
        }
        tick().await;
        for list in vec![vec![1, 2], vec![3]] {
            let Some(least) = list.first() else { continue };
            tick().await;
            sum += *least;
            let Some(most) = list.last() else { continue };
            sum += act("most", *most).await;
            sum += *most + cheap.unwrap().price;
        }
        (sum, format!("{text:?}"))
    }
}

equivalent! {
    with [("abc", "def")];
    async fn texts_that_live_for_ever(mut text: &'static str, mut other: &'static str) -> String {
        let found = text.get(..1).unwrap();
        std::mem::swap(&mut text, &mut other);
        tick().await;
        let bytes = other.as_bytes();
        other = "new";
        tick().await;
        format!("{found} {bytes:?} {text} {other}")
    }
}

equivalent! {
    with [(vec![1, 2, 3], true), (vec![7], false), (vec![], true)];
    async fn as_the_message_says_instead_of_as_slice(order: Vec<u32>, more: bool) -> u32 {
        let lines = if more { order.clone() } else { order };
        let [first, rest @ ..] = &lines[..] else {
            return 0;
        };
        let first = *first;
        tick().await;
        first + rest.len() as u32
    }
}

equivalent! {
    with [("a=1;b=2;bad;c=x".to_owned()), ("".to_owned())];
    async fn parse_with_question_mark(text: String) -> Result<BTreeMap<String, i32>, String> {
        let mut out = BTreeMap::new();
        for part in text.split(';').filter(|p| !p.is_empty()) {
            let (k, v) = part
                .split_once('=')
                .ok_or_else(|| format!("bad part {part:?}"))?;
            let v: i32 = act("value", v.to_owned())
                .await
                .parse()
                .map_err(|e: std::num::ParseIntError| e.to_string())?;
            *out.entry(k.to_string()).or_default() += act("add", v).await;
        }
        Ok(out)
    }
}

equivalent! {
    with [(vec!["k=v".into(), "nokey".into(), "# c".into(), "  a = b=c ".into()])];
    async fn texts_in_parts(lines: Vec<String>) -> Result<Vec<(String, String)>, String> {
        let mut out = Vec::new();
        for line in &lines {
            if let Some(comment) = line.strip_prefix("# ") {
                act("comment", 1).await;
                note("comment", comment);
                continue;
            }
            let line = line.trim();
            let Some((key, value)) = line.split_once('=') else {
                act("bad", 0).await;
                note("bad", line);
                continue;
            };
            act("found", key.len()).await;
            let key = key.trim_end();
            act("trimmed", value.len()).await;
            out.push((key.to_owned(), value.to_owned()));
        }
        let (first, rest) = lines
            .split_first()
            .ok_or_else(|| format!("none of {}", out.len()))?;
        act("first", first.clone()).await;
        for r in rest.iter() {
            act("rest", r.clone()).await;
        }
        let (a, b) = lines.split_at(1);
        act("split", a.len()).await;
        note("b", b);
        let (x, y) = lines[0].rsplit_once("=").ok_or("none")?;
        act("x", x.to_owned()).await;
        Ok(out
            .into_iter()
            .chain([(x.to_owned(), y.to_owned())])
            .collect())
    }
}

equivalent! {
    with [((1, "  a b ".to_owned()))];
    async fn found_again_and_again_under_one_name((n, text): (u32, String)) -> String {
        let mut text = (n, act("text", text).await);
        {
            let text = text.1.trim();
            tick().await;
            let text = text.trim_start();
            act("inner", text.len()).await;
            if let Some((first, text)) = text.split_once(' ') {
                act("first", first.len()).await;
                note("rest", (first, text));
            }
        }
        text.1.push('!');
        act("outer", text.1.len()).await;
        text.1
    }
}

equivalent! {
    with [(3)];
    async fn found_in_a_new_text(n: u32) -> usize {
        let text = n.to_string();
        let part = text.as_str();
        let loud = act("loud", "abc ").await.to_uppercase();
        let word = loud.trim();
        tick().await;
        part.len() + word.len() + act("again", word.len()).await
    }
}

equivalent! {
    with [(order()), (Order { note: None, items: vec![], ..order() })];
    async fn matched_after_an_await(order: Order) -> usize {
        let note = order.note.as_deref();
        let first = order.items.first();
        let stock = order.stock.get("pen");
        tick().await;
        let mut all = match note {
            Some(text) if text.len() > 2 => {
                let again = act("text", text.len()).await;
                text.len() + again
            }
            _ => act("none", 1).await,
        };
        if let Some(item) = first {
            tick().await;
            all += item.name.len();
            let Some(text) = note else { return all };
            all += act("note", text.len()).await;
            tick().await;
            all += text.len() + item.price as usize;
        }
        if let Some(&n) = stock {
            tick().await;
            all += n as usize;
        }
        all + note.map_or(0, |note| note.len())
    }
}

equivalent! {
    with [(Some(3), 2), (None, 1)];
    async fn values_that_are_matched(n: Option<u32>, k: u32) -> u32 {
        let found = n.as_ref();
        let copied = k.checked_sub(1);
        tick().await;
        match found {
            Some(found) => {
                tick().await;
                *found + copied.unwrap_or(0)
            }
            None => match copied {
                Some(k) => act("k", k).await,
                None => 0,
            },
        }
    }
}
