//! Bodies that break a rule are found, and the stage that broke it is named.

use super::lowered;
use crate::ir::{BlockId, Body, LocalId, PointId, Terminator, validate};

fn suspended() -> Body {
    lowered("async fn f(a: u32) -> u32 { op(a).await }")
}

fn suspend(body: &mut Body) -> &mut Terminator {
    let suspends = |t: &Terminator| matches!(t, Terminator::Suspend { .. });
    let block = body.blocks.iter_mut().find(|b| suspends(&b.terminator));
    &mut block.expect("it awaits").terminator
}

#[test]
fn what_the_compiler_makes_is_well_formed() {
    validate(&suspended(), "test");
}

#[test]
#[should_panic(expected = "internal error after test: block 1 goes to a block that does not exist")]
fn a_target_that_does_not_exist() {
    let mut body = suspended();
    body.blocks[1].terminator = Terminator::Goto(BlockId(99));
    validate(&body, "test");
}

#[test]
#[should_panic(expected = "internal error after test: the entry has a predecessor")]
fn a_jump_to_the_entry() {
    let mut body = suspended();
    body.blocks[1].terminator = Terminator::Goto(BlockId(0));
    validate(&body, "test");
}

#[test]
#[should_panic(expected = "suspends at an unknown point")]
fn an_unknown_suspend_point() {
    let mut body = suspended();
    if let Terminator::Suspend { point, .. } = suspend(&mut body) {
        *point = PointId(7);
    }
    validate(&body, "test");
}

#[test]
#[should_panic(expected = "suspends at an unknown point")]
fn an_unknown_answer() {
    let mut body = suspended();
    if let Terminator::Suspend { answer, .. } = suspend(&mut body) {
        *answer = LocalId(77);
    }
    validate(&body, "test");
}
