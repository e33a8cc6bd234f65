//! `join!`, `try_join!` and `select!`: names and documentation. `#[workflow]` compiles them itself.

/// In a `#[workflow]`: begins several operations at once and waits until all have an answer. Gives
/// a tuple of the answers.
///
/// A branch is an operation (a call of an activity, a timer, …) or an `async` block with awaits,
/// loops, `?` and `return` of its own. While branches run, each is saved at its own `.await`.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[activity]
/// async fn reserve(order: u32) -> Result<u32, String> { Ok(order) }
/// #[activity]
/// async fn charge(order: u32) -> Result<u32, String> { Ok(order) }
///
/// #[workflow]
/// async fn both(order: u32) -> Result<u32, Error> {
///     let (reserved, charged) = join!(reserve(order), async {
///         sleep(Duration::from_secs(1)).await?;
///         charge(order).await.map_err(Error::msg)
///     });
///     Ok(reserved.map_err(Error::msg)? + charged?)
/// }
/// ```
///
/// Branches begin in the order in which they are written. A variable that several branches use
/// must not be changed by any of them.
#[macro_export]
macro_rules! join {
    (__durable_meant) => {
        $crate::__private::Ours
    };
    ($($branches:tt)*) => {
        ::core::compile_error!(
            "`join!` works in the body of a `#[workflow]` function; not in a closure or in the arguments of a macro that is not std's\n\n  help: bind what it gives with `let` in the body, and use that\n  code: durable D06"
        )
    };
}

/// In a `#[workflow]`: begins several operations that give a `Result`, and waits until all have
/// given a value or one has given an error. Gives `Ok` with a tuple of the values, or that error;
/// the branches that still run are then given up.
///
/// Otherwise like [`join!`](crate::join).
#[macro_export]
macro_rules! try_join {
    (__durable_meant) => {
        $crate::__private::Ours
    };
    ($($branches:tt)*) => {
        ::core::compile_error!(
            "`try_join!` works in the body of a `#[workflow]` function; not in a closure or in the arguments of a macro that is not std's\n\n  help: bind what it gives with `let` in the body, and use that\n  code: durable D06"
        )
    };
}

/// In a `#[workflow]`: begins several operations and goes on with the first whose answer fits its
/// pattern; the others are given up before its handler runs.
///
/// The syntax is Tokio's: `pattern = operation, if precondition => handler`, and `else => handler`
/// for when no branch is left. All preconditions are evaluated first, then all operations, also
/// those of branches whose precondition is false; these are not begun. If answers to several
/// branches are there at once, the one that is written first wins, as with Tokio's `biased;` (which
/// may be written, and changes nothing). Handlers belong to the function around: `?`, `return`
/// and `break` in them work as anywhere.
///
/// ```
/// use durable_runtime::prelude::*;
///
/// #[activity]
/// async fn answer(question: String) -> Result<u32, String> { Ok(42) }
///
/// #[workflow]
/// async fn ask(question: String) -> Result<u32, Error> {
///     select! {
///         Ok(number) = answer(question) => Ok(number),
///         _ = sleep(Duration::from_secs(60)) => Err(Error::msg("no answer within a minute")),
///     }
/// }
/// ```
#[macro_export]
macro_rules! select {
    (_ = __durable_meant => false) => {
        $crate::__private::Ours
    };
    ($($branches:tt)*) => {
        ::core::compile_error!(
            "`select!` works in the body of a `#[workflow]` function; not in a closure or in the arguments of a macro that is not std's\n\n  help: bind what it gives with `let` in the body, and use that\n  code: durable D06"
        )
    };
}
