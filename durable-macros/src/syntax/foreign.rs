//! What other crates offer for waiting, and what to write instead.
//!
//! ```text
//! tokio::join!(a(), b())              → durable_runtime::join!(a(), b())
//! tokio::time::sleep(day).await       → durable_runtime::sleep(day).await
//! ```
//!
//! By type most of this would be refused as well, but rustc would speak about futures. And a
//! foreign `join!` of foreign futures would compile, and wait where nothing can be saved.

use crate::diag::{Code, Diagnostics};
use syn::{Expr, ExprCall, Macro, Path};

/// Refuses the macros of other crates that await their arguments.
pub(super) fn refuse_macro(mac: &Macro, diagnostics: &mut Diagnostics) -> bool {
    let names = names(&mac.path);
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return false;
    };
    if names.len() < 2 || first == "durable_runtime" {
        return false;
    }
    let help = match last.as_str() {
        "join" | "try_join" => {
            format!("write `durable_runtime::{last}!(…)`, with the same arguments")
        }
        "select" | "select_biased" => {
            "write `durable_runtime::select! { … }`, which has the syntax of tokio's".to_owned()
        }
        _ => return false,
    };
    diagnostics.report(
        &mac.path,
        Code::AwaitInMacro,
        &format!(
            "`{}!` waits for its branches where nothing can be saved",
            names.join("::")
        ),
        &help,
    );
    true
}

/// Refuses to pin: a future, which cannot be awaited; or an operation, which begins when it is awaited.
pub(super) fn refuse_pin(mac: &Macro, diagnostics: &mut Diagnostics) -> bool {
    let names = names(&mac.path);
    let pins = matches!(names.last().map(String::as_str), Some("pin" | "pin_mut"));
    let foreign = [
        "tokio",
        "std",
        "core",
        "futures",
        "futures_util",
        "pin_utils",
    ];
    let pins = pins && (names.len() == 1 || foreign.contains(&names[0].as_str()));
    if pins {
        diagnostics.report(
            &mac.path,
            Code::NotAnOperation,
            &format!(
                "`{}!` holds what is awaited in place, and a workflow may go on in another process",
                names.join("::")
            ),
            "to keep an operation running when another branch wins, begin it with `let mut slow = spawn(…)`, and await `&mut slow`",
        );
    }
    pins
}

/// Refuses to await a function of another crate for which there is a durable one.
pub(super) fn refuse_await(base: &Expr, diagnostics: &mut Diagnostics) {
    let Expr::Call(call) = base else { return };
    let Expr::Path(function) = &*call.func else {
        return;
    };
    let names = names(&function.path);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let help = match *names.as_slice() {
        ["std" | "core", "future", "pending"] => {
            "leave it out, and give the branch a precondition: `x = …, if handle.is_some() => …`"
                .to_owned()
        }
        ["std" | "core", "future", "ready"] => "write the value itself".to_owned(),
        ["tokio", "task", "yield_now"] => {
            "leave it out: a workflow gives way at each `.await`".to_owned()
        }
        [
            "tokio" | "async_std" | "smol" | "futures" | "futures_util",
            ..,
            last @ ("sleep" | "sleep_until" | "timeout" | "join_all" | "try_join_all"),
        ] => format!("write `durable_runtime::{last}(…)`, which survives a restart"),
        [
            "futures" | "futures_util",
            ..,
            "select" | "select_all" | "select_ok",
        ] => {
            "write `durable_runtime::select! { … }`, or collect them into a `JoinSet` and await `set.join_next()`"
                .to_owned()
        }
        [
            "tokio" | "async_std" | "smol" | "futures" | "futures_util",
            _,
            ..,
        ] => "move this into an `#[activity] async fn`, and await that".to_owned(),
        _ => return,
    };
    diagnostics.report(
        &function.path,
        Code::NotAnOperation,
        &format!(
            "`{}(…)` gives a future, and a future cannot be saved at the `.await`",
            names.join("::")
        ),
        &help,
    );
}

/// Refuses what runs beside the workflow where no checkpoint holds it.
pub(super) fn refuse_call(call: &ExprCall, diagnostics: &mut Diagnostics) -> bool {
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let names = names(&function.path);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let (what, help) = match *names.as_slice() {
        ["tokio" | "async_std" | "smol", .., "spawn" | "spawn_local"] => (
            "runs beside the workflow, and no checkpoint holds it",
            "write `durable_runtime::spawn(…)` with a call of an activity or a workflow: its handle can be kept and awaited",
        ),
        ["tokio" | "async_std" | "smol", .., "spawn_blocking"] => (
            "runs beside the workflow, and no checkpoint holds it",
            "move this into an `#[activity] async fn`, and write `durable_runtime::spawn(…)` with a call of that",
        ),
        ["tokio", .., "JoinSet", "new"] => (
            "holds tasks, and no checkpoint can",
            "write `durable_runtime::JoinSet::new()`, which holds operations",
        ),
        ["tokio", "time", "interval" | "interval_at"] => (
            "ticks in this process only",
            "write `sleep(period).await?` in the loop, or `_ = sleep(period) => …` as a branch",
        ),
        _ => return false,
    };
    diagnostics.report(
        &function.path,
        Code::NotAnOperation,
        &format!("`{}(…)` {what}", names.join("::")),
        help,
    );
    true
}

fn names(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|s| crate::names::unraw(&s.ident)).collect()
}
