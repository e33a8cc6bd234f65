//! Places before an await in the same expression: what they are in, and what they are indexed with.

use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::registry;
use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Item {
    name: String,
    price: u32,
    tags: Vec<String>,
    counts: [u32; 2],
    counter: Counter,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Order {
    items: Vec<Item>,
    kind: usize,
    at: [usize; 3],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counter(u32);

impl Counter {
    fn shown(&self, by: u32) -> u32 {
        self.0 + by
    }
    fn moved(self, by: u32) -> u32 {
        self.0 * by
    }
}

mod config {
    pub(super) const FIRST: usize = 1;
    pub(super) const LIMITS: [u32; 3] = [3, 4, 5];
    pub(super) static NAMES: [&str; 2] = ["a", "b"];
}

fn item(name: &str, price: u32) -> Item {
    Item {
        name: name.to_owned(),
        price,
        tags: vec![name.repeat(2)],
        ..Item::default()
    }
}

fn order() -> Order {
    Order {
        items: vec![item("a", 3), item("b", 4)],
        kind: 1,
        at: [1, 0, 1],
    }
}

fn names() -> Vec<String> {
    vec!["a".to_owned(), "b".to_owned()]
}

fn full_name() -> String {
    "full".to_owned()
}

fn boxed_text() -> Box<str> {
    "boxed".into()
}

fn limits() -> [u32; 3] {
    [5, 6, 7]
}

fn join_up(name: &str, n: u32) -> String {
    format!("{name}{n}")
}

fn bump(n: &mut u32, by: u32) -> u32 {
    *n += by;
    *n
}

equivalent! {
    with [(0), (1)];
    async fn places_in_values_without_a_name(n: usize) -> Vec<String> {
        let mut seen = Vec::new();
        seen.push((names()[n] == act("name", "a".to_owned()).await).to_string());
        seen.push((act("names", names()).await[n] == act("name", "b".to_owned()).await).to_string());
        seen.push((*"b" == *act("name", "b".to_owned()).await).to_string());
        seen.push(join_up(&names()[n], act("n", 1).await));
        seen.push(join_up(&full_name()[1..], act("n", 1).await));
        seen.push(join_up(&full_name()[n..n + 2], act("n", 1).await));
        seen.push(join_up(&*boxed_text(), act("n", 1).await));
        seen.push(join_up(&vec![names(), names()][n][note("second", 1)], act("n", 2).await));
        seen.push(names()[note("index", n)].replace("b", &act("with", "c".to_owned()).await));
        seen.push(vec![item("x", 1), item("y", 2)][n].name.repeat(act("times", 2_usize).await));
        seen.push(order().clone().items[n].tags[0].replace("a", &act("with", "-".to_owned()).await));
        seen.push(limits()[n].pow(act("power", 2).await).to_string());
        seen.push((limits()[n] < act("limit", 6).await).to_string());
        seen.push(bump(&mut limits()[n], act("by", 2).await).to_string());
        seen.push(bump(&mut act("order", order()).await.items[n].price, act("by", 2).await).to_string());
        seen.push(act("kept", order()).await.items[n].tags.concat().replace("a", &act("with", "o".to_owned()).await));
        assert_eq!(names()[0], act("checked", "a".to_owned()).await);
        seen
    }
}

equivalent! {
    with [(order()), (Order { items: vec![item("z", 9)], ..Order::default() })];
    async fn parts_of_what_is_found(mut order: Order) -> (Vec<u32>, Order) {
        let mut seen = Vec::new();
        seen.push(u32::from(order.items.last().unwrap().price < act("price", 4).await));
        seen.push(order.items.first().unwrap().price.max(act("max", 4).await));
        seen.push(order.items.first().unwrap().counts[0].max(act("counts", 4).await));
        seen.push(order.items.last().unwrap().counter.shown(act("shown", 1).await));
        seen.push(order.items.last().unwrap().counter.moved(act("moved", 1).await));
        seen.push(order.items.iter().rev().next().unwrap().counts[act("at", 1_usize).await]);
        order.items.last_mut().unwrap().price += act("more", 1).await;
        seen.push(u32::from(item("moved", 1).name == act("name", "moved".to_owned()).await));
        seen.push((Some(seen[0]), 1).0.unwrap_or(act("other", 9).await));
        (seen, order)
    }
}

equivalent! {
    with [(order(), 0), (order(), 1)];
    async fn indices_that_are_places(order: Order, n: usize) -> (Vec<Vec<u32>>, Vec<String>) {
        let mut rows = vec![vec![1], vec![2], vec![3]];
        let mut i = n;
        let at = &n;
        rows[order.kind].push(act("field", 10).await);
        rows[order.at[0]].push(act("element", 11).await);
        rows[order.at[order.at[n]]].push(act("element of an element", 12).await);
        rows[*at].push(act("target", 13).await);
        rows[(i)].push(act("parentheses", 14).await);
        rows[config::FIRST].push(act("constant", 15).await);
        rows[usize::MIN].push(act("constant of a type", 16).await);
        rows[order.kind - 1][n - n] += act("number", 17).await;
        rows[order.kind][0] += act("number", 18).await;
        // The index is read where Rust reads it.
        let mut cursor = Order { kind: 2, ..Order::default() };
        rows[cursor.kind].push({ cursor.kind = 0; act("moved", 19).await });
        rows[cursor.at[0]].push({ cursor.at = [2; 3]; act("assigned", 20).await });
        rows[{ i += 1; i - 1 }].push({ i = 0; act("computed", 21).await });
        let mut seen = vec![];
        seen.push((rows[order.kind] == act("row", vec![2]).await).to_string());
        seen.push((config::LIMITS[order.kind] < act("limit", 9).await).to_string());
        seen.push((config::NAMES[order.kind] == act("a name", "b".to_owned()).await).to_string());
        seen.push(order.items[order.kind].tags[order.at[1]].replace("b", &act("b", "c".to_owned()).await));
        seen.push(join_up(&order.items[order.at[n]].name[order.at[1]..], act("part", 1).await));
        assert_eq!(rows[order.kind], act("checked", rows[order.kind].clone()).await, "{}", rows[order.kind].len());
        (rows, seen)
    }
}

equivalent! {
    with [("a".to_owned()), ("b".to_owned())];
    async fn keys_by_reference(sku: String) -> (Vec<u32>, BTreeMap<String, Vec<u32>>) {
        let mut seen = Vec::new();
        let stock = BTreeMap::from([("a".to_owned(), 3), ("b".to_owned(), 5)]);
        let lists = BTreeMap::from([("a".to_owned(), vec![1, 2])]);
        let mut totals: BTreeMap<String, Vec<u32>> = BTreeMap::from([("a".to_owned(), vec![1]), ("b".to_owned(), vec![])]);
        let order = item(&sku, 1);
        let numbers = BTreeMap::from([(1, 10), (2, 20)]);
        let mut n = 1;
        seen.push(stock[&sku].max(act("variable", 4).await));
        seen.push(stock[&order.name].max(act("field", 4).await));
        seen.push(stock[&order.tags[0][..1]].max(act("part", 4).await));
        seen.push(stock[&format!("{}", sku)].max(act("value", 4).await));
        seen.push(stock["a"].max(act("literal", 4).await));
        seen.push(stock[sku.as_str()].max(4) + act("after", 1).await);
        seen.push(lists[&"a".to_owned()][order.counts[0] as usize].max(act("inner", 1).await));
        seen.push(numbers[&n].max(act("number", 15).await));
        seen.push(numbers[&{ n += 1; n }].max({ n = 7; act("block", 15).await }));
        seen.push(numbers[&(n - 6)].max(act("sum", 15).await));
        (seen, totals)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Flag(bool);

impl std::ops::Not for Flag {
    type Output = bool;
    fn not(self) -> bool {
        durable_tests::equivalence::ops::note("not", !self.0)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Inverse(Flag);

impl std::ops::Not for Inverse {
    type Output = Flag;
    fn not(self) -> Flag {
        durable_tests::equivalence::ops::note("inverse", self.0)
    }
}

fn held(flag: Flag) -> Flag {
    flag
}

fn inverse_of(flag: Flag) -> Inverse {
    Inverse(flag)
}

equivalent! {
    with [(true), (false)];
    async fn a_users_not(yes: bool) -> Vec<u32> {
        let mut seen = vec![];
        if !held(act("flag", Flag(yes)).await) { seen.push(1); }
        if !act("inside", Inverse(Flag(yes))).await.0 { seen.push(2); }
        let inverse: Flag = !inverse_of(act("inverse", Flag(yes)).await);
        if !(held(act("flag", Flag(yes)).await)) || !!(seen.len() > 9 || act("or", yes).await) { seen.push(3); }
        if !(!held(act("flag", Flag(yes)).await) && act("and", yes).await) { seen.push(4); }
        if !!!(act("a", yes).await && !held(act("b", inverse).await)) { seen.push(5); }
        if !!!act("thrice", yes).await { seen.push(6); }
        while !held(act("stop", Flag(seen.len() > 6)).await) { seen.push(7); }
        seen.push(match yes { yes if !held(act("guard", Flag(yes)).await) => 8, _ => 9 });
        seen
    }
}

equivalent! {
    with [(0), (1)];
    async fn compound_texts(n: usize) -> (Vec<String>, Vec<u32>, [u64; 2]) {
        let mut lines = vec![String::from("a"), String::from("b")];
        lines[n] += &act("variable", 1).await.to_string();
        lines[0] += &act("literal", "!".to_owned()).await;
        lines[config::FIRST] += &*act("constant", "?".to_owned()).await;
        let mut numbers = vec![1, 2];
        numbers[n] += &act("by reference", 3).await;
        numbers[n] += act("by value", 3).await;
        numbers[n] <<= act("shift", 2_u8).await;
        let mut totals = [1_u64; 2];
        totals[n] -= act("less", 1).await;
        let mut text = (String::new(), 0);
        text.0 += &act("field", "f".to_owned()).await;
        (lines, numbers, totals)
    }
}

/// Notes which of its methods are called.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Ledger(BTreeMap<u32, Vec<u32>>);

impl std::ops::Index<u32> for Ledger {
    type Output = Vec<u32>;
    fn index(&self, at: u32) -> &Vec<u32> {
        &self.0[&at]
    }
}

impl std::ops::IndexMut<u32> for Ledger {
    fn index_mut(&mut self, at: u32) -> &mut Vec<u32> {
        self.0.entry(at).or_default()
    }
}

fn append(to: &mut Vec<u32>, n: u32) -> usize {
    to.push(n);
    to.len()
}

equivalent! {
    with [(3)];
    async fn what_only_index_mut_finds(n: u32) -> (Ledger, usize) {
        let mut ledger = Ledger::default();
        ledger[n].push(act("push", 1).await);
        ledger[n + 1].push(act("push", 2).await);
        let len = append(&mut ledger[5], act("append", 3).await);
        (ledger, len)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Pair(u32, String);

equivalent! {
    with [(1)];
    async fn structs_that_are_assigned(n: u32) -> (u32, String, u32, String) {
        let (a, b);
        let (price, name);
        if act("first", n).await == 1 {
            Pair(a, b) = Pair(n, act("b", "b".to_owned()).await);
        } else {
            return Default::default();
        }
        tick().await;
        Item { price, name, .. } = act("item", item("x", 5)).await;
        tick().await;
        (a, b, price, name)
    }
}

mod panics {
    use durable_tests::equivalence::ops::durable::act;
    use durable_tests::equivalence::workflow;

    #[workflow]
    pub(super) async fn a_text_by_reference(at: usize) -> usize {
        let mut lines = vec![String::new()];
        lines[at] += &act("suffix", 1).await.to_string();
        lines.len()
    }
    #[workflow]
    pub(super) async fn a_number_by_reference(at: usize) -> usize {
        let mut numbers = vec![0];
        numbers[at] += &act("number", 1).await;
        numbers.len()
    }
    #[workflow]
    pub(super) async fn a_number(at: usize) -> usize {
        let mut numbers = vec![0];
        numbers[at] += act("number", 1).await;
        numbers.len()
    }
    #[workflow]
    pub(super) async fn an_element_without_a_name(at: usize) -> bool {
        vec![String::new()][at] == act("text", String::new()).await
    }
    #[workflow]
    pub(super) async fn an_index_that_is_an_element(at: usize) -> usize {
        let mut lists = vec![vec![0_usize]];
        let indices = [0, 9];
        lists[indices[at.min(1)]].push(act("number", 1).await);
        lists.len()
    }
}

#[test]
fn an_index_panics_where_it_does_in_rust() {
    macro_rules! begins {
        ($call:expr) => {{
            let call = $call;
            let def = registry::workflow(call.name()).unwrap();
            let input = call.input().unwrap().to_vec();
            match Machine::start(def, input).turn(&[], Timestamp(0)) {
                Turn::Suspended(_) => true,
                Turn::Panicked(_) => false,
                other => panic!("{other:?}"),
            }
        }};
    }
    assert!(begins!(panics::a_text_by_reference(0)));
    assert!(!begins!(panics::a_text_by_reference(9)));
    assert!(!begins!(panics::a_number_by_reference(9)));
    assert!(begins!(panics::a_number(9)));
    assert!(begins!(panics::an_element_without_a_name(0)));
    assert!(!begins!(panics::an_element_without_a_name(9)));
    assert!(begins!(panics::an_index_that_is_an_element(0)));
    assert!(!begins!(panics::an_index_that_is_an_element(1)));
}
