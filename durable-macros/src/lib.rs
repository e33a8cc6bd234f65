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
/// | argument | default | |
/// |---|---|---|
/// | `name = "orders.process"` | the function's | the persistent name, under which runs are stored |
/// | `run_timeout = "1h"` | none | how long one run may take; then it ends as timed out, without its code |
/// | `execution_timeout = "30d"` | none | how long it may take with all runs that go on in its place |
/// | `retention = "30d"` | the worker's | how long an ended run stays on record |
/// | `retry(…)` | no retry | how a run that returned an error or took longer than `run_timeout` is tried again, from the beginning: with other idempotency keys, and ids of children that are taken, see `Start::retry`; written as for [`macro@activity`] |
///
/// Both time-outs and the retries are defaults, which a start may change.
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
/// Arguments, all optional and checked at compile time (a duration is written `"500ms"`, `"30s"`,
/// `"1h30m"`, `"30d"`):
///
/// | argument | default | what it says |
/// |---|---|---|
/// | `name = "charge"` | the function's | the persistent name, under which calls are stored |
/// | `queue = "gpu"` | the workflow's | whose workers run it; each one that serves that queue and has this activity |
/// | `start_to_close = "30s"` | `"1m"` | how long one attempt may run |
/// | `schedule_to_close = "10m"` | no limit | how long all attempts and the pauses between them may take |
/// | `schedule_to_start = "1m"` | no limit | how long an attempt may wait for a slot of a worker; no other attempt follows |
/// | `heartbeat = "10s"` | no limit | how long an attempt may say nothing by `activity::heartbeat` |
/// | `cancellation = "wait"` | `"try"` | what a cancellation does: `"try"`, `"wait"` or `"abandon"`, see `CancellationType` |
/// | `blocking` | no | the body is a plain `fn` that blocks its thread, and has one of its own; a time-out or a cancellation leaves it behind, so let it ask `activity::cancellation()` |
/// | `transactional` | no | the body is a plain `fn` that takes `&mut Transaction<'_>` first and runs SQL in the store's own transaction: what it writes and its recorded result are committed together, exactly once; see `durable_runtime::transaction` |
/// | `retry(…)` | | how failures are repeated: |
/// | `initial = "1s"` | `"1s"` | the pause before the second attempt |
/// | `factor = 2.0` | `2.0` | how the pauses grow; at least 1 |
/// | `max_interval = "1m"` | 100 × `initial` | the longest pause |
/// | `max_attempts = 5` | no limit | how often the body runs, the first time included |
/// | `jitter = 0.1` | `0.1` | the share by which a pause is shortened or lengthened at random |
/// | `non_retryable = E::is_refusal` | none is | `Fn(&E) -> bool`: an error after which no attempt follows |
/// | `next_delay = E::retry_after` | the policy's | `Fn(&E) -> Option<Duration>`: the pause that this error wants; `None` takes the policy's. The limits stay as they are |
#[proc_macro_attribute]
pub fn activity(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::activity(args.into(), &item.into()).into()
}

/// Turns methods of a type into activities: the value carries what they need (clients, pools,
/// settings), and a worker is given one by `Worker::with`.
///
/// Each method that is an activity has `#[activity(…)]` and takes `&self`. `Payments::charge(order)`
/// is then the call that a workflow awaits, stored under the name `Payments.charge`, and its body
/// runs on the worker's value. Other methods of the block stay as they are. A type has one such
/// block.
#[proc_macro_attribute]
pub fn activities(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::activities(&args.into(), item.into()).into()
}
