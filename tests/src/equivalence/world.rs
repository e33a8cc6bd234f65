//! The world outside of machines that run in an engine: one activity carries out what the functions
//! under test call, whatever its name and its types.

use super::{log, ops};
use durable_runtime::codec::{self, Args, Error};
use durable_runtime::id::Timestamp;
use durable_runtime::operation::{
    ActivityCall, ActivityRequest, Infallible, Operation, Resolution,
};
use durable_runtime::testing::TestEnv;
use durable_runtime::{activity, now};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A value of any type, encoded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bytes(#[serde(with = "codec::bytes")] pub(super) Vec<u8>);

/// Carries a call out.
#[activity(name = "a call of a function under test")]
pub(super) async fn call(name: String, argument: Bytes) -> Bytes {
    Bytes(ops::answer(&name, argument.0))
}

/// Name and encoded argument of a call that a machine has made.
pub(super) fn asked(request: &ActivityRequest) -> (String, Vec<u8>) {
    let asked = Args::open(&request.args).and_then(|mut args| {
        let Bytes(argument) = args.get("argument")?;
        Ok((args.get("name")?, argument))
    });
    asked.expect("the arguments of a call")
}

/// What a machine is given for an answer.
pub(super) fn encoded(answer: Vec<u8>) -> Vec<u8> {
    log::encoded(&Bytes(answer))
}

/// The answer that a machine was given.
pub(super) fn answered(resolution: Resolution) -> Result<Bytes, Error> {
    ActivityCall::<Bytes, Infallible>::complete(resolution)?.map_err(Error::custom)
}

/// In which order calls are answered that are under way at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answers {
    /// At once: there is only one.
    AtOnce,
    /// In the order in which they began: each takes until an instant of its own.
    InOrder,
    /// After a time that what is called decides, so that timers end between them.
    ByClock,
}

/// What the world has seen of one workflow.
#[derive(Debug)]
pub(super) struct World {
    answers: Answers,
    began: Timestamp,
    /// The numbers of the calls that have begun, and when they did.
    begun: Mutex<BTreeMap<u64, Timestamp>>,
}

impl World {
    /// Stands in for all activities of these surroundings.
    pub(super) fn around(env: &TestEnv, answers: Answers) {
        let world = Arc::new(Self {
            answers,
            began: env.now(),
            begun: Mutex::default(),
        });
        env.mock(call, move |name: String, argument: Bytes| {
            let world = world.clone();
            async move { world.carry_out(&name, argument).await }
        });
    }

    /// Carries a call out. One that comes again, because its worker was killed, is seen once.
    async fn carry_out(&self, name: &str, Bytes(argument): Bytes) -> Bytes {
        let number = number();
        let begun = self.begun(number, || {
            log::push(name, &argument, true);
        });
        let until = match self.answers {
            Answers::AtOnce => None,
            Answers::InOrder => Some(self.began.after(Duration::from_millis(number))),
            Answers::ByClock => Some(begun.after(ops::takes(name, &argument))),
        };
        if let Some(until) = until {
            activity::sleep(Timestamp::from(now()).until(until)).await;
        }
        Bytes(ops::answer(name, argument))
    }

    /// When a call began; `first` runs if it has not done so before.
    fn begun(&self, number: u64, first: impl FnOnce()) -> Timestamp {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        *begun.entry(number).or_insert_with(|| {
            first();
            Timestamp::from(now())
        })
    }
}

/// The number of the call within its run: later ones have higher ones.
fn number() -> u64 {
    let context = activity::context().expect("the body of an activity");
    let (_, number) = context.idempotency_key.split_once('/').expect("run/number");
    number.parse().expect("a number")
}
