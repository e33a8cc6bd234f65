//! Compares a plain function with its machine, in every way of stopping on the way.

use super::drive::{self, Rebuild};
use super::log::{self, encoded};
use durable_runtime::Durable;
use durable_runtime::codec;
use durable_runtime::operation::WorkflowCall;
use durable_runtime::registry::{self, WorkflowDef};
use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// At most this many awaits are tried one by one in [`Rebuild::At`].
const KILLS_MAX: usize = 40;

/// Runs both copies of a function.
///
/// # Panics
/// When they differ, or when a frame on the way is not sound.
pub fn compare<R: Durable + Debug>(plain: impl Future<Output = R>, call: WorkflowCall<R>) {
    log::take();
    let expected = finish(plain);
    let expected_log = log::take();
    let (expected_bytes, expected_text) = (encoded(&expected), format!("{expected:?}"));

    let def = definition(call.name());
    let input = call.input().expect("the arguments can be encoded");
    let check = |rebuild: Rebuild| {
        let (bytes, awaits) = drive::run(def, input, rebuild);
        assert_eq!(log::take(), expected_log, "{rebuild:?}: calls");
        let output: R = codec::decode(&bytes).expect("the result can be decoded");
        assert_eq!(format!("{output:?}"), expected_text, "{rebuild:?}: result");
        assert_eq!(bytes, expected_bytes, "{rebuild:?}: encoded result");
        awaits
    };
    let awaits = check(Rebuild::Never);
    assert_eq!(check(Rebuild::Always), awaits);
    assert_eq!(check(Rebuild::Twice), awaits);
    for kill in 0..awaits.min(KILLS_MAX) {
        assert_eq!(check(Rebuild::At(kill)), awaits);
    }
}

/// The one workflow of this name in the test binary.
pub(super) fn definition(name: &str) -> &'static WorkflowDef {
    let mut found = registry::workflows().filter(|w| w.name == name);
    let def = found.next().expect("the workflow is registered");
    assert!(found.next().is_none(), "two workflows are called `{name}`");
    def
}

/// Runs a future that is always ready.
fn finish<R>(future: impl Future<Output = R>) -> R {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a plain function waits for nothing"),
    }
}
