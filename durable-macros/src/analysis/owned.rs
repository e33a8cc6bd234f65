//! Which locals may be borrows, and which values surely borrow from nothing, as far as syntax shows.

use crate::ir::{Body, Code, LocalId, LocalKind, Locals, Terminator};
use syn::{Expr, Ident, Stmt, UnOp};

/// Methods whose values are their own, whatever they are called on.
const OWNED: &[&str] = &[
    "abs",
    "clone",
    "cloned",
    "contains",
    "contains_key",
    "copied",
    "count",
    "ends_with",
    "is_empty",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "len",
    "parse",
    "starts_with",
    "sum",
    "to_owned",
    "to_string",
    "to_vec",
];

/// Whether a local may be, or hold, a borrow that nobody can make again; `kept` says of which one is in
/// a slot anyway.
pub(super) fn may_borrow(body: &Body, local: LocalId, kept: &impl Fn(&LocalId) -> bool) -> bool {
    let this = &body.locals[local.0];
    let again = this.recipe.is_some() || this.lookup.is_some();
    if again || kept(&local) {
        return false;
    }
    let owns = |value: &Expr, uses: &Locals| {
        let named = |name: &Ident| {
            let used = uses.iter().find(|l| body.locals[l.0].ident == *name);
            let kind = used.map(|l| &body.locals[l.0].kind);
            match (used, kind) {
                (None, _) => Named::Owner,
                (_, Some(LocalKind::Answer { .. } | LocalKind::Temp { .. })) => Named::Passing,
                (Some(l), _) if *l == local || may_borrow(body, *l, kept) => Named::Borrow,
                _ => Named::Owner,
            }
        };
        uses.is_empty() || is_owned(value, &named)
    };
    let mut values = body.blocks.iter().flat_map(|block| {
        let statements = block.statements.iter();
        let bound = statements.filter_map(|statement| match &statement.code {
            Code::Let { init, .. } if statement.binds.contains(&local) => {
                Some((init, statement.uses.clone()))
            }
            Code::Stmt(Stmt::Expr(Expr::Assign(assign), _))
                if statement.assigns.contains(&local) =>
            {
                Some((&*assign.right, statement.uses.clone()))
            }
            _ => None,
        });
        let edges = 0..block.terminator.successors().len();
        let mut defines = edges.map(|edge| block.terminator.defines_on(edge));
        let defines = defines.any(|bound| bound.contains(&local));
        let matched = match &block.terminator {
            Terminator::Match { scrutinee, .. } if defines => Some(scrutinee),
            Terminator::LetElse { init, .. } if defines => Some(init),
            Terminator::If { cond, .. } if defines => Some(cond),
            _ => None,
        };
        bound.chain(matched.map(|value| (value, block.terminator.uses())))
    });
    // Whatever else may give it a value is unknown.
    let unseen = body.blocks.iter().any(|block| {
        let mut statements = block.statements.iter();
        statements.any(|s| s.maybe_assigns.contains(&local) || s.mentions.contains(&local))
    });
    unseen || values.any(|(value, uses)| !owns(value, &uses))
}

/// A name in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Named {
    /// A variable that owns what it has, or nothing of the function's own.
    Owner,
    /// A value on its way: what borrows from it does not live on.
    Passing,
    /// A variable that may be a borrow.
    Borrow,
}

/// Whether a value borrows from no variable.
fn is_owned(value: &Expr, named: &dyn Fn(&Ident) -> Named) -> bool {
    let all = |value: &Expr| is_owned(value, named);
    let name = |value: &Expr| match value {
        Expr::Path(path) => path.path.get_ident().map(named),
        _ => None,
    };
    match value {
        Expr::Lit(_) | Expr::Cast(_) | Expr::Binary(_) => true,
        Expr::Path(_) => name(value) != Some(Named::Borrow),
        Expr::Paren(inner) => all(&inner.expr),
        Expr::Group(inner) => all(&inner.expr),
        Expr::Try(inner) => all(&inner.expr),
        Expr::Field(inner) => all(&inner.base),
        Expr::Unary(inner) => !matches!(inner.op, UnOp::Deref(_)),
        Expr::Let(inner) => all(&inner.expr),
        Expr::MethodCall(call) => {
            let receiver = match &*call.receiver {
                // A method may lend a part of it.
                Expr::Path(_) => name(&call.receiver) == Some(Named::Passing),
                Expr::Field(_) | Expr::Index(_) => false,
                other => all(other),
            };
            let known = OWNED.iter().any(|name| call.method == name);
            known || receiver && call.args.iter().all(all)
        }
        Expr::Call(call) => all(&call.func) && call.args.iter().all(all),
        Expr::Tuple(tuple) => tuple.elems.iter().all(all),
        Expr::Struct(made) => {
            made.fields.iter().all(|field| all(&field.expr)) && made.rest.as_deref().is_none_or(all)
        }
        _ => false,
    }
}
