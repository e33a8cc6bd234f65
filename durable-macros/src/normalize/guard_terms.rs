//! The parts of a guard: the next await in one, and what is evaluated before it.
//!
//! The pass that begins the operation leaves the values of what comes before in hidden variables,
//! so that nothing is evaluated twice; places stay where they are.
//!
//! ```text
//! Input:   limits[i] + check(n).await > 3
//! Output:  kept t = limits[i]; the await is check(n).await; left is t + answer > 3
//! ```

use super::operands::{Takes, parts};
use super::places::{Copied, copied};
use super::twin::{Wrapper, wrap};
use super::{Builder, place};
use crate::ir::{LocalId, LocalKind};
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Expr, ExprBinary, Ident, parse_quote, visit};

/// What is evaluated before an await.
#[derive(Default)]
pub(super) struct Before {
    pub(super) values: Vec<Kept>,
    /// Variables that rustc must find unchanged until after the await.
    pub(super) held: Vec<Ident>,
}

/// A value that is kept.
pub(super) struct Kept {
    pub(super) temp: LocalId,
    pub(super) expr: Expr,
}

impl Builder<'_> {
    /// The await that is evaluated first, in both copies; what comes before goes to `kept`. `None`
    /// where something before it cannot be kept.
    pub(super) fn next_await<'e>(
        &mut self,
        twin: &'e mut Expr,
        machine: &'e mut Expr,
        kept: &mut Before,
    ) -> Option<(&'e mut Expr, &'e mut Expr)> {
        match &*machine {
            Expr::Await(awaited) if self.suspends(&awaited.base) => return None,
            Expr::Await(_) => return Some((twin, machine)),
            Expr::Binary(binary) => {
                let lazy = matches!(binary.op, BinOp::And(_) | BinOp::Or(_));
                if place::assigns(&binary.op) || (lazy && self.suspends(&binary.right)) {
                    return None;
                }
            }
            _ => {}
        }
        match (twin, machine) {
            (Expr::Paren(twin), Expr::Paren(machine)) => {
                self.next_await(&mut twin.expr, &mut machine.expr, kept)
            }
            (Expr::Group(twin), Expr::Group(machine)) => {
                self.next_await(&mut twin.expr, &mut machine.expr, kept)
            }
            (twin, machine) => {
                let rest: Vec<Expr> = (parts(machine).iter().map(|(e, _)| (**e).clone())).collect();
                let at = rest.iter().position(|e| self.suspends(e))?;
                let mut pairs = parts(twin).into_iter().zip(parts(machine));
                for index in 0..at {
                    let ((twin, takes), (machine, _)) = pairs.next()?;
                    self.kept_before(twin, machine, takes, &rest[index + 1..], kept)?;
                }
                let ((twin, _), (machine, _)) = pairs.next()?;
                self.next_await(twin, machine, kept)
            }
        }
    }

    /// An operand before the await: constant, a place that stays, or a value that is kept.
    fn kept_before(
        &mut self,
        twin: &mut Expr,
        machine: &mut Expr,
        takes: Takes,
        later: &[Expr],
        kept: &mut Before,
    ) -> Option<()> {
        if self.is_constant(machine) || self.is_temp(machine) {
            let outer = std::mem::take(&mut self.held);
            let changed = self.hold_until(twin, later);
            let doubts = std::mem::replace(&mut self.held, outer);
            kept.held.extend(doubts);
            return changed.is_none().then_some(());
        }
        let place = match &*machine {
            Expr::Reference(reference) => place::root(&reference.expr).map(|_| &*reference.expr),
            other => (takes != Takes::Value && place::root(other).is_some()).then_some(other),
        };
        if let Some(place) = place {
            let mut names = place::indices(place)?;
            names.extend(place::root(place));
            let names: Vec<_> = names.into_iter().cloned().collect();
            let outer = std::mem::take(&mut self.held);
            let changes = names.iter().any(|name| self.changes(name, later));
            let doubts = std::mem::replace(&mut self.held, outer);
            kept.held.extend(doubts);
            return (!changes && place::is_field_path(place)).then_some(());
        }
        if let (Expr::Reference(twin), Expr::Reference(machine)) = (&mut *twin, &mut *machine) {
            if twin.mutability.is_some() && place::first_step(&twin.expr).is_some() {
                return None;
            }
            return self.kept_before(&mut twin.expr, &mut machine.expr, Takes::Value, later, kept);
        }
        if !kept.held.is_empty() {
            return None;
        }
        let serves = self.next_point();
        let temp = self.new_temp(LocalKind::Temp { serves }, machine.span());
        let proof = match takes {
            Takes::Place(used) => copied(machine, used),
            Takes::Value => Copied::default(),
        };
        wrap(twin, Wrapper::Seen(temp));
        proof.prove(twin);
        let expr = std::mem::replace(machine, self.temp_expr(temp));
        kept.values.push(Kept { temp, expr });
        Some(())
    }

    /// The parts of `a || b` where more than the first one awaits: each is asked if those before it do
    /// not hold.
    pub(super) fn choices<'e>(&self, guard: &'e mut Expr) -> Vec<&'e mut Expr> {
        if !self.is_choice(guard) {
            return vec![guard];
        }
        match guard {
            Expr::Paren(inner) => self.choices(&mut inner.expr),
            Expr::Group(inner) => self.choices(&mut inner.expr),
            Expr::Binary(or) => {
                let mut choices = self.choices(&mut or.left);
                choices.extend(self.choices(&mut or.right));
                choices
            }
            _ => Vec::new(),
        }
    }

    fn is_choice(&self, guard: &Expr) -> bool {
        match guard {
            Expr::Paren(inner) => self.is_choice(&inner.expr),
            Expr::Group(inner) => self.is_choice(&inner.expr),
            Expr::Binary(ExprBinary {
                left,
                op: BinOp::Or(_),
                right,
                ..
            }) => self.suspends(right) || self.is_choice(left),
            _ => false,
        }
    }

    /// Puts the macros in code of the machine around what is left of their operands.
    pub(super) fn close(&self, expr: &mut Expr) {
        struct Close<'a>(&'a super::standard::Opened);
        impl VisitMut for Close<'_> {
            fn visit_expr_mut(&mut self, expr: &mut Expr) {
                visit_mut::visit_expr_mut(self, expr);
                if let Expr::Call(call) = &*expr
                    && let Some(mac) = self.0.closed_in_machine(call)
                {
                    *expr = mac;
                }
            }
        }
        Close(self.opened).visit_expr_mut(expr);
    }
}

/// What keeps a guard from being entered again.
pub(super) fn unclear(guard: &Expr) -> Option<&'static str> {
    struct Jumps(bool);
    impl<'ast> Visit<'ast> for Jumps {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            self.0 |= matches!(
                expr,
                Expr::Break(_) | Expr::Continue(_) | Expr::Return(_) | Expr::Try(_)
            );
            visit::visit_expr(self, expr);
        }
    }
    let mut jumps = Jumps(false);
    jumps.visit_expr(guard);
    jumps
        .0
        .then_some("a guard with an `.await` cannot leave the `match` (`?`, `return`, `break`)")
}

/// The parts of `a && b && c`, in order.
pub(super) fn conjuncts(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::Binary(ExprBinary {
            left,
            op: BinOp::And(_),
            right,
            ..
        }) => conjuncts(left)
            .into_iter()
            .chain(conjuncts(right))
            .collect(),
        other => vec![other],
    }
}

/// `a && b && c`
pub(super) fn all(terms: &[Expr]) -> Expr {
    match terms {
        [] => parse_quote!(true),
        [one] => one.clone(),
        several => parse_quote!(#((#several))&&*),
    }
}
