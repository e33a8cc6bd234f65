//! Rules that concern the whole of a workflow function.

use super::fork::{fork_call, fork_kind, is_branch, macro_kind};
use super::generics::{borrows, changes_inside};
use super::{Input, Param, foreign, leaves};
use crate::diag::{Code, Diagnostics};
use crate::normalize::{assigns, contains_await, first_await, items, panics};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Macro, Stmt, Type};

/// The list of checks.
pub(crate) fn check(input: &Input, diagnostics: &mut Diagnostics) {
    params_are_owned(input, diagnostics);
    output_is_a_type(input, diagnostics);
    items_are_not_those_of_the_signature(input, diagnostics);
    let mut body = BodyCheck {
        diagnostics,
        closures: 0,
        told: false,
    };
    for block in &input.blocks {
        leaves::refuse(&block.code, body.diagnostics);
    }
    input.bodies().for_each(|code| body.visit_block(code));
}

fn params_are_owned(input: &Input, diagnostics: &mut Diagnostics) {
    for param in &input.params {
        if let (Some(owned), Type::Reference(_)) = (&param.owned, &param.ty) {
            lends_data(param, owned, diagnostics);
        }
        let (what, help) = match &param.ty {
            Type::Reference(ty) if ty.mutability.is_some() && unsized_inside(&ty.elem) => (
                "is a `&mut` to a part whose length is not its own, and what a function changes is written back as a whole",
                "take all of it: `&mut Vec<Item>`, `&mut String`, `&mut [Item; 3]`",
            ),
            Type::Reference(ty)
                if ty.mutability.is_some()
                    && ty.lifetime.as_ref().is_some_and(|l| l.ident == "static") =>
            {
                (
                    "is a `&'static mut`, and what it leads to cannot be stored",
                    "leave out `'static`",
                )
            }
            _ if borrows(param.stored()) => (
                "holds a reference inside, and what is stored must own its data",
                "take the value itself (`Option<Order>`, `Vec<String>`); a reference alone (`&Order`, `&str`, `&[T]`) may be taken",
            ),
            _ => continue,
        };
        diagnostics.report(
            &param.ty,
            Code::Parameter,
            &format!("`{}` {what}", param.name),
            help,
        );
    }
}

/// The types of the signature are written once more below the items of the body.
fn items_are_not_those_of_the_signature(input: &Input, diagnostics: &mut Diagnostics) {
    let signature = input.signature();
    for stmt in &input.body.stmts {
        if let Stmt::Item(item) = stmt
            && let Some(name) = items::used_in(item, &signature)
        {
            diagnostics.report(
                &name,
                Code::Unsupported,
                &format!("`{name}` is something else here than in the signature of the function"),
                "give it another name inside of the function",
            );
        }
    }
}

/// Refuses to lend what is no data, as its syntax shows.
fn lends_data(param: &Param, owned: &Type, diagnostics: &mut Diagnostics) {
    if !param.given_back
        && let Some(lock) = changes_inside(owned)
    {
        diagnostics.report(
            &param.ty,
            Code::Parameter,
            &format!(
                "`{}` can change behind a shared reference (`{lock}`), and an awaited function has a copy of what it is lent",
                param.name
            ),
            "take the value itself and return it: `count = bump(count).await`",
        );
    }
    let mut inside = owned;
    while let Type::Paren(paren) = inside {
        inside = &paren.elem;
    }
    if matches!(inside, Type::TraitObject(_)) {
        diagnostics.report(
            &param.ty,
            Code::Parameter,
            &format!(
                "`{}` is behind `dyn`, so its type is not known, and it cannot be stored",
                param.name
            ),
            "take any type that is data: `&impl Trait`",
        );
    }
}

/// A slice or a text, whose owner has another type.
fn unsized_inside(ty: &Type) -> bool {
    match ty {
        Type::Slice(_) => true,
        Type::Paren(inner) => unsized_inside(&inner.elem),
        Type::Group(inner) => unsized_inside(&inner.elem),
        Type::Path(path) => {
            let last = path.path.segments.last();
            path.path.is_ident("str") || last.is_some_and(|s| s.ident == "Path")
        }
        _ => false,
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
    /// Closures around the current place.
    closures: usize,
    /// An `.await` in the outermost of them was refused.
    told: bool,
}

impl BodyCheck<'_> {
    fn inner(&mut self, walk: impl FnOnce(&mut Self)) {
        self.told &= self.closures > 0;
        self.closures += 1;
        walk(self);
        self.closures -= 1;
    }
}

impl BodyCheck<'_> {
    /// The first `.await` in a closure.
    fn refuse_inside(&mut self, expr: &syn::ExprAwait) {
        if std::mem::replace(&mut self.told, true) {
            return;
        }
        self.diagnostics.report(
            &expr.await_token,
            Code::AwaitInClosure,
            "an `.await` inside a closure cannot be saved, because what calls the closure could not be either",
            "write a `for` loop instead of the closure, or let it make a block: `|order| async move { … }`",
        );
    }
}

