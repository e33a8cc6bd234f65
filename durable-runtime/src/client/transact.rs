//! Transactions of an application in the store of its workflows.

use super::Client;
use crate::store::{StoreError, Transacted, Work};
use crate::transaction::Transaction;
use std::sync::{Arc, Mutex, PoisonError};

impl Client {
    /// Runs SQL in the database of the workflows, in a transaction of its own: to make tables for
    /// [transactional activities](crate::transaction), and to read them. All is committed if `work`
    /// returns `Ok`, and undone if it returns `Err` or panics.
    ///
    /// # Errors
    /// [`StoreError::NoTransactions`] if the store is not SQLite, or what the store says if it has
    /// failed; inside, the error of `work`.
    ///
    /// # Panics
    /// When `work` panics.
    pub async fn transact<T, E>(
        &self,
        work: impl Fn(&mut Transaction<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<Result<T, E>, StoreError>
    where
        T: Send + 'static,
        E: Send + 'static,
    {
        let given: Arc<Mutex<Option<Result<T, E>>>> = Arc::default();
        let kept = given.clone();
        let within: Work = Arc::new(move |tx| {
            let result = work(tx);
            let done = result.is_ok().then(Vec::new);
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            done
        });
        let done = self.store().transact(None, within).await;
        let given = given.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (done, given) {
            (Ok(Transacted::Done(_) | Transacted::Undone), Some(result)) => Ok(result),
            (Ok(Transacted::Undone), None) => panic!("work in a transaction panicked"),
            (Ok(other), _) => Err(StoreError::Bug(format!("a transaction answers {other:?}"))),
            (Err(error), _) => Err(unfenced(error)),
        }
    }
}

fn unfenced(error: crate::store::FenceError) -> StoreError {
    match error {
        crate::store::FenceError::Store(error) => error,
        other => StoreError::Bug(format!("a call without a fence was fenced: {other}")),
    }
}
