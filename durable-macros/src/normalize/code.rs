//! Closures and functions in a variable: which can be made again after a resume, and from what.
//!
//! ```text
//! Input:   let scale = |x| x * order.rate; …await…; scale(3)
//! Recipe:  scale from order:  let scale = |x| x * order.rate;
//! Twin:    let scale = |x| { held(&order.rate); x * order.rate };
//! ```
//!
//! A closure has no state but what it captures. What it borrows is saved as a variable of its own,
//! and rustc sees to it, in the twin, that nobody else changes that while the closure lives. A
//! `move` closure owns what it captures. Where none of that is `mut` it can be made again as one
//! that borrows: the variables are gone, or copies that cannot change.

use super::recipe::{Draft, bare, is_plain_binding};
use super::scope::pattern_names;
use super::{Builder, closures};
use crate::ir::{Instead, LocalKind, Locals, Signature};
use crate::names::unraw;
use syn::visit::Visit;
use syn::{Expr, ExprClosure, Pat, Type};

/// An initialiser that holds a closure.
pub(super) enum Held {
    /// It can be made again.
    Again(Box<Draft>, Signature),
    /// It cannot.
    Never(Instead),
}

fn never(what: &'static str, why: &str, help: &str) -> Held {
    Held::Never(Instead {
        what,
        why: why.to_owned(),
        help: help.to_owned(),
    })
}

const CLOSURE: &str = "is a closure";
const ITERATOR: &str = "is an iterator";

/// The most parameters that the twin can lend types to.
const PARAMS_MAX: usize = 8;

