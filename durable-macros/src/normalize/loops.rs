//! `loop`, `while` and `for` around a suspend point.

use super::borrowed_loops::Lent;
use super::control::first_name;
use super::tails::{self, FoundTail};
use super::twin::{Wrapper, probe, wrap};
use super::{Builder, Dest, Target, closures};
use crate::ir::{BlockId, Code, LocalId, LocalKind, Locals, Statement, Tail, Terminator};
use crate::names;
use syn::spanned::Spanned;
use syn::{
    Expr, ExprForLoop, ExprLoop, ExprWhile, Ident, Label, Pat, parse_quote, parse_quote_spanned,
};

impl Builder<'_> {
    pub(super) fn loop_expr(&mut self, expr: &mut ExprLoop, dest: Dest) {
        let start = self.scope_start();
        let (head, after) = (self.new_block(), self.new_block());
        self.end_with(Terminator::Goto(head), head);
        self.in_loop(expr.label.as_ref(), head, after, dest, |s| {
            s.block(&mut expr.body, Dest::Discard);
        });
        self.end_with(Terminator::Goto(head), after);
        self.scope_ended(start, after);
    }

    pub(super) fn while_expr(&mut self, expr: &mut ExprWhile) {
        let start = self.scope_start();
        let (head, body, after) = (self.new_block(), self.new_block(), self.new_block());
        self.end_with(Terminator::Goto(head), head);
        self.scopes.push();
        self.in_loop(expr.label.as_ref(), head, after, Dest::Discard, |s| {
            let binds = s.cond(&mut expr.cond, body, after);
            s.current = body;
            s.block(&mut expr.body, Dest::Discard);
            expr.body.stmts.splice(0..0, binds.into_iter().map(probe));
        });
        self.scopes.pop();
        self.end_with(Terminator::Goto(head), after);
        self.scope_ended(start, after);
    }

    /// A loop over an iterator: its remaining items are a local of their own, `<binding>.at`.
    pub(super) fn for_expr(&mut self, expr: &mut ExprForLoop) {
        let mut source = self.residual(&mut expr.expr);
        let named = first_name(&expr.pat);
        self.show_source(&mut source, &mut expr.expr);
        if let Some(mut lent) = self.lent(&named, &source, &mut expr.expr) {
            let uses = self.uses_of(&lent.iter);
            self.scopes.push();
            self.lent_start(&lent, uses);
            let over = (lent.at, Some(lent.source), lent.tail.take());
            self.items(expr, over, |s, pat, binds| s.lend(lent, pat, binds));
            return;
        }
        let closure = self.looped_closure(&source);
        let found = self.found(&named, &mut source, &mut expr.expr);
        let (source, tail) = if found.is_some() {
            (source, None)
        } else {
            self.owned(source, &mut expr.expr)
        };
        let uses = self.uses_of(&source);
        self.scopes.push();
        let name = format!("{}.at", first_name(&expr.pat));
        let depth = self.scopes.count(&name) + 1;
        let ident = names::at(names::temp(self.body.locals.len()), expr.expr.span());
        let cursor = self.new_local(ident, LocalKind::Cursor { name: name.clone() }, depth);
        self.scopes.bind(name, cursor, None);
        if closure.is_some() {
            self.body.locals[cursor.0].closure = true;
            self.body.locals[cursor.0].instead = closure;
        }
        let over = tail.as_ref().map_or(0, |tail| tail.length);
        wrap(tails::under(&mut expr.expr, over), Wrapper::Source(cursor));
        self.push(Statement {
            binds: Locals::from([cursor]),
            uses,
            ..Statement::new(Code::Start { cursor, source })
        });
        let tail = tail.map(|found| found.tail);
        let found = found.map(|binding| self.found_rest(binding, cursor));
        self.items(expr, (cursor, None, tail), |s, pat, binds| {
            if found.is_some() {
                s.found_items(cursor, pat, binds);
            }
        });
    }

    /// What a loop takes its items from, and the closures over it.
    fn owned(&mut self, source: Expr, twin: &mut Expr) -> (Expr, Option<FoundTail>) {
        let mut inner = source.clone();
        let tail = self.tail(&mut inner).flatten();
        let Some(tail) = tail.filter(|_| closures::is_iterator(&inner)) else {
            self.refuse_closures(twin);
            return (source, None);
        };
        let over = tails::under(twin, tail.length);
        let rt = names::rt_at(over.span());
        *over = parse_quote_spanned!(over.span()=> #rt::iterated(#over));
        self.hold_in_tail(twin, tail.length);
        (inner, Some(tail))
    }

    /// The iterator of a borrowed source and the position in it.
    fn lent_start(&mut self, lent: &Lent, uses: Locals) {
        let rt = names::rt();
        let begin = |pat: &Ident, init: Expr| Code::Let {
            pat: parse_quote!(mut #pat),
            ty: None,
            init,
            otherwise: None,
        };
        let iter = begin(&self.body.locals[lent.source.0].ident, lent.iter.clone());
        let at = begin(
            &self.body.locals[lent.at.0].ident,
            parse_quote!(#rt::position()),
        );
        let mut binds = lent.keys.clone();
        binds.insert(lent.source);
        self.push(Statement {
            binds,
            uses,
            ..Statement::new(iter)
        });
        self.push(Statement {
            binds: Locals::from([lent.at]),
            ..Statement::new(at)
        });
    }

    /// The turns of a loop; its scope is open, and closed here.
    fn items(
        &mut self,
        expr: &mut ExprForLoop,
        (cursor, source, tail): (LocalId, Option<LocalId>, Option<Tail>),
        bound: impl FnOnce(&mut Self, &Pat, &Locals),
    ) {
        let start = self.scope_start();
        let (head, body, after) = (self.new_block(), self.new_block(), self.new_block());
        self.end_with(Terminator::Goto(head), head);
        let binds = self.bind_pattern(&expr.pat, None);
        bound(self, &expr.pat, &binds);
        let pat = (*expr.pat).clone();
        let next = Terminator::Next {
            cursor,
            source,
            tail,
            pat,
            binds: binds.clone(),
            body,
            exit: after,
        };
        self.end_with(next, body);
        self.in_loop(expr.label.as_ref(), head, after, Dest::Discard, |s| {
            s.block(&mut expr.body, Dest::Discard);
        });
        expr.body.stmts.splice(0..0, binds.into_iter().map(probe));
        self.scopes.pop();
        self.end_with(Terminator::Goto(head), after);
        self.scope_ended(start, after);
    }

    fn in_loop(
        &mut self,
        label: Option<&Label>,
        head: BlockId,
        after: BlockId,
        dest: Dest,
        walk: impl FnOnce(&mut Self),
    ) {
        self.targets.push(Target {
            label: label.map(|l| names::unraw(&l.name.ident)),
            is_loop: true,
            break_to: after,
            continue_to: Some(head),
            dest,
        });
        walk(self);
        self.targets.pop();
    }
}
