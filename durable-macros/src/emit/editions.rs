//! Where code drops what it holds as in its own edition: there the twin does not ask rustc about the order.
//!
//! ```text
//! Twin:    #[deny(if_let_rescope, tail_expr_drop_order)] let _ = |…| {
//!              #[allow(…)] let n = if let Some(n) = *held() { n } else { 0 };       its own tokens in the arm, too
//!              if let Some(n) = *held() { op().await; n } else { *held() = None; 0 }       the arms have its parts
//!          };
//! ```
//!
//! Spared are statements without an await, closures, and in an expression without an await the blocks at whose
//! end temporaries are dropped in each edition. What the last expression of a lowered block holds is dropped by
//! the machine before the block's variables; so of the two questions only that about `if let` is spared there.
//! Blocks that are put around have the spans of the user, which tell the edition.

use crate::diag::{self, Code};
use crate::normalize::blocks;
use crate::normalize::twin::{PROBES, Wrapper, wrapper};
use crate::syntax::fork::{fork_call, is_branch};
use crate::syntax::meaning::is_of_std;
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::spanned::Spanned;
use syn::token::Brace;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Stmt, parse_quote};

/// The lints of rustc about drops that come earlier since edition 2024.
pub(super) fn lints() -> TokenStream {
    quote!(if_let_rescope, tail_expr_drop_order)
}

/// Why they are denied where code is lowered.
pub(super) fn reason() -> String {
    diag::text(
        Code::Order,
        "code with an `.await` drops temporaries as in edition 2024, which is another order here",
        "write `match` instead of `if let`, and bind what is dropped with `let`",
    )
}

/// Takes the question from all that drops as it is written.
pub(super) fn spare(twin: &mut Block) {
    Spare.ending(twin);
}

struct Spare;

