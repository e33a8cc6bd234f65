//! The expansion is silent: this crate denies what a strict user denies, and compiles.
//!
//! That the user's own lints fire, and once, is in `ui/once`.

#![deny(
    warnings,
    unused,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    let_underscore,
    missing_docs,
    missing_debug_implementations,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::allow_attributes_without_reason,
    clippy::let_underscore_must_use,
    clippy::shadow_unrelated,
    clippy::str_to_string
)]
#![allow(
    clippy::unused_async,
    reason = "the activities of this test have nothing to wait for"
)]

mod features;

use durable_runtime::prelude::*;
use durable_runtime::{join, select, try_join};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its lines, by name.
    pub lines: BTreeMap<String, u64>,
    /// Who pays.
    pub payer: Option<String>,
}

/// Why an order fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refused {
    /// Not enough.
    Poor {
        /// What is missing.
        cents: u64,
    },
    /// Something else.
    Other(String),
}

impl From<ActivityError<Self>> for Refused {
    fn from(error: ActivityError<Self>) -> Self {
        match error {
            ActivityError::Failed(refused) => refused,
            other => Self::Other(format!("{other:?}")),
        }
    }
}

impl From<Cancelled> for Refused {
    fn from(_: Cancelled) -> Self {
        Self::Other("cancelled".into())
    }
}

/// Takes money.
#[activity(
    start_to_close = "30s",
    retry(initial = "1s", factor = 2.0, max_attempts = 5, non_retryable = is_poor)
)]
async fn charge(payer: String, cents: u64) -> Result<u64, Refused> {
    if payer.is_empty() {
        return Err(Refused::Poor { cents });
    }
    Ok(cents)
}

const fn is_poor(refused: &Refused) -> bool {
    matches!(refused, Refused::Poor { .. })
}

/// Takes references.
#[activity]
pub async fn print(text: &str, order: &Order) -> usize {
    text.len() + order.lines.len()
}

/// Has no parameters and no result.
#[activity]
async fn tick() {}

/// Straight on.
#[workflow]
pub async fn straight(order: Order) -> Result<u64, Refused> {
    let payer = order.payer.clone().unwrap_or_default();
    let total = charge(payer, order.lines.values().sum()).await?;
    sleep(Duration::from_secs(60)).await?;
    Ok(total)
}

/// Branches, patterns and early ends.
#[workflow]
async fn branches(order: Order, (limit, strict): (u64, bool)) -> Result<u64, Refused> {
    let Some(payer) = order.payer.clone() else {
        let printed = print("nobody", &order).await;
        return Err(Refused::Other(format!("{printed:?}")));
    };
    let cents: u64 = order.lines.values().sum();
    let printed = print("check", &order).await;
    if strict && cents > limit || matches!(printed, Ok(0)) {
        return Err(Refused::Poor {
            cents: cents - limit,
        });
    }
    let paid = match charge(payer.clone(), cents).await {
        Ok(paid) if paid == cents => paid,
        Ok(paid) => {
            let rest = cents - paid;
            paid + charge(payer, rest).await?
        }
        Err(ActivityError::Failed(Refused::Poor { cents })) => {
            let retried = charge(payer, cents / 2).await;
            retried.unwrap_or(0)
        }
        Err(error) => return Err(error.into()),
    };
    Ok(paid)
}

/// Loops.
#[workflow(name = "lints.loops")]
pub(crate) async fn loops(orders: Vec<Order>, mut budget: u64) -> Result<Vec<u64>, Refused> {
    let mut paid = Vec::new();
    'orders: for (number, order) in orders.into_iter().enumerate() {
        for (name, cents) in order.lines {
            if cents > budget {
                continue 'orders;
            }
            budget -= charge(name, cents).await?;
        }
        let mut tries = 0;
        while tries < number && tick().await.is_err() {
            tries += 1;
        }
        let last = loop {
            let one = charge(String::from("last"), 1).await?;
            if one > 0 {
                break one;
            }
        };
        paid.push(last);
    }
    Ok(paid)
}

