//! `timeout` over a block, where the workflow is cancelled: the limit holds on over the cleaning up.

use crate::drive::{Order, Refused, square, story};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;

/// What is cancelled is cleaned up with another call, within the same limit.
#[workflow]
async fn cleaned_up(n: u64) -> String {
    let mut steps = 0;
    let given = timeout(Duration::from_secs(7), async {
        steps += 1;
        match square(n).await {
            Err(ActivityError::Cancelled) => {
                steps += 10;
                format!("cleaned up with {:?}", square(1).await)
            }
            other => format!("{other:?}"),
        }
    })
    .await;
    format!("{given:?} in {steps}")
}

/// The same with an operation instead of a block.
#[workflow]
async fn step(n: u64) -> String {
    match square(n).await {
        Err(ActivityError::Cancelled) => format!("cleaned up with {:?}", square(1).await),
        other => format!("{other:?}"),
    }
}

#[workflow]
async fn cleaned_up_inline(n: u64) -> String {
    format!("{:?}", timeout(Duration::from_secs(7), step(n)).await)
}

#[test]
fn a_cancellation_reaches_the_block_and_not_its_limit() {
    let plain = story(&cleaned_up(3), Order::First);
    assert_eq!(plain.output(), r#""Ok(\"Ok(9)\") in 1""#);
    assert_eq!(plain.begun, ["square 3", "timer 7000"]);

    let late = story(&cleaned_up(3), Order::Timers);
    assert_eq!(late.output(), r#""Err(Elapsed) in 1""#);

    let cancelled = story(&cleaned_up(3), Order::CancelAt(0));
    assert_eq!(
        cancelled.output(),
        r#""Ok(\"cleaned up with Ok(1)\") in 11""#
    );
    let begun = ["square 3", "timer 7000", "timer 7000", "square 1"];
    assert_eq!(cancelled.begun, begun, "the limit holds on, for the same time");
    let inline = story(&cleaned_up_inline(3), Order::CancelAt(0));
    assert_eq!(inline.begun.iter().filter(|name| *name == "timer 7000").count(), 2);
    assert!(inline.output().contains("cleaned up with Ok(1)"), "{inline:?}");
}

/// A failure in a block is no time-out, and the other way round.
#[workflow]
async fn told_apart(n: u64) -> Vec<String> {
    let mut out = Vec::new();
    for n in [n, 13] {
        let given = timeout(Duration::from_secs(1), async move {
            let first = square(n).await?;
            square(first).await
        })
        .await;
        out.push(match given {
            Ok(Ok(x)) => x.to_string(),
            Ok(Err(ActivityError::Failed(Refused(n)))) => format!("{n} refused"),
            Ok(Err(other)) => format!("{other:?}"),
            Err(elapsed) => elapsed.to_string(),
        });
    }
    out
}

#[test]
fn failures_and_time_outs_are_told_apart() {
    assert_eq!(
        story(&told_apart(2), Order::First).output(),
        r#"["16", "13 refused"]"#
    );
    let elapsed = "the deadline has elapsed";
    assert_eq!(
        story(&told_apart(2), Order::Timers).output(),
        format!("[{elapsed:?}, {elapsed:?}]")
    );
    for seed in 0..20 {
        story(&told_apart(2), Order::Seed(seed));
    }
}
