//! Composites, inline functions and handles as branches of `join!` and `select!`.

use crate::drive::{Order, Refused, square, story};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;

type Squared = Result<u64, ActivityError<Refused>>;

#[workflow]
async fn fourth(n: u64) -> Result<u64, Error> {
    let once = square(n).await?;
    Ok(square(once).await?)
}

#[workflow]
async fn joined(n: u64) -> Result<Vec<u64>, Error> {
    let (a, b, c) = join!(
        fourth(n),
        timeout(
            Duration::from_secs(1),
            join_all([fourth(n + 1), fourth(n + 2)])
        ),
        async {
            let inside = fourth(n + 3).await?;
            Ok::<_, Error>(inside + square(1).await?)
        },
    );
    let mut all = vec![a?, c?];
    for one in b? {
        all.push(one?);
    }
    let (none, last) = join!(try_join_all(Vec::<ActivitySquare>::new()), fourth(1));
    all.extend(none?);
    all.push(last?);
    Ok(all)
}

type ActivitySquare = durable_runtime::operation::ActivityCall<u64, Refused>;

#[test]
fn branches_are_composites_and_functions() {
    let all = story(&joined(2), Order::First);
    assert_eq!(all.output(), "Ok([16, 626, 81, 256, 1])");
    for seed in 0..30 {
        story(&joined(2), Order::Seed(seed));
    }
    assert_eq!(story(&joined(2), Order::Last).output(), all.output());
}

/// The operation that loses goes on, and is awaited later.
#[workflow]
async fn raced(n: u64) -> Result<u64, Error> {
    let mut slow = spawn(fourth(n));
    let mut set: JoinSet<Squared> = [square(n + 1)].into_iter().collect();
    let first = select! {
        won = &mut slow => won? + 1000,
        Some(next) = set.join_next() => next?,
        _ = sleep(Duration::from_secs(1)) => 0,
    };
    let rest = if first < 1000 { slow.await? } else { 0 };
    Ok(first + rest)
}

#[test]
fn a_handle_that_loses_is_awaited_later() {
    assert_eq!(story(&raced(2), Order::First).output(), "Ok(25)");
    assert_eq!(story(&raced(2), Order::Last).output(), "Ok(1016)");
    assert_eq!(story(&raced(2), Order::Timers).output(), "Ok(16)");
    for seed in 0..30 {
        story(&raced(2), Order::Seed(seed));
    }
}

/// Heartbeats without an end of their own, beside what they stand for.
#[workflow]
async fn with_heartbeats(n: u64) -> Result<(u64, u64), Error> {
    let mut beats = 0;
    let squared = select! {
        () = async {
            loop {
                if sleep(Duration::from_secs(1)).await.is_ok() {
                    beats += 1;
                }
            }
        } => unreachable!("it has no end"),
        squared = fourth(n) => squared?,
    };
    let (more, ()) = try_join!(fourth(n + 1), async {
        if squared > 100 {
            sleep(Duration::from_secs(1)).await?;
            return Err(Error::msg("too much"));
        }
        Ok(())
    })?;
    Ok((squared + more, beats))
}

#[test]
fn a_branch_may_have_no_end() {
    let first = story(&with_heartbeats(2), Order::First);
    assert_eq!(first.output(), "Ok((97, 0))");
    for seed in 0..40 {
        let story = story(&with_heartbeats(2), Order::Seed(seed));
        let ended = story.answered.iter().rposition(|name| name == "square 4");
        let before = &story.answered[..ended.expect("the second step")];
        let beats = before.iter().filter(|n| n.starts_with("timer")).count();
        assert_eq!(story.output(), format!("Ok((97, {beats}))"), "{story:?}");
    }
}
