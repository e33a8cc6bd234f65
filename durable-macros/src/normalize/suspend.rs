//! Suspend points.

use super::twin::{Wrapper, wrap};
use super::{Builder, source_text, uses};
use crate::diag::Code;
use crate::ir::{LocalKind, Point, Terminator};
use crate::names::unraw;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprAwait};

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
        self.refuse_guards(await_token.span);
        let (hint, fixed) = (self.hint.take(), self.label.take());
        let written = self.opened.as_written(base);
        let source = source_text(written.to_token_stream());
        let (callee, arguments) = callee(&written);
        let span = await_token.span;
        let operation = self.residual(base);
        let point = self.new_point(Point {
            span,
            source,
            callee,
            detail: hint.unwrap_or(arguments),
            joins: false,
            fixed,
            label: String::new(),
        });
        let uses = uses::of_expr(&operation, &self.scopes);
        let answer = self.new_temp(LocalKind::Answer { of: point }, base.span());
        let resume = self.new_block();
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
        wrap(base, Wrapper::Awaited(point));
        wrap(expr, Wrapper::Seen(answer));
        self.temp_expr(answer)
    }

    pub(super) fn refuse_guards(&mut self, at: Span) {
        for guard in self.scopes.take_guards() {
            self.diagnostics.report(
                &guard,
                Code::Guard,
                &format!(
                    "`{guard}` looks like a guard, and it would be held across the `.await` on line {}",
                    at.start().line
                ),
                "end its scope before the `.await`, or give it a name without `_` if it is data",
            );
        }
    }
}

/// What is called in an awaited expression, and its arguments as text.
pub(super) fn callee(base: &Expr) -> (String, String) {
    match base {
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
