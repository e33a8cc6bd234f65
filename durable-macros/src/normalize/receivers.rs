//! Methods of std that give a borrow of what they are called on, where the type of that is
//! written down: `name.as_str()`, `v.first()`, `map.get(&key)`.
//!
//! A user's type may have methods of these names that give something else, so without a type
//! nothing is assumed. That a type is what its name says is checked in the twin.

use syn::{Expr, Macro, Pat, Type};

/// Types of std, with those of their methods that borrow and do nothing else.
const BORROWING: &[(&str, &[&str])] = &[
    (
        "String",
        &["as_str", "as_bytes", "trim", "trim_start", "trim_end"],
    ),
    ("Vec", &["as_slice", "first", "last", "get"]),
    ("VecDeque", &["front", "back", "get"]),
    ("Option", &["as_ref", "as_deref"]),
    ("Result", &["as_ref", "as_deref"]),
    ("BTreeMap", &["get"]),
    ("HashMap", &["get"]),
    ("BTreeSet", &["first", "last", "get"]),
    ("HashSet", &["get"]),
];

/// A type of std that owns what its methods borrow, by its name.
pub(crate) type Owner = &'static str;

/// Whether this method of the type borrows and does nothing else.
pub(super) fn borrows(owner: Owner, method: &str) -> bool {
    let mut known = BORROWING.iter().filter(|(name, _)| *name == owner);
    known.any(|(_, methods)| methods.contains(&method))
}

/// The type that a binding has, as far as it is written.
pub(super) fn of_binding(pat: &Pat, init: Option<&Expr>) -> Option<Owner> {
    match pat {
        Pat::Type(pat) if matches!(*pat.pat, Pat::Ident(_)) => of_type(&pat.ty),
        Pat::Ident(_) => of_value(init?),
        _ => None,
    }
}

/// The type of std that a type names.
pub(super) fn of_type(ty: &Type) -> Option<Owner> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            known(&last.ident.to_string())
        }
        Type::Paren(inner) => of_type(&inner.elem),
        Type::Group(inner) => of_type(&inner.elem),
        _ => None,
    }
}

/// The type of `Vec::new()`, `vec![…]`, `format!(…)`.
pub(super) fn of_value(value: &Expr) -> Option<Owner> {
    match value {
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return None;
            };
            let segments = &path.path.segments;
            let function = segments.last()?.ident.to_string();
            let makes = ["new", "from", "with_capacity"].contains(&function.as_str());
            let ty = segments.iter().nth_back(1)?;
            makes.then(|| known(&ty.ident.to_string()))?
        }
        Expr::Macro(mac) => of_macro(&mac.mac),
        _ => None,
    }
}

fn of_macro(mac: &Macro) -> Option<Owner> {
    match mac.path.get_ident()?.to_string().as_str() {
        "vec" => Some("Vec"),
        "format" => Some("String"),
        _ => None,
    }
}

fn known(name: &str) -> Option<Owner> {
    let mut known = BORROWING.iter().map(|(owner, _)| *owner);
    known.find(|owner| *owner == name)
}