/// Shadowing, arguments and struct literals that await.
#[workflow]
async fn expressions(start: u64) -> Order {
    let cents = start + 1;
    let cents = charge("a".to_owned(), cents).await.unwrap_or(cents);
    Order {
        lines: BTreeMap::from([(
            format!("{cents}"),
            charge("b".to_owned(), cents).await.unwrap_or(0),
        )]),
        payer: charge("c".to_owned(), 3).await.ok().map(|c| c.to_string()),
    }
}

/// Awaits in macros, on the left of assignments, and values that come later.
#[workflow]
async fn macros_and_places(start: u64) -> String {
    let cents: u64;
    let label;
    if start > 1 {
        cents = charge("a".to_owned(), start).await.unwrap_or(0);
        label = "large";
    } else {
        label = if tick().await.is_ok() {
            "small"
        } else {
            "none"
        };
        cents = 1;
    }
    let mut totals = vec![charge("b".to_owned(), cents).await.unwrap_or(0), start];
    totals[usize::from(tick().await.is_err())] += cents;
    assert!(tick().await.is_ok(), "{label}: {:?}", tick().await);
    assert!(tick().await.is_ok());
    debug_assert_eq!(tick().await.is_ok(), start > 0, "{label}");
    if matches!(charge("c".to_owned(), 1).await, Ok(paid) if paid > 1) {
        unreachable!("{:?}", tick().await);
    }
    format!("{label} {totals:?} {:?}", tick().await)
}

/// Neither parameters nor a result.
#[workflow]
async fn nothing() {
    if tick().await.is_err() {
        return;
    }
    drop(tick().await);
}

/// Several things at a time; the imports of the macros are used.
#[workflow]
async fn at_the_same_time(start: u64) -> Result<u64, Refused> {
    let mut count = start;
    let (paid, ()) = join!(charge("a".to_owned(), start), async {
        for _ in 0..2 {
            count += u64::from(tick().await.is_ok());
        }
    });
    let paid = paid.unwrap_or_default();
    let (left, right) = try_join!(
        async {
            if tick().await.is_err() {
                return Err(Refused::Poor { cents: paid });
            }
            Ok(paid)
        },
        async { Ok(charge("b".to_owned(), count).await.unwrap_or_default()) },
    )?;
    let first = select! {
        Ok(cents) = charge("c".to_owned(), left) => cents,
        _ = tick(), if right > 1 => right,
        else => 0,
    };
    let last = select! {
        cents = charge("d".to_owned(), first) => cents.unwrap_or_default(),
        Ok(()) = tick(), if first > 1 => 1,
    };
    Ok(first + last + count)
}

/// References that a helper borrows.
#[workflow]
async fn helper(order: &Order, name: &str, limits: &[u64]) -> u64 {
    let first = limits.first().copied().unwrap_or_default();
    let printed = print(name, order).await.unwrap_or_default();
    let lines = &order.lines;
    let paid = charge(name.to_owned(), first).await.unwrap_or_default();
    lines.values().sum::<u64>() + paid + u64::try_from(printed).unwrap_or_default()
}

/// Calls it, also in branches.
#[workflow]
async fn calls_the_helper(order: Order) -> u64 {
    let limits = vec![1, 2];
    let (a, b) = join!(helper(&order, "a", &limits), async {
        helper(&order, "b", &limits).await
    });
    a + b
}

/// Closures between awaits and across them.
#[workflow]
async fn closures(rate: u64, names: Vec<String>) -> u64 {
    let scale = |cents: u64| cents * rate;
    let long = |name: &&String| name.len() > 3;
    let first = charge("a".to_owned(), scale(1)).await.unwrap_or_default();
    let mut total = names.iter().filter(long).count() as u64;
    total += scale(first);
    total += charge("b".to_owned(), scale(total)).await.unwrap_or(0);
    total
}

