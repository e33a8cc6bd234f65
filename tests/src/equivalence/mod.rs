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

mod compare;
mod drive;
mod group;
pub mod log;
pub mod ops;
mod schedule;
mod spawned;
pub mod vocabulary;

pub use compare::compare;
pub use drive::panic_message;
pub use durable_runtime::workflow;
pub use schedule::Schedule;

/// Compiles a function twice and compares the two on each list of arguments; see the
/// [module](self).
#[macro_export]
macro_rules! equivalent {
    (
        with [$(($($arg:expr),* $(,)?)),+ $(,)?];
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
                $($crate::equivalence::compare(
                    || plain::$name($($arg),*),
                    durable::$name($($arg),*),
                );)+
            }
        }
    };
}

/// Tokio's `select!` with a fixed order, for the plain copy.
#[macro_export]
macro_rules! biased_select {
    (biased; $($branches:tt)*) => { $crate::equivalence::ops::tokio_select! { biased; $($branches)* } };
    ($($branches:tt)*) => { $crate::equivalence::ops::tokio_select! { biased; $($branches)* } };
}
