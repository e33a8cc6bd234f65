//! Questions about places: expressions that denote memory rather than make a value.

use syn::{BinOp, Expr, Ident, Lit, Member};

/// The variable at the root of a place (`order` in `order.items[0].price`).
pub(super) fn root(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::Index(index) => root(&index.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => root(&unary.expr),
        Expr::Paren(paren) => root(&paren.expr),
        Expr::Group(group) => root(&group.expr),
        _ => None,
    }
}

/// A path of fields from a variable, without an index or a dereference on the way: reading it
/// again gives the same place, whatever else has happened.
pub(super) fn is_field_path(expr: &Expr) -> bool {
    match expr {
        Expr::Path(path) => path.qself.is_none() && path.path.get_ident().is_some(),
        Expr::Field(field) => {
            matches!(field.member, Member::Named(_) | Member::Unnamed(_))
                && is_field_path(&field.base)
        }
        Expr::Paren(paren) => is_field_path(&paren.expr),
        Expr::Group(group) => is_field_path(&group.expr),
        _ => false,
    }
}

/// The variables that appear by value in the indices of a place; `None` if an index is anything
/// but a literal or a variable, or if the expression is no place.
pub(super) fn indices(expr: &Expr) -> Option<Vec<&Ident>> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident().map(|_| Vec::new()),
        Expr::Field(field) => indices(&field.base),
        Expr::Paren(paren) => indices(&paren.expr),
        Expr::Group(group) => indices(&group.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => indices(&unary.expr),
        Expr::Index(index) => {
            let mut found = indices(&index.expr)?;
            read_by_value(&index.index, &mut found)?;
            Some(found)
        }
        _ => None,
    }
}

/// The variables that an index reads, if it is a literal, a variable or a range of these.
fn read_by_value<'e>(index: &'e Expr, found: &mut Vec<&'e Ident>) -> Option<()> {
    match index {
        Expr::Lit(lit) if matches!(lit.lit, Lit::Int(_) | Lit::Str(_)) => {}
        Expr::Path(path) if path.qself.is_none() => found.push(path.path.get_ident()?),
        Expr::Range(range) => {
            for bound in [&range.start, &range.end].into_iter().flatten() {
                read_by_value(bound, found)?;
            }
        }
        _ => return None,
    }
    Some(())
}

/// Whether an operator assigns (`+=`).
pub(crate) fn assigns(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

/// Whether an operator compares; it borrows its operands instead of taking them.
pub(crate) fn compares(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_)
    )
}
