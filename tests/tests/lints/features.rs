//! One function for each thing that is compiled in a way of its own.

use super::{Order, Refused, charge, tick};
use durable_runtime::join;
use durable_runtime::prelude::*;
use durable_runtime::select;
use std::collections::{HashMap, HashSet};

/// Blocks that run by themselves, in a list and spawned.
#[workflow]
async fn blocks_by_themselves(orders: Vec<Order>, limit: u64) -> u64 {
    let paid = join_all(orders.iter().map(|order| async move {
        let total = order.lines.values().sum::<u64>().min(limit);
        charge(String::new(), total).await.unwrap_or_default()
    }))
    .await;
    let more = spawn(async move {
        let first = charge("more".to_owned(), limit).await;
        first.unwrap_or_default()
    });
    let mut set = JoinSet::new();
    for cents in &paid {
        let cents = *cents;
        set.spawn(async move { charge("each".to_owned(), cents).await.unwrap_or_default() });
    }
    let mut sum = more.await;
    while let Some(cents) = set.join_next().await {
        sum += cents;
    }
    sum + paid.into_iter().sum::<u64>()
}

/// A handle that goes on.
#[workflow]
async fn handle_that_goes_on(cents: u64) -> u64 {
    let mut slow = spawn(charge("slow".to_owned(), cents));
    let mut rounds = 0;
    loop {
        select! {
            paid = &mut slow => break paid.unwrap_or_default() + rounds,
            _ = sleep(Duration::from_secs(1)) => rounds += 1,
        }
    }
}

/// Any value.
#[workflow]
async fn any<T: Clone>(value: T, times: u64) -> Vec<T> {
    let mut all = Vec::new();
    for _ in 0..times {
        drop(tick().await);
        all.push(value.clone());
    }
    all
}

/// Changes what it is lent.
#[workflow]
async fn adds_to(total: &mut u64, order: &mut Order) -> bool {
    let paid = charge("a".to_owned(), *total).await.unwrap_or_default();
    *total += paid;
    order.payer = Some(paid.to_string());
    paid > 0
}

/// Calls itself.
#[workflow]
async fn counts_down(n: u64) -> u64 {
    if n == 0 || tick().await.is_err() {
        return 0;
    }
    Box::pin(counts_down(n - 1)).await + 1
}

/// Calls all three.
#[workflow]
async fn calls_helpers(mut order: Order) -> u64 {
    let mut total = 1;
    let changed = adds_to(&mut total, &mut order).await;
    let both = any(order.payer.clone(), 2).await;
    let numbers = any(total, 1).await;
    counts_down(total).await + u64::from(changed) + (both.len() + numbers.len()) as u64
}

macro_rules! workflow_of {
    ($(#[$attr:meta])* $name:ident, $cents:ident => $value:expr) => {
        $(#[$attr])*
        #[workflow]
        async fn $name($cents: u64) -> u64 {
            let first = charge(stringify!($name).to_owned(), $value).await;
            let first = first.unwrap_or_default();
            charge(String::new(), first).await.unwrap_or(first)
        }
    };
}

workflow_of!(
    /// Made by a macro.
    of_a_macro, cents => cents + 1
);

/// Events that await.
#[workflow]
async fn told(cents: u64) -> u64 {
    tracing::info!(cents, paid = ?charge("a".to_owned(), cents).await, "told {}", tick().await.is_ok());
    tracing::debug!(
        "{}",
        charge("b".to_owned(), cents).await.unwrap_or_default()
    );
    cents
}

/// Parts that are there or not.
#[workflow]
async fn configured(cents: u64) -> u64 {
    #[cfg(test)]
    let more = charge("a".to_owned(), cents).await.unwrap_or_default();
    #[cfg(not(test))]
    let more = 0;
    drop(tick().await);
    #[cfg(not(test))]
    drop(tick().await);
    cents + more
}

/// Conditions with several parts that await.
#[workflow]
async fn chained(order: Order, limit: u64) -> u64 {
    if let Some(payer) = order.payer
        && let Ok(paid) = charge(payer, limit).await
        && paid > 1
        && tick().await.is_ok()
    {
        return paid;
    }
    let mut left = limit;
    while left > 0
        && let Ok(paid) = charge(String::new(), left).await
        && tick().await.is_ok()
    {
        left -= paid.min(left);
    }
    left
}

/// A closure that changes its capture, and is called after an await.
#[workflow]
async fn counting(cents: u64) -> u64 {
    let mut calls = 0;
    let mut count = |by: u64| {
        calls += by;
        calls
    };
    let first = count(1);
    drop(tick().await);
    let second = count(cents);
    drop(tick().await);
    first + second + calls
}

/// Bindings by `ref`, and what a guard chooses.
#[workflow]
async fn by_ref(order: Order, pair: (Option<String>, Option<String>)) -> usize {
    drop(tick().await);
    let known = order.lines.len();
    match pair {
        (Some(ref text), _) | (_, Some(ref text)) if text.len() > known => {
            drop(tick().await);
            text.len()
        }
        _ => known,
    }
}

/// Loops over hash maps, whose keys are saved, and over pieces.
#[workflow]
async fn hashed(mut prices: HashMap<String, u64>, names: HashSet<String>) -> u64 {
    let mut sum = 0;
    for (name, cents) in &prices {
        sum += charge(name.clone(), *cents).await.unwrap_or_default();
    }
    for cents in prices.values_mut() {
        *cents += charge(String::new(), *cents).await.unwrap_or_default();
    }
    for name in &names {
        sum += charge(name.clone(), 1).await.unwrap_or_default();
    }
    let mut rest = names.into_iter().collect::<Vec<_>>().into_iter();
    while let Some(name) = rest.next() {
        sum += charge(name, rest.len() as u64).await.unwrap_or_default();
    }
    sum + prices.into_values().sum::<u64>()
}

/// Assertions whose message awaits, and what is matched of a value with temporaries.
#[workflow]
async fn asserted(order: Order, cents: u64) -> Result<u64, Refused> {
    assert_eq!(cents + 1, order.lines.len() as u64, "{:?}", tick().await);
    assert_ne!(
        order.payer,
        None,
        "{} {:?}",
        cents,
        charge("a".to_owned(), cents).await
    );
    debug_assert_eq!(cents, 1, "{:?}", tick().await);
    if let Some(text) = &order.lines.keys().next().map(|name| name.to_uppercase()) {
        drop(tick().await);
        return Ok(text.len() as u64);
    }
    let (paid, ()) = join!(charge("b".to_owned(), cents), async { drop(tick().await) });
    Ok(paid?)
}
