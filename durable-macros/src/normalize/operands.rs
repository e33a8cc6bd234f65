//! Operands of an expression, in the order in which Rust evaluates them. Those before a suspend
//! point are put into temporaries, so that nothing is read again after it.
//!
//! ```text
//! Input:   send(next(), price(x).await, y)
//! Output:  let t = next(); suspend price(x) -> a; send(t, a, y)
//! ```

use super::disturbs::{Disturbance, disturbs, mutates};
use super::places::Use;
use super::twin::{Wrapper, wrap};
use super::{Builder, Dest, place, standard, uses};
use crate::diag::Code;
use crate::ir::LocalKind;
use crate::names::unraw;
use syn::spanned::Spanned;
use syn::{Expr, Ident, UnOp};

/// How an operator takes an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// By value: a variable is moved or copied.
    Value,
    /// As a place that is borrowed or changed when the operator runs (a receiver, one side of a
    /// comparison, what is indexed).
    Place(Use),
}

impl Builder<'_> {
    /// Lowers an expression whose operands are all evaluated before it.
    pub(super) fn operands(&mut self, expr: &mut Expr) -> Expr {
        let mut machine = expr.clone();
        let rest: Vec<Expr> = parts(&mut machine)
            .iter()
            .map(|(e, _)| (**e).clone())
            .collect();
        let Some(last) = rest.iter().rposition(|e| self.needs(e)) else {
            self.diagnostics.report(
                &*expr,
                Code::Unsupported,
                "an `.await` in this kind of expression is not supported",
                "bind the awaited value with `let` before it",
            );
            return machine;
        };
        let mut values = Vec::new();
        let mut held = vec![Vec::new(); last + 1];
        for (index, (part, takes)) in parts(expr).into_iter().enumerate().take(last + 1) {
            let later = &rest[(index + 1).min(last + 1)..=last];
            values.push(match index {
                _ if index == last => self.residual(part),
                _ => self.before(part, takes, later),
            });
            let names = std::mem::take(&mut self.held);
            for held in &mut held[index + 1..] {
                held.extend(names.iter().cloned());
            }
        }
        for ((part, takes), names) in parts(expr).into_iter().zip(&held) {
            // A variable that is borrowed is not moved and changes nothing.
            // Neither does a closure before it is called.
            let steady = takes != Takes::Value && place::is_field_path(part);
            if !steady && !matches!(part, Expr::Closure(_)) {
                hold(part, names);
            }
        }
        for ((part, _), value) in parts(&mut machine).into_iter().zip(values) {
            *part = value;
        }
        spell_out_fields(&mut machine);
        spell_out_fields(expr);
        match &machine {
            Expr::Call(call) => self.opened.closed_in_machine(call).unwrap_or(machine),
            _ => machine,
        }
    }

    /// An operand whose value is needed after the suspend points in `later`.
    fn before(&mut self, part: &mut Expr, takes: Takes, later: &[Expr]) -> Expr {
        if self.is_constant(part) {
            let machine = part.clone();
            if let Some(name) = self.hold_until(part, later) {
                self.refuse_closure(&machine, &name);
            }
            return machine;
        }
        match part {
            Expr::Reference(reference) => {
                let mut machine = reference.clone();
                *machine.expr = self.borrowed(reference, later);
                Expr::Reference(machine)
            }
            _ => match takes {
                Takes::Place(used) => self.place(part, used, later),
                Takes::Value => self.keep(part),
            },
        }
    }

    /// Refuses a closure that would find another value of a variable.
    pub(super) fn refuse_closure(&mut self, closure: &Expr, name: &Ident) {
        self.diagnostics.report(
            closure,
            Code::Order,
            &format!("`{name}` may change between this closure and the `.await` after it"),
            "bind the awaited value with `let` before this expression",
        );
    }

    /// Whether one of the expressions changes a variable. Where syntax cannot tell, rustc will: in
    /// the twin the variable is borrowed while they are evaluated.
    pub(super) fn changes(&mut self, name: &Ident, later: &[Expr]) -> bool {
        let Some(local) = self.scopes.resolve(&unraw(name)) else {
            return false;
        };
        let disturbances = later.iter().map(|e| disturbs(e, local, &self.scopes));
        match disturbances.max().unwrap_or(Disturbance::None) {
            Disturbance::None => false,
            Disturbance::Unclear => {
                self.held.push(name.clone());
                false
            }
            Disturbance::Changes => true,
        }
    }

    /// Computes an operand into a temporary.
    pub(super) fn keep(&mut self, part: &mut Expr) -> Expr {
        if self.needs(part) {
            let value = self.residual(part);
            if matches!(&value, Expr::Path(_)) && self.is_temp(&value) {
                return value;
            }
            return self.keep_value(part, value);
        }
        let value = part.clone();
        self.keep_value(part, value)
    }

    pub(super) fn keep_value(&mut self, part: &mut Expr, value: Expr) -> Expr {
        let serves = self.next_point();
        let temp = self.new_temp(LocalKind::Temp { serves }, part.span());
        self.deliver(value, Dest::Into(temp));
        wrap(part, Wrapper::Seen(temp));
        self.temp_expr(temp)
    }

    pub(super) fn is_temp(&self, expr: &Expr) -> bool {
        uses::plain_local(expr, &self.scopes).is_some_and(|l| {
            matches!(
                self.body.locals[l.0].kind,
                LocalKind::Temp { .. } | LocalKind::Answer { .. }
            )
        })
    }

    /// The answer of an await, perhaps with `?` or fields after it.
    pub(super) fn is_answer(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Try(e) => self.is_answer(&e.expr),
            Expr::Field(e) => self.is_answer(&e.base),
            _ => self.is_temp(expr),
        }
    }

    /// Gives the same value whenever it is evaluated.
    pub(super) fn is_constant(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(_) => true,
            Expr::Closure(closure) => closure.capture.is_none(),
            // A closure that is made again is the same wherever it is made.
            Expr::Path(_) if self.shared_code(expr).is_some() => true,
            // Constants, functions, unit structs; not a local.
            Expr::Path(_) => {
                place::root(expr).is_none_or(|name| self.scopes.resolve(&unraw(name)).is_none())
            }
            Expr::Paren(inner) => self.is_constant(&inner.expr),
            Expr::Group(inner) => self.is_constant(&inner.expr),
            Expr::Reference(inner) => inner.mutability.is_none() && self.is_constant(&inner.expr),
            Expr::Unary(inner) => {
                matches!(inner.op, UnOp::Neg(_)) && matches!(*inner.expr, Expr::Lit(_))
            }
            Expr::Tuple(tuple) => tuple.elems.iter().all(|e| self.is_constant(e)),
            _ => false,
        }
    }
}

