//! Proofs that the name of a macro means what `#[workflow]` takes it for. Not public API.
//!
//! The attribute sees names, and not what they lead to. In a block that imports all macros of std
//! by `*`, rustc refuses a name that leads to another macro outside of it: it is ambiguous there.
//!
//! ```text
//! const _: () = {
//!     use std_macros::*;
//!     use vec as _;           error[E0659] if the `vec!` of the function is not std's
//! };
//! ```
//!
//! The macros of this crate are asked instead, so that a mistake is told in words of ours.

use std::pin::Pin;
use std::task::{Context, Poll};

/// The macros of std, and no other names that a macro of std has as well.
#[allow(
    hidden_glob_reexports,
    non_camel_case_types,
    dead_code,
    missing_debug_implementations,
    reason = "they hide the modules, so that a user's own module of that name is no conflict"
)]
pub mod std_macros {
    pub use std::*;
    struct panic;
    struct vec;
}

/// The macros of `tracing` that tell an event, also under the names of the proofs.
pub mod event_macros {
    pub use tracing::{Level, debug, error, event, info, trace, warn};
    pub use tracing::{
        debug as __durable_event_debug, error as __durable_event_error,
        event as __durable_event_event, info as __durable_event_info,
        trace as __durable_event_trace, warn as __durable_event_warn,
    };
}

/// What a macro of this crate that joins branches expands to if it is asked what it is.
#[derive(Debug)]
pub struct Ours;

/// What such a macro is asked with: to those of other crates it is a future, which has a result.
#[derive(Debug)]
pub struct Meant;

impl Future for Meant {
    type Output = Result<(), ()>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Pending
    }
}

macro_rules! proofs {
    ($($message:tt $label:tt $trait:ident)+) => {$(
        /// Not of another crate.
        #[diagnostic::on_unimplemented(
            message = $message,
            label = $label,
            note = "a `use` that names a macro hides the one that `durable_runtime::prelude::*` brings: leave it out, or write the path where the macro is called",
            note = "code: durable D06"
        )]
        pub trait $trait: Sized {
            /// In code that never runs: asks a macro whether it is the one of this crate.
            fn ours(self) {}
        }
        #[diagnostic::do_not_recommend]
        impl $trait for Ours {}
    )+};
}
proofs! {
    "this `join!` is another crate's, and waits for its branches where nothing can be saved"
    "write `durable_runtime::join!(…)`, with the same arguments"
    JoinIsOurs
    "this `try_join!` is another crate's, and waits for its branches where nothing can be saved"
    "write `durable_runtime::try_join!(…)`, with the same arguments"
    TryJoinIsOurs
    "this `select!` is another crate's, and waits for its branches where nothing can be saved"
    "write `durable_runtime::select! {{ … }}`, which has the syntax of tokio's"
    SelectIsOurs
}
