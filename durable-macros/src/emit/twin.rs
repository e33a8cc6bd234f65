//! The never-run twin: the user's own body, with placeholders turned into probes.

use super::lending::Lending;
use super::{closures, editions, is_linked, signed};
use crate::analysis::liveness::Liveness;
use crate::ir::{Body, LocalId, Locals, PointId, Terminator};
use crate::lower::Layout;
use crate::names;
use crate::normalize::standard::{Opened, each_operand};
use crate::normalize::twin::{DECLARED, OUTLIVES, Outlives, PROBE, PROBES, Wrapper, wrapper};
use crate::normalize::{Normalized, blocks, holding};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use std::collections::BTreeMap;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Macro, Stmt, StmtMacro, parse_quote, parse_quote_spanned};

/// The body of the twin.
pub(super) fn body(
    normalized: &Normalized,
    liveness: &Liveness,
    layout: &Layout,
    opened: &Opened,
) -> (TokenStream, Lending) {
    let body = &normalized.body;
    let mut twin = normalized.twin.clone();
    let lending = Lending::find(body, layout, &mut twin);
    editions::spare(&mut twin);
    let after = after_macros(body, liveness);
    let mut resolve = Resolve {
        normalized,
        body,
        liveness,
        layout,
        after,
        opened,
        lending,
    };
    resolve.visit_block_mut(&mut twin);
    (twin.into_token_stream(), resolve.lending)
}

/// What is needed after each macro that might bind names.
fn after_macros(body: &Body, liveness: &Liveness) -> BTreeMap<usize, Locals> {
    let mut after = BTreeMap::new();
    for block in &body.blocks {
        let live = liveness.after_statements(body, block);
        let statements = block.statements.iter().zip(live);
        after.extend(statements.filter_map(|(s, live)| Some((s.hides?, live))));
    }
    after
}

struct Resolve<'a> {
    normalized: &'a Normalized,
    body: &'a Body,
    liveness: &'a Liveness,
    layout: &'a Layout,
    /// By the number of the macro.
    after: BTreeMap<usize, Locals>,
    opened: &'a Opened,
    lending: Lending,
}

impl Resolve<'_> {
    /// A statement as it stands in the twin: a placeholder becomes a probe, or nothing.
    fn statement(&self, stmt: Stmt) -> Option<Stmt> {
        if let Some(outlives) = outlives(&stmt) {
            return self.outlives(&outlives);
        }
        if let Some(local) = placeholder(&stmt, DECLARED) {
            return self.declared(local);
        }
        let Some(local) = placeholder(&stmt, PROBE) else {
            return Some(stmt);
        };
        if let Some(signature) = signed(self.body, self.layout, local) {
            let point = self.first_after(local);
            return Some(closures::lent(self.body, local, signature, point));
        }
        if !is_linked(self.body, self.layout, local) {
            return None;
        }
        let (rt, ty) = (names::rt(), names::local_ty(local.0));
        let ident = &self.body.locals[local.0].ident;
        Some(parse_quote!(#rt::is(#ty, &#ident);))
    }

    /// The first suspend point that a local is needed after.
    fn first_after(&self, local: LocalId) -> Option<PointId> {
        let points = self.body.blocks.iter().filter_map(|block| {
            let point = match &block.terminator {
                Terminator::Suspend { point, .. } => *point,
                Terminator::Fork(fork) => fork.point,
                _ => return None,
            };
            let inside = block.terminator.captures().contains(&local);
            (inside || self.liveness.across(block, 0).contains(&local)).then_some(point)
        });
        points.min()
    }

    /// Never run, and diverges: rustc does not count it as an assignment.
    fn declared(&self, local: LocalId) -> Option<Stmt> {
        if !is_linked(self.body, self.layout, local) {
            return None;
        }
        let (rt, ty) = (names::rt(), names::local_ty(local.0));
        let ident = &self.body.locals[local.0].ident;
        Some(parse_quote! {
            #[allow(
                warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                reason = "generated code"
            )]
            if false {
                #ident = #rt::take(&mut #rt::none(#ty));
                loop {}
            }
        })
    }

    /// A copy of a macro in a block that the named locals must outlive: those which it binds itself
    /// do not.
    fn outlives(&self, outlives: &Outlives) -> Option<Stmt> {
        let after = self.after.get(&outlives.number)?;
        let needed: Vec<_> = outlives.locals.intersection(after).collect();
        if needed.is_empty() {
            return None;
        }
        let at = outlives.mac.mac.path.span();
        let names = needed.iter().map(|local| {
            let mut ident = self.body.locals[local.0].ident.clone();
            ident.set_span(ident.span().located_at(at));
            quote_spanned!(at=> &#ident)
        });
        let (mac, outer) = (
            &outlives.mac,
            names::at(names::internal("bound_outside"), at),
        );
        Some(parse_quote_spanned! {at=>
            #[allow(
                warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                reason = "generated code"
            )]
            {
                if false {
                    let #outer;
                    {
                        #mac
                        #outer = (#(#names,)*);
                    }
                    let _ = &#outer;
                    loop {}
                }
            }
        })
    }

    /// A borrow, holding what stands in the arguments after it.
    fn tied(expr: &Expr, mut borrow: Expr) -> Expr {
        let Expr::Call(call) = expr else {
            return borrow;
        };
        if closures::is_code(&borrow) {
            holding(&mut borrow, call.args.iter().skip(1));
            return borrow;
        }
        call.args.iter().skip(1).fold(borrow, |borrow, held| {
            let span = held.span();
            let rt = names::rt_at(span);
            parse_quote_spanned!(span=> #rt::tie(#borrow, #held))
        })
    }

    /// The operands of a macro of std may be blocks.
    fn blocks_in(&mut self, mac: &mut Macro) {
        if blocks::are_called(mac.tokens.clone()) {
            each_operand(mac, &mut |operand| self.visit_expr_mut(operand));
        }
    }

    fn wrapped(expr: &Expr) -> Option<(Wrapper, Expr)> {
        let Expr::Call(call) = expr else { return None };
        let Expr::Path(path) = &*call.func else {
            return None;
        };
        Some((wrapper(path.path.get_ident()?)?, call.args.first()?.clone()))
    }
}

