//! Keys that change while what was found by them is needed: it would be found again by another key.
//!
//! ```text
//! let price = &prices[&key]; key = next; charge(*price).await; use(price)
//! ```
//!
//! rustc holds the key in the twin, so nothing goes wrong without this; but its error (E0506) would be
//! about a program that plain Rust accepts.

use crate::analysis::liveness::Liveness;
use crate::diag::{Code as ErrorCode, Diagnostics};
use crate::ir::{Body, Code, Locals};
use crate::names::shown;
use syn::{Expr, Stmt};

/// Refuses the assignments of such keys.
pub(super) fn refuse_changes(
    body: &Body,
    liveness: &Liveness,
    remade: &Locals,
    diagnostics: &mut Diagnostics,
) {
    for block in &body.blocks {
        let after = liveness.after_statements(body, block);
        for (statement, live) in block.statements.iter().zip(after) {
            let Code::Stmt(Stmt::Expr(Expr::Assign(assign), _)) = &statement.code else {
                continue;
            };
            let found = live.iter().filter(|local| remade.contains(local));
            let mut found = found.filter_map(|local| {
                let by = &body.recipe(*local)?.looked_up_by;
                Some((*local, *by.intersection(&statement.assigns).next()?))
            });
            let Some((found, key)) = found.next() else {
                continue;
            };
            let name = |local: crate::ir::LocalId| shown(&body.locals[local.0].ident);
            let (found, key) = (name(found), name(key));
            diagnostics.report(
                &assign.left,
                ErrorCode::Borrow,
                &format!("`{key}` changes while `{found}` is needed, which is found by it again after an `.await`"),
                &format!("find it by a clone (`let by = {key}.clone();`, then `&by` in place of `&{key}`), or clone what is found"),
            );
        }
    }
}
