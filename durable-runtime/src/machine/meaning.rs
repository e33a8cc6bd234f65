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

/// The macros of this crate that join branches.
pub mod our_macros {
    pub use crate::{join, select, try_join};
}
