//! Places that an awaited call is lent by `&mut`, and that are written back when it returns.
//!
//! ```text
//! Input:   helper(&mut v[i], n).await
//! Output:  let k = i; suspend helper(&mut v[again(&k)], n) -> a;
//!          lender::<0>(op).back(cx, &mut v[again(&k)])
//! ```
//!
//! Whether the call changes what it is lent, only types tell: for another operation that is nothing.

use super::recipe::bare;
use super::uses::plain_local;
use super::{Builder, Dest, place};
use crate::ir::{Code, PointId, Statement};
use crate::names;
use syn::{Expr, UnOp, parse_quote};

impl Builder<'_> {
    /// Finds the places that the call is lent, each as a `&mut` at the number of its argument. Operands
    /// on the way are evaluated once.
    pub(super) fn lent_places(&mut self, machine: &mut Expr, twin: &mut Expr) -> Vec<Option<Expr>> {
        let mut lent = Vec::new();
        let (Expr::Call(machine), Expr::Call(twin)) = (bare(machine), bare(twin)) else {
            return lent;
        };
        // What a closure does with its arguments, nobody sees.
        let named = matches!(bare(&mut machine.func), Expr::Path(_));
        if !named
            || plain_local(&machine.func, &self.scopes).is_some()
            || machine.args.len() != twin.args.len()
        {
            return lent;
        }
        let keyed = |arg: &Expr| self.is_lent(arg) && has_operand(arg);
        let last = machine.args.iter().rposition(keyed);
        let all: Vec<Expr> = machine.args.iter().cloned().collect();
        for (number, (arg, twin)) in machine.args.iter_mut().zip(&mut twin.args).enumerate() {
            let again = self.is_lent(arg);
            // In the order in which they are written.
            let before = last.is_some_and(|last| number < last);
            if again {
                self.keep_operands(arg, twin);
                let place = reborrowed(arg);
                if before && has_operand(arg) {
                    self.deliver(parse_quote!({ let _ = #place; }), Dest::Discard);
                }
                *arg = place.clone();
                lent.push(Some(place));
                continue;
            }
            if before && self.is_constant(arg) {
                let outer = std::mem::take(&mut self.held);
                let changed = self.hold_until(twin, &all[number + 1..]);
                let doubts = std::mem::replace(&mut self.held, outer);
                if let Some(name) = changed.or(doubts.into_iter().next()) {
                    self.refuse_closure(arg, &name);
                }
            } else if before && !self.is_temp(arg) {
                self.keep_before(arg, twin);
            }
            lent.push(None);
        }
        if lent.iter().all(Option::is_none) && machine.args.iter().all(is_plain) {
            lent.clear();
        }
        lent
    }

    /// An argument before one with operands that are kept.
    fn keep_before(&mut self, machine: &mut Expr, twin: &mut Expr) {
        let Expr::Reference(reference) = bare(machine) else {
            *machine = self.keep_value(twin, machine.clone());
            return;
        };
        let Expr::Reference(twin) = bare(twin) else {
            return;
        };
        if !self.is_place(&reference.expr) {
            *reference.expr = self.keep_value(&mut twin.expr, (*reference.expr).clone());
            return;
        }
        self.keep_operands(&mut reference.expr, &mut twin.expr);
        // Borrowing a path of fields does nothing.
        if !place::is_field_path(&reference.expr) {
            let place = reference.clone();
            self.deliver(parse_quote!({ let _ = #place; }), Dest::Discard);
        }
    }

    /// Whether an argument is `&mut place`, or a `&mut` that is made again.
    fn is_lent(&self, arg: &Expr) -> bool {
        match arg {
            Expr::Reference(reference) => {
                reference.mutability.is_some() && self.is_place(&reference.expr)
            }
            Expr::Paren(inner) => self.is_lent(&inner.expr),
            Expr::Group(inner) => self.is_lent(&inner.expr),
            other => self.variable(other).is_some_and(|local| {
                self.body.recipe(local).is_some_and(|recipe| {
                    recipe.unique && recipe.code.is_none() && !recipe.mixed.contains(&local)
                })
            }),
        }
    }

    /// Whether an expression is a place in a variable.
    fn is_place(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Field(field) => self.is_place(&field.base),
            Expr::Index(index) => self.is_place(&index.expr),
            Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && self.is_place(&unary.expr),
            Expr::Paren(inner) => self.is_place(&inner.expr),
            Expr::Group(inner) => self.is_place(&inner.expr),
            other => self.variable(other).is_some(),
        }
    }

    /// Evaluates the indices of a place once.
    fn keep_operands(&mut self, machine: &mut Expr, twin: &mut Expr) {
        match (bare(machine), bare(twin)) {
            (Expr::Reference(machine), Expr::Reference(twin)) => {
                self.keep_operands(&mut machine.expr, &mut twin.expr);
            }
            (Expr::Field(machine), Expr::Field(twin)) => {
                self.keep_operands(&mut machine.base, &mut twin.base);
            }
            (Expr::Unary(machine), Expr::Unary(twin)) => {
                self.keep_operands(&mut machine.expr, &mut twin.expr);
            }
            (Expr::Index(machine), Expr::Index(twin)) => {
                self.keep_operands(&mut machine.expr, &mut twin.expr);
                if !is_fixed(&machine.index) {
                    let key = self.keep_value(&mut twin.index, (*machine.index).clone());
                    let rt = names::rt();
                    *machine.index = parse_quote!(#rt::again(&#key));
                }
            }
            _ => {}
        }
    }

    /// After the await: what has been given back goes to its places.
    pub(super) fn give_back(&mut self, point: PointId) {
        let places = self.body.points[point.0].lends.clone();
        for (number, place) in places.into_iter().enumerate() {
            let Some(place) = place else { continue };
            let (rt, cx, op) = (names::rt(), names::internal("cx"), names::op_ty(point.0));
            let names = crate::emit::back_or_nothing();
            let uses = super::uses::of_expr(&place, &self.scopes);
            self.body.points[point.0].lent.extend(&uses);
            let code = Code::Stmt(parse_quote!({
                #names
                (&#rt::lender::<#number, _, _>(#op)).back(&#cx, #place);
            }));
            self.push(Statement {
                uses,
                ..Statement::new(code)
            });
        }
    }
}

/// An index that is the same whenever it is evaluated.
fn is_fixed(index: &Expr) -> bool {
    match index {
        Expr::Lit(_) => true,
        Expr::Range(range) => {
            let mut ends = range.start.iter().chain(&range.end);
            ends.all(|end| matches!(**end, Expr::Lit(_)))
        }
        Expr::Paren(inner) => is_fixed(&inner.expr),
        Expr::Group(inner) => is_fixed(&inner.expr),
        _ => false,
    }
}

/// An argument that is not even the attempt to lend a place.
fn is_plain(arg: &Expr) -> bool {
    match arg {
        Expr::Reference(reference) => reference.mutability.is_none(),
        Expr::Lit(_)
        | Expr::Path(_)
        | Expr::Field(_)
        | Expr::Macro(_)
        | Expr::Struct(_)
        | Expr::Binary(_)
        | Expr::Cast(_)
        | Expr::Range(_)
        | Expr::Tuple(_)
        | Expr::Array(_) => true,
        Expr::Paren(inner) => is_plain(&inner.expr),
        Expr::Group(inner) => is_plain(&inner.expr),
        _ => false,
    }
}

fn has_operand(arg: &Expr) -> bool {
    match arg {
        Expr::Reference(inner) => has_operand(&inner.expr),
        Expr::Field(field) => has_operand(&field.base),
        Expr::Unary(unary) => has_operand(&unary.expr),
        Expr::Paren(inner) => has_operand(&inner.expr),
        Expr::Group(inner) => has_operand(&inner.expr),
        Expr::Index(index) => !is_fixed(&index.index) || has_operand(&index.expr),
        _ => false,
    }
}

/// The argument once more, as a borrow of its own.
fn reborrowed(arg: &Expr) -> Expr {
    match arg {
        Expr::Reference(_) => arg.clone(),
        Expr::Paren(inner) => reborrowed(&inner.expr),
        Expr::Group(inner) => reborrowed(&inner.expr),
        // Beside a `&mut`, what a loop gives may be a `&`: the key of a map.
        other => parse_quote!(#other.durable_again()),
    }
}
