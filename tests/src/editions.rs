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
//!
//! What holds no await is dropped as it is written, in any edition: statements, closures, and the ways of an `if` or `match`.
//!
//! ```edition2021
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn as_written(list: Vec<u32>) -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let mut total = if let Some(n) = *held() { n } else { 0 };
//!     if let Some(n) = *held() {
//!         total += n;
//!     } else {
//!         total += 1;
//!     }
//!     total += {
//!         let _trace = Trace;
//!         held().unwrap_or(0)
//!     };
//!     let each = |n: u32| {
//!         let _trace = Trace;
//!         held().unwrap_or(n) + 1
//!     };
//!     println!("{}", if let Some(n) = *held() { n } else { 0 });
//!     for n in list {
//!         total += each(n) + u32::from(sleep(Duration::from_secs(1)).await.is_ok());
//!         if let Some(n) = *held() { total += n } else { total += 1 }
//!     }
//!     Ok(match sleep(Duration::from_secs(1)).await {
//!         Ok(()) => if let Some(n) = *held() { n } else { total },
//!         Err(_) => {
//!             let _trace = Trace;
//!             held().unwrap_or(0)
//!         }
//!     })
//! }
//!
//! #[workflow]
//! async fn at_the_end(list: Vec<u32>) -> Result<u32, Cancelled> {
//!     let blocks = list.iter().map(|n| async move {
//!         let n = if let Some(n) = *held() { n } else { *n };
//!         sleep(Duration::from_secs(1)).await.map(|()| n)
//!     });
//!     let count = join_all(blocks.collect::<Vec<_>>()).await.len();
//!     let sum = list.iter().map(|n| {
//!         let _trace = Trace;
//!         held().unwrap_or(*n)
//!     }).sum::<u32>() + u32::from(sleep(Duration::from_secs(1)).await.is_ok());
//!     Ok(if let Some(n) = *held() {
//!         let _trace = Trace;
//!         held().unwrap_or(n)
//!     } else {
//!         sum + u32::try_from(count).unwrap_or(0)
//!     })
//! }
//! # fn main() {}
//! ```
//!
//! Not so an operand beside an await, and what the last expression of a lowered block holds.
//!
//! ```edition2024
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn beside_an_await() -> u32 {
//!     // Held until the operation has come back, or only until it begins.
//!     u32::max(if let Some(n) = *held() { n } else { 0 }, u32::from(sleep(Duration::from_secs(1)).await.is_ok()))
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
//! async fn beside_an_await() -> u32 {
//!     // Held until the operation has come back, or only until it begins.
//!     u32::max(if let Some(n) = *held() { n } else { 0 }, u32::from(sleep(Duration::from_secs(1)).await.is_ok()))
//! }
//! # fn main() {}
//! ```
//!
//! ```edition2024
//! # use durable_runtime::prelude::*;
//! # use std::sync::{Mutex, MutexGuard};
//! # static HELD: Mutex<Option<u32>> = Mutex::new(None);
//! # fn held() -> MutexGuard<'static, Option<u32>> { HELD.lock().unwrap() }
//! # struct Trace;
//! # impl Drop for Trace { fn drop(&mut self) {} }
//! #[workflow]
//! async fn with_a_trace() -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let _trace = Trace;
//!     Ok(if let Some(n) = *held() { n } else { 0 }) // let go of before `_trace`, or behind it
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
//! async fn with_a_trace() -> Result<u32, Cancelled> {
//!     sleep(Duration::from_secs(1)).await?;
//!     let _trace = Trace;
//!     Ok(if let Some(n) = *held() { n } else { 0 }) // let go of before `_trace`, or behind it
//! }
//! # fn main() {}
//! ```
