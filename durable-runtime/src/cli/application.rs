//! An application with values whose methods are activities.

use super::entry;
use super::failure::{Exit, Failure};
use crate::engine::Worker;
use crate::interception::{
    ActivityInterceptor, ActivityInterceptors, StartInterceptor, StartInterceptors,
};
use crate::payload::Codecs;
use crate::propagation::{Propagator, Propagators};
use crate::registry::Activities;
use std::fmt::{self, Display};
use std::future::{Future, ready};
use std::pin::Pin;
use std::process::ExitCode;
use std::sync::Arc;

/// Makes one value, when a worker is about to run.
pub(super) type Provider = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = Provided>>>>;

/// Gives the value to the worker.
type Provided = Result<Box<dyn FnOnce(Worker) -> Worker>, Failure>;

/// The command line of an application whose activities are methods; see [`app`].
#[must_use = "an application does nothing before its `main` is called"]
pub struct Application {
    pub(super) providers: Vec<Provider>,
    pub(super) codecs: Codecs,
    pub(super) propagators: Propagators,
    pub(super) of_activities: ActivityInterceptors,
    pub(super) of_starts: StartInterceptors,
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.providers.len();
        f.debug_struct("Application")
            .field("values", &values)
            .field("codecs", &self.codecs)
            .field("propagators", &self.propagators)
            .field("of_activities", &self.of_activities)
            .field("of_starts", &self.of_starts)
            .finish()
    }
}

/// An application whose activities are methods ([`#[activities]`](macro@crate::activities)) of
/// values that are given here. Without any it is [`main`](fn@crate::main).
///
/// ```no_run,standalone_crate
/// use durable_runtime::prelude::*;
///
/// struct Payments {
///     endpoint: String,
/// }
///
/// #[activities]
/// impl Payments {
///     #[activity]
///     async fn charge(&self, order: u64) -> Result<String, Error> {
///         Ok(format!("{}/charges/{order}", self.endpoint))
///     }
/// }
///
/// #[workflow]
/// async fn buy(order: u64) -> Result<String, Error> {
///     Payments::charge(order).await.map_err(Error::msg)
/// }
///
/// fn main() -> std::process::ExitCode {
///     durable_runtime::app()
///         .with(Payments { endpoint: "https://pay.example".to_owned() })
///         .main()
/// }
/// ```
pub fn app() -> Application {
    Application {
        providers: Vec::new(),
        codecs: Codecs::new(),
        propagators: Propagators::default(),
        of_activities: ActivityInterceptors::default(),
        of_starts: StartInterceptors::default(),
    }
}

impl Application {
    /// Its workers run the activities that are methods of this type on this value.
    pub fn with<T: Activities>(self, value: T) -> Self {
        self.provide(ready(Ok::<_, Failure>(value)))
    }

    /// The same with a value that is made only when a worker is about to run, so that the other
    /// commands need no connection. If it fails, nothing runs, and the command says why.
    pub fn connect<T, E, F>(self, connect: impl FnOnce() -> F + 'static) -> Self
    where
        T: Activities,
        E: Display + 'static,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let value = async {
            let failed = |error: E| {
                let ty = std::any::type_name::<T>();
                Failure::new(Exit::Error, format!("the worker has no `{ty}`: {error:#}"))
            };
            connect().await.map_err(failed)
        };
        self.provide(value)
    }

    /// What users store is encoded and decoded by these codecs, by workers and by all other
    /// commands.
    pub fn codecs(self, codecs: Codecs) -> Self {
        Self { codecs, ..self }
    }

    /// Starts and activities carry headers on by this; see [`crate::propagation`].
    pub fn propagator(mut self, propagator: impl Propagator) -> Self {
        self.propagators = self.propagators.with(Arc::new(propagator));
        self
    }

    /// Its workers run attempts of activities within this; see [`crate::interception`].
    pub fn intercept_activities(mut self, interceptor: impl ActivityInterceptor) -> Self {
        self.of_activities = self.of_activities.with(Arc::new(interceptor));
        self
    }

    /// Starts are looked at by this; see [`crate::interception`].
    pub fn intercept_starts(mut self, interceptor: impl StartInterceptor) -> Self {
        self.of_starts = self.of_starts.with(Arc::new(interceptor));
        self
    }

    fn provide<T: Activities>(
        mut self,
        value: impl Future<Output = Result<T, Failure>> + 'static,
    ) -> Self {
        let provided = async {
            let value = value.await?;
            let give = move |worker: Worker| worker.with(value);
            Ok(Box::new(give) as Box<dyn FnOnce(Worker) -> Worker>)
        };
        self.providers.push(Box::new(|| Box::pin(provided)));
        self
    }

    /// Runs it: call it from `main` and return what it returns. See [`main`](fn@crate::main).
    #[must_use]
    pub fn main(self) -> ExitCode {
        entry::main_with(self)
    }
}
