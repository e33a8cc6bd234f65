//! `async` blocks that run by themselves in functions that no name leads to: generic ones, and those
//! that change what they are lent.

use durable_runtime::Durable;
use durable_tests::equivalent_group;
use std::fmt::Debug;
use std::time::Duration;

trait Priced {
    const RATE: u64;
    fn price(&self) -> u64;
}

impl Priced for u32 {
    const RATE: u64 = 2;
    fn price(&self) -> u64 {
        u64::from(*self)
    }
}

impl Priced for String {
    const RATE: u64 = 3;
    fn price(&self) -> u64 {
        self.len() as u64
    }
}

equivalent_group! {
    generic: totals(2), kept_ones(3), tried(4), tried(1), nested_lists(2), named_impls(3), of_chunks(2), projected(3);

    #[workflow]
    pub(super) async fn total_price<T: Priced + Clone>(items: Vec<T>) -> u64 {
        let by_reference = join_all(items.iter().map(|item| async move {
            let price = act("price", item.price()).await;
            act("clone", item.clone().price()).await;
            price * T::RATE
        }))
        .await;
        let by_value = join_all(items.into_iter().enumerate().map(|(i, item)| async move {
            act("at", i).await;
            item.price()
        }))
        .await;
        tick().await;
        by_reference.iter().chain(&by_value).sum()
    }
    #[workflow]
    pub(super) async fn totals(n: u32) -> (u64, u64, u64) {
        let a = total_price(vec![n, 5]).await;
        let b = total_price(vec!["abc".to_owned(), n.to_string()]).await;
        let (c, d) = join!(total_price(vec![n]), async { total_price(vec![String::new()]).await });
        (a, b, c + d)
    }
    #[workflow]
    pub(super) async fn kept_call<T: Durable + Priced + Clone + Debug>(item: T, n: u64) -> String {
        let copy = item.clone();
        let block = async move {
            let mut sum = n;
            for _ in 0..2 { sum += act("in", copy.price()).await; }
            (sum, copy)
        };
        let before = act("before", item.clone()).await;
        let (sum, copy) = block.await;
        tick().await;
        format!("{before:?} {sum} {copy:?} {item:?}")
    }
    #[workflow]
    pub(super) async fn kept_ones(n: u32) -> String {
        kept_call(n, 3).await + &kept_call(format!("{n}{n}"), 4).await
    }
    #[workflow]
    pub(super) async fn first_error<T: Priced, E: Debug + Clone>(items: &[T], error: &E) -> Result<Vec<u64>, E> {
        try_join_all(items.iter().map(|item| async move {
            let price = act("price", item.price()).await;
            if price > 3 { Err(error.clone())?; }
            Ok::<_, E>(act("ok", price + T::RATE).await)
        }))
        .await
    }
    #[workflow]
    pub(super) async fn tried(n: u32) -> String {
        let a = first_error(&[1, n, 3], &"dear".to_owned()).await;
        let b = first_error(&["ab".to_owned(), "c".repeat(n as usize)], &7).await;
        format!("{a:?} {b:?}")
    }
    #[workflow]
    pub(super) async fn pairs<A: Durable + Clone + Debug, B: Durable + Debug + Clone>(a: Vec<A>, b: B) -> Vec<String> {
        let lists = join_all(a.iter().map(|a| {
            let b = b.clone();
            async move {
                let inner = join_all((0..2).map(|i| { let a = a.clone(); async move { act("a", a).await; i } })).await;
                let (x, y) = join!(act("b", b.clone()), async { act("n", inner.len()).await });
                format!("{a:?}{x:?}{y}")
            }
        }))
        .await;
        act("lists", lists.len()).await;
        lists
    }
    #[workflow]
    pub(super) async fn nested_lists(n: u32) -> Vec<String> {
        let mut all = pairs(vec![n, 4], "t".to_owned()).await;
        all.extend(pairs(vec!["u".to_owned()], n).await);
        all
    }
    #[workflow]
    pub(super) async fn of_any(prices: impl Priced + Clone, rounds: u64) -> u64 {
        let all = join_all((0..rounds).map(|i| { let prices = prices.clone(); async move {
            let _ = sleep(Duration::from_secs(i)).await;
            act("price", prices.price() + i).await
        } })).await;
        all.iter().sum()
    }
    #[workflow]
    pub(super) async fn named_impls(n: u32) -> u64 {
        of_any(n, 2).await + of_any("four".to_owned(), 1).await
    }
    #[workflow]
    pub(super) async fn arrays<const N: usize>(items: Vec<u32>) -> usize {
        let all = join_all(items.chunks(N).map(|chunk| async move { act("chunk", chunk.len()).await + N })).await;
        all.iter().sum()
    }
    #[workflow]
    pub(super) async fn of_chunks(n: u32) -> usize {
        arrays::<2>(vec![n; 5]).await * 100 + arrays::<3>(vec![n; 4]).await
    }
    #[workflow]
    pub(super) async fn items_of<I>(all: I) -> Vec<I::Item>
    where
        I: IntoIterator + Clone,
        I::Item: Durable + Clone,
    {
        join_all(all.into_iter().map(|item| async move { tick().await; act("item", item.clone()).await; item })).await
    }
    #[workflow]
    pub(super) async fn projected(n: u32) -> usize {
        let a = items_of(vec![n, 1]).await;
        let b = items_of(Some(format!("{n}"))).await;
        a.len() + b[0].len()
    }
}