impl Builder<'_> {
    /// Reads the initialiser of `pat` as a closure or function. `machine` and `twin` are its two
    /// copies.
    pub(super) fn code(&self, pat: &Pat, machine: &Expr, twin: &Expr) -> Option<Held> {
        let name = super::control::first_name(pat);
        if let Expr::Path(_) = machine {
            return self.function(&name, pat, machine, twin);
        }
        let Some((closure, reference)) = closure_of(machine) else {
            return other(machine);
        };
        let typed = matches!(pat, Pat::Type(_));
        let mutable = !is_plain_binding(pat);
        let never = |why: &str, help: &str| Some(never(CLOSURE, why, help));
        if !matches!(pat, Pat::Ident(_) | Pat::Type(_)) {
            return never(
                "it is bound by a pattern",
                "bind it with a `let` of its own",
            );
        }
        if mutable && (typed || reference.is_some()) {
            return never(
                "another may be assigned to its variable",
                "bind it without `mut`, and choose after the `.await`",
            );
        }
        if gives_code(&closure.body) {
            return never(
                "what it gives holds a closure, whose type differs in each place",
                "make it a `fn` that gives `impl Fn(…)`, or write it again after the `.await`",
            );
        }
        if has_statics(&closure.body) {
            return never(
                "it has a `static` of its own, and each of its copies would have another",
                "move the `static` to the top of the function or out of it",
            );
        }
        if closure.inputs.len() > PARAMS_MAX {
            return never("it has more than 8 parameters", "make it a `fn`");
        }
        let captures = self.captures(machine);
        if closure.capture.is_some()
            && let Some(local) = captures.iter().find(|l| self.body.locals[l.0].mutable)
        {
            let name = &self.body.locals[local.0].ident;
            return never(
                &format!("it is `move` and has a copy of `{name}`, which is `mut`"),
                &format!(
                    "leave out `move` if it may borrow `{name}`; or give it a copy that does not change: `let {name} = {name};` before it"
                ),
            );
        }
        let signature = Signature {
            params: closure.inputs.len(),
            moves: closure.capture.is_some(),
        };
        let mut draft = Draft::new(&name, 1, &borrowing(machine), twin);
        draft.unique = mutable || reference == Some(true);
        draft.tied = self.mentioned(closure, &captures);
        draft.inputs = captures;
        Some(Held::Again(Box::new(draft), signature))
    }

    /// A variable with a closure that is made again, and not called through `&mut`.
    pub(super) fn shared_code(&self, expr: &Expr) -> Option<Signature> {
        let recipe = self.body.recipe(self.variable(expr)?)?;
        let moves = false;
        recipe
            .code
            .filter(|_| !recipe.unique)
            .map(|code| Signature { moves, ..code })
    }

    /// `let f: fn(u32) -> u32 = double;`, or `let f = double;` if it is called.
    fn function(&self, name: &str, pat: &Pat, machine: &Expr, twin: &Expr) -> Option<Held> {
        if let Some(local) = self.variable(machine) {
            let again = self.body.recipe(local);
            let moved = self.body.locals[local.0].closure
                && (again.is_none_or(|r| r.unique) || !is_plain_binding(pat));
            let ident = &self.body.locals[local.0].ident;
            return moved.then(|| {
                never(
                    CLOSURE,
                    &format!("it is `{ident}` under another name, and may have been moved"),
                    &format!("go on using `{ident}` itself, or bind it without `mut`"),
                )
            });
        }
        let params = match pat {
            Pat::Type(typed) => match &*typed.ty {
                Type::FnPtr(function) => function.inputs.len(),
                _ => return None,
            },
            _ => self.called?,
        };
        if !is_plain_binding(pat) || params > PARAMS_MAX {
            return None;
        }
        let signature = Signature {
            params,
            moves: false,
        };
        Some(Held::Again(
            Box::new(Draft::new(name, 1, machine, twin)),
            signature,
        ))
    }

    /// Marks what a pattern binds as closures that cannot be made again.
    pub(super) fn never_again(&mut self, pat: &Pat, value: &Expr, binds: &Locals, words: &Instead) {
        let mut names = pattern_names(pat);
        if let (Pat::Tuple(pat), Expr::Tuple(tuple)) = (pat, value)
            && pat.elems.len() == tuple.elems.len()
        {
            let parts = pat.elems.iter().zip(&tuple.elems);
            let closures = parts.filter(|(_, value)| is_closure(value));
            names = closures.flat_map(|(pat, _)| pattern_names(pat)).collect();
        }
        for local in binds {
            let local = &mut self.body.locals[local.0];
            if names.contains(&local.ident) {
                local.closure = true;
                local.instead = Some(words.clone());
            }
        }
    }

    /// What to write instead of a loop over a variable with an iterator that holds a closure.
    pub(super) fn looped_closure(&self, source: &Expr) -> Option<Instead> {
        let local = self.variable(source)?;
        let (name, this) = (&self.body.locals[local.0].ident, &self.body.locals[local.0]);
        let instead = this.instead.as_ref().filter(|_| this.closure)?;
        (instead.what == ITERATOR).then(|| Instead {
            what: ITERATOR,
            why: format!("`{}` holds a closure", crate::names::shown(name)),
            help: "write what it goes over where the loop begins (`for item in items.iter().map(…)`), or collect the items first: `.collect::<Vec<_>>()`, with `.cloned()` before it where they are borrows".to_owned(),
        })
    }

    /// Marks a local that a closure is assigned to.
    pub(super) fn assigned_code(&mut self, stmt: &Expr) {
        let Expr::Assign(assign) = stmt else { return };
        if closure_of(&assign.right).is_some()
            && let Some(local) = self.variable(&assign.left)
            && matches!(self.body.locals[local.0].kind, LocalKind::Deferred)
        {
            let local = &mut self.body.locals[local.0];
            local.closure = true;
            local.instead = Some(Instead {
                what: CLOSURE,
                why: "it is not written where its variable is declared".to_owned(),
                help: "write it in the `let` itself, or make it a `fn` with parameters".to_owned(),
            });
        }
    }

    /// What to write instead of a value of which only rustc knows whether it can be saved.
    pub(super) fn hint(&self, pat: &Pat, value: &Expr) -> Option<Instead> {
        let help = match (pat, value) {
            (Pat::Type(pat), _) if is_callable(&pat.ty) => {
                "keep what decides which one it is, and choose after the `.await`; or let a `fn` choose"
            }
            (Pat::Ident(_), Expr::Path(_)) if self.variable(value).is_none() => {
                "for a function write the type, so that it can be named again: `let f: fn(…) -> … = …`"
            }
            _ if closures::is_iterator(value) => {
                "an iterator that is advanced by hand is where it is: loop with `for`, keep an index, or collect the items first: of the `into_iter()` of a `Vec` the items that are left are saved"
            }
            _ => return None,
        };
        Some(Instead {
            what: "",
            why: String::new(),
            help: help.to_owned(),
        })
    }
}

