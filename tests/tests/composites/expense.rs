//! An expense report: a helper function waits for the decision, for so long.

use crate::drive::{Order, square, story};
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Decision {
    Approved,
    Rejected,
    TimedOut,
}

/// Stands for a message with the decision: an odd answer is a no.
#[workflow]
async fn decision(expense: u64) -> Result<Decision, Error> {
    let Ok(answer) = timeout(Duration::from_secs(10), square(expense)).await else {
        return Ok(Decision::TimedOut);
    };
    Ok(if answer? % 2 == 0 {
        Decision::Approved
    } else {
        Decision::Rejected
    })
}

#[workflow]
async fn report(expense: u64) -> Result<String, Error> {
    let created = square(expense * 1000).await?;
    match decision(expense).await? {
        Decision::Approved => {
            let paid = square(created).await?;
            Ok(format!("paid {paid}"))
        }
        other => Ok(format!("{other:?}")),
    }
}

#[test]
fn an_expense_is_paid_if_it_is_approved_in_time() {
    let approved = story(&report(2), Order::First);
    assert_eq!(approved.output(), r#"Ok("paid 16000000000000")"#);
    let rejected = story(&report(3), Order::First);
    assert_eq!(rejected.output(), r#"Ok("Rejected")"#);
    assert_eq!(rejected.begun, ["square 3000", "square 3", "timer 10000"]);
    let late = story(&report(2), Order::Timers);
    assert_eq!(late.output(), r#"Ok("TimedOut")"#);
    assert_eq!(late.answered, ["square 2000", "timer 10000"]);
    let failed = story(&report(13), Order::First);
    assert_eq!(failed.output(), "Err(13 is refused)");
}
