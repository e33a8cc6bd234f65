//! The test kit for workflows: a world of its own for each test, in which time takes no time,
//! activities are closures, and workers die on demand. Behind the feature `testing`.
//!
//! ```text
//!   TestEnv ─┬─ store            in memory, in SQLite, or yours: TestEnv::builder()
//!            ├─ client ────────▶ start_order(env.client(), "o-1", …), handles, signals
//!            ├─ clock            stands still while the test acts, jumps while it waits
//!            ├─ activities       mock(charge, |order| …), fail(charge, 2, …), log()
//!            └─ workers          kill_worker(), start_worker()
//!
//!   crash_everywhere(async |env| { … })     the same test, with a crash at each write
//! ```
//!
//! ```toml
//! [dev-dependencies]
//! durable-runtime = { version = "0.1", features = ["testing"] }
//! ```

mod acts;
mod builder;
mod crash;
mod database;
mod ends;
mod env;
mod failure;
mod hold;
mod life;
mod link;
mod log;
mod mock;
mod store;
mod worker;

pub use builder::TestEnvBuilder;
pub use crash::{CrashPoint, CrashReport, When, crash_everywhere};
pub use env::TestEnv;
pub use failure::Failure;
pub use log::{Called, Ended, Log};
pub use mock::{Activity, Answer, Mock, Receives};