/// A value that has a closure inside: its type is that closure's, so no other copy fits.
fn other(value: &Expr) -> Option<Held> {
    let inside = match value {
        Expr::Call(call) if is_box(&call.func) => call.args.iter().any(is_closure),
        Expr::Tuple(tuple) => tuple.elems.iter().any(is_closure),
        Expr::Array(array) => array.elems.iter().any(is_closure),
        _ => false,
    };
    if inside {
        return Some(never(
            "is a value with a closure inside",
            "no two closures have one type",
            "bind the closure itself with `let`, and make the value after the `.await`",
        ));
    }
    let adaptor = closures::held_closure(value)?;
    Some(never(
        ITERATOR,
        &format!("it may have advanced, and holds the closure of `{adaptor}(…)`"),
        "collect the items first, into a `VecDeque`, and take them with `pop_front()`; or loop over it with `for`",
    ))
}

/// The closure that an expression is, perhaps behind a `&` (false) or `&mut` (true).
fn closure_of(expr: &Expr) -> Option<(&ExprClosure, Option<bool>)> {
    match expr {
        Expr::Closure(closure) => Some((closure, None)),
        Expr::Paren(inner) => closure_of(&inner.expr),
        Expr::Group(inner) => closure_of(&inner.expr),
        Expr::Reference(reference) => match closure_of(&reference.expr)? {
            (closure, None) => Some((closure, Some(reference.mutability.is_some()))),
            _ => None,
        },
        _ => None,
    }
}

/// `fn(…)`, `Box<dyn Fn(…)>`.
fn is_callable(ty: &Type) -> bool {
    let text = quote::quote!(#ty).to_string();
    matches!(ty, Type::FnPtr(_)) || text.contains("dyn Fn")
}

fn is_closure(expr: &Expr) -> bool {
    closure_of(expr).is_some()
        || matches!(expr, Expr::Call(call) if is_box(&call.func) && call.args.iter().any(is_closure))
}

/// `Box::new`, `Rc::new`, `Arc::new`, `Some`.
fn is_box(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let names: Vec<String> = path.path.segments.iter().map(|s| unraw(&s.ident)).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    matches!(names[..], [.., "Box" | "Rc" | "Arc", "new"] | [.., "Some"])
}

/// Whether the value of a closure's body is a closure, or an iterator that holds one.
fn gives_code(body: &Expr) -> bool {
    match body {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(syn::Stmt::Expr(value, None)) => gives_code(value),
            _ => false,
        },
        Expr::Paren(inner) => gives_code(&inner.expr),
        Expr::Group(inner) => gives_code(&inner.expr),
        Expr::Async(_) => true,
        other => is_closure(other) || closures::held_closure(other).is_some(),
    }
}

/// The closure as one that borrows what it captures.
fn borrowing(expr: &Expr) -> Expr {
    fn strip(expr: &mut Expr) {
        match bare(expr) {
            Expr::Closure(closure) => closure.capture = None,
            Expr::Reference(reference) => strip(&mut reference.expr),
            _ => {}
        }
    }
    let mut expr = expr.clone();
    strip(&mut expr);
    expr
}

/// Whether code has a `static` in it.
fn has_statics(code: &Expr) -> bool {
    struct Statics(bool);
    impl<'ast> Visit<'ast> for Statics {
        fn visit_item_static(&mut self, _: &'ast syn::ItemStatic) {
            self.0 = true;
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            let name = mac.path.segments.last();
            self.0 |= name.is_some_and(|name| name.ident == "thread_local");
        }
    }
    let mut statics = Statics(false);
    statics.visit_expr(code);
    statics.0
}
