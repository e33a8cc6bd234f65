//! Published values: what a workflow shows to whoever asks, without being asked itself.

use crate::Durable;
use crate::machine::current;
use std::marker::PhantomData;

/// A value that a workflow keeps up to date for others: a name, and the type of the value.
///
/// It is saved with the workflow's own checkpoints, so what others read is what the workflow would
/// go on with after a crash; no worker and none of the workflow's code is needed to read it. After
/// the end it stays as it was.
///
/// ```
/// # use durable_runtime::prelude::*;
/// const PROGRESS: Published<u32> = Published::new("progress");
///
/// #[workflow]
/// async fn climb(steps: u32) -> Result<(), Error> {
///     for step in 1..=steps {
///         PROGRESS.set(&step);
///         sleep(Duration::from_millis(1)).await?;
///     }
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = durable_runtime::store::open("memory://").await?;
/// # let worker = durable_runtime::Worker::new(store, Default::default());
/// # let client = worker.client();
/// # tokio::spawn(worker.run(std::future::pending()));
/// let handle = start_climb(&client, "climb-1", 3).await?;
/// handle.result().await??;
/// assert_eq!(handle.published(PROGRESS).await?, Some(3));
/// # Ok(())
/// # }
/// ```
pub struct Published<T> {
    name: &'static str,
    value: PhantomData<fn(T) -> T>,
}

super::named::named!(Published, "A value");

impl<T: Durable> Published<T> {
    /// In a workflow: sets the value, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn set(&self, value: &T) {
        current::publish(self.name, value);
    }
}
