//! Texts that live for ever and are found by the methods that lend: they are data, and saved as they are.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Labelled {
    n: u32,
    label: &'static str,
}

impl Labelled {
    fn kind(&self) -> &'static str {
        if self.n > 1 { "many" } else { "one" }
    }
    fn first(&self) -> &'static str {
        "first"
    }
    fn get(&self, _: usize) -> Option<&'static str> {
        Some("got")
    }
}

struct Config {
    name: String,
    words: Vec<&'static str>,
    inner: &'static Labelled,
}

static INNER: Labelled = Labelled {
    n: 3,
    label: "-inner-",
};
static CONFIG: LazyLock<Config> = LazyLock::new(|| Config {
    name: "-config-".to_owned(),
    words: vec![" a ", " b "],
    inner: &INNER,
});

fn config() -> &'static Config {
    &CONFIG
}

equivalent! {
    with [(1), (2)];
    async fn of_owned_collections(n: u32) -> String {
        let map = HashMap::from([("a", " one "), ("b", "two")]);
        let copied = map.get("a").copied().unwrap_or("none");
        let trimmed = map.get("a").map(|v| v.trim()).unwrap_or("none");
        let list = vec![" x ", "yy"];
        let first = list.first().unwrap().trim_matches(' ');
        let longest = list.iter().map(|s| s.trim()).max_by_key(|s| s.len()).unwrap_or("");
        let found = list.iter().find(|s| s.len() == 2).map(|s| *s).unwrap_or_default();
        let last = list.iter().copied().last().unwrap_or("none");
        let all: Vec<_> = list.iter().map(|s| s.trim_start()).collect();
        let mut sorted: Vec<&str> = list.iter().copied().collect();
        sorted.sort();
        tick().await;
        act(copied, n).await;
        format!("{copied}{trimmed}{first}{longest}{found}{last}{all:?}{sorted:?}")
    }
}

equivalent! {
    with [(1), (2)];
    async fn of_constants(n: u32) -> String {
        let config = config();
        let name = config.name.trim_matches('-');
        let word = config.words.first().map(|w| w.trim()).unwrap_or("none");
        let label = config.inner.label.trim_matches('-');
        let text = "a b/c d";
        let first = text.split(' ').next().unwrap_or_default();
        let parts: Vec<&str> = text.split('/').collect();
        let kind = match text.trim_matches('a') { "x" => "first", other => other };
        let mut rest = text;
        act("n", n).await;
        rest = &rest[2..];
        tick().await;
        format!("{name}{word}{label}{first}{parts:?}{kind}{rest}")
    }
}

equivalent! {
    with [(Labelled { n: 1, label: "-l-" })];
    async fn of_types_of_ones_own(item: Labelled) -> String {
        let kind = item.kind();
        let first = item.first();
        let got = item.get(3).unwrap_or("none");
        let label = item.label.trim_matches('-');
        let parts: Vec<&str> = item.label.split('l').collect();
        let items = vec![item.clone(), item.clone()];
        let labels: Vec<_> = items.iter().map(|i| i.label).collect();
        let kinds: Vec<_> = items.iter().map(|i| i.kind()).collect();
        let best = items.iter().max_by_key(|i| i.n).map(|i| i.label).unwrap_or("none");
        let trimmed = items.first().map(|i| i.label.trim_matches('-')).unwrap_or("none");
        tick().await;
        act(kind, item.n).await;
        format!("{kind}{first}{got}{label}{parts:?}{labels:?}{kinds:?}{best}{trimmed}")
    }
}

equivalent! {
    with [("a=b".to_owned()), ("".to_owned())];
    async fn beside_what_is_borrowed(s: String) -> String {
        let place = match s.strip_prefix("a").ok_or("no a") {
            Ok(rest) => if rest.is_empty() { "empty" } else { "rest" },
            Err(why) => why,
        };
        let pairs = vec![("k", 1), ("l", 2)];
        let Some(&(key, value)) = pairs.iter().max_by_key(|p| p.1) else { return String::new() };
        let (_, name) = s.split('=').map(|x| (x.len(), "name")).next().unwrap();
        let zipped: Vec<&str> = s.split('=').zip(["p", "q"]).map(|(_, b)| b).collect();
        let lengths: Vec<_> = s.split('=').map(|x| x.len()).collect();
        let count = s.lines().count();
        let upper: Vec<String> = s.split('=').map(str::to_uppercase).collect();
        let owned = s.split('=').next().unwrap_or_default().to_owned();
        let number = s.trim_matches('a').parse::<u32>().unwrap_or(7);
        let letter = s.chars().next();
        let letters: Vec<char> = s.chars().collect();
        let at = s.find('=').unwrap_or(9);
        let one: String = s.split('=').collect();
        let cow: Cow<'static, str> = Cow::Owned(s.trim_matches('x').to_owned());
        tick().await;
        act(place, value).await;
        format!("{place}{key}{name}{zipped:?}{lengths:?}{count}{upper:?}{owned}{number}{letter:?}{letters:?}{at}{one}{cow}")
    }
}