impl<'ast> Visit<'ast> for BodyCheck<'_> {
    fn visit_expr_await(&mut self, expr: &'ast syn::ExprAwait) {
        if self.closures > 0 {
            self.refuse_inside(expr);
        } else {
            foreign::refuse_await(&expr.base, self.diagnostics);
        }
        visit::visit_expr_await(self, expr);
    }

    fn visit_expr_call(&mut self, expr: &'ast syn::ExprCall) {
        if fork_call(expr).is_some() {
            for operand in &expr.args {
                let operand = match operand {
                    Expr::Let(one) => &*one.expr,
                    other => other,
                };
                foreign::refuse_await(operand, self.diagnostics);
            }
        }
        let refused = self.closures == 0 && foreign::refuse_call(expr, self.diagnostics);
        if !refused {
            visit::visit_expr_call(self, expr);
        }
    }

    fn visit_expr_closure(&mut self, expr: &'ast syn::ExprClosure) {
        self.inner(|s| visit::visit_expr_closure(s, expr));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        if expr.attrs.iter().any(is_branch) {
            leaves::refuse(&expr.block, self.diagnostics);
        }
        visit::visit_expr_block(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        if self.closures == 0
            && (foreign::refuse_macro(mac, self.diagnostics)
                || foreign::refuse_pin(mac, self.diagnostics))
        {
            return;
        }
        let name = mac.path.segments.last().map(|s| s.ident.to_string());
        let name = name.unwrap_or_default();
        if macro_kind(mac).is_some() {
            // In a closure; it says so itself.
            return;
        }
        if name == "stringify" || !contains_await(mac.tokens.clone()) {
            return;
        }
        let (awaited, at) = first_await(mac.tokens.clone())
            .unwrap_or_else(|| ("what is awaited".to_owned(), mac.path.span()));
        let what = match name.as_str() {
            "trace" | "debug" | "info" | "warn" | "error" | "event" | "span" | "trace_span"
            | "debug_span" | "info_span" | "warn_span" | "error_span" => {
                format!("whether `{name}!` evaluates `{awaited}` depends on what is logged")
            }
            _ => {
                format!(
                    "only `{name}!` knows whether and when `{awaited}` in its arguments is evaluated"
                )
            }
        };
        let help = format!("write `let awaited = {awaited};` before it, and give it `awaited`");
        self.diagnostics
            .report_at(at, Code::AwaitInMacro, &what, &help);
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
        for cfg in cfgs_of(stmt) {
            self.diagnostics.report(
                cfg,
                Code::Cfg,
                "`#[cfg]` in the arguments of a macro is not evaluated before what is saved is known",
                "make the block a function of its own, or use `if cfg!(…)`",
            );
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Each `#[cfg]` of a statement that decides about more than code which stays the user's own: where
/// it stands in a macro, it is seen before it is evaluated.
fn cfgs_of(stmt: &Stmt) -> Vec<&Attribute> {
    let mut found = Cfgs::default();
    match stmt {
        Stmt::Local(local) => {
            local.attrs.iter().for_each(|a| found.visit_attribute(a));
            found.visit_pat(&local.pat);
            found.counts = true;
            let init = local.init.iter();
            let inside = init.flat_map(|i| [Some(&i.expr), i.diverge.as_ref().map(|(_, e)| e)]);
            for expr in inside.flatten() {
                let mut inside = Cfgs::default();
                inside.visit_expr(expr);
                found
                    .attrs
                    .extend(inside.attrs.into_iter().filter(|_| inside.awaits));
            }
        }
        Stmt::Expr(expr, _) => found.visit_expr(expr),
        Stmt::Macro(mac) => {
            found.counts = panics(&mac.mac);
            mac.attrs.iter().for_each(|a| found.visit_attribute(a));
        }
        Stmt::Item(_) => {}
    }
    if found.counts {
        found.attrs
    } else {
        Vec::new()
    }
}

/// Looks through a statement, but for the `#[cfg]`s of the statements inside it.
#[derive(Default)]
struct Cfgs<'a> {
    attrs: Vec<&'a Attribute>,
    awaits: bool,
    /// It awaits, jumps or assigns.
    counts: bool,
    /// Blocks around the current place.
    blocks: usize,
}

impl<'ast> Visit<'ast> for Cfgs<'ast> {
    fn visit_attribute(&mut self, attr: &'ast Attribute) {
        let cfg = attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr");
        if cfg && self.blocks == 0 {
            self.attrs.push(attr);
        }
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }

    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.awaits |= matches!(expr, Expr::Await(_)) || fork_kind(expr).is_some();
        self.counts |= match expr {
            Expr::Binary(binary) => assigns(&binary.op),
            Expr::Await(_)
            | Expr::Return(_)
            | Expr::Break(_)
            | Expr::Continue(_)
            | Expr::Assign(_) => true,
            Expr::Macro(mac) => panics(&mac.mac),
            other => fork_kind(other).is_some(),
        };
        visit::visit_expr(self, expr);
    }

    // They run at another time.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
