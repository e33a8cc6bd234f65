//! What a spawned operation gave, as bytes of the whole output: its handle knows the type of the
//! output, and not that of the operation.
//!
//! Such an answer is [`Resolution::Returned`], or [`Resolution::Failed`] if the output is an
//! `Err`.

use crate::codec::{self, Error, splice};
use crate::operation::{
    ActivityError, Cancelled, ChildError, Elapsed, PanicMessage, Request, Resolution, SendError,
    SpawnError,
};

/// What has ended.
pub(super) enum Kind {
    Call(Request),
    All,
    TryAll,
    Race,
    /// What gives its whole output anyway.
    Other,
}

impl Kind {
    /// The answer that has the output.
    pub(super) fn value(&self, answer: Resolution) -> Result<Resolution, Error> {
        match self {
            Self::Call(request) => of_call(request, answer),
            Self::All => of_all(answer),
            Self::TryAll => of_try_all(answer),
            Self::Race => of_race(answer),
            Self::Other => Ok(answer),
        }
    }
}

/// The output of an operation of the engine.
fn of_call(request: &Request, answer: Resolution) -> Result<Resolution, Error> {
    let failed = |error: ActivityError<()>| codec::encode(&Err::<(), _>(error));
    Ok(match (request, answer) {
        (Request::Timer { .. }, Resolution::Fired) => {
            Resolution::Returned(codec::encode(&Ok::<(), Cancelled>(()))?)
        }
        (
            Request::Timer { .. } | Request::Signal { .. } | Request::Update { .. },
            Resolution::Cancelled,
        ) => Resolution::Failed(codec::encode(&Err::<(), _>(Cancelled))?),
        (
            Request::Activity(_)
            | Request::Signal { .. }
            | Request::Update { .. }
            | Request::Start(_)
            | Request::Child { .. }
            | Request::Send(_),
            Resolution::Returned(value),
        ) => Resolution::Returned(splice::variant("Ok", &value)),
        (
            Request::Start(_) | Request::Child { .. } | Request::Send(_),
            Resolution::Failed(error),
        ) => Resolution::Failed(splice::variant("Err", &error)),
        (Request::Start(_), Resolution::Cancelled) => {
            Resolution::Failed(codec::encode(&Err::<(), _>(SpawnError::Cancelled))?)
        }
        (Request::Child { .. }, Resolution::Cancelled) => {
            Resolution::Failed(codec::encode(&Err::<(), _>(ChildError::Cancelled))?)
        }
        (Request::Send(_), Resolution::Cancelled) => {
            Resolution::Failed(codec::encode(&Err::<(), _>(SendError::Cancelled))?)
        }
        (Request::Activity(_), Resolution::Failed(error)) => {
            let error = splice::variant("Failed", &error);
            Resolution::Failed(splice::variant("Err", &error))
        }
        (Request::Activity(_), Resolution::TimedOut(kind)) => {
            Resolution::Failed(failed(ActivityError::TimedOut(kind))?)
        }
        (Request::Activity(_), Resolution::Cancelled) => {
            Resolution::Failed(failed(ActivityError::Cancelled)?)
        }
        (Request::Activity(_), Resolution::Panicked(text)) => {
            Resolution::Failed(failed(ActivityError::Panicked(PanicMessage(text)))?)
        }
        (_, other) => return Err(unexpected(&other)),
    })
}

/// The output of `join_all`, of the outputs of its parts.
fn of_all(answer: Resolution) -> Result<Resolution, Error> {
    let Resolution::All(answers) = answer else {
        return Err(unexpected(&answer));
    };
    let values: Result<Vec<_>, _> = answers.into_iter().map(whole).collect();
    Ok(Resolution::Returned(splice::sequence(&values?)))
}

/// The output of `try_join_all`.
fn of_try_all(answer: Resolution) -> Result<Resolution, Error> {
    match answer {
        // `Err(error)` is the same bytes whatever `Ok` holds.
        Resolution::FirstFailure(failure) => Ok(*failure),
        Resolution::All(answers) => {
            let held = |answer| splice::held("Ok", &whole(answer)?);
            let values: Result<Vec<_>, _> = answers.into_iter().map(held).collect();
            let value = splice::variant("Ok", &splice::sequence(&values?));
            Ok(Resolution::Returned(value))
        }
        other => Err(unexpected(&other)),
    }
}

