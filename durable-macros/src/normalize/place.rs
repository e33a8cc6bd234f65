//! Questions about places: expressions that denote memory rather than make a value.

use syn::{BinOp, Expr, Ident, Member};

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

/// What a place is in: the variable or value that its fields, elements and targets begin with.
pub(super) fn base(expr: &Expr) -> &Expr {
    match expr {
        Expr::Field(field) => base(&field.base),
        Expr::Index(index) => base(&index.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => base(&unary.expr),
        Expr::Paren(paren) => base(&paren.expr),
        Expr::Group(group) => base(&group.expr),
        other => other,
    }
}

/// Whether a place is an element or a target of what it is in, or of a field of that.
pub(super) fn goes_through(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => goes_through(&field.base),
        Expr::Index(_) => true,
        Expr::Unary(unary) => matches!(unary.op, syn::UnOp::Deref(_)),
        Expr::Paren(paren) => goes_through(&paren.expr),
        Expr::Group(group) => goes_through(&group.expr),
        _ => false,
    }
}

/// Whether a place is an element, or in one.
pub(super) fn has_index(expr: &Expr) -> bool {
    match expr {
        Expr::Field(field) => has_index(&field.base),
        Expr::Index(_) => true,
        Expr::Unary(unary) => has_index(&unary.expr),
        Expr::Paren(paren) => has_index(&paren.expr),
        Expr::Group(group) => has_index(&group.expr),
        _ => false,
    }
}

/// The step of a place that leads out of what it is in: `names()[0]` in `names()[0].len`.
pub(super) fn first_step(expr: &Expr) -> Option<&Expr> {
    let inner = match expr {
        Expr::Paren(paren) => return first_step(&paren.expr),
        Expr::Group(group) => return first_step(&group.expr),
        Expr::Field(field) => &field.base,
        Expr::Index(index) => &index.expr,
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => &unary.expr,
        _ => return None,
    };
    first_step(inner).or(Some(expr))
}

/// The variables that the indices of a place read; `None` if an index is more than [`steady`], or if the
/// expression is no place.
pub(super) fn indices(expr: &Expr) -> Option<Vec<&Ident>> {
    match expr {
        Expr::Path(_) | Expr::Lit(_) => Some(Vec::new()),
        Expr::Field(field) => indices(&field.base),
        Expr::Paren(paren) => indices(&paren.expr),
        Expr::Group(group) => indices(&group.expr),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => indices(&unary.expr),
        Expr::Index(index) => {
            let mut found = indices(&index.expr)?;
            found.extend(steady(&index.index)?);
            Some(found)
        }
        _ => None,
    }
}

/// The variables that an index reads, if it is the same wherever it is evaluated, as long as they are: a
/// literal, a constant, a variable, a range or tuple of these, or a key by reference.
pub(super) fn steady(index: &Expr) -> Option<Vec<&Ident>> {
    match index {
        Expr::Lit(_) => Some(Vec::new()),
        // Of more than one segment, it is a constant.
        Expr::Path(path) => Some(match path.qself {
            None => path.path.get_ident().into_iter().collect(),
            Some(_) => Vec::new(),
        }),
        Expr::Unary(unary) if matches!(*unary.expr, Expr::Lit(_)) => Some(Vec::new()),
        Expr::Paren(paren) => steady(&paren.expr),
        Expr::Group(group) => steady(&group.expr),
        Expr::Tuple(tuple) => steady_parts(&mut tuple.elems.iter()),
        Expr::Range(range) => {
            let bounds = [&range.start, &range.end].into_iter().flatten();
            steady_parts(&mut bounds.map(|bound| &**bound))
        }
        Expr::Reference(key) if key.mutability.is_none() => match indices(&key.expr) {
            Some(found) => Some(found.into_iter().chain(root(&key.expr)).collect()),
            None => steady(&key.expr),
        },
        _ => None,
    }
}

fn steady_parts<'e>(parts: &mut dyn Iterator<Item = &'e Expr>) -> Option<Vec<&'e Ident>> {
    let mut found = Vec::new();
    for part in parts {
        found.extend(steady(part)?);
    }
    Some(found)
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