equivalent! {
    with [(2)];
    async fn in_turns(n: u32) -> String {
        let words = ["a", "bb"];
        let mut longest = "";
        let mut seen = Vec::new();
        for word in words.iter() {
            act("word", word.len() as u32).await;
            if word.len() > longest.len() {
                longest = word.trim();
            }
            seen.push(word.trim());
        }
        let table = BTreeMap::from([(1, "one"), (2, "two")]);
        let mut it = table.values().copied();
        let first = it.next().unwrap_or("none");
        let shown = if let Some((_, text)) = table.iter().next() { text.trim() } else { "none" };
        drop(it);
        tick().await;
        act(first, n).await;
        format!("{longest}{seen:?}{first}{shown}")
    }
}

// What is found is a `&&'static str`; what is kept of it is the text.
equivalent! {
    with [(1), (2), (7)];
    async fn texts_that_are_found(id: u64) -> String {
        let labels = HashMap::from([(1_u64, "one"), (2, "two")]);
        let mut shown = "none";
        if let Some(label) = labels.get(&id) {
            shown = label;
        }
        let kind: &str = match labels.get(&id) {
            Some(text) => text,
            None => "no kind",
        };
        act("found", id).await;
        format!("{shown} {kind}")
    }
}

equivalent! {
    with [(1), (2)];
    async fn the_longest_of_some_texts(n: usize) -> String {
        let words = vec!["a", "abc", "ab"];
        let longest: &str = words.iter().take(n).max_by_key(|word| word.len()).unwrap_or(&"");
        let mut other = "";
        for word in words.iter() {
            act("word", word.len()).await;
            if word.len() > other.len() {
                other = word;
            }
        }
        act("done", n).await;
        format!("{longest} {other}")
    }
}

// A reference that stands in a place is not borrowed from it.
equivalent! {
    with [(Labelled { n: 2, label: "two" }), (Labelled { n: 1, label: "one" })];
    async fn texts_in_places(item: Labelled) -> String {
        let shown: &str = if item.n > 1 { &item.label } else { "other" };
        let name = "x";
        let mut kept = "";
        if item.n > 1 {
            kept = &name;
        }
        act("shown", item.n).await;
        format!("{shown} {kept} {}", item.label)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    ids: Vec<usize>,
    names: Vec<String>,
    total: u32,
}

fn named() -> Named {
    let names = ["a", "b", "c"].map(String::from).to_vec();
    Named {
        ids: vec![2, 0, 7],
        names,
        total: 3,
    }
}

// A closure captures the part of a variable that it mentions, and no more.
equivalent! {
    with [(named())];
    async fn closures_over_parts(mut order: Named) -> String {
        let ids = order.ids;
        let total = &mut order.total;
        let joined: String = ids
            .iter()
            .filter_map(|id| order.names.get(*id).map(|name| name.as_str()))
            .collect();
        *total += 1;
        note("total", order.total);
        act("joined", ids.len()).await;
        joined
    }
}

// Nothing of it is owned by the pointer.
equivalent! {
    with [(1), (2)];
    async fn texts_behind_pointers(n: u32) -> String {
        let arced = Arc::new(config());
        let name = arced.name.trim_matches('-');
        let twice = Box::new(Rc::new(config()));
        let word = twice.words.first().map(|w| w.trim()).unwrap_or("none");
        let lazy: LazyLock<&'static Config> = LazyLock::new(config);
        let label = lazy.inner.label.trim_matches('-');
        let cell: LazyCell<&'static Config> = LazyCell::new(config);
        let same = &cell;
        let start = same.name.split('c').next().unwrap_or_default();
        let boxed = Box::new(" text ");
        let trimmed = boxed.trim();
        let boxes = vec![Box::new("first"), Box::new("second")];
        let first: &str = boxes.first().unwrap();
        let own = Pointer(config());
        let end = own.name.strip_prefix("-").unwrap_or("none");
        act("n", n).await;
        format!("{name}{word}{label}{start}{trimmed}{first}{end}")
    }
}

struct Pointer(&'static Config);

impl std::ops::Deref for Pointer {
    type Target = &'static Config;
    fn deref(&self) -> &&'static Config {
        &self.0
    }
}

/// Its methods have names of methods that hand on what they are called on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shelf {
    n: u32,
}

impl Shelf {
    fn last(&self) -> &'static str {
        if self.n > 1 { "last of many" } else { "last" }
    }
    fn take(&self, n: u32) -> Option<&'static str> {
        (n < self.n).then_some("taken")
    }
    fn map(&self, f: impl Fn(&'static str) -> &'static str) -> &'static str {
        f("mapped")
    }
}

equivalent! {
    with [(vec![Shelf { n: 1 }]), (vec![Shelf { n: 2 }, Shelf { n: 1 }])];
    async fn methods_called_as_those_of_iterators(shelves: Vec<Shelf>) -> String {
        let last = shelves.first().unwrap().last();
        let shelf = shelves.first().unwrap();
        let taken = shelf.take(1).unwrap_or("none");
        let mapped = shelf.map(|text| text);
        let count = shelves.len();
        drop(shelves);
        act("n", count).await;
        format!("{last}{taken}{mapped}")
    }
}
