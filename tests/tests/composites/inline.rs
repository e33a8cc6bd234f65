//! Functions that run inline: how deep they nest, what stops them, and what is said.

use crate::drive::{Order, square, story};
use durable_runtime::codec;
use durable_runtime::codec::limits::INLINE_DEPTH_MAX;
use durable_runtime::frame::{Checkpoint, Frame, Wait};
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{self, Machine, Turn};
use durable_runtime::operation::{Answered, Resolution};
use durable_runtime::prelude::*;
use durable_runtime::registry;

/// Goes so deep, and back.
#[workflow]
async fn sum_to(n: u64) -> u64 {
    let big = [n; 100].to_vec();
    if n == 0 {
        return square(0).await.unwrap_or(1);
    }
    let rest = sum_to(n - 1).await;
    rest + big[99]
}

const DEEPEST: u64 = INLINE_DEPTH_MAX as u64;

#[test]
fn functions_nest_to_the_limit_on_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(256 * 1024);
    let deepest = thread.spawn(|| story(&sum_to(DEEPEST), Order::First));
    let deepest = deepest.unwrap().join().unwrap();
    assert_eq!(deepest.output(), (DEEPEST * (DEEPEST + 1) / 2).to_string());
}

#[test]
fn a_recursion_without_end_blocks_the_run() {
    let deeper = story(&sum_to(DEEPEST + 1), Order::First);
    assert_eq!(
        deeper.error(),
        "await sum_to: `sum_to` would be the 101th function inside another, and at most \
         100 may be; does a recursion not end?"
    );
}

#[workflow]
async fn outer(n: u64) -> u64 {
    let before = square(n).await.unwrap_or(0);
    let inside = inner(n, vec![before]).await;
    before + inside
}

#[workflow]
async fn inner(n: u64, list: Vec<u64>) -> u64 {
    let second = square(n + 1).await.unwrap_or(0);
    assert!(second != 100, "a hundred");
    list.iter().sum::<u64>() + second
}

#[test]
fn a_panic_inside_is_one_of_the_run() {
    assert_eq!(
        story(&outer(9), Order::First).error(),
        "panicked: a hundred"
    );
}

/// `outer` where it waits inside `inner`.
fn inside() -> Checkpoint {
    let def = registry::workflow("outer").unwrap();
    let mut machine = Machine::start(def, outer(3).input().unwrap().to_vec());
    machine.turn(&[], Timestamp(0));
    let answers = [Answered {
        op: 1,
        answer: Resolution::Returned(codec::encode(&9_u64).unwrap()),
    }];
    match machine.turn(&answers, Timestamp(0)) {
        Turn::Suspended(checkpoint) => checkpoint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn frames_stand_in_frames() {
    let checkpoint = inside();
    assert_eq!(checkpoint.frame.label, "inner");
    let child = checkpoint.frame.children()[0];
    assert_eq!(
        (child.workflow.as_str(), child.label.as_str()),
        ("inner", "square")
    );
    assert_eq!(child.locals[0].name, "list");
    let fingerprint = machine::fingerprint(registry::workflow("inner").unwrap(), "square");
    assert_eq!(Some(child.fingerprint), fingerprint);
    assert_eq!(checkpoint.calls()[0].op, 2);
}

/// What is said about a checkpoint whose inner frame is damaged, by loading it and by asking.
fn misfit(damage: fn(&mut Frame)) -> (String, String) {
    let mut checkpoint = inside();
    let Wait::Frame(child) = &mut checkpoint.frame.waits[0] else {
        panic!("it waits for a function");
    };
    damage(child);
    let def = registry::workflow("outer").unwrap();
    let problems = machine::check(def, &checkpoint.frame);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let blocked = Machine::resume(def, &checkpoint).unwrap_err();
    (blocked.to_string(), problems[0].error.clone())
}

#[test]
fn a_frame_inside_that_does_not_fit_is_named() {
    let changed = misfit(|child| child.locals[0].value = codec::encode("text").unwrap());
    assert!(
        changed.0.starts_with("await inner/square, local list: "),
        "{}",
        changed.0
    );
    assert_eq!(changed.0, changed.1);

    let gone = misfit(|child| child.label = "round".into());
    assert_eq!(
        gone.0,
        "await inner/round: this binary has no suspend point of that name in `inner`"
    );
    assert_eq!(
        gone.1,
        "await inner/round: no await is labelled `round` any more"
    );

    let unknown = misfit(|child| child.workflow = "other".into());
    assert_eq!(
        unknown.0,
        "await other/square: this binary has no workflow `other`"
    );
    assert_eq!(unknown.0, unknown.1);
}

#[workflow]
async fn a_result(n: u64) -> Result<u64, Error> {
    let squared = square(n).await?;
    if squared > 50 {
        return Err(Error::msg("too large"));
    }
    Ok(squared)
}

#[workflow]
async fn converts(n: u64) -> Result<u64, Error> {
    Ok(a_result(n).await.context("inside")? + 1)
}

#[test]
fn results_convert() {
    assert_eq!(story(&converts(3), Order::First).output(), "Ok(10)");
    let failed = story(&converts(8), Order::First);
    assert!(failed.output().starts_with("Err(inside"), "{failed:?}");
    let cancelled = story(&converts(8), Order::CancelAt(0));
    assert!(
        cancelled.output().contains("the activity was cancelled"),
        "{cancelled:?}"
    );
}

#[workflow]
async fn widest<T: Copy + Into<u64>>(items: Vec<T>, names: &[String]) -> u64 {
    let mut widest = 0;
    for item in items {
        let n: u64 = item.into();
        widest = widest.max(square(n).await.unwrap_or(0));
    }
    widest + names.len() as u64
}

#[workflow]
async fn compared(n: u64) -> Result<(u64, Vec<u64>), Elapsed> {
    let names = vec!["a".to_owned(), "b".to_owned()];
    let one = timeout(Duration::from_secs(1), widest(vec![n], &names)).await?;
    let all = join_all((0..n).map(|i| widest(vec![7_u8, u8::from(i > 1)], &names[1..]))).await;
    Ok((one, all))
}

#[test]
fn generic_helpers_run_in_composites() {
    for order in [Order::First, Order::Last, Order::Seed(3)] {
        let both = story(&compared(3), order);
        assert_eq!(both.output(), "Ok((11, [50, 50, 50]))", "{order:?}");
    }
}
