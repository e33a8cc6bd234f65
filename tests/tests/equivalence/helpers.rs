//! Helpers that are generic or take references: they run inline, each with a frame of its own.

use durable_runtime::Durable;
use durable_tests::equivalent_group;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt::Display;

equivalent_group! {
    generics: uses(3), refs(4), lent_texts("ab".to_owned()), kept(3), rec(3), impls(2), consts(5),
        branches(3), joined(3), outputs("12".to_owned()), reborrowed(4), changed_between(3),
        parts(3), shadowed(2), looped(3), lent(5), bounded(3);

    #[workflow]
    pub(super) async fn total<T: Durable + Clone + Into<u64>>(items: Vec<T>) -> u64 {
        let mut sum = 0u64;
        for item in items {
            let n: u64 = item.into();
            sum += act("item", n).await;
        }
        tick().await;
        sum
    }
    #[workflow]
    pub(super) async fn with_bounds<T: Clone + Serialize + DeserializeOwned + Send + 'static>(value: T) -> Vec<T> {
        let first = act("bounds", value.clone()).await;
        tick().await;
        vec![first, value]
    }
    #[workflow]
    pub(super) async fn with_a_clause<T, U>(pair: (T, U)) -> T
    where
        T: for<'de> Deserialize<'de> + Serialize,
        U: DeserializeOwned,
        Vec<U>: Clone,
    {
        let (first, second) = pair;
        let rest = vec![second];
        tick().await;
        drop(rest.clone());
        first
    }
    #[workflow]
    pub(super) async fn bounded(n: u32) -> (Vec<u32>, String) {
        let all = with_bounds(n).await;
        let first = with_a_clause(("a".to_owned(), all.clone())).await;
        (all, first)
    }
    #[workflow]
    pub(super) async fn uses(n: u32) -> u64 {
        let a = total(vec![n, 2, 3]).await;
        let b = total(vec![1u8, 2]).await;
        a * 100 + b
    }
    #[workflow]
    pub(super) async fn show(pair: &(u32, String), names: &[String], note: &str) -> String {
        let first = act("first", pair.0).await;
        let rest = act("rest", names.len()).await;
        tick().await;
        format!("{first} {rest} {} {note} {}", pair.1, names[0])
    }
    #[workflow]
    pub(super) async fn refs(n: u32) -> String {
        let pair = (n, "x".to_owned());
        let names = vec!["p".to_owned(), "q".to_owned()];
        let a = show(&pair, &names, "note").await;
        let b = show(&pair, &names[1..], &a).await;
        tick().await;
        format!("{b} {}", pair.1)
    }
    #[workflow]
    pub(super) async fn destruct(&(a, ref b): &(u32, String), mut n: u32) -> String {
        n += a;
        tick().await;
        format!("{a}{b}{n}")
    }
    #[workflow]
    pub(super) async fn lent_texts(text: String) -> String {
        let one = destruct(&(3, text.clone()), 4).await;
        let two = destruct(&(5, one.clone()), 6).await;
        one + &two
    }
    #[workflow]
    pub(super) async fn pick<T: Clone>(items: Vec<T>, at: usize) -> Option<T> {
        let at = act("at", at).await;
        items.get(at).cloned()
    }
    #[workflow]
    pub(super) async fn kept(n: u32) -> Option<String> {
        let call = pick(vec!["a".to_owned(), "b".to_owned()], 1);
        let other = pick(vec![n, n + 1], 0).await;
        tick().await;
        let found = call.await;
        found.map(|f| format!("{f}{other:?}"))
    }
    #[workflow]
    pub(super) async fn deep<T: Durable + Clone + Display>(item: T, depth: u32) -> String {
        if depth == 0 {
            return act("end", item.to_string()).await;
        }
        let inner = recurse(deep(item.clone(), depth - 1)).await;
        tick().await;
        format!("{item}<{inner}>")
    }
    #[workflow]
    pub(super) async fn rec(n: u32) -> String {
        deep(n, n).await + &deep("t".to_owned(), 2).await
    }
    #[workflow]
    pub(super) async fn announce(what: impl Display, times: u32) -> String {
        let mut all = String::new();
        for i in 0..times {
            all += &act("say", format!("{what}{i}")).await;
        }
        all
    }
    #[workflow]
    pub(super) async fn impls(n: u32) -> String {
        announce(n, n).await + &announce("word".to_owned(), 1).await
    }
    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub(super) struct Wrap<T> { value: T }
    #[workflow]
    pub(super) async fn sized<const N: usize, T>(item: Wrap<T>) -> usize where T: Durable + Clone {
        let n = act("sized", N).await;
        let copy = item.clone();
        tick().await;
        drop(copy.value);
        n
    }
    #[workflow]
    pub(super) async fn consts(n: u32) -> usize {
        sized::<3, _>(Wrap { value: n }).await * 10 + sized::<4, String>(Wrap { value: String::new() }).await
    }
    #[workflow]
    pub(super) async fn branches(n: u32) -> String {
        let text = "x".to_owned();
        let (a, b) = join!(deep(n, 1), async {
            let r = show(&(n, text.clone()), &[text.clone()], &text).await;
            tick().await;
            r
        });
        a + &b + &text
    }
    #[workflow]
    pub(super) async fn joined(n: u32) -> Vec<u64> {
        let (a, b) = join!(total(vec![n]), total(vec![1u8, 2]));
        vec![a, b]
    }
    #[workflow]
    pub(super) async fn parsed<T: Durable + std::str::FromStr>(text: &str) -> Option<T> {
        let text = act("parse", text.to_owned()).await;
        text.parse().ok()
    }
    #[workflow]
    pub(super) async fn outputs(text: String) -> u32 {
        let n: Option<u32> = parsed(&text).await;
        let m = parsed::<u64>(text.as_str()).await;
        n.unwrap_or(0) + u32::try_from(m.unwrap_or(7)).unwrap()
    }

    #[workflow]
    pub(super) async fn longest<'a>(all: &'a [String], least: &'a usize) -> String {
        let mut best = String::new();
        for text in all {
            let long = act("long", text.len()).await;
            if long > best.len() && long >= *least {
                best = text.clone();
            }
        }
        best
    }
    // What is lent may itself be a borrow that is made again.
    #[workflow]
    pub(super) async fn reborrowed(n: usize) -> String {
        let names = vec![vec!["a".to_owned()], vec!["bcd".to_owned(), "ef".to_owned()]];
        let row = &names[1];
        tick().await;
        let found = longest(row, &row.len()).await;
        for row in &names {
            act("row", longest(row, &n.min(1)).await).await;
        }
        found
    }
    #[workflow]
    pub(super) async fn changed_between(n: u32) -> Vec<String> {
        let mut pair = (n, "x".to_owned());
        let mut all = Vec::new();
        for i in 0..n {
            all.push(show(&pair, &[pair.1.clone()], "-").await);
            pair.0 += i;
            pair.1.push('y');
        }
        all
    }
    #[workflow]
    pub(super) async fn first_of(pair: &(String, Vec<u32>), other: &Option<u32>) -> u32 {
        let (name, numbers) = pair;
        let first = &numbers[0];
        tick().await;
        let named = act("named", name.len() as u32).await;
        if let Some(extra) = other {
            tick().await;
            return *first + named + *extra;
        }
        let pair = &pair.1;
        tick().await;
        *first + named + pair.len() as u32
    }
    #[workflow]
    pub(super) async fn parts(n: u32) -> u32 {
        let pair = ("abc".to_owned(), vec![n, 9]);
        first_of(&pair, &None).await * 100 + first_of(&pair, &Some(n)).await
    }
    #[workflow]
    pub(super) async fn shadows(text: &str, n: &u32) -> String {
        let kept = text;
        let text = text.to_uppercase();
        tick().await;
        let n = *n + 1;
        let again = act("again", format!("{kept}{n}")).await;
        {
            let kept = again.len();
            tick().await;
            act("kept", kept).await;
        }
        text + kept + &again
    }
    #[workflow]
    pub(super) async fn shadowed(n: u32) -> String {
        let text = "ab".to_owned();
        shadows(&text, &n).await + &shadows("cd", &(n + 1)).await
    }
    #[workflow]
    pub(super) async fn counted<T: Sync>(all: &[T], one: &T) -> usize {
        let size = act("size", std::mem::size_of_val(one)).await;
        tick().await;
        size * all.len()
    }
    #[workflow]
    pub(super) async fn lent(n: u32) -> usize {
        let all = vec![n, 2];
        counted(&all, &n).await + counted(&["a".to_owned()], &all[1].to_string()).await
    }
    #[workflow]
    pub(super) async fn sums<T, I>(items: I) -> Vec<T>
    where
        I: IntoIterator<Item = T> + Durable,
        T: Durable + Copy + std::ops::Add<Output = T> + Default,
    {
        let all: Vec<T> = items.into_iter().collect();
        let mut sum = T::default();
        let mut sums = Vec::new();
        for item in &all {
            sum = sum + *item;
            sums.push(act("sum", sum).await);
        }
        sums
    }
    #[workflow]
    pub(super) async fn looped(n: u32) -> (Vec<u32>, Vec<f64>) {
        let mut whole = Vec::new();
        for i in 0..n {
            whole = sums(vec![i, n, 1]).await;
        }
        (whole, sums([0.5, 0.25]).await)
    }
}
