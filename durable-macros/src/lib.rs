//! The compilers behind `#[workflow]` and `#[activity]`. Use them through `durable-runtime`,
//! which documents them where users look.
//!
//! This file is the only one that names `proc_macro`; everything below is an ordinary library
//! over `proc_macro2`, tested like one. `expand.rs` is the table of contents.

mod activity;
mod analysis;
mod diag;
mod emit;
mod expand;
mod ir;
mod lower;
mod names;
mod normalize;
mod syntax;
#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

/// Turns an `async fn` into a durable workflow: a serialisable state machine that is saved at
/// every `.await`.
///
/// Beside the function it generates `start_<name>(&client, id, args…)`, which starts it.
///
/// Arguments: `name = "…"` sets the persistent name (default: the function's).
#[proc_macro_attribute]
pub fn workflow(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::workflow(args.into(), &item.into()).into()
}

/// Used by [`macro@workflow`] for a body with `#[cfg]`s.
#[doc(hidden)]
#[proc_macro_derive(Configured)]
pub fn configured(item: TokenStream) -> TokenStream {
    expand::configured(item.into()).into()
}

/// Drops the item that `Configured` has read.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn dropped(_: TokenStream, _: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Turns an `async fn` into an activity: calling it gives a value that a workflow may await, and
/// whose body runs with time-outs and retries, its result recorded exactly once.
///
/// Arguments, all optional and checked at compile time: `name = "…"`, `start_to_close = "30s"`,
/// `schedule_to_close = "10m"`, `retry(initial = "1s", factor = 2.0, max_interval = "1m",
/// max_attempts = 5, jitter = 0.1, non_retryable = predicate)`.
#[proc_macro_attribute]
pub fn activity(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::activity(args.into(), &item.into()).into()
}
