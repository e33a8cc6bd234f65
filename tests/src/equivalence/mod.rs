//! One function, compiled twice: as a plain `async fn` and as a machine that is saved at every
//! await. Both must give the same result and make the same calls in the same order.
//!
//! ```text
//! equivalent! {                         mod name {
//!     with [(1), (7)];                      mod plain   { the tokens; act() is an async fn }
//!     async fn name(n: u32) -> u32 {…}      mod durable { #[workflow] the tokens; act() is an operation }
//! }                                         #[test] fn equivalence() { compare each input }
//!                                       }
//! ```
//!
//! The machine runs in two ways:
//!
//! * Driven by the test, which picks the order of answers and makes the machine again from the bytes
//!   of its frame: never, at every await, twice at every await, and at each await alone (at forty of more).
//! * In the real engine, on a store: straight through, always suspending, killed at every write, and
//!   with two workers; in memory, and a fixed share on SQLite. What is under way at the same time is
//!   answered there in the order in which it began; beside timers, after a time of its own on a clock that the
//!   plain copy has as well.
//!
//! Not in the engine are functions of more than a thousand awaits, those that panic, which it tries again for
//! ever, and those whose clock has two answers at the same instant beside a timer, since nobody says which comes
//! first. Those of more than forty awaits are killed there at twenty-two writes, from the first to the last.
//!
//! A plain copy that panics with some arguments is said to: `with [(1)]; panics [(0)];`. Else it fails the test, and
//! so does one that is said to panic and does not.
//!
//! Generated programs (`cargo xtask equivalence`) are thousands: they begin with `in machines;`, and
//! are driven by the test alone.

mod compare;
mod drive;
mod engine;
mod group;
pub mod heard;
pub mod log;
pub mod ops;
mod schedule;
mod spawned;
pub mod vocabulary;
mod world;

pub use compare::{ENDS, Ends, compare, compare_machines};
pub use drive::panic_message;
pub use durable_runtime::workflow;
pub use schedule::Schedule;

/// Compiles a function twice and compares the two on each list of arguments; see the
/// [module](self).
#[macro_export]
macro_rules! equivalent {
    (in machines; $($rest:tt)*) => {
        $crate::equivalent! { @ compare_machines; $($rest)* }
    };
    (@ $compare:ident; with [$($input:tt),+ $(,)?]; panics [$($panic:tt),+ $(,)?]; $($function:tt)*) => {
        $crate::equivalent! { @ $compare; [$(Returns $input)+ $(Panics $panic)+] $($function)* }
    };
    (@ $compare:ident; with [$($input:tt),+ $(,)?]; $($function:tt)*) => {
        $crate::equivalent! { @ $compare; [$(Returns $input)+] $($function)* }
    };
    (@ $compare:ident; panics [$($panic:tt),+ $(,)?]; $($function:tt)*) => {
        $crate::equivalent! { @ $compare; [$(Panics $panic)+] $($function)* }
    };
    (
        @ $compare:ident; [$($ends:ident ($($arg:expr),* $(,)?))+]
        $(#[$attr:meta])* async fn $name:ident $($rest:tt)*
    ) => {
        mod $name {
            #[allow(unused_imports, reason = "not every function needs what stands beside it")]
            use super::*;
            mod plain {
                #[allow(unused_imports, reason = "not every function needs all of it")]
                use {super::*, $crate::equivalence::ops::plain::*};
                $(#[$attr])*
                pub(super) async fn $name $($rest)*
            }
            mod durable {
                #[allow(unused_imports, reason = "not every function needs all of it")]
                use {super::*, $crate::equivalence::ops::durable::*};
                $(#[$attr])*
                #[$crate::equivalence::workflow]
                pub(super) async fn $name $($rest)*
            }
            #[test]
            fn equivalence() {
                $($crate::equivalence::$compare(
                    $crate::equivalence::Ends::$ends,
                    || plain::$name($($arg),*),
                    durable::$name($($arg),*),
                );)+
            }
        }
    };
    (with $($rest:tt)*) => {
        $crate::equivalent! { @ compare; with $($rest)* }
    };
    (panics $($rest:tt)*) => {
        $crate::equivalent! { @ compare; panics $($rest)* }
    };
}

/// Tokio's `select!` with a fixed order, for the plain copy.
#[macro_export]
macro_rules! biased_select {
    (biased; $($branches:tt)*) => { $crate::equivalence::ops::tokio_select! { biased; $($branches)* } };
    ($($branches:tt)*) => { $crate::equivalence::ops::tokio_select! { biased; $($branches)* } };
}
