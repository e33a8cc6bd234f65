//! Rules that concern the whole of a workflow function.

use super::Input;
use crate::diag::{Code, Diagnostics};
use crate::normalize::contains_await;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Macro, Stmt, Type};

/// The list of checks.
pub(crate) fn check(input: &Input, diagnostics: &mut Diagnostics) {
    params_are_owned(input, diagnostics);
    output_is_a_type(input, diagnostics);
    let mut body = BodyCheck {
        diagnostics,
        closures: 0,
    };
    body.visit_block(&input.body);
}

fn params_are_owned(input: &Input, diagnostics: &mut Diagnostics) {
    for param in &input.params {
        match &param.ty {
            Type::Reference(ty) if !is_static(ty) => diagnostics.report(
                ty,
                Code::Parameter,
                &format!(
                    "`{}` is a reference, and a workflow that was started must own its input",
                    param.name
                ),
                "take the value itself (`Order`, `String`, `Vec<T>`)",
            ),
            Type::ImplTrait(ty) => diagnostics.report(
                ty,
                Code::Parameter,
                &format!(
                    "`{}` has no type of its own, so it cannot be stored",
                    param.name
                ),
                "write a concrete type",
            ),
            _ => {}
        }
    }
}

fn output_is_a_type(input: &Input, diagnostics: &mut Diagnostics) {
    let stored = match &input.output {
        Type::ImplTrait(_) => false,
        Type::Reference(ty) => is_static(ty),
        _ => true,
    };
    if !stored {
        diagnostics.report(
            &input.output,
            Code::Parameter,
            "the result of a workflow is stored, so it needs an owned, concrete type",
            "return the value itself",
        );
    }
}

/// `&'static str` is data: it is kept for the life of the process.
fn is_static(ty: &syn::TypeReference) -> bool {
    ty.lifetime.as_ref().is_some_and(|l| l.ident == "static")
}

struct BodyCheck<'d> {
    diagnostics: &'d mut Diagnostics,
    /// Closures and async blocks around the current place.
    closures: usize,
}

impl BodyCheck<'_> {
    fn inner(&mut self, walk: impl FnOnce(&mut Self)) {
        self.closures += 1;
        walk(self);
        self.closures -= 1;
    }
}

impl<'ast> Visit<'ast> for BodyCheck<'_> {
    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        if self.closures > 0 {
            self.diagnostics.report(
                &expr.await_token,
                Code::AwaitInClosure,
                "an `.await` inside a closure or an async block cannot be saved",
                "move the `.await` out of it, or make it a function of its own",
            );
        }
        visit::visit_expr_await(self, expr);
    }

    fn visit_expr_closure(&mut self, expr: &'ast syn::ExprClosure) {
        self.inner(|s| visit::visit_expr_closure(s, expr));
    }

    fn visit_expr_async(&mut self, expr: &'ast syn::ExprAsync) {
        self.inner(|s| visit::visit_expr_async(s, expr));
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if contains_await(mac.tokens.clone()) {
            self.diagnostics.report(
                &mac.path,
                Code::AwaitInMacro,
                "an `.await` in the arguments of a macro cannot be saved",
                "bind the awaited value with `let` first, and use it in the macro",
            );
        }
    }

    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        let text = attr.path().is_ident("label").then(|| match &attr.meta {
            syn::Meta::NameValue(meta) => match &meta.value {
                Expr::Lit(lit) => match &lit.lit {
                    syn::Lit::Str(text) => text.value(),
                    _ => String::new(),
                },
                _ => String::new(),
            },
            _ => String::new(),
        });
        if text.is_some_and(|text| text.is_empty()) {
            self.diagnostics.report(
                attr,
                Code::Label,
                "a label is a text that is not empty",
                "write `#[label = \"first charge\"]`",
            );
        }
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        if let Some(cfg) = cfg_of(stmt) {
            self.diagnostics.report(
                cfg,
                Code::Cfg,
                "`#[cfg]` on a `let` or on code that awaits would change what is saved",
                "put the `#[cfg]` on the function, or use `if cfg!(…)`",
            );
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// A `#[cfg]` on a `let`, or on a statement that awaits.
fn cfg_of(stmt: &Stmt) -> Option<&Attribute> {
    let (attrs, binds): (&[Attribute], bool) = match stmt {
        Stmt::Local(local) => (&local.attrs, true),
        Stmt::Expr(expr, _) => (attrs_of(expr), awaits(expr)),
        Stmt::Macro(_) | Stmt::Item(_) => return None,
    };
    let cfg = attrs
        .iter()
        .find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr"))?;
    binds.then_some(cfg)
}

fn attrs_of(expr: &Expr) -> &[Attribute] {
    match expr {
        Expr::If(e) => &e.attrs,
        Expr::Match(e) => &e.attrs,
        Expr::Block(e) => &e.attrs,
        Expr::Loop(e) => &e.attrs,
        Expr::While(e) => &e.attrs,
        Expr::ForLoop(e) => &e.attrs,
        Expr::Try(e) if e.attrs.is_empty() => attrs_of(&e.expr),
        Expr::Try(e) => &e.attrs,
        Expr::Await(e) if e.attrs.is_empty() => attrs_of(&e.base),
        Expr::Await(e) => &e.attrs,
        Expr::Call(e) => {
            if e.attrs.is_empty() {
                attrs_of(&e.func)
            } else {
                &e.attrs
            }
        }
        Expr::Path(e) => &e.attrs,
        Expr::MethodCall(e) if e.attrs.is_empty() => attrs_of(&e.receiver),
        Expr::MethodCall(e) => &e.attrs,
        Expr::Assign(e) => &e.attrs,
        _ => &[],
    }
}

fn awaits(expr: &Expr) -> bool {
    struct Awaits(bool);
    impl<'ast> Visit<'ast> for Awaits {
        fn visit_expr_await(&mut self, _: &'ast syn::ExprAwait) {
            self.0 = true;
        }
    }
    let mut awaits = Awaits(false);
    awaits.visit_expr(expr);
    awaits.0
}
