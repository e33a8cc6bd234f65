//! Functions that change what they are lent by `&mut`, where no comparison with a plain function says enough.

use crate::drive::{Order, square, story};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;

/// What has been changed before a cancellation stays changed.
#[workflow]
async fn adds(total: &mut u64, n: u64) -> Result<(), ActivityError<crate::drive::Refused>> {
    *total += 1;
    *total += square(n).await?;
    *total += 100;
    Ok(())
}

#[workflow]
async fn totals(n: u64) -> String {
    let mut total = 0;
    let first = adds(&mut total, n).await.is_ok();
    let second = adds(&mut total, n).await.is_ok();
    format!("{first} {second} {total}")
}

#[test]
fn what_was_changed_before_an_error_is_kept() {
    assert_eq!(
        story(&totals(2), Order::First).output(),
        r#""true true 210""#
    );
    assert_eq!(
        story(&totals(13), Order::First).output(),
        r#""false false 2""#
    );
    assert_eq!(
        story(&totals(2), Order::CancelAt(0)).output(),
        r#""false true 106""#
    );
}

#[workflow]
async fn moves(from: &mut u64, to: &mut u64, n: u64) {
    *to += n.min(*from);
    *from -= n.min(*from);
}

/// Calls the function with its arguments the other way round.
fn turned<'a, R>(
    a: &'a mut u64,
    b: &'a mut u64,
    call: impl Fn(&'a mut u64, &'a mut u64, u64) -> R,
) -> R {
    call(b, a, 1)
}

#[workflow]
async fn turns() -> String {
    let (mut a, mut b) = (7, 2);
    turned(&mut a, &mut b, moves).await;
    format!("{a} {b}")
}

/// Which place is whose, is written in the arguments; where that is not so, nothing is written to the
/// wrong place.
#[test]
fn places_that_another_function_exchanges_block_the_run() {
    let blocked = story(&turns(), Order::First);
    assert!(
        blocked.error().contains("another place was lent"),
        "{blocked:?}"
    );
}

#[workflow]
async fn deepens(total: &mut u64, depth: u64) {
    *total += 1;
    if depth > 0 {
        deepens(total, depth - 1).await;
    } else {
        *total += square(2).await.unwrap_or(0);
    }
}

#[workflow]
async fn deep(depth: u64) -> u64 {
    let mut total = 0;
    deepens(&mut total, depth).await;
    total
}

/// A branch counts as well, since its frame stands inside that of its function. Each such function stands in
/// two levels, itself and its body.
#[test]
fn nests_half_as_deep() {
    assert_eq!(story(&deep(49), Order::First).output(), "54");
    let deeper = story(&deep(50), Order::First);
    assert!(
        deeper.error().contains("would be the 101th function"),
        "{deeper:?}"
    );
}
