//! Forks: the operands of `join!` and its like become branches, each an operation or a region of
//! the graph.
//!
//! ```text
//! Input:   join!(charge(order), async { log().await })
//! Output:  fork `join(charge,async)` [0: charge(order)] [1: b1] -> a in b2
//! Twin:    { let b0 = charge(order); let b1 = || { … };
//!            seen((awaited(b0), joined(b1))) }
//! ```

use super::suspend::callee;
use super::twin::{Wrapper, wrap};
use super::{Builder, Dest, source_text};
use crate::diag::Code;
use crate::ir::{
    BlockId, Branch, BranchCode, Fork, LocalId, LocalKind, Locals, Point, PointId, Region,
    RegionCode, RegionId, Terminator,
};
use crate::names;
use crate::syntax::endless::has_no_end;
use crate::syntax::fork::{
    ForkKind, as_written, body_output, branch_code, fork_kind, operand_span,
};
use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Ident, Pat, Stmt, Token, parse_quote, parse_quote_spanned};

/// An operand as it is written.
struct Operand {
    expr: Expr,
    pat: Option<Pat>,
    condition: Option<Expr>,
}

impl Builder<'_> {
    /// Ends the block with a fork, goes on in a new one, and answers the expression that holds the
    /// answer. `expr` is a call that [`rewrite`](crate::syntax::fork::rewrite) made.
    pub(super) fn fork(&mut self, expr: &mut Expr) -> Expr {
        let kind = fork_kind(expr).expect("only called for forks");
        let Expr::Call(call) = &mut *expr else {
            unreachable!("forks are calls")
        };
        let span = call.func.span();
        self.refuse_guards(&kind.called(), span);
        let (hint, fixed) = (self.hint.take(), self.label.take());
        let is_body = call.args.first().is_some_and(|o| body_output(o).is_some());
        let (source, fixed) = if is_body {
            ("the body".to_owned(), Some("body".to_owned()))
        } else {
            (written(kind, &call.args), fixed)
        };
        let args = std::mem::take(&mut call.args);
        let mut operands = operands(kind, args.into_iter().collect());
        let mut conditions = Vec::new();
        let mut twins = Vec::new();
        for operand in &mut operands {
            conditions.push(operand.condition.as_mut().map(|condition| {
                let (temp, twin) = self.condition(condition);
                twins.push(twin);
                temp
            }));
        }
        let point = self.new_point(Point {
            span,
            source: if is_body {
                source.clone()
            } else {
                format!("{}({source})", kind.called())
            },
            callee: format!("{}({})", kind.name(), short_names(kind, &operands)),
            detail: hint.unwrap_or(source),
            lends: Vec::new(),
            lent: Locals::new(),
            joins: true,
            fixed,
            label: String::new(),
        });
        let mut branches = Vec::new();
        let mut outputs = Vec::new();
        for (index, (operand, enabled)) in operands.into_iter().zip(conditions).enumerate() {
            let name = names::internal(&format!("branch{index}"));
            let name = names::at(name, operand_span(&operand.expr));
            let (code, twin, output) = self.branch(operand.expr, point, index, &name);
            twins.push(twin);
            outputs.push(output);
            branches.push(Branch {
                enabled,
                pat: operand.pat,
                code,
            });
        }
        let answer = self.new_temp(LocalKind::Answer { of: point }, span);
        let resume = self.new_block();
        let fork = Fork {
            point,
            kind,
            branches,
            answer,
            resume,
        };
        self.end_with(Terminator::Fork(fork), resume);
        let outputs: Expr = combined(kind, &outputs, span);
        *expr = parse_quote_spanned!(span=> { #(#twins)* #outputs });
        wrap(expr, Wrapper::Seen(answer));
        self.temp_expr(answer)
    }

    /// A precondition is evaluated before all operands.
    fn condition(&mut self, condition: &mut Expr) -> (LocalId, Stmt) {
        let serves = self.next_point();
        let temp = self.new_temp(LocalKind::Temp { serves }, condition.span());
        let value = self.residual(condition);
        self.deliver(value, Dest::Into(temp));
        let mut twin = condition.clone();
        let enabled = names::internal("enabled");
        twin = parse_quote!({ let #enabled: ::core::primitive::bool = #twin; #enabled });
        wrap(&mut twin, Wrapper::Seen(temp));
        (temp, Stmt::Expr(twin, Some(Token![;](Span::mixed_site()))))
    }

    /// One branch: what it is, what stands for it in the twin, and its output there.
    fn branch(
        &mut self,
        mut operand: Expr,
        fork: PointId,
        branch: usize,
        name: &Ident,
    ) -> (BranchCode, Stmt, Expr) {
        let span = operand_span(&operand);
        let output_ty = body_output(&operand).map(|ty| quote!(-> #ty));
        if let Some(moves) = branch_code(&operand)
            && let Expr::Block(block) = &mut operand
        {
            let mut code = block.block.clone();
            let endless = has_no_end(&code);
            let (region, entry, output) = self.region(&mut code, moves, fork, branch, span);
            let moves = moves.then(|| Token![move](span));
            // A closure captures what an `async` block does, and refuses an `.await` that a macro
            // hides.
            let nothing = || endless.then(|| quote_spanned!(span=> -> ()));
            let gives = output_ty.or_else(nothing);
            let twin = parse_quote_spanned!(span=> let #name = #moves || #gives #code;);
            let mut value: Expr = parse_quote!(#name);
            wrap(&mut value, Wrapper::Joined(output));
            let code = BranchCode::Region(RegionCode {
                region,
                entry,
                captures: Locals::new(),
                borrowed: Locals::new(),
            });
            return (code, twin, value);
        }
        if self.suspends(&operand) {
            self.diagnostics.report(
                &operand,
                Code::Order,
                "an `.await` in what a branch begins with is not supported",
                "bind the awaited value with `let` before, or put all of it into an `async` block",
            );
        }
        let (callee, arguments) = callee(&operand);
        let point = self.new_point(Point {
            span,
            source: source_text(operand.to_token_stream()),
            callee,
            detail: arguments,
            lends: Vec::new(),
            lent: Locals::new(),
            joins: false,
            fixed: None,
            label: String::new(),
        });
        let operation = self.with_exits(&operand);
        let uses = self.uses_of(&operation);
        let twin = parse_quote_spanned!(span=> let #name = #operand;);
        let mut value: Expr = parse_quote!(#name);
        wrap(&mut value, Wrapper::Awaited(point));
        let code = BranchCode::Operation {
            point,
            operation,
            uses,
        };
        (code, twin, value)
    }

    /// A branch that is code: jumps cannot leave it, and `return` ends it.
    fn region(
        &mut self,
        code: &mut Block,
        moves: bool,
        fork: PointId,
        branch: usize,
        span: Span,
    ) -> (RegionId, BlockId, LocalId) {
        let output = names::at(names::temp(self.body.locals.len()), span);
        let output = self.new_local(output, LocalKind::Output, 1);
        let region = RegionId(self.body.regions.len());
        let (locals, points) = (self.body.locals.len(), self.body.points.len());
        self.body.regions.push(Region {
            moves,
            output,
            joined: Some((fork, branch)),
            locals: locals..locals,
            points: points..points,
        });
        let entry = self.new_block();
        let at = std::mem::replace(&mut self.current, entry);
        let targets = std::mem::take(&mut self.targets);
        let pending = std::mem::take(&mut self.pending);
        let held = std::mem::take(&mut self.held);
        self.block(code, Dest::Return);
        self.current = at;
        self.targets = targets;
        self.pending = pending;
        self.held = held;
        let this = &mut self.body.regions[region.0];
        this.locals.end = self.body.locals.len();
        this.points.end = self.body.points.len();
        (region, entry, output)
    }
}

fn operands(kind: ForkKind, args: Vec<Expr>) -> Vec<Operand> {
    let plain = |expr| Operand {
        expr,
        pat: None,
        condition: None,
    };
    match kind {
        ForkKind::Join | ForkKind::TryJoin | ForkKind::Timeout => {
            args.into_iter().map(plain).collect()
        }
        ForkKind::Select => {
            let mut operands = Vec::new();
            let mut args = args.into_iter();
            while let (Some(Expr::Let(operand)), Some(condition)) = (args.next(), args.next()) {
                let always: Expr = parse_quote!(true);
                operands.push(Operand {
                    expr: *operand.expr,
                    pat: Some(*operand.pat),
                    condition: (condition != always).then_some(condition),
                });
            }
            operands
        }
    }
}

/// The operands as the user wrote them.
fn written(kind: ForkKind, operands: &Punctuated<Expr, Token![,]>) -> String {
    let tokens = match (kind, operands.first()) {
        (ForkKind::Timeout, Some(Expr::Call(limited))) => {
            let (limit, code) = (&limited.args[0], &operands[1]);
            quote!(#limit, #code)
        }
        _ => operands.to_token_stream(),
    };
    as_written(&source_text(tokens))
}

/// What a fork is of, for its label. The limit of a time-out is not told.
fn short_names(kind: ForkKind, operands: &[Operand]) -> String {
    let skip = usize::from(kind == ForkKind::Timeout);
    let names = operands.iter().skip(skip).map(|o| short_name(&o.expr));
    names.collect::<Vec<_>>().join(",")
}

/// For the label: the callee of an operation.
fn short_name(operand: &Expr) -> String {
    match branch_code(operand) {
        Some(_) => "async".to_owned(),
        None => callee(operand).0,
    }
}

/// The answer of all branches, from their outputs.
fn combined(kind: ForkKind, outputs: &[Expr], span: Span) -> Expr {
    match kind {
        ForkKind::Join => parse_quote_spanned!(span=> (#(#outputs,)*)),
        ForkKind::TryJoin => {
            let all = try_all(outputs.len(), span);
            parse_quote_spanned!(span=> match (#(#outputs,)*) { #all })
        }
        ForkKind::Select => {
            let some = outputs
                .iter()
                .map(|o| quote_spanned!(span=> ::core::option::Option::Some(#o)));
            parse_quote_spanned!(span=> (#(#some,)*))
        }
        ForkKind::Timeout => {
            let (rt, limit, output) = (names::rt_at(span), &outputs[0], &outputs[1]);
            parse_quote_spanned!(span=> #rt::in_time(#limit, #output))
        }
    }
}

/// The arms of a `match` over the results of all branches.
fn try_all(count: usize, span: Span) -> proc_macro2::TokenStream {
    let values: Vec<_> = (0..count)
        .map(|n| names::internal(&format!("value{n}")))
        .collect();
    let errors = (0..count).map(|index| {
        let places = (0..count).map(|place| {
            if place == index {
                quote_spanned!(span=> ::core::result::Result::Err(__error))
            } else {
                quote!(_)
            }
        });
        quote_spanned!(span=> (#(#places,)*) => ::core::result::Result::Err(__error),)
    });
    quote_spanned! {span=>
        (#(::core::result::Result::Ok(#values),)*) => ::core::result::Result::Ok((#(#values,)*)),
        #(#errors)*
    }
}

/// A pattern that tests a value without taking it: bindings lose `mut` and `ref`.
pub(crate) fn clean_pattern(pat: &Pat) -> Pat {
    struct Clean;
    impl VisitMut for Clean {
        fn visit_pat_mut(&mut self, pat: &mut Pat) {
            if let Pat::Reference(reference) = &*pat {
                *pat = (*reference.pat).clone();
            }
            visit_mut::visit_pat_mut(self, pat);
        }
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            pat.by_ref = None;
            pat.mutability = None;
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }
    let mut pat = pat.clone();
    Clean.visit_pat_mut(&mut pat);
    pat
}
