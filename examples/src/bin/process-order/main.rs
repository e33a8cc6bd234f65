//! The order story: one command that shows what durable functions are for.
//!
//! Without a subcommand this binary tells the story: it starts three outside services and a worker
//! process (itself, as `process-order worker`), places orders, kills the worker again and again,
//! and proves in the end that nothing was lost and nothing was done twice. With a subcommand it
//! is what every application built on durable-runtime is: worker, client and admin tool.

mod killer;
mod narrator;
mod story;
mod verdict;

use std::process::ExitCode;

fn main() -> ExitCode {
    let has_subcommand = std::env::args()
        .nth(1)
        .is_some_and(|first| !first.starts_with('-'));
    if has_subcommand {
        durable_runtime::main()
    } else {
        story::main()
    }
}
