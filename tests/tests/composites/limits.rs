//! `timeout` over a block, where the workflow is cancelled: the limit holds on over the cleaning up.

use crate::drive::{Order, Refused, square, story};
use durable_runtime::codec;
use durable_runtime::frame::Checkpoint;
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::operation::{ActivityError, Answered, Resolution};
use durable_runtime::prelude::*;
use durable_runtime::registry;

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
    assert_eq!(
        cancelled.begun, begun,
        "the limit holds on, for the same time"
    );
    let inline = story(&cleaned_up_inline(3), Order::CancelAt(0));
    assert_eq!(
        inline
            .begun
            .iter()
            .filter(|name| *name == "timer 7000")
            .count(),
        2
    );
    assert!(
        inline.output().contains("cleaned up with Ok(1)"),
        "{inline:?}"
    );
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

/// Both branches lose against the timer; then something else is awaited.
#[workflow]
async fn moved_on(n: u64) -> Vec<u64> {
    let mut got = Vec::new();
    select! {
        x = square(n) => got.extend(x),
        x = async { got.push(1); square(n + 1).await } => got.extend(x),
        _ = sleep(Duration::from_secs(1)) => {}
    }
    got.extend(square(n + 2).await);
    got
}

fn suspended(turn: Turn) -> Checkpoint {
    match turn {
        Turn::Suspended(checkpoint) => checkpoint,
        other => panic!("it waits no more: {other:?}"),
    }
}

fn under_way(checkpoint: &Checkpoint) -> Vec<u64> {
    checkpoint.calls().iter().map(|call| call.op).collect()
}

#[test]
fn late_answers_of_what_has_lost_are_dropped() {
    let returned = |op, value: u64| Answered {
        op,
        answer: Resolution::Returned(codec::encode(&value).expect("a number")),
    };
    let fired = Answered {
        op: 3,
        answer: Resolution::Fired,
    };
    for rebuild in [false, true] {
        let call = moved_on(5);
        let def = registry::workflow(call.name()).expect("it is linked");
        let mut machine = Machine::start(def, call.input().expect("arguments").to_vec());
        let first = suspended(machine.turn(&[], Timestamp(0)));
        assert_eq!(under_way(&first), [1, 2, 3]);
        let moved = suspended(machine.turn(std::slice::from_ref(&fired), Timestamp(0)));
        assert_eq!(under_way(&moved), [4]);
        if rebuild {
            machine = Machine::resume(def, &moved).expect("it can be resumed");
        }
        let late = [returned(1, 25), returned(2, 36), fired.clone()];
        let same = suspended(machine.turn(&late, Timestamp(0)));
        assert_eq!(same, moved, "rebuilt: {rebuild}");
        let Turn::Finished(finished) = machine.turn(&[returned(4, 49)], Timestamp(0)) else {
            panic!("it has ended");
        };
        let output = finished.output.expect("the result can be encoded");
        assert_eq!(codec::decode::<Vec<u64>>(&output).unwrap(), [1, 49]);
    }
}
