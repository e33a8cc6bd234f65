//! Operations that are under way beside the workflow: handles and sets.

use crate::drive::{Order, Refused, square, story};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

type Squared = Result<u64, ActivityError<Refused>>;

/// Split and merge, collected in completion order.
#[workflow]
async fn merge_as_they_come(n: u64) -> Result<(u64, u64, Vec<u64>), Error> {
    let mut set: JoinSet<Squared> = (1..=n).map(square).collect();
    let (mut sum, mut seen) = (0, Vec::new());
    while let Some(squared) = set.join_next().await {
        let squared = squared?;
        sum += squared;
        seen.push(squared);
    }
    assert!(set.is_empty());
    Ok(((1..=n).sum(), sum, seen))
}

#[test]
fn split_and_merge_in_completion_order() {
    let first = story(&merge_as_they_come(5), Order::First);
    assert_eq!(first.output(), "Ok((15, 55, [1, 4, 9, 16, 25]))");
    let last = story(&merge_as_they_come(5), Order::Last);
    assert_eq!(last.output(), "Ok((15, 55, [25, 16, 9, 4, 1]))");
    for seed in 0..20 {
        let any = story(&merge_as_they_come(5), Order::Seed(seed));
        assert!(any.output().starts_with("Ok((15, 55, ["), "{any:?}");
    }
    assert_eq!(
        story(&merge_as_they_come(0), Order::First).output(),
        "Ok((0, 0, []))"
    );
    let failing = story(&merge_as_they_come(15), Order::Last);
    assert_eq!(failing.output(), "Err(13 is refused)");
    assert_eq!(failing.answered, ["square 15", "square 14", "square 13"]);
}

#[workflow]
async fn bounded(n: u64) -> Result<u64, Error> {
    let mut set = JoinSet::new();
    let (mut next, mut sum) = (0, 0);
    while next < n && set.len() < 3 {
        set.spawn(square(next));
        next += 1;
    }
    while let Some(squared) = set.join_next().await {
        sum += squared?;
        if next < n {
            set.spawn(square(next));
            next += 1;
        }
    }
    Ok(sum)
}

#[test]
fn concurrency_is_bounded() {
    for order in [Order::First, Order::Last, Order::Seed(3)] {
        let ten = story(&bounded(10), order);
        assert_eq!((ten.output(), ten.most), ("Ok(285)", 3));
    }
}

#[derive(Serialize, Deserialize)]
struct Begun {
    name: String,
    handle: JoinHandle<Squared>,
}

#[workflow]
async fn kept(n: u64) -> Vec<String> {
    let mut begun = Vec::new();
    for n in 0..n {
        let handle = spawn(square(n + 10));
        begun.push(Begun {
            name: format!("#{n}"),
            handle,
        });
    }
    let rested = sleep(Duration::from_secs(1)).await;
    let mut all = vec![format!("{rested:?}")];
    while let Some(Begun { name, handle }) = begun.pop() {
        let done = handle.is_finished();
        let squared = handle.await;
        all.push(format!("{name} {done} {squared:?}"));
    }
    all
}

#[test]
fn handles_are_data() {
    let early = story(&kept(4), Order::First);
    assert_eq!(
        early.output(),
        r##"["Ok(())", "#3 true Err(Failed(Refused(13)))", "#2 true Ok(144)", "#1 true Ok(121)", "#0 true Ok(100)"]"##
    );
    let late = story(&kept(2), Order::Timers);
    assert_eq!(
        late.output(),
        r##"["Ok(())", "#1 false Ok(121)", "#0 true Ok(100)"]"##
    );
    assert_eq!(late.begun, ["square 10", "square 11", "timer 1000"]);
}

#[workflow]
async fn twice(n: u64) -> Result<u64, Error> {
    let once = square(n).await?;
    let handle = spawn(square(once));
    let more = square(n + 1).await?;
    Ok(handle.await? + more)
}

#[workflow]
async fn of_functions(n: u64) -> Result<Vec<u64>, Error> {
    let mut fast = spawn(timeout(Duration::from_secs(5), twice(n)));
    let all = spawn(join_all([twice(1), twice(2)]));
    let tried = spawn(try_join_all([square(3), square(n)]));
    let forwarded = spawn(spawn(square(4)));
    let rested = spawn(sleep(Duration::from_secs(9)));
    let own = twice(3).await?;
    let first = (&mut fast).await??;
    let mut seen = vec![own, first];
    for one in all.await {
        seen.push(one?);
    }
    seen.extend(tried.await?);
    seen.push(forwarded.await?);
    rested.await?;
    Ok(seen)
}

#[test]
fn functions_and_composites_are_spawned() {
    let all = story(&of_functions(2), Order::First);
    assert_eq!(all.output(), "Ok([97, 25, 5, 25, 9, 4, 16])");
    for seed in 0..40 {
        story(&of_functions(2), Order::Seed(seed));
        story(&of_functions(13), Order::Seed(seed));
    }
    let late = story(&of_functions(2), Order::Timers);
    assert_eq!(late.output(), "Err(the deadline has elapsed)");
}

#[workflow]
async fn aborted(n: u64) -> Vec<Squared> {
    let handle = spawn(square(n));
    let mut set = JoinSet::new();
    set.extend([square(n), square(n + 1)]);
    let first = set.join_next().await;
    set.abort_all();
    handle.abort();
    let mut all: Vec<_> = first.into_iter().collect();
    all.push(handle.await);
    while let Some(next) = set.join_next().await {
        all.push(next);
    }
    all
}

#[test]
fn aborted_operations_end_as_cancelled() {
    let story = story(&aborted(5), Order::Last);
    assert_eq!(story.output(), "[Ok(36), Err(Cancelled), Err(Cancelled)]");
    assert_eq!(story.answered, ["square 6"]);
}

#[workflow]
async fn lost(n: u64) -> u64 {
    drop(spawn(square(n)));
    let result = square(n + 1).await;
    result.unwrap_or(0)
}

#[test]
fn an_operation_goes_on_without_its_handle() {
    let first = story(&lost(5), Order::First);
    assert_eq!((first.output(), first.answered.len()), ("36", 2));
    let last = story(&lost(5), Order::Last);
    assert_eq!((last.output(), last.answered.len()), ("36", 1));
}

#[workflow]
async fn again(n: u64) -> Squared {
    let mut handle = spawn(square(n));
    let _first = (&mut handle).await;
    handle.await
}

#[test]
fn an_output_is_given_once() {
    let story = story(&again(5), Order::First);
    let text = "panicked: a `JoinHandle` was awaited again after it had given its output";
    assert_eq!(story.error(), text);
}

#[test]
#[should_panic(expected = "in the code of a workflow only")]
fn nothing_is_spawned_outside() {
    let _ = spawn(square(1));
}