/// Borrowed loops, with closures over what they give.
#[workflow]
async fn borrowed_loops(order: Order, mut names: Vec<String>) -> u64 {
    let mut sum = 0;
    for (name, cents) in &order.lines {
        sum += charge(name.clone(), *cents).await.unwrap_or_default();
    }
    for (number, name) in names.iter().enumerate().filter(|(_, n)| !n.is_empty()) {
        sum += charge(name.clone(), number as u64).await.unwrap_or(0);
    }
    for name in &mut names {
        name.push('!');
        sum += charge(name.clone(), 1).await.unwrap_or_default();
    }
    let last = names.last();
    sum += print("names", &order).await.unwrap_or_default() as u64;
    sum + last.map_or(0, |name| name.len() as u64)
}

/// Guards that await.
#[workflow]
async fn guards(cents: u64, payer: Option<String>) -> u64 {
    match payer {
        Some(payer) if charge(payer.clone(), cents).await.is_ok() => payer.len() as u64,
        Some(_) if cents > 3 => cents,
        _ if tick().await.is_ok() => 1,
        _ => 0,
    }
}

/// Every kind of branch.
#[workflow]
async fn branches_of_every_kind(start: u64, order: Order) -> Result<u64, Refused> {
    let label = String::from("label");
    let moved = async_part(start).await.unwrap_or_default();
    let (left, right, ()) = join!(
        async {
            let first = charge(label.clone(), start).await.unwrap_or_default();
            first + moved
        },
        async move {
            let mut sum = 0;
            for cents in order.lines.into_values() {
                sum += cents;
                drop(tick().await);
            }
            sum
        },
        async { drop(tick().await) },
    );
    let first = select! {
        paid = charge(label, right) => paid.unwrap_or_default(),
        slept = async { sleep(Duration::from_secs(1)).await.is_ok() } => {
            return Ok(left + u64::from(slept));
        }
        else => 0,
    };
    let in_time = timeout(Duration::from_secs(5), async {
        tick().await.map_or(0, |()| first)
    })
    .await;
    let both = try_join!(async_part(first), async_part(left));
    Ok(in_time.unwrap_or_default() + both.map_or(0, |(a, b)| a + b))
}

/// Called from branches.
#[activity]
async fn async_part(cents: u64) -> u64 {
    cents
}

/// What is dropped in another order since edition 2024, without an await.
#[workflow]
async fn drops(orders: Vec<Order>, mut budget: u64) -> u64 {
    let payers = orders.iter().map(|order| {
        let payer = order.payer.as_deref();
        payer.map_or(budget, |payer| payer.len() as u64)
    });
    let mut sum: u64 = payers.sum();
    for order in orders {
        let paid = charge("a".to_owned(), sum).await.unwrap_or_default();
        if let Some(payer) = order.payer {
            budget += payer.len() as u64;
        } else {
            sum += paid;
        }
    }
    if tick().await.is_ok() {
        if let Some(rest) = budget.checked_sub(sum) {
            sum += rest;
        } else {
            budget = 1;
        }
    }
    let shown = || {
        let text = sum.to_string();
        text.len() as u64
    };
    budget + shown()
}

/// Nothing to wait for.
#[workflow]
async fn at_once(n: u64) -> u64 {
    n + 1
}

#[test]
fn all_are_registered() {
    let expected = [
        "asserted",
        "at_once",
        "at_the_same_time",
        "blocks_by_themselves",
        "borrowed_loops",
        "branches",
        "branches_of_every_kind",
        "by_ref",
        "calls_helpers",
        "calls_the_helper",
        "chained",
        "closures",
        "configured",
        "counting",
        "counts_down",
        "drops",
        "expressions",
        "guards",
        "handle_that_goes_on",
        "hashed",
        "helper",
        "lints.loops",
        "macros_and_places",
        "nothing",
        "of_a_macro",
        "straight",
        "told",
    ];
    let mut names: Vec<_> = durable_runtime::registry::workflows()
        .map(|def| def.name)
        .filter(|name| !name.starts_with("durable."))
        .collect();
    names.sort_unstable();
    assert_eq!(names, expected);
}