impl Spare {
    /// A block at whose end its temporaries are dropped in each edition: a body, or a way of an `if`.
    fn ending(&mut self, block: &mut Block) {
        let edition = block.brace_token.span.join();
        self.statements(block, |spare, tail| {
            spare.visit_expr_mut(tail);
            // The arm takes it whole, and drops what it holds before the block's variables.
            if !awaits(|find| find.visit_expr(tail)) && chooses(|find| find.visit_expr(tail)) {
                let spared = spared(edition, &tail);
                *tail = parse_quote!(#spared);
            }
        });
    }

    fn statements(&mut self, block: &mut Block, tail: impl FnOnce(&mut Self, &mut Expr)) {
        let mut stmts = &mut *block.stmts;
        if let [rest @ .., Stmt::Expr(last, None)] = stmts {
            tail(self, last);
            stmts = rest;
        }
        for stmt in stmts {
            self.visit_stmt_mut(stmt);
        }
    }

    /// What a `match` or a closure gives: dropped at its end, too.
    fn ending_expr(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Block(block) if is_probed(block) => {
                // When nothing is probed, one expression must be left of it.
                if let Some(Stmt::Expr(inner, None)) = block.block.stmts.last_mut() {
                    self.ending_expr(inner);
                }
            }
            _ if !awaits(|find| find.visit_expr(expr)) => {
                AsWritten.visit_expr_mut(expr);
                if chooses(|find| find.visit_expr(expr)) {
                    let edition = expr.span();
                    let block = braced(edition, spared(edition, &expr));
                    *expr = parse_quote!(#block);
                }
            }
            Expr::Block(block) if block.label.is_none() => self.ending(&mut block.block),
            other => self.visit_expr_mut(other),
        }
    }
}

impl VisitMut for Spare {
    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if awaits(|find| find.visit_stmt(stmt)) {
            return visit_mut::visit_stmt_mut(self, stmt);
        }
        AsWritten.visit_stmt_mut(stmt);
        if !chooses(|find| find.visit_stmt(stmt)) {
            return;
        }
        match stmt {
            Stmt::Local(local) => local.attrs.push(parse_quote!(#[allow(if_let_rescope)])),
            Stmt::Expr(expr, semi) => {
                let spared = spared(expr.span(), quote!(#expr #semi));
                *expr = parse_quote!(#spared);
            }
            // Another macro may bind a name.
            Stmt::Macro(mac) if is_of_std(&mac.mac) => {
                let spared = spared(mac.span(), mac);
                *stmt = Stmt::Expr(parse_quote!(#spared), None);
            }
            Stmt::Macro(_) | Stmt::Item(_) => {}
        }
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        self.statements(block, Self::visit_expr_mut);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let lowered = awaits(|find| find.visit_expr(expr));
        let way = |spare: &mut Self, block: &mut Block| {
            if lowered {
                spare.ending(block);
            } else {
                AsWritten.ending(block);
            }
        };
        match expr {
            Expr::If(branch) => {
                self.visit_expr_mut(&mut branch.cond);
                way(self, &mut branch.then_branch);
                match branch.else_branch.as_mut().map(|(_, block)| &mut **block) {
                    Some(Expr::Block(block)) => way(self, &mut block.block),
                    Some(other) => self.visit_expr_mut(other),
                    None => {}
                }
            }
            Expr::Match(switch) => {
                self.visit_expr_mut(&mut switch.expr);
                let arms = switch.arms.iter_mut();
                arms.for_each(|arm| self.ending_expr(&mut arm.body));
            }
            Expr::While(looped) => {
                self.visit_expr_mut(&mut looped.cond);
                way(self, &mut looped.body);
            }
            Expr::ForLoop(looped) => {
                self.visit_expr_mut(&mut looped.expr);
                way(self, &mut looped.body);
            }
            Expr::Loop(looped) => way(self, &mut looped.body),
            Expr::Closure(closure) => self.ending_expr(&mut closure.body),
            Expr::Block(block) if block.attrs.iter().any(is_branch) => {
                self.ending(&mut block.block);
            }
            other => visit_mut::visit_expr_mut(self, other),
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Code whose blocks stand in an arm as they are. With the braces of another edition nothing is asked about them:
/// that lint has one level for the whole of a body.
struct AsWritten;

impl AsWritten {
    /// A way of an `if` that has no await.
    fn ending(&mut self, block: &mut Block) {
        self.visit_block_mut(block);
        if chooses(|find| find.visit_block(block)) {
            let edition = block.brace_token.span.join();
            let outer = braced(edition, quote!(#[allow(if_let_rescope)] #block));
            *block = parse_quote!(#outer);
        }
    }
}

impl VisitMut for AsWritten {
    fn visit_block_mut(&mut self, block: &mut Block) {
        visit_mut::visit_block_mut(self, block);
        let has_tail = match block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => !matches!(tail, Expr::Path(_) | Expr::Lit(_)),
            Some(Stmt::Macro(mac)) => mac.semi_token.is_none(),
            _ => false,
        };
        let others = block
            .stmts
            .iter()
            .any(|stmt| matches!(stmt, Stmt::Local(_)));
        if has_tail && (others || chooses(|find| find.visit_block(block))) {
            let at = block.brace_token.span.join();
            block.brace_token = Brace(Span::mixed_site().located_at(at));
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Code in a block about which `if let` is not asked.
fn spared(edition: Span, code: impl ToTokens) -> TokenStream {
    let block = braced(edition, code);
    quote!(#[allow(if_let_rescope)] #block)
}

/// A block of this edition. Lints look at its last token: it is that of the code.
fn braced(edition: Span, code: impl ToTokens) -> Group {
    let code = code.into_token_stream();
    let at = match code.clone().into_iter().last() {
        Some(TokenTree::Group(group)) => group.span_close(),
        Some(token) => token.span(),
        None => edition,
    };
    let mut block = Group::new(Delimiter::Brace, code);
    block.set_span(at.resolved_at(edition));
    block
}

/// Whether a block stands around an expression that is probed.
fn is_probed(block: &syn::ExprBlock) -> bool {
    block.attrs.iter().any(|attr| attr.path().is_ident(PROBES))
}

/// Whether what is visited holds an await.
fn awaits(visit: impl FnOnce(&mut Awaits)) -> bool {
    let mut find = Awaits(false);
    visit(&mut find);
    find.0
}

struct Awaits(bool);

impl<'ast> Visit<'ast> for Awaits {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        self.0 |= match expr {
            Expr::Await(_) | Expr::Async(_) => true,
            Expr::Call(call) => {
                let joins = match &*call.func {
                    Expr::Path(path) => path.path.get_ident().and_then(wrapper),
                    _ => None,
                };
                matches!(joins, Some(Wrapper::Awaited(_) | Wrapper::Joined(_)))
                    || fork_call(call).is_some()
                    || blocks::called(call).is_some()
            }
            _ => false,
        };
        visit::visit_expr(self, expr);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.0 |= blocks::are_called(mac.tokens.clone());
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether there may be an `if let`.
fn chooses(visit: impl FnOnce(&mut Chooses)) -> bool {
    let mut find = Chooses(false);
    visit(&mut find);
    find.0
}

struct Chooses(bool);

impl<'ast> Visit<'ast> for Chooses {
    fn visit_expr_let(&mut self, _: &'ast syn::ExprLet) {
        self.0 = true;
    }

    /// Nobody knows what it stands for.
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.0 |= !is_of_std(mac) || has_a_block(mac.tokens.clone());
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

fn has_a_block(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => {
            group.delimiter() == Delimiter::Brace || has_a_block(group.stream())
        }
        _ => false,
    })
}
