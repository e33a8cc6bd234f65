//! What an expression borrows from, as far as its syntax shows.

use super::methods::{self, Group};
use super::{Borrow, Call, Walk};
use crate::ir::LocalId;
use crate::names;
use crate::normalize::source_text;
use crate::normalize::twin::{Wrapper, wrap, wrapper};
use quote::ToTokens;
use std::collections::BTreeSet;
use syn::visit_mut;
use syn::{Expr, ExprCall, ExprMethodCall, Ident, Pat};

impl Walk<'_> {
    /// Walks through an expression; answers what its value borrows from.
    pub(super) fn value(&mut self, expr: &mut Expr) -> Option<Borrow> {
        match expr {
            Expr::Path(_) => self.variable(ident(expr)?)?.borrow.clone(),
            Expr::Paren(inner) => self.value(&mut inner.expr),
            Expr::Group(inner) => self.value(&mut inner.expr),
            Expr::Try(inner) => {
                let borrow = self.value(&mut inner.expr)?;
                Some(Borrow {
                    fails: false,
                    ..borrow.inside()
                })
            }
            Expr::Block(block) => self.in_scope(|walk| walk.statements(&mut block.block)),
            Expr::If(branch) => {
                let then = self.in_scope(|walk| {
                    walk.value(&mut branch.cond);
                    walk.statements(&mut branch.then_branch)
                });
                let otherwise = branch.else_branch.as_mut();
                let otherwise = otherwise.and_then(|(_, otherwise)| self.value(otherwise));
                then.or(otherwise)
            }
            Expr::Match(matched) => {
                let looked_at = self.matched(&mut matched.expr);
                let arms: Vec<_> = matched
                    .arms
                    .iter_mut()
                    .map(|arm| {
                        self.in_scope(|walk| {
                            walk.bind_matched(&arm.pat, &looked_at);
                            if let Pat::Guard(guarded) = &mut arm.pat {
                                walk.value(&mut guarded.guard);
                            }
                            walk.value(&mut arm.body)
                        })
                    })
                    .collect();
                arms.into_iter().flatten().next()
            }
            Expr::Let(cond) => {
                let matched = self.matched(&mut cond.expr);
                self.bind_matched(&cond.pat, &matched);
                None
            }
            Expr::While(expr) => {
                self.in_scope(|walk| {
                    walk.value(&mut expr.cond);
                    walk.statements(&mut expr.body);
                });
                None
            }
            Expr::ForLoop(expr) => {
                let mut borrow = self.value(&mut expr.expr).map(|borrow| borrow.inside());
                if let (Some(borrow), Some(rest)) = (&mut borrow, rest(&expr.expr)) {
                    borrow.item_of = Some(rest);
                }
                self.in_scope(|walk| {
                    walk.bind(&expr.pat, borrow.as_ref());
                    walk.statements(&mut expr.body);
                });
                None
            }
            Expr::Assign(assign) => {
                let borrow = self.value(&mut assign.right);
                if let Some(name) = ident(&assign.left) {
                    let local = self.variable(name).and_then(|variable| variable.local);
                    if let Some(local) = local {
                        self.note(local, borrow);
                    }
                } else {
                    self.value(&mut assign.left);
                }
                None
            }
            Expr::Reference(_) => self.reference(expr),
            Expr::MethodCall(_) => self.method_call(expr),
            Expr::Call(call) => self.call(call),
            other => {
                visit_mut::visit_expr_mut(self, other);
                None
            }
        }
    }

    /// A call of a function, or a placeholder around an expression.
    fn call(&mut self, call: &mut ExprCall) -> Option<Borrow> {
        let Some(wrapper) = marked(call) else {
            let mut values = call.args.iter_mut().map(|argument| self.value(argument));
            return match names::called(&call.func).as_deref() {
                Some("lent" | "lent_in_order" | "lent_values" | "tie") => values.next()?,
                Some("after") => values.last()?,
                _ => {
                    values.for_each(drop);
                    None
                }
            };
        };
        let borrow = self.value(call.args.first_mut()?);
        match wrapper {
            Wrapper::Seen(local) | Wrapper::Source(local) => {
                self.note(local, borrow.clone());
                borrow
            }
            Wrapper::Tied(_) | Wrapper::Lookup(_) => borrow,
            Wrapper::Awaited(_) | Wrapper::Joined(_) | Wrapper::Lends(_) => None,
        }
    }

    fn method_call(&mut self, expr: &mut Expr) -> Option<Borrow> {
        let Expr::MethodCall(call) = expr else {
            return None;
        };
        let method = call.method.to_string();
        let receiver = self.value(&mut call.receiver);
        let maps = methods::maps(&method);
        let of = receiver.as_ref().filter(|of| maps && of.wraps > 0);
        let mapped = match (of, call.args.first_mut()) {
            (Some(of), Some(Expr::Closure(closure))) => {
                let of = of.inside();
                self.closure(closure, Some(&of))
            }
            (of, _) => {
                for argument in &mut call.args {
                    self.value(argument);
                }
                let lends = call.args.first().is_some_and(methods::is_lending);
                of.filter(|_| lends).map(Borrow::inside)
            }
        };
        if maps {
            let around = usize::from(method == "map");
            return mapped.map(|borrow| Borrow {
                wraps: (borrow.wraps + around).max(1),
                ..borrow
            });
        }
        let passed = |borrow: Borrow| Borrow {
            item_of: None,
            wraps: borrow.wraps - usize::from(methods::opens(&method)),
            fails: methods::adds_a_failure(&method) || borrow.fails && !methods::takes_out(&method),
            collected: borrow.collected || method == "collect",
            ..borrow
        };
        let groups = methods::lending(&method);
        let is_place = root(&call.receiver).is_some();
        // `last` of an iterator hands on what that has.
        let wrapped = receiver.as_ref().is_some_and(|of| of.wraps > 0);
        if methods::passes(&method) && (!is_place && wrapped || groups.is_empty()) {
            return receiver.filter(|_| wrapped).map(passed);
        }
        if groups.is_empty() {
            return None;
        }
        self.lends(expr, groups, receiver)
    }

    /// A method that lends from what it is called on.
    fn lends(
        &mut self,
        expr: &mut Expr,
        groups: Vec<Group>,
        receiver: Option<Borrow>,
    ) -> Option<Borrow> {
        let Expr::MethodCall(ExprMethodCall { receiver: on, .. }) = expr else {
            return None;
        };
        if let Some(name) = root(on) {
            return self
                .of_place(name, on, groups)
                .map(|found| self.marked(expr, found));
        }
        let call = Call {
            groups,
            places: Vec::new(),
            near: true,
        };
        Some(self.marked(expr, (call, receiver?)))
    }

    /// `&place`, `&place[a..b]`.
    fn reference(&mut self, expr: &mut Expr) -> Option<Borrow> {
        let Expr::Reference(reference) = expr else {
            return None;
        };
        let shared = reference.mutability.is_none();
        let (place, groups) = match &mut *reference.expr {
            Expr::Index(part) if matches!(*part.index, Expr::Range(_)) => {
                self.value(&mut part.index);
                (&mut *part.expr, vec![Group::Sliced])
            }
            place => (place, Vec::new()),
        };
        let Some(name) = root(place).filter(|_| shared) else {
            self.value(place);
            return None;
        };
        let found = self.of_place(name, place, groups)?;
        Some(self.marked(expr, found))
    }

    /// A call on a place in a variable of the function's own, and what that borrows already.
    fn of_place(&self, name: &Ident, place: &Expr, groups: Vec<Group>) -> Option<(Call, Borrow)> {
        let variable = self.variable(name)?;
        let places = parts(place);
        // A question about more than the part would make the closure capture more.
        if places.len() > 1 && self.is_captured(name) {
            return None;
        }
        let near = variable.borrow.is_some();
        let borrow = variable.borrow.clone().unwrap_or_else(|| Borrow {
            calls: BTreeSet::new(),
            from: called(place),
            item_of: None,
            collected: false,
            fails: false,
            wraps: 0,
        });
        let call = Call {
            groups,
            places,
            near,
        };
        Some((call, borrow))
    }

    /// Marks a call in the twin; answers what it gives.
    fn marked(&mut self, expr: &mut Expr, (call, of): (Call, Borrow)) -> Borrow {
        let wraps = match &*expr {
            Expr::MethodCall(call) => usize::from(!methods::lends_bare(&call.method.to_string())),
            _ => 0,
        };
        let number = self.lending.calls.len();
        self.lending.calls.push(call);
        wrap(expr, Wrapper::Lends(number));
        let mut calls = of.calls;
        calls.insert(number);
        Borrow {
            calls,
            item_of: None,
            collected: false,
            fails: false,
            wraps,
            ..of
        }
    }
}