equivalent_group! {
    lending: adds(3), fails(1), fails(5), blocks_beside(2), generic_too(2), shared_ones(2);

    #[workflow]
    pub(super) async fn add(total: &mut u64, log: &mut Vec<String>, orders: Vec<u64>) -> usize {
        log.push("begin".to_owned());
        let rate = *total + 1;
        let prefix = log[0].clone();
        let all = join_all(orders.iter().map(|cents| {
            let prefix = prefix.clone();
            async move {
                let paid = act("charge", cents * rate).await;
                act(&prefix, paid).await;
                paid
            }
        }));
        let all = all.await;
        *total += all.iter().sum::<u64>();
        log.push(act("log", format!("{prefix}{total}")).await);
        all.len()
    }
    #[workflow]
    pub(super) async fn adds(n: u64) -> (u64, Vec<String>, usize) {
        let (mut total, mut log) = (n, vec![]);
        let a = add(&mut total, &mut log, vec![1, 2]).await;
        let b = add(&mut total, &mut log, vec![n]).await;
        (total, log, a + b)
    }
    #[workflow]
    pub(super) async fn try_all(done: &mut Vec<u32>, n: u32) -> Result<u32, String> {
        let later = async move { act("later", n).await + 1 };
        done.push(n);
        let found = try_join_all((0..n).map(|i| async move {
            if act("try", i).await == 3 { return Err(format!("bad {i}")); }
            Ok(i)
        }))
        .await?;
        done.extend(&found);
        let last = later.await;
        done.push(last);
        Ok(last)
    }
    #[workflow]
    pub(super) async fn fails(n: u32) -> (Result<u32, String>, Vec<u32>) {
        let mut done = vec![100];
        let result = try_all(&mut done, n).await;
        (result, done)
    }
    #[workflow]
    pub(super) async fn blocks_beside(n: u64) -> (u64, usize) {
        let mut log = vec![];
        let mut total = n;
        let (a, b) = join!(
            async { add(&mut total, &mut log, vec![4]).await },
            join_all((0..n).map(|i| async move { act("beside", i).await })),
        );
        (total, a + b.len() + log.len())
    }
    #[workflow]
    pub(super) async fn push_all<T: Durable + Clone + Debug>(to: &mut Vec<T>, items: &[T]) -> usize {
        let got = join_all(items.iter().map(|item| async move { act("item", item.clone()).await })).await;
        to.extend(got);
        let kept = to.clone();
        let texts = join_all(kept.iter().map(|item| async move { act("text", format!("{item:?}")).await })).await;
        texts.len()
    }
    #[workflow]
    pub(super) async fn generic_too(n: u32) -> (Vec<u32>, Vec<String>, usize) {
        let (mut a, mut b) = (vec![n], vec![]);
        let x = push_all(&mut a, &[1, 2]).await;
        let y = push_all(&mut b, &["s".to_owned()]).await;
        (a, b, x + y)
    }
    #[workflow]
    pub(super) async fn of_shared(prices: &[u32], note: &str) -> Vec<String> {
        let spawned = { let note = note.to_owned(); spawn(async move { act("spawned", note).await }) };
        let all = join_all(prices.iter().map(|p| async move { act(note, *p).await.to_string() })).await;
        let first = &prices[0];
        let one = join_all([async { act("first", *first).await; format!("{note}{first}") }]).await;
        act("spawned", spawned.await).await;
        all.into_iter().chain(one).collect()
    }
    #[workflow]
    pub(super) async fn shared_ones(n: u32) -> Vec<String> {
        of_shared(&[n, 3], "note").await
    }
}
