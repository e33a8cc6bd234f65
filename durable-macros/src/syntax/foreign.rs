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
use syn::{Expr, Macro, Path};

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

/// Refuses to await a function of another crate for which there is a durable one.
pub(super) fn refuse_await(base: &Expr, diagnostics: &mut Diagnostics) {
    let Expr::Call(call) = base else { return };
    let Expr::Path(function) = &*call.func else {
        return;
    };
    let names = names(&function.path);
    let (Some(first), Some(last)) = (names.first(), names.last()) else {
        return;
    };
    let foreign = ["tokio", "async_std", "smol", "futures", "futures_util"];
    if names.len() < 2 || !foreign.contains(&first.as_str()) {
        return;
    }
    let help = match last.as_str() {
        "sleep" | "sleep_until" | "timeout" | "join_all" | "try_join_all" => {
            format!("write `durable_runtime::{last}(…)`, which survives a restart")
        }
        _ => "move this into an `#[activity] async fn`, and await that".to_owned(),
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

fn names(path: &Path) -> Vec<String> {
    let segments = path.segments.iter();
    segments.map(|s| crate::names::unraw(&s.ident)).collect()
}