/// In the twin: the variables are borrowed while the expression is evaluated.
pub(super) fn hold(part: &mut Expr, names: &[Ident]) {
    for name in names {
        let span = name.span();
        let rt = crate::names::rt_at(span);
        let inner = std::mem::replace(part, Expr::Verbatim(proc_macro2::TokenStream::new()));
        *part = syn::parse_quote_spanned!(span=> #rt::beside(&#name, #inner));
    }
}

/// The operands of an expression, in evaluation order.
pub(super) fn parts(expr: &mut Expr) -> Vec<(&mut Expr, Takes)> {
    const READ: Takes = Takes::Place(Use::Read);
    const PLACE: Takes = Takes::Place(Use::Unclear);
    use Takes::Value;
    match expr {
        Expr::Array(e) => e.elems.iter_mut().map(|e| (e, Value)).collect(),
        Expr::Tuple(e) => e.elems.iter_mut().map(|e| (e, Value)).collect(),
        Expr::Call(e) => match standard::kind(e) {
            Some(standard::Kind::Value) => e.args.iter_mut().map(|e| (e, Value)).collect(),
            Some(standard::Kind::Place) => e.args.iter_mut().map(|e| (e, READ)).collect(),
            // What is called may be a closure in a variable, which stays there.
            None => std::iter::once((&mut *e.func, PLACE))
                .chain(e.args.iter_mut().map(|e| (e, Value)))
                .collect(),
        },
        Expr::MethodCall(e) => {
            let used = if mutates(&e.method) {
                Use::Changed
            } else {
                Use::Unclear
            };
            std::iter::once((&mut *e.receiver, Takes::Place(used)))
                .chain(e.args.iter_mut().map(|e| (e, Value)))
                .collect()
        }
        Expr::Binary(e) => {
            let takes = if place::compares(&e.op) { READ } else { Value };
            vec![(&mut *e.left, takes), (&mut *e.right, takes)]
        }
        Expr::Cast(e) => vec![(&mut *e.expr, Value)],
        Expr::Field(e) => vec![(&mut *e.base, PLACE)],
        Expr::Index(e) => vec![(&mut *e.expr, PLACE), (&mut *e.index, Value)],
        Expr::Range(e) => [&mut e.start, &mut e.end]
            .into_iter()
            .flatten()
            .map(|e| (&mut **e, Value))
            .collect(),
        Expr::Reference(e) => vec![(&mut *e.expr, PLACE)],
        Expr::Repeat(e) => vec![(&mut *e.expr, Value)],
        Expr::Struct(e) => e
            .fields
            .iter_mut()
            .map(|f| (&mut f.expr, Value))
            .chain(e.rest.iter_mut().map(|e| (&mut **e, PLACE)))
            .collect(),
        Expr::Try(e) => vec![(&mut *e.expr, Value)],
        Expr::Unary(e) => vec![(&mut *e.expr, PLACE)],
        _ => vec![],
    }
}

/// `S { x }` cannot hold anything but a variable: write `S { x: … }`.
fn spell_out_fields(expr: &mut Expr) {
    if let Expr::Struct(e) = expr {
        for field in &mut e.fields {
            field.colon_token.get_or_insert_with(Default::default);
        }
    }
}
