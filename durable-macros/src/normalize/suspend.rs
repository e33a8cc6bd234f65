//! Suspend points.

use super::twin::{Wrapper, wrap};
use super::{Builder, source_text};
use crate::diag::Code;
use crate::ir::{BlockId, LocalId, LocalKind, Locals, Point, PointId, Terminator};
use crate::names::unraw;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprAwait, ExprCall};

impl Builder<'_> {
    /// `operation.await`: ends the block, goes on in a new one, and answers the expression that
    /// holds the answer. The twin's copy becomes `seen(awaited(operation))`.
    pub(super) fn suspend(&mut self, expr: &mut Expr) -> Expr {
        let Expr::Await(ExprAwait {
            base, await_token, ..
        }) = expr
        else {
            unreachable!("only called for awaits")
        };
        let span = await_token.span;
        self.refuse_guards(&callee(&self.opened.as_written(base)).0, span);
        let (hint, fixed) = (self.hint.take(), self.label.take());
        let written = self.written(base);
        let mut operation = self.residual(base);
        let lent = self.lent_places(&mut operation, base);
        let mut point = written.point(span, hint, fixed);
        point.lends = lent;
        let (point, answer) = self.suspend_on(operation, point, base);
        self.give_back(point);
        wrap(base, Wrapper::Awaited(point));
        wrap(expr, Wrapper::Seen(answer));
        self.temp_expr(answer)
    }

    /// What is awaited, before its parts are lowered.
    pub(super) fn written(&self, base: &Expr) -> Written {
        let base = self.opened.as_written(base);
        let source = source_text(base.to_token_stream());
        let (callee, arguments) = callee(&base);
        Written {
            source,
            callee,
            arguments,
        }
    }

    /// Ends the block with a suspend point, and goes on in a new one.
    fn suspend_on(&mut self, operation: Expr, point: Point, base: &Expr) -> (PointId, LocalId) {
        let wait = self.new_wait(point, base);
        self.wait(operation, wait);
        (wait.0, wait.1)
    }

    /// A suspend point, the local with its answer, and the block in which the code goes on.
    pub(super) fn new_wait(&mut self, point: Point, base: &Expr) -> (PointId, LocalId, BlockId) {
        let point = self.new_point(point);
        let answer = self.new_temp(LocalKind::Answer { of: point }, base.span());
        (point, answer, self.new_block())
    }

    /// Ends the block with that suspend point.
    pub(super) fn wait(
        &mut self,
        operation: Expr,
        (point, answer, resume): (PointId, LocalId, BlockId),
    ) {
        self.takes(&operation);
        let uses = self.uses_of(&operation);
        self.end_with(
            Terminator::Suspend {
                point,
                operation,
                uses,
                answer,
                resume,
            },
            resume,
        );
    }

    pub(super) fn refuse_guards(&mut self, callee: &str, at: Span) {
        for guard in self.scopes.take_guards() {
            self.diagnostics.report(
                &guard,
                Code::Guard,
                &format!(
                    "`{guard}` looks like a guard, and none is held across the `.await` on `{callee}` in line {}: another process may go on there",
                    at.start().line
                ),
                "end its scope before the `.await`, or give it a name without `_` if it is data",
            );
        }
    }
}

/// An awaited expression as text.
pub(super) struct Written {
    source: String,
    callee: String,
    arguments: String,
}

impl Written {
    /// The suspend point of an await at `span`.
    pub(super) fn point(self, span: Span, hint: Option<String>, fixed: Option<String>) -> Point {
        Point {
            span,
            source: self.source,
            callee: self.callee,
            detail: hint.unwrap_or(self.arguments),
            lends: Vec::new(),
            lent: Locals::new(),
            joins: false,
            fixed,
            label: String::new(),
        }
    }
}

/// What is called in an awaited expression, and its arguments as text.
pub(super) fn callee(base: &Expr) -> (String, String) {
    match base {
        Expr::Call(call) if let Some(inner) = boxed(call) => callee(inner),
        Expr::Call(call) => {
            let name = match &*call.func {
                Expr::Path(path) => path
                    .path
                    .segments
                    .last()
                    .map_or_else(String::new, |s| unraw(&s.ident)),
                other => source_text(other.to_token_stream()),
            };
            (name, source_text(call.args.to_token_stream()))
        }
        Expr::MethodCall(call) => callee(&call.receiver),
        Expr::Path(path) => {
            let name = path
                .path
                .segments
                .last()
                .map_or_else(String::new, |s| unraw(&s.ident));
            (name, String::new())
        }
        Expr::Paren(paren) => callee(&paren.expr),
        Expr::Group(group) => callee(&group.expr),
        Expr::Try(inner) => callee(&inner.expr),
        Expr::Await(inner) => callee(&inner.base),
        other => ("await".to_owned(), source_text(other.to_token_stream())),
    }
}

/// What stands in `Box::pin(…)` or `Box::new(…)`.
fn boxed(call: &ExprCall) -> Option<&Expr> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let mut names = path.path.segments.iter().rev().map(|s| &s.ident);
    let makes = names.next().is_some_and(|n| n == "pin" || n == "new");
    let of_box = makes && names.next().is_some_and(|n| n == "Box");
    call.args.first().filter(|_| of_box && call.args.len() == 1)
}
