//! `join_all`, `try_join_all`, `timeout`.

use crate::drive::{Order, Refused, square, story};
use durable_runtime::operation::{ActivityError, WorkflowCall};
use durable_runtime::prelude::*;

/// Split and merge, collected in call order.
#[workflow]
async fn merge(n: u64) -> Result<(u64, u64), Error> {
    let squares = try_join_all((1..=n).map(square)).await?;
    Ok(((1..=n).sum(), squares.iter().sum()))
}

#[test]
fn split_and_merge_in_call_order() {
    for order in [Order::First, Order::Last, Order::Seed(1), Order::Seed(2)] {
        let five = story(&merge(5), order);
        assert_eq!(five.output(), "Ok((15, 55))", "{order:?}");
        assert_eq!(
            five.begun,
            ["square 1", "square 2", "square 3", "square 4", "square 5"]
        );
        assert_eq!(five.most, 5);
        let none = story(&merge(0), order);
        assert_eq!(none.output(), "Ok((0, 0))");
        assert!(none.begun.is_empty());
    }
    let failing = story(&merge(15), Order::Last);
    assert_eq!(failing.answered, ["square 15", "square 14", "square 13"]);
    assert_eq!(failing.output.unwrap(), "Err(13 is refused)");
}

#[workflow]
async fn all_outcomes(n: u64) -> Vec<Result<u64, ActivityError<Refused>>> {
    join_all(vec![square(n), square(13), square(n + 1)]).await
}

#[test]
fn outcomes_come_in_call_order() {
    for order in [Order::First, Order::Last, Order::Seed(5), Order::Seed(6)] {
        let expected = r#"[Ok(4), Err(Failed(Refused(13))), Ok(9)]"#;
        assert_eq!(story(&all_outcomes(2), order).output(), expected);
    }
    let cancelled = story(&all_outcomes(2), Order::CancelAt(1));
    assert_eq!(
        cancelled.output(),
        "[Ok(4), Err(Cancelled), Err(Cancelled)]"
    );
}

#[workflow]
async fn in_time(n: u64) -> Result<u64, String> {
    match timeout(Duration::from_secs(n), square(n)).await {
        Ok(squared) => squared.map_err(|e| format!("{e:?}")),
        Err(elapsed) => {
            let again = square(n + 1).await;
            Err(format!("{elapsed}, then {again:?}"))
        }
    }
}

#[test]
fn a_limit_ends_what_it_limits() {
    let fast = story(&in_time(3), Order::First);
    assert_eq!((fast.output(), fast.most), ("Ok(9)", 2));
    assert_eq!(fast.begun, ["square 3", "timer 3000"]);
    let slow = story(&in_time(3), Order::Timers);
    assert_eq!(
        slow.output(),
        r#"Err("the deadline has elapsed, then Ok(16)")"#
    );
    assert_eq!(slow.answered, ["timer 3000", "square 4"]);
    let failed = story(&in_time(13), Order::First);
    assert_eq!(failed.output(), r#"Err("Failed(Refused(13))")"#);
    let cancelled = story(&in_time(3), Order::CancelAt(0));
    assert_eq!(cancelled.output(), r#"Err("Cancelled")"#);
}

/// Cleans up when it is cancelled.
#[workflow]
async fn careful(n: u64) -> Result<u64, Error> {
    let first = square(n).await;
    let second = match first {
        Ok(first) => square(first).await?,
        Err(_) => square(n + 100).await? + 1,
    };
    Ok(second)
}

#[workflow]
async fn everything(n: u64) -> Result<Vec<u64>, Error> {
    let short = timeout(
        Duration::from_secs(1),
        try_join_all([careful(n), careful(n + 1)]),
    );
    let nested = join_all([
        timeout(Duration::from_secs(2), careful(2)),
        timeout(Duration::from_secs(3), careful(3)),
    ]);
    let first = short.await??;
    let mut all = Vec::new();
    for result in nested.await {
        all.push(result.map_or(0, |r| r.unwrap_or(1)));
    }
    all.extend(first);
    let none = join_all((0..2).map(|_| join_all(Vec::<WorkflowCall<u64>>::new()))).await;
    all.push(none.len() as u64);
    Ok(all)
}

#[test]
fn composites_nest() {
    let all = story(&everything(1), Order::First);
    assert_eq!(all.output(), "Ok([16, 81, 1, 16, 2])");
    for seed in 0..40 {
        story(&everything(1), Order::Seed(seed));
        story(&everything(13), Order::Seed(seed));
    }
    let late = story(&everything(1), Order::Timers);
    assert_eq!(late.output(), "Err(the deadline has elapsed)");
    assert_eq!(late.answered, ["timer 1000"]);
}

#[workflow]
async fn limited(n: u64) -> Option<u64> {
    let result = timeout(Duration::from_secs(1), careful(n)).await;
    result.ok()?.ok()
}

#[test]
fn a_limit_still_holds_while_a_cancelled_function_cleans_up() {
    let cleaned = story(&limited(2), Order::CancelAt(0));
    assert_eq!(cleaned.output(), "Some(10405)");
    assert_eq!(
        cleaned.begun,
        ["timer 1000", "square 2", "timer 1000", "square 102"]
    );
}
