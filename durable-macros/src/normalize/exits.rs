//! Jumps out of code that does not suspend, to loops and blocks that do. The code stays as it is,
//! with all its borrows and types; a placeholder stands for each jump, and `emit` makes it one of
//! the machine's own.
//!
//! ```text
//! Input:   let text = match map.get(&key) { Some(text) => text, None => continue };
//! Output:  let text = match map.get(&key) { Some(text) => text, None => __durable_exit_0() };
//! ```

use super::needs::Needs;
use super::{Builder, Dest};
use crate::diag::Code;
use crate::ir::{Exit, ExitId, Locals};
use quote::format_ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Ident, Lifetime, parse_quote};

const EXIT: &str = "__durable_exit_";

/// Which placeholder a call of this name is.
pub(crate) fn exit(name: &Ident) -> Option<ExitId> {
    let name = name.to_string();
    name.strip_prefix(EXIT)?.parse().ok().map(ExitId)
}

impl Builder<'_> {
    /// The expression with placeholders for the jumps that leave it.
    pub(super) fn with_exits(&mut self, expr: &Expr) -> Expr {
        let mut machine = expr.clone();
        let jumps = self.visitor();
        let mut exits = Exits {
            builder: self,
            jumps,
        };
        exits.visit_expr_mut(&mut machine);
        machine
    }

    /// Refuses the jumps in the arguments of a macro that leave it.
    pub(super) fn refuse_jumps(&mut self, mac: &syn::Macro) {
        if self.visitor().leaves_from(mac) {
            self.refuse_jump(mac);
        }
    }

    /// A jump in the arguments of a macro is in tokens that are the macro's own.
    fn refuse_jump(&mut self, mac: &syn::Macro) {
        self.diagnostics.report(
            &mac.path,
            Code::AwaitInMacro,
            "a jump in the arguments of a macro cannot leave a loop that contains an `.await`",
            "bind the value with `let` first, and use it in the macro",
        );
    }

    fn new_exit(&mut self, exit: Exit) -> Ident {
        let number = self.body.exits.len();
        self.body.exits.push(exit);
        self.pending.push(ExitId(number));
        format_ident!("{EXIT}{number}")
    }
}

struct Exits<'b, 'd> {
    builder: &'b mut Builder<'d>,
    jumps: Needs,
}

impl Exits<'_, '_> {
    fn break_(&mut self, label: Option<&Lifetime>, value: Option<Expr>) -> Option<Expr> {
        let target = self.builder.target(label)?;
        let (target, dest) = (target.break_to, target.dest);
        let unit = || parse_quote!(());
        Some(match dest {
            Dest::Return => {
                let value = value.unwrap_or_else(unit);
                parse_quote!(return #value)
            }
            Dest::Into(temp) => {
                let exit = self.builder.new_exit(Exit {
                    target,
                    value: Some(temp),
                    assigned: Locals::new(),
                });
                let value = value.unwrap_or_else(unit);
                parse_quote!(#exit(#value))
            }
            Dest::Discard => {
                let exit = self.builder.new_exit(Exit {
                    target,
                    value: None,
                    assigned: Locals::new(),
                });
                parse_quote!(#exit(#value))
            }
        })
    }

    fn continue_(&mut self, label: Option<&Lifetime>) -> Option<Expr> {
        let target = self.builder.target(label)?.continue_to?;
        let exit = self.builder.new_exit(Exit {
            target,
            value: None,
            assigned: Locals::new(),
        });
        Some(parse_quote!(#exit()))
    }
}

impl VisitMut for Exits<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let inside = match &*expr {
            Expr::Loop(e) => Some((e.label.clone(), true)),
            Expr::While(e) => Some((e.label.clone(), true)),
            Expr::Block(e) => Some((e.label.clone(), false)),
            _ => None,
        };
        if let Some((label, is_loop)) = inside {
            let labels = self.jumps.enter(label.as_ref(), is_loop);
            visit_mut::visit_expr_mut(self, expr);
            self.jumps.leave(labels, is_loop);
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
        let jump = match &*expr {
            Expr::Break(e) if self.jumps.leaves(e.label.as_ref()) => {
                self.break_(e.label.as_ref(), e.expr.as_deref().cloned())
            }
            Expr::Continue(e) if self.jumps.leaves(e.label.as_ref()) => {
                self.continue_(e.label.as_ref())
            }
            _ => None,
        };
        if let Some(jump) = jump {
            *expr = jump;
        }
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        let labels = self.jumps.enter(expr.label.as_ref(), true);
        self.visit_block_mut(&mut expr.body);
        self.jumps.leave(labels, true);
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        if self.jumps.leaves_from(mac) {
            self.builder.refuse_jump(mac);
        }
    }

    // Their bodies run elsewhere.
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
