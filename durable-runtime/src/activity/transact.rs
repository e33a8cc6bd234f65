//! Attempts whose body runs in the store's transaction.

use super::live::SaidEnd;
use super::{ActivityContext, Here};
use crate::codec;
use crate::operation::Resolution;
use crate::registry::{AttemptEnd, Instance};
use crate::store::{Transacted, Work};
use crate::transaction::Transaction;
use async_trait::async_trait;
use std::any::Any;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// The way of an attempt to the transaction in which its result is recorded.
#[async_trait]
pub(crate) trait Transacts: Debug + Send + Sync {
    /// Does the work. `Err`: the store never will; the reason.
    async fn transact(&self, work: Work) -> Result<Transacted, String>;
}

/// Runs a body on encoded arguments.
type Body = fn(&Instance, &mut Transaction<'_>, &[u8]) -> Result<AttemptEnd, codec::Error>;

/// How a body ended that gave no value.
type Failure = Result<AttemptEnd, Box<dyn Any + Send>>;

/// Used by `#[activity(transactional)]`.
#[doc(hidden)]
pub async fn transactional(
    context: ActivityContext,
    instance: Instance,
    args: Vec<u8>,
    body: Body,
) -> AttemptEnd {
    let Some(on) = context.transacts.clone() else {
        context.live.end(SaidEnd::NoTransactions);
        return std::future::pending().await;
    };
    let failure: Arc<Mutex<Option<Failure>>> = Arc::default();
    let (kept, here) = (failure.clone(), Here::now());
    let work: Work = Arc::new(move |tx| {
        let run = || here.run(|| body(&instance, tx, &args));
        let ended = catch_unwind(AssertUnwindSafe(run));
        let failed = match ended {
            Ok(Ok(AttemptEnd {
                resolution: Resolution::Returned(value),
                ..
            })) => return Some(value),
            Ok(Ok(end)) => Ok(end),
            Ok(Err(error)) => Err(Box::new(error.to_string()) as _),
            Err(panic) => Err(panic),
        };
        *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(failed);
        None
    });
    let done = on.transact(work).await;
    let failed = failure
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    match (done, failed) {
        (Ok(Transacted::Done(value)), _) => AttemptEnd::returned(value),
        (Ok(Transacted::Undone), Some(Ok(end))) => end,
        (Ok(Transacted::Undone), Some(Err(panic))) => resume_unwind(panic),
        (Ok(Transacted::Undone), None) => panic!("the transaction was undone without a reason"),
        // Whoever owns the run now begins an attempt of its own.
        (Ok(Transacted::Refused), _) => std::future::pending().await,
        (Err(reason), _) => panic!("{reason}"),
    }
}
