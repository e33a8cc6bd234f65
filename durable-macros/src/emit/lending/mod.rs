//! Finds what is surely borrowed from a variable and would have to be saved. `&'static str` is data, so
//! the type of what is saved does not tell; left to the borrow checker, it would blame generated code.
//!
//! ```text
//! Input:   let b = m.get("b").map(String::as_str).unwrap_or("none"); op().await; b
//! Twin:    let b = after({ …asked(__owner0_0, &m), never run… }, m.get("b")).map(…).unwrap_or("none");
//! Proof:   `b` is Refused, if `m` is a map of std, else Unclear: only the second may be saved
//! ```
//!
//! The syntax shows a chain of methods that all hand a borrow on ([`methods`]); rustc knows whether the
//! types on the way are those of std ([`proof`]). What either is not sure of stays with the borrow checker.

mod chain;
mod methods;
pub(super) mod proof;

use crate::ir::{Body, LocalId};
use crate::lower::Layout;
use crate::names::unraw;
use crate::normalize::twin::PROBE;
use methods::Group;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit_mut::VisitMut;
use syn::{Block, Expr, ExprClosure, Ident, Pat, Stmt};

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Lending {
    /// All calls that may lend, by their number in the twin.
    calls: Vec<Call>,
    /// What is saved though it may be a borrow.
    pub(super) found: BTreeMap<LocalId, Borrow>,
    /// Items of loops of which the rest was found: what is wrong with them is wrong with that.
    items: BTreeMap<LocalId, LocalId>,
}

/// A call that may lend, or a `&`.
#[derive(Debug)]
struct Call {
    /// What the place must be for it to be sure; one of these.
    groups: Vec<Group>,
    /// The place, and what it is a part of: each must be there itself, and not behind a reference.
    places: Vec<Expr>,
    /// The outermost of these is itself a borrow.
    near: bool,
}

/// A value that is a borrow if all of these calls lend.
#[derive(Clone, Debug)]
pub(super) struct Borrow {
    calls: BTreeSet<usize>,
    /// What it borrows from, as written.
    pub(super) from: String,
    /// The rest of the loop whose item it is.
    item_of: Option<LocalId>,
    /// It is collected from what is borrowed.
    pub(super) collected: bool,
    /// A failure may stand in its place.
    fails: bool,
    /// So many of std's `Option`s and iterators are around it. In one of them a method that hands on is std's;
    /// on what is borrowed itself it may be one of a type of the user's.
    wraps: usize,
}

impl Borrow {
    /// What is inside of one of these.
    fn inside(&self) -> Self {
        Self {
            wraps: self.wraps.saturating_sub(1),
            ..self.clone()
        }
    }

    /// Whether another is one exactly if this is.
    pub(super) fn is_as(&self, other: &Self) -> bool {
        self.calls == other.calls && self.from == other.from && self.collected == other.collected
    }
}

impl Lending {
    /// Marks in the twin what is asked about.
    pub(super) fn find(body: &Body, layout: &Layout, twin: &mut Block) -> Self {
        let mut walk = Walk {
            body,
            layout,
            scopes: vec![BTreeMap::new()],
            outside: 0,
            lending: Self::default(),
        };
        walk.visit_block_mut(twin);
        walk.lending
    }

    /// The rest of the loop, if a local is an item of one of which that was found.
    pub(super) fn rest(&self, item: LocalId) -> Option<(&Borrow, LocalId)> {
        let rest = *self.items.get(&item)?;
        Some((self.found.get(&rest)?, rest))
    }

    /// Whether something that is saved depends on this call.
    fn is_asked(&self, call: usize) -> bool {
        self.found
            .values()
            .any(|borrow| borrow.calls.contains(&call))
    }
}

/// A variable.
#[derive(Clone, Debug, Default)]
struct Variable {
    local: Option<LocalId>,
    borrow: Option<Borrow>,
}

/// What a pattern looks at.
enum Matched {
    Whole(Option<Borrow>),
    Parts(Vec<Option<Borrow>>),
}

struct Walk<'a> {
    body: &'a Body,
    layout: &'a Layout,
    scopes: Vec<BTreeMap<String, Variable>>,
    /// So many of the scopes lie outside of the closure that is walked through.
    outside: usize,
    lending: Lending,
}

