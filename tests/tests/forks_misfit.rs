//! Checkpoints inside a join under code that has changed: nothing goes on in the wrong branch.

#![allow(clippy::unused_async, reason = "activities of tests")]
#![allow(clippy::let_and_return, reason = "a label stands on a statement")]

use durable_runtime::frame::{Checkpoint, Wait};
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::operation::{Answered, Resolution};
use durable_runtime::prelude::*;
use durable_runtime::registry::{self, WorkflowDef};

#[activity]
async fn one(n: u32) -> u32 {
    n
}

#[activity]
async fn two(n: u32) -> u32 {
    n
}

/// Two versions of one workflow under two names.
macro_rules! versions {
    ($($name:ident($n:ident) $body:block)*) => {
        $(#[workflow] async fn $name($n: u32) -> u32 $body)*
    };
}

versions! {
    base(n) {
        let (a, b) = join!(
            async { let a = one(n).await.unwrap_or(0); one(a + 1).await.unwrap_or(0) },
            async { let b = two(n).await.unwrap_or(0); two(b + 1).await.unwrap_or(0) },
        );
        a + b
    }
    swapped(n) {
        let (a, b) = join!(
            async { let b = two(n).await.unwrap_or(0); two(b + 1).await.unwrap_or(0) },
            async { let a = one(n).await.unwrap_or(0); one(a + 1).await.unwrap_or(0) },
        );
        a + b
    }
    three_branches(n) {
        #[label = "join(async,async)"]
        let (a, b, c) = join!(
            async { let a = one(n).await.unwrap_or(0); one(a + 1).await.unwrap_or(0) },
            async { let b = two(n).await.unwrap_or(0); two(b + 1).await.unwrap_or(0) },
            async { 1 },
        );
        a + b + c
    }
    an_operation(n) {
        #[label = "join(async,async)"]
        let (a, b) = join!(
            async { let a = one(n).await.unwrap_or(0); one(a + 1).await.unwrap_or(0) },
            two(n),
        );
        a + b.unwrap_or(0)
    }
    picky(n) {
        select! {
            1000 = async { one(n).await.unwrap_or(0) } => 1,
            b = async { two(n).await.unwrap_or(0) } => b,
        }
    }
    not_picky(n) {
        #[label = "select(async,async)"]
        let out = select! {
            a = async { one(n).await.unwrap_or(0) } => a,
            b = async { two(n).await.unwrap_or(0) } => b,
        };
        out
    }
}

fn definition(name: &str) -> &'static WorkflowDef {
    registry::workflow(name).expect("it is registered")
}

/// The checkpoint of a workflow after its first operation has been answered.
fn after_one(name: &str) -> Checkpoint {
    let input = durable_runtime::codec::ArgsBuilder::new().arg("n", &7_u32);
    let mut machine = Machine::start(definition(name), input.finish().expect("input"));
    let Turn::Suspended(first) = machine.turn(&[], Timestamp(0)) else {
        panic!("it waits");
    };
    let answered = Answered {
        op: first.calls()[0].op,
        answer: Resolution::Returned(durable_runtime::codec::encode(&7_u32).expect("a number")),
    };
    match machine.turn(&[answered], Timestamp(0)) {
        Turn::Suspended(checkpoint) => checkpoint,
        other => panic!("it still waits: {other:?}"),
    }
}

/// What resuming a checkpoint of `from` with the code of `to` comes to.
fn resumed(from: &str, to: &str) -> Result<Machine, String> {
    let mut checkpoint = after_one(from);
    rename(&mut checkpoint.frame, to);
    Machine::resume(definition(to), &checkpoint).map_err(|blocked| blocked.to_string())
}

fn rename(frame: &mut durable_runtime::frame::Frame, name: &str) {
    name.clone_into(&mut frame.workflow);
    for wait in &mut frame.waits {
        if let Wait::Frame(inside) = wait {
            rename(inside, name);
        }
    }
}

#[test]
fn the_same_code_goes_on() {
    assert!(resumed("base", "base").is_ok());
}

#[test]
fn a_frame_goes_on_in_its_own_branch_only() {
    let error = resumed("base", "swapped").unwrap_err();
    assert!(
        error.contains("what is stored for branch 0 does not fit"),
        "{error}"
    );
}

#[test]
fn another_number_of_branches_is_blocked() {
    let error = resumed("base", "three_branches").unwrap_err();
    assert!(
        error.contains("2 branches are stored, and the code has 3"),
        "{error}"
    );
}

#[test]
fn code_does_not_become_an_operation() {
    let error = resumed("base", "an_operation").unwrap_err();
    assert!(
        error.contains("no suspend point") || error.contains("fit"),
        "{error}"
    );
}

#[test]
fn what_lost_does_not_win_in_other_code() {
    let error = resumed("picky", "not_picky").unwrap_err();
    assert!(error.contains("would be enough to go on"), "{error}");
}

#[test]
fn points_of_branches_name_their_fork() {
    let def = definition("base");
    let fork = def.points.iter().position(|p| p.parent.is_none());
    let fork = u16::try_from(fork.expect("a fork")).expect("few points");
    let parents: Vec<_> = def.points.iter().filter_map(|p| p.parent).collect();
    assert_eq!(parents, [(fork, 0), (fork, 0), (fork, 1), (fork, 1)]);
}
