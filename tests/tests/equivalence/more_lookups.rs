//! What each method finds, over an await.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shelf {
    line: VecDeque<u32>,
    names: Vec<String>,
    stock: BTreeMap<String, u32>,
    title: String,
    note: Option<String>,
}

fn shelf() -> Shelf {
    Shelf {
        line: VecDeque::from([3, 4]),
        names: vec!["one".to_owned(), "two".to_owned(), "three".to_owned()],
        stock: BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]),
        title: "pre: middle: post".to_owned(),
        note: Some("note".to_owned()),
    }
}

equivalent! {
    with [(shelf()), (Shelf::default())];
    async fn at_the_ends_of_a_line(shelf: Shelf) -> u32 {
        let back = shelf.line.back();
        let front = shelf.line.front();
        let n = act("a", 1).await;
        note("ends", (front, back));
        let Some(last) = shelf.line.back() else {
            return n;
        };
        tick().await;
        n + *last
    }
}

equivalent! {
    with [(shelf()), (Shelf::default())];
    async fn changed_at_the_ends_of_a_line(mut shelf: Shelf) -> Shelf {
        if let Some(front) = shelf.line.front_mut() {
            let n = act("front", *front).await;
            *front += n;
        }
        if let Some(back) = shelf.line.back_mut() {
            *back += 1;
            let n = act("back", *back).await;
            *back *= n;
        }
        match shelf.names.last_mut() {
            Some(name) => {
                let more = act("last", name.len()).await;
                name.push_str(&more.to_string());
            }
            None => {}
        }
        if let Some(note) = shelf.note.as_deref_mut() {
            tick().await;
            note.make_ascii_uppercase();
        }
        shelf
    }
}

equivalent! {
    with [(shelf()), (Shelf::default())];
    async fn parts_of_a_text(shelf: Shelf) -> String {
        let pre = shelf.title.strip_suffix("post");
        let post = shelf.title.strip_prefix("pre");
        let split = shelf.title.rsplit_once(": ");
        let n = act("a", pre.map(str::len)).await;
        note("stripped", (pre, post, split));
        let Some((head, tail)) = shelf.title.rsplit_once(": ") else {
            return format!("{n:?}");
        };
        tick().await;
        note("parts", (head, tail));
        let Some((one, two)) = head.split_once(": ") else {
            return head.to_owned();
        };
        tick().await;
        format!("{one} {two} {tail} {n:?}")
    }
}

equivalent! {
    with [(shelf(), "a".to_owned()), (shelf(), "z".to_owned()), (Shelf::default(), String::new())];
    async fn pairs_of_a_map(shelf: Shelf, mut key: String) -> u32 {
        let pair = shelf.stock.get_key_value(&key);
        let last = shelf.stock.last_key_value();
        let first = shelf.stock.first_key_value();
        key.push('!');
        let n = act("a", key).await;
        note("pairs", (pair, last, first));
        let Some((name, count)) = shelf.stock.last_key_value() else {
            return 0;
        };
        let m = act("b", *count).await;
        note("last", (name, count));
        m + n.len() as u32
    }
}

equivalent! {
    with [(shelf()), (Shelf::default())];
    async fn split_lists(shelf: Shelf) -> usize {
        let last = shelf.names.split_last();
        let first = shelf.names.split_first();
        let n = act("a", 1).await;
        note("split", (last, first));
        let Some((last, rest)) = shelf.names.split_last() else {
            return n;
        };
        let m = act("b", last.len()).await;
        note("rest", rest);
        for name in rest {
            act("name", name.clone()).await;
            note("last", (last, name));
        }
        n + m
    }
}
