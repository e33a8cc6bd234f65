//! The code on the pages for users compiles, and does what they say; `build.rs` takes it from there.

#![allow(
    dead_code,
    unused_imports,
    unused_variables,
    clippy::all,
    clippy::pedantic,
    reason = "it is written to be read"
)]

use durable_runtime::prelude::*;

include!(concat!(env!("OUT_DIR"), "/docs.rs"));