/// What a place is called in a message.
fn called(place: &Expr) -> String {
    let text = source_text(place.to_token_stream());
    text.strip_prefix(names::LENT).unwrap_or(&text).to_owned()
}

/// A name alone.
fn ident(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// The variable of a path of fields.
fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Path(_) => ident(place),
        Expr::Field(field) => root(&field.base),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        _ => None,
    }
}

/// A path of fields, and what it is a part of, up to the variable.
fn parts(place: &Expr) -> Vec<Expr> {
    let mut all = Vec::new();
    let mut place = place;
    loop {
        match place {
            Expr::Paren(inner) => place = &inner.expr,
            Expr::Group(inner) => place = &inner.expr,
            Expr::Field(field) => {
                all.push(place.clone());
                place = &field.base;
            }
            other => {
                all.push(other.clone());
                return all;
            }
        }
    }
}

/// The rest of a loop over this source, which is saved.
fn rest(source: &Expr) -> Option<LocalId> {
    let Expr::Call(call) = source else {
        return None;
    };
    match marked(call)? {
        Wrapper::Source(rest) => Some(rest),
        _ => None,
    }
}

/// Which placeholder a call is.
fn marked(call: &ExprCall) -> Option<Wrapper> {
    wrapper(ident(&call.func)?)
}