/// The output of `timeout`.
fn of_race(answer: Resolution) -> Result<Resolution, Error> {
    match answer {
        Resolution::Won { index: 0, answer } => Ok(Resolution::Returned(splice::variant(
            "Ok",
            &whole(*answer)?,
        ))),
        Resolution::Won { .. } => Ok(Resolution::Failed(codec::encode(&Err::<(), _>(Elapsed))?)),
        other => Err(unexpected(&other)),
    }
}

fn whole(answer: Resolution) -> Result<Vec<u8>, Error> {
    match answer {
        Resolution::Returned(value) | Resolution::Failed(value) => Ok(value),
        other => Err(unexpected(&other)),
    }
}

fn unexpected(answer: &Resolution) -> Error {
    Error::custom(format_args!(
        "a spawned operation cannot end with {answer:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Durable;
    use crate::id::Timestamp;
    use crate::operation::{ActivityCall, ActivityOptions, Operation, Plan, TimeoutKind};
    use std::fmt::Debug;

    type Called = Result<(u8, Vec<u8>), ActivityError<Option<String>>>;

    fn activity() -> Request {
        let args = Ok(codec::encode(&1).unwrap());
        let call: ActivityCall<(u8, Vec<u8>), Option<String>> =
            ActivityCall::new("call", args, ActivityOptions::default());
        match call.begin(Timestamp(0)).unwrap() {
            Plan::Call(request) => request,
            other => panic!("{other:?}"),
        }
    }

    fn read<T: Durable>(answer: Resolution) -> T {
        codec::decode(&whole(answer).unwrap()).unwrap()
    }

    fn outcomes() -> Vec<Resolution> {
        let value = (1_u8, vec![2_u8, 3]);
        vec![
            Resolution::Returned(codec::encode(&value).unwrap()),
            Resolution::Returned(codec::from_json(&serde_json::json!([1, [2]])).unwrap()),
            Resolution::Failed(codec::encode(&Some("no".to_owned())).unwrap()),
            Resolution::Failed(codec::encode(&None::<String>).unwrap()),
            Resolution::TimedOut(TimeoutKind::ScheduleToClose),
            Resolution::Panicked("oh".into()),
            Resolution::Cancelled,
        ]
    }

    fn complete(answer: Resolution) -> Called {
        ActivityCall::<(u8, Vec<u8>), Option<String>>::complete(answer).unwrap()
    }

    #[test]
    fn the_output_of_a_call_is_what_its_operation_would_give() {
        for answer in outcomes() {
            let settled = of_call(&activity(), answer.clone()).unwrap();
            assert_eq!(settled.is_failure(), answer.is_failure());
            assert_eq!(read::<Called>(settled), complete(answer));
        }
        let timer = Request::Timer { due: Timestamp(0) };
        for answer in [Resolution::Fired, Resolution::Cancelled] {
            let settled = of_call(&timer, answer.clone()).unwrap();
            assert_eq!(
                read::<Result<(), Cancelled>>(settled),
                crate::operation::Sleep::complete(answer).unwrap()
            );
        }
    }

    fn same<T: Durable + PartialEq + Debug>(settled: Resolution, expected: &T) {
        assert_eq!(&read::<T>(settled), expected);
    }

    #[test]
    fn the_output_of_composites_is_made_of_those_of_their_parts() {
        let settled = |answer| of_call(&activity(), answer).unwrap();
        let each = || outcomes().into_iter();
        let answers = each().map(settled).collect();
        let outputs: Vec<Called> = each().map(complete).collect();
        same(of_all(Resolution::All(answers)).unwrap(), &outputs);

        let good = || each().take(2);
        let answers = good().map(settled).collect();
        let outputs: Result<Vec<_>, _> = good().map(complete).collect();
        same(of_try_all(Resolution::All(answers)).unwrap(), &outputs);

        let failure = settled(Resolution::Cancelled);
        let settled = of_try_all(Resolution::FirstFailure(Box::new(failure))).unwrap();
        assert!(settled.is_failure());
        same(
            settled,
            &Err::<Vec<(u8, Vec<u8>)>, _>(ActivityError::<Option<String>>::Cancelled),
        );

        let answer = Box::new(of_call(&activity(), Resolution::Cancelled).unwrap());
        let won = of_race(Resolution::Won { index: 0, answer }).unwrap();
        assert!(!won.is_failure());
        same(won, &Ok::<_, Elapsed>(complete(Resolution::Cancelled)));
        let answer = Box::new(Resolution::Fired);
        let lost = of_race(Resolution::Won { index: 1, answer }).unwrap();
        assert!(lost.is_failure());
        same(lost, &Err::<Called, _>(Elapsed));
    }
}