impl VisitMut for Resolve<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        block.stmts = std::mem::take(&mut block.stmts)
            .into_iter()
            .filter_map(|stmt| self.statement(stmt))
            .collect();
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_stmt_macro_mut(&mut self, mac: &mut StmtMacro) {
        self.blocks_in(&mut mac.mac);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // `awaited(op)` gives the answer by itself.
        if let Expr::Await(await_expr) = expr
            && matches!(
                Self::wrapped(&await_expr.base),
                Some((Wrapper::Awaited(_), _))
            )
        {
            let base = std::mem::replace(&mut *await_expr.base, Expr::Verbatim(TokenStream::new()));
            *expr = base;
        }
        if let Expr::Call(call) = &*expr
            && let Some(number) = blocks::called(call)
        {
            let normalized = self.normalized;
            *expr = super::blocks::in_twin(number, normalized, &mut |code| {
                editions::spare(code);
                self.visit_block_mut(code);
            });
            return;
        }
        if let Some((wrapper, inner)) = Self::wrapped(expr) {
            // Errors about the whole are equal to those of the machine, and so come once.
            let span = expr.span();
            let rt = names::rt_at(span);
            *expr = match wrapper {
                Wrapper::Seen(local) if is_linked(self.body, self.layout, local) => {
                    let ty = names::local_ty(local.0);
                    parse_quote_spanned!(span=> #rt::seen(#ty, #inner))
                }
                Wrapper::Awaited(point) => {
                    let ty = names::op_ty(point.0);
                    // `(&mut handle).await` needs parentheses, an argument does not.
                    let inner = match inner {
                        Expr::Paren(paren) if paren.attrs.is_empty() => *paren.expr,
                        inner => inner,
                    };
                    parse_quote_spanned!(span=> #rt::awaited(#ty, #inner))
                }
                Wrapper::Joined(output) => {
                    let ty = names::local_ty(output.0);
                    parse_quote_spanned!(span=> #rt::joined(#ty, #inner))
                }
                Wrapper::Source(local) => {
                    let ty = names::source_ty(local.0);
                    parse_quote!(#rt::seen(#ty, #inner))
                }
                Wrapper::Tied(local) if self.layout.remade.contains(&local) => {
                    Self::tied(expr, inner)
                }
                Wrapper::Lookup(lookup) => {
                    // What it is asked stands around it.
                    let (asked, inner) = match Self::wrapped(&inner) {
                        Some((Wrapper::Lends(call), inner)) => (Some(call), inner),
                        _ => (None, inner),
                    };
                    let found =
                        super::lookups::looked_up(self.body, self.layout, lookup, expr, inner);
                    match asked {
                        Some(call) => self.lending.in_twin(call, found),
                        None => found,
                    }
                }
                Wrapper::Lends(call) => self.lending.in_twin(call, inner),
                Wrapper::Seen(_) | Wrapper::Tied(_) => inner,
            };
            self.visit_expr_mut(expr);
            return;
        }
        if let Expr::Block(block) = expr
            && block.attrs.iter().any(|a| a.path().is_ident(PROBES))
        {
            block.attrs.clear();
            self.visit_block_mut(&mut block.block);
            if let [Stmt::Expr(inner, None)] = &mut *block.block.stmts {
                *expr = std::mem::replace(inner, Expr::Verbatim(TokenStream::new()));
            }
            return;
        }
        if let Expr::Macro(mac) = expr {
            self.blocks_in(&mut mac.mac);
        }
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Call(call) = &*expr
            && let Some(mac) = self.opened.closed(call)
        {
            *expr = mac;
        }
    }
}

/// The proof that a statement is a placeholder for.
fn outlives(stmt: &Stmt) -> Option<Outlives> {
    let Stmt::Macro(mac) = stmt else { return None };
    let tokens = || mac.mac.tokens.clone();
    mac.mac
        .path
        .is_ident(OUTLIVES)
        .then(|| syn::parse2(tokens()).ok())?
}

/// The local of a placeholder of this name.
fn placeholder(stmt: &Stmt, name: &str) -> Option<LocalId> {
    let Stmt::Macro(mac) = stmt else { return None };
    if !mac.mac.path.is_ident(name) {
        return None;
    }
    let number: syn::LitInt = syn::parse2(mac.mac.tokens.clone()).ok()?;
    Some(LocalId(number.base10_parse().ok()?))
}
