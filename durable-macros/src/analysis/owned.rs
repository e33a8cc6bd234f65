//! Values that surely borrow from nothing, as far as syntax shows.

use syn::{Expr, Ident, UnOp};

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

/// A name in a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A variable that owns what it has, or nothing of the function's own.
    Owner,
    /// A value on its way: what borrows from it does not live on.
    Passing,
    /// A variable that may be a borrow.
    Borrow,
}

/// Whether a value borrows from no variable.
pub(super) fn is_owned(value: &Expr, named: &dyn Fn(&Ident) -> Named) -> bool {
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