impl Walk<'_> {
    fn variable(&self, name: &Ident) -> Option<&Variable> {
        let name = unraw(name);
        self.scopes.iter().rev().find_map(|scope| scope.get(&name))
    }

    /// Whether it is a variable that the closure captures.
    fn is_captured(&self, name: &Ident) -> bool {
        let name = unraw(name);
        let found = self
            .scopes
            .iter()
            .rposition(|scope| scope.contains_key(&name));
        found.is_some_and(|scope| scope < self.outside)
    }

    /// Walks through a closure whose parameters are parts of this.
    fn closure(&mut self, closure: &mut ExprClosure, of: Option<&Borrow>) -> Option<Borrow> {
        let outside = std::mem::replace(&mut self.outside, self.scopes.len());
        let value = self.in_scope(|walk| {
            for pat in &closure.inputs {
                walk.bind(pat, of);
            }
            walk.value(&mut closure.body)
        });
        self.outside = outside;
        value
    }

    fn in_scope<R>(&mut self, walk: impl FnOnce(&mut Self) -> R) -> R {
        self.scopes.push(BTreeMap::new());
        let result = walk(self);
        self.scopes.pop();
        result
    }

    /// Walks through a value, of a tuple through its parts.
    fn matched(&mut self, expr: &mut Expr) -> Matched {
        match expr {
            Expr::Tuple(parts) => {
                let parts = parts.elems.iter_mut();
                Matched::Parts(parts.map(|part| self.value(part)).collect())
            }
            other => Matched::Whole(self.value(other)),
        }
    }

    /// Binds the names of a pattern over such a value.
    fn bind_matched(&mut self, pat: &Pat, matched: &Matched) {
        match (pat, matched) {
            (Pat::Tuple(pats), Matched::Parts(parts)) if pats.elems.len() == parts.len() => {
                for (pat, part) in pats.elems.iter().zip(parts) {
                    self.bind(pat, part.as_ref());
                }
            }
            (pat, Matched::Whole(borrow)) => self.bind(pat, borrow.as_ref()),
            (pat, Matched::Parts(_)) => self.bind(pat, None),
        }
    }

    /// Binds the names of a pattern over a value.
    fn bind(&mut self, pat: &Pat, borrow: Option<&Borrow>) {
        let inside = match under_types(pat) {
            Pat::Ident(_) => None,
            _ => borrow.map(Borrow::inside),
        };
        let borrow = inside.as_ref().or(borrow);
        let mut borrowed = Vec::new();
        if borrow.is_some_and(|borrow| !borrow.fails) {
            borrowed_in(pat, &mut borrowed);
        }
        let scope = self.scopes.last_mut().expect("a function is a scope");
        for ident in crate::normalize::pattern_names(pat) {
            let name = unraw(&ident);
            let borrow = borrow.filter(|_| borrowed.contains(&name)).cloned();
            scope.insert(
                name,
                Variable {
                    local: None,
                    borrow,
                },
            );
        }
    }

    /// The variable of this name that was bound last is that local.
    fn probed(&mut self, local: LocalId) {
        let name = unraw(&self.body.locals[local.0].ident);
        let mut scopes = self.scopes.iter_mut().rev();
        if let Some(variable) = scopes.find_map(|scope| scope.get_mut(&name)) {
            variable.local = Some(local);
            let borrow = variable.borrow.clone();
            return self.note(local, borrow);
        }
        // A parameter.
        let scope = self.scopes.last_mut().expect("a function is a scope");
        scope.insert(
            name,
            Variable {
                local: Some(local),
                borrow: None,
            },
        );
    }

    /// A local has this value.
    fn note(&mut self, local: LocalId, borrow: Option<Borrow>) {
        let this = &self.body.locals[local.0];
        let either = self.body.lookup(local).is_some() || this.rest || this.borrow || this.closure;
        if let Some(borrow) = borrow.filter(|borrow| !borrow.fails)
            && self.layout.is_saved(local)
            && !either
        {
            if let Some(rest) = borrow.item_of
                && self.lending.found.contains_key(&rest)
            {
                self.lending.items.insert(local, rest);
                return;
            }
            self.lending.found.entry(local).or_insert(borrow);
        }
    }

    fn statement(&mut self, stmt: &mut Stmt) -> Option<Borrow> {
        match stmt {
            Stmt::Local(local) => {
                let Some(init) = &mut local.init else {
                    self.bind(&local.pat, None);
                    return None;
                };
                let matched = self.matched(&mut init.expr);
                if let Some((_, otherwise)) = &mut init.diverge {
                    self.value(otherwise);
                }
                self.bind_matched(&local.pat, &matched);
                None
            }
            Stmt::Macro(mac) => {
                if mac.mac.path.is_ident(PROBE)
                    && let Ok(number) = mac.mac.parse_body::<syn::LitInt>()
                    && let Ok(number) = number.base10_parse()
                {
                    self.probed(LocalId(number));
                }
                None
            }
            Stmt::Expr(expr, semi) => self.value(expr).filter(|_| semi.is_none()),
            Stmt::Item(_) => None,
        }
    }

    /// The statements of a block, in the scope that is open.
    fn statements(&mut self, block: &mut Block) -> Option<Borrow> {
        let mut last = None;
        for stmt in &mut block.stmts {
            last = self.statement(stmt);
        }
        last
    }
}

impl VisitMut for Walk<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.in_scope(|walk| walk.statements(block));
    }
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        self.value(expr);
    }
    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.closure(closure, None);
    }
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// A pattern without its type.
fn under_types(pat: &Pat) -> &Pat {
    match pat {
        Pat::Type(typed) => under_types(&typed.pat),
        Pat::Paren(inner) => under_types(&inner.pat),
        Pat::Guard(guarded) => under_types(&guarded.pat),
        other => other,
    }
}

/// The names that a pattern binds to parts of what is borrowed: not to copies of these, and not to what
/// stands in their place.
fn borrowed_in(pat: &Pat, names: &mut Vec<String>) {
    match pat {
        Pat::Ident(pat) => names.push(unraw(&pat.ident)),
        Pat::Type(typed) => {
            let ty = &typed.ty;
            if !quote::quote!(#ty).to_string().contains('\'') {
                borrowed_in(&typed.pat, names);
            }
        }
        Pat::Paren(inner) => borrowed_in(&inner.pat, names),
        Pat::Guard(guarded) => borrowed_in(&guarded.pat, names),
        Pat::Tuple(parts) => parts.elems.iter().for_each(|part| borrowed_in(part, names)),
        Pat::Slice(parts) => parts.elems.iter().for_each(|part| borrowed_in(part, names)),
        Pat::TupleStruct(parts) if !parts.path.is_ident("Err") => {
            parts.elems.iter().for_each(|part| borrowed_in(part, names));
        }
        Pat::Or(parts) => parts.cases.iter().for_each(|part| borrowed_in(part, names)),
        _ => {}
    }
}
