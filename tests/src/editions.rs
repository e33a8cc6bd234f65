//! Where crates of an edition before 2024 drop temporaries in another order than a machine does, rustc says so.
//!
//! What the last expression of a block holds for a moment is dropped before the block's variables since edition 2024:
//!
//! ```edition2024
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn count() -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let _trace = Trace;
//!     Ok(held().unwrap_or(0)) // let go of before `_trace`, or behind it
//! }
//! # fn main() {}
//! ```
//!
//! In a crate of an older edition the same is refused.
//!
//! ```compile_fail,edition2021
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn count() -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let _trace = Trace;
//!     Ok(held().unwrap_or(0)) // let go of before `_trace`, or behind it
//! }
//! # fn main() {}
//! ```
//!
//! What an `if let` looks at is dropped before its `else`:
//!
//! ```edition2024
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn choose() -> Result<u32, Cancelled> {
//!     let n = if let Some(n) = *held() {
//!         sleep(Duration::from_secs(1)).await?;
//!         n
//!     } else {
//!         *held() = Some(1); // not held any more, or held for ever
//!         0
//!     };
//!     Ok(n)
//! }
//! # fn main() {}
//! ```
//!
//! ```compile_fail,edition2021
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn choose() -> Result<u32, Cancelled> {
//!     let n = if let Some(n) = *held() {
//!         sleep(Duration::from_secs(1)).await?;
//!         n
//!     } else {
//!         *held() = Some(1); // not held any more, or held for ever
//!         0
//!     };
//!     Ok(n)
//! }
//! # fn main() {}
//! ```
//!
//! What is written in the same way for both is not refused.
//!
//! ```edition2021
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn both() -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let now = {
//!         let _trace = Trace;
//!         let now = *held();
//!         now
//!     };
//!     let n = match now {
//!         Some(n) => n,
//!         None => u32::from(sleep(Duration::from_secs(1)).await.is_ok()),
//!     };
//!     Ok(n)
//! }
//! # fn main() {}
//! ```
