//! The arms of the machine: each a head block with all blocks that only it leads to.
//!
//! ```text
//! Input:   b1: let r = a?; goto b2          (r is live in b2, log is used here)
//! Output:  1 => {
//!              let a = cx.complete(op0);
//!              let r = a?;
//!              slot_r = Some(r);
//!              pc = Goto(2); continue;
//!          }
//! ```
//!
//! Code keeps the user's own names. A local is taken out of its slot under its name just before
//! it is used, and put back at the end of the arm if it is live there. Where two locals of one
//! name are needed in one arm, the outer one waits under a generated name (`kept`).

use super::exits::{Bound, Exits};
use super::is_linked;
use super::rename::{Renamed, in_expr, in_pat, in_stmt};
use crate::analysis::liveness::{Liveness, at_exit};
use crate::ir::{
    Block, BlockId, Body, Code, ExitId, LocalId, LocalKind, Locals, Statement, Terminator,
};
use crate::lower::Layout;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use syn::visit_mut::VisitMut;
use syn::{Expr, Pat};

/// All arms of the machine, as arms of a `match` over their numbers.
pub(super) fn arms(body: &Body, liveness: &Liveness, layout: &Layout) -> TokenStream {
    let arms = Arms {
        body,
        liveness,
        layout,
    };
    layout
        .arms
        .iter()
        .enumerate()
        .map(|(number, &head)| {
            let number = u32::try_from(number).expect("fewer than 2^32 arms");
            let code = arms.head(head);
            quote!(#number => { #code })
        })
        .collect()
}

struct Arms<'a> {
    body: &'a Body,
    liveness: &'a Liveness,
    layout: &'a Layout,
}

/// Which locals are in variables at one place of an arm, and under which names.
#[derive(Clone, Default)]
struct Env {
    bound: BTreeMap<LocalId, Ident>,
    names: BTreeMap<String, LocalId>,
}

impl Env {
    fn bind(&mut self, local: LocalId, ident: &Ident) {
        self.bound.insert(local, ident.clone());
        self.names.insert(ident.to_string(), local);
    }
}

impl Arms<'_> {
    fn ident(&self, local: LocalId) -> &Ident {
        &self.body.locals[local.0].ident
    }

    fn head(&self, head: BlockId) -> TokenStream {
        let mut env = Env::default();
        let suspend = self
            .body
            .blocks
            .iter()
            .find_map(|block| match &block.terminator {
                Terminator::Suspend {
                    point,
                    answer,
                    resume,
                    ..
                } if *resume == head => Some((*point, *answer)),
                _ => None,
            });
        let answer = suspend.map(|(point, answer)| {
            let (ident, op) = (self.ident(answer), names::op_ty(point.0));
            let cx = names::internal("cx");
            env.bind(answer, ident);
            let link = self.link(answer);
            quote! {
                let mut #ident = #cx.complete(#op);
                #link
            }
        });
        let code = self.block(head, env);
        quote!(#answer #code)
    }

    fn block(&self, number: BlockId, mut env: Env) -> TokenStream {
        let block = &self.body.blocks[number.0];
        let after = self.liveness.after_statements(self.body, block);
        let mut code = TokenStream::new();
        for (statement, live) in block.statements.iter().zip(&after) {
            code.extend(self.statement(statement, live, &mut env));
        }
        code.extend(self.terminator(block, env));
        code
    }

    /// Puts a local into a variable of its own name.
    fn ensure(&self, local: LocalId, live: &Locals, env: &mut Env) -> TokenStream {
        let ident = self.ident(local);
        let at = env.bound.get(&local).cloned();
        if at.as_ref() == Some(ident) && env.names.get(&ident.to_string()) == Some(&local) {
            return TokenStream::new();
        }
        let kept = stash(self.make_room(ident, local, live, env).as_ref());
        env.bind(local, ident);
        let (rt, slot) = (names::rt(), names::slot(local.0));
        match at {
            Some(place) => quote!(#kept let mut #ident = #place;),
            None if self.layout.has_slot(local) => {
                quote!(#kept let mut #ident = #rt::take(&mut #slot);)
            }
            // Assigned before it is read: rustc has checked that.
            None => quote!(#kept let mut #ident;),
        }
    }

    /// Declares a local that is assigned as a whole and not read: its slot may be empty.
    fn declare(&self, local: LocalId, live: &Locals, env: &mut Env) -> TokenStream {
        let ident = self.ident(local);
        if env.bound.get(&local) == Some(ident) && env.names.get(&ident.to_string()) == Some(&local)
        {
            return TokenStream::new();
        }
        let kept = stash(self.make_room(ident, local, live, env).as_ref());
        env.bind(local, ident);
        let declared = self.declared(local);
        quote!(#kept #declared)
    }

    /// A variable without a value, and with the type of its slot.
    fn declared(&self, local: LocalId) -> TokenStream {
        let ident = self.ident(local);
        let typed = self.layout.has_slot(local).then(|| {
            let (rt, slot) = (names::rt(), names::slot(local.0));
            quote!(if false { #ident = #rt::take(&mut #slot); })
        });
        quote!(let mut #ident; #typed)
    }

    /// Frees a name: the local that holds it waits elsewhere if it is still needed.
    fn make_room(
        &self,
        ident: &Ident,
        by: LocalId,
        live: &Locals,
        env: &mut Env,
    ) -> Option<Renamed> {
        let &holder = env.names.get(&ident.to_string())?;
        if holder == by {
            return None;
        }
        if !live.contains(&holder) {
            env.bound.remove(&holder);
            return None;
        }
        let (ident, kept) = (self.ident(holder).clone(), names::stash(holder.0));
        env.bound.insert(holder, kept.clone());
        Some(Renamed { ident, kept })
    }

    fn statement(&self, statement: &Statement, live: &Locals, env: &mut Env) -> TokenStream {
        let mut code = TokenStream::new();
        let live_out = self.live_out(&statement.exits);
        let live = &(live | &live_out);
        for &local in &statement.uses {
            code.extend(self.ensure(local, live, env));
        }
        for local in &(&statement.maybe_assigns | &statement.mentions) - &statement.uses {
            if live.contains(&local) && !statement.assigns.contains(&local) {
                code.extend(self.ensure(local, live, env));
            } else if statement.maybe_assigns.contains(&local) {
                code.extend(self.declare(local, live, env));
            }
        }
        for &local in statement.assigns.difference(&statement.uses) {
            code.extend(self.declare(local, live, env));
        }
        let mut room = Vec::new();
        if !statement.exits.is_empty() {
            let inside = match &statement.code {
                Code::Let {
                    init, otherwise, ..
                } => otherwise
                    .iter()
                    .fold(Bound::default().expr(init), Bound::expr),
                Code::Start { source, .. } => Bound::default().expr(source),
                Code::Stmt(stmt) => Bound::default().stmt(stmt),
                Code::Param { .. } => Bound::default(),
            };
            room.extend(self.hide(&inside, &live_out, env));
        }
        room.extend(
            statement
                .binds
                .iter()
                .filter_map(|&local| self.make_room(self.ident(local), local, live, env)),
        );
        let before = env.clone();
        for &local in &statement.binds {
            env.bind(local, self.ident(local));
        }
        code.extend(self.code(&statement.code, statement, &room, &before));
        let deferred = |l: &LocalId| matches!(self.body.locals[l.0].kind, LocalKind::Deferred);
        let bound = statement.binds.iter().filter(|l| !deferred(l));
        code.extend(bound.chain(&statement.assigns).map(|&l| self.link(l)));
        code
    }

    /// Live wherever one of these jumps goes.
    fn live_out(&self, exits: &[ExitId]) -> Locals {
        exits
            .iter()
            .flat_map(|&exit| at_exit(self.body, exit, &self.liveness.live_in))
            .collect()
    }

    /// Keeps locals that a jump needs from being hidden by names bound around the jump.
    fn hide(&self, inside: &Bound, live_out: &Locals, env: &mut Env) -> Vec<Renamed> {
        let mut renamed = Vec::new();
        for &local in live_out {
            let ident = self.ident(local);
            if env.bound.get(&local) == Some(ident) && inside.0.contains(&names::unraw(ident)) {
                let kept = names::stash(local.0);
                env.bound.insert(local, kept.clone());
                env.names.remove(&ident.to_string());
                let ident = ident.clone();
                renamed.push(Renamed { ident, kept });
            }
        }
        renamed
    }

    /// Code that jumps out of the user's, to the arm of the target.
    fn jump(&self, exit: ExitId, value: Option<&Expr>, env: &Env) -> TokenStream {
        let exit = &self.body.exits[exit.0];
        let (rt, label, pc) = (names::rt(), names::machine_label(), names::internal("pc"));
        let mut env = env.clone();
        let value = match exit.value {
            Some(temp) => {
                let (ident, ty) = (self.ident(temp), names::local_ty(temp.0));
                env.bind(temp, ident);
                quote!(let mut #ident = #rt::seen(#ty, #value);)
            }
            None => quote!(#value;),
        };
        let put = self.put_back(&self.liveness.live_in[exit.target.0], &env);
        let arm = self.layout.arm(exit.target);
        let arm = u32::try_from(arm.expect("a target heads an arm")).expect("fewer than 2^32 arms");
        quote!({ #value #put #pc = #rt::Goto(#arm); continue #label })
    }

    /// User code as it stands in an arm: waiting locals under their other names, and jumps.
    fn user_expr(&self, expr: &Expr, renamed: &[Renamed], env: &Env) -> Expr {
        let mut expr = in_expr(expr, renamed);
        let jump = |exit, value: Option<&Expr>| self.jump(exit, value, env);
        Exits { jump: &jump }.visit_expr_mut(&mut expr);
        expr
    }

    fn code(
        &self,
        code: &Code,
        statement: &Statement,
        renamed: &[Renamed],
        before: &Env,
    ) -> TokenStream {
        let rt = names::rt();
        let room = stash(renamed);
        match code {
            Code::Let {
                pat,
                ty,
                init,
                otherwise,
            } => {
                let ty = ty.as_ref().map(|ty| quote!(: #ty));
                // Both may use the outer local of a name that is bound here.
                let init = self.user_expr(init, renamed, before);
                let otherwise = otherwise.as_ref().map(|e| {
                    let e = self.user_expr(e, renamed, before);
                    quote!(else #e)
                });
                let temp = statement
                    .binds
                    .iter()
                    .find(|l| matches!(self.body.locals[l.0].kind, LocalKind::Temp { .. }));
                if let Some(&temp) = temp {
                    let (ident, token) = (self.ident(temp), names::local_ty(temp.0));
                    quote!(#room let mut #ident = #rt::seen(#token, #init);)
                } else {
                    quote!(#room let #pat #ty = #init #otherwise;)
                }
            }
            Code::Start { cursor, source } => {
                let (ident, token) = (self.ident(*cursor), names::looped(cursor.0));
                let source = self.user_expr(source, renamed, before);
                quote!(#room let mut #ident = #rt::start(#token, #source);)
            }
            Code::Param { index, pat, ty } => {
                let input = names::internal(&format!("in{index}"));
                quote!(#room let #pat: #ty = #rt::take(&mut #input);)
            }
            Code::Stmt(syn::Stmt::Local(_))
                if statement.binds.iter().any(|l| self.layout.has_slot(*l)) =>
            {
                // `let x;`, and another arm may assign it.
                let declared = statement.binds.iter().map(|&l| self.declared(l));
                quote!(#room #(#declared)*)
            }
            Code::Stmt(stmt) => {
                let mut stmt = in_stmt(stmt, renamed);
                let jump = |exit, value: Option<&Expr>| self.jump(exit, value, before);
                Exits { jump: &jump }.visit_stmt_mut(&mut stmt);
                quote!(#room #stmt)
            }
        }
    }

    /// Ties the type of a variable to its slot at once, so that code after it may rely on it.
    fn link(&self, local: LocalId) -> TokenStream {
        if !is_linked(self.body, self.layout, local) {
            return TokenStream::new();
        }
        let (rt, token, ident) = (names::rt(), names::local_ty(local.0), self.ident(local));
        quote!(#rt::is(#token, &#ident);)
    }

    fn terminator(&self, block: &Block, mut env: Env) -> TokenStream {
        let terminator = &block.terminator;
        let live_out = self.live_out(&block.exits);
        let live: Locals = terminator
            .successors()
            .into_iter()
            .enumerate()
            .flat_map(|(index, _)| self.liveness.across(block, index))
            .chain(live_out.iter().copied())
            .collect();
        let mut code = TokenStream::new();
        for local in terminator.uses() {
            code.extend(self.ensure(local, &live, &mut env));
        }
        // Names that a pattern takes: their holders wait, and the matched expression follows them.
        let mut renamed = Vec::new();
        if !block.exits.is_empty() {
            renamed = self.hide(&bound_in(terminator), &live_out, &mut env);
            code.extend(stash(&renamed));
        }
        for index in 0..terminator.successors().len() {
            if matches!(terminator, Terminator::Suspend { .. }) {
                break;
            }
            for local in terminator.defines_on(index) {
                let ident = self.ident(local);
                let room = self.make_room(ident, local, &live, &mut env);
                code.extend(stash(room.as_ref()));
                renamed.extend(room);
                env.names.remove(&ident.to_string());
            }
        }
        code.extend(match terminator {
            Terminator::Goto(_) => self.edge(block, 0, &env),
            Terminator::If { cond, .. } => {
                let cond = self.user_expr(cond, &renamed, &env);
                let (then, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                quote!(if #cond { #then } else { #otherwise })
            }
            Terminator::Match {
                scrutinee, arms, ..
            } => {
                let scrutinee = self.user_expr(scrutinee, &renamed, &env);
                let arms = arms.iter().enumerate().map(|(index, arm)| {
                    let pat = in_pat(&arm.pat, &renamed);
                    let code = self.edge(block, index, &env);
                    quote!(#pat => { #code })
                });
                quote!(match #scrutinee { #(#arms)* })
            }
            Terminator::LetElse { pat, init, .. } => {
                let init = self.user_expr(init, &renamed, &env);
                let (next, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                quote!(let #pat = #init else { #otherwise }; #next)
            }
            Terminator::Next { cursor, pat, .. } => self.next(block, *cursor, pat, &env),
            Terminator::Suspend { operation, .. } => {
                let operation = self.user_expr(operation, &renamed, &env);
                self.suspend(block, &operation, &env)
            }
            Terminator::Return {
                value: Some(value), ..
            } => {
                let value = self.user_expr(value, &renamed, &env);
                quote!(return #value;)
            }
            Terminator::Return { value: None, .. } => {
                let rt = names::rt();
                quote!(return #rt::end();)
            }
            Terminator::Unreachable => quote!(::core::unreachable!()),
        });
        code
    }

    fn next(&self, block: &Block, cursor: LocalId, pat: &Pat, env: &Env) -> TokenStream {
        let (rt, ident) = (names::rt(), self.ident(cursor));
        let (item, end) = (self.edge(block, 0, env), self.edge(block, 1, env));
        quote! {
            match #rt::cursor_next(&mut #ident) {
                ::core::option::Option::Some(#pat) => { #item }
                ::core::option::Option::None => { #end }
            }
        }
    }

    fn suspend(&self, block: &Block, operation: &Expr, env: &Env) -> TokenStream {
        let Terminator::Suspend { point, .. } = &block.terminator else {
            unreachable!("only called for suspend points")
        };
        let (label, cx) = (names::machine_label(), names::internal("cx"));
        // Its own copy, since it may borrow what other places cannot. Equal tokens as at the head
        // of the machine: rustc drops the second of two equal errors.
        let span = self.body.points[point.0].span;
        let (op, begins) = (
            names::op_ty(point.0),
            super::proof(span, "awaits", &TokenStream::new()),
        );
        let number = self.layout.point(*point);
        let put = self.put_back(&self.liveness.across(block, 0), env);
        quote! {
            #cx.begin(#op, #begins, #operation);
            #put
            break #label #number;
        }
    }

    /// What happens along an edge: the target's code, or a jump to its arm.
    fn edge(&self, block: &Block, index: usize, env: &Env) -> TokenStream {
        let target = block.terminator.successors()[index];
        let mut env = env.clone();
        let mut links = TokenStream::new();
        for local in block.terminator.defines_on(index) {
            env.bind(local, self.ident(local));
            links.extend(self.link(local));
        }
        let Some(arm) = self.layout.arm(target) else {
            let code = self.block(target, env);
            return quote!(#links #code);
        };
        let put = self.put_back(&self.liveness.live_in[target.0], &env);
        let (rt, label, pc) = (names::rt(), names::machine_label(), names::internal("pc"));
        let arm = u32::try_from(arm).expect("fewer than 2^32 arms");
        quote!(#links #put #pc = #rt::Goto(#arm); continue #label;)
    }

    /// Live locals go back into their slots; those that were not taken are there already.
    fn put_back(&self, live: &Locals, env: &Env) -> TokenStream {
        live.iter()
            .filter_map(|local| {
                let (ident, slot) = (env.bound.get(local)?, names::slot(local.0));
                Some(quote!(#slot = ::core::option::Option::Some(#ident);))
            })
            .collect()
    }
}

/// The names bound inside the expressions of a terminator.
fn bound_in(terminator: &Terminator) -> Bound {
    let bound = Bound::default();
    match terminator {
        Terminator::If { cond, .. } => bound.expr(cond),
        Terminator::Match {
            scrutinee, arms, ..
        } => arms
            .iter()
            .fold(bound.expr(scrutinee), |bound, arm| bound.pat(&arm.pat)),
        Terminator::LetElse { init, .. } => bound.expr(init),
        Terminator::Suspend { operation, .. } => bound.expr(operation),
        Terminator::Return { value, .. } => value.iter().fold(bound, Bound::expr),
        Terminator::Goto(_) | Terminator::Next { .. } | Terminator::Unreachable => bound,
    }
}

/// Moves locals to the names under which they wait.
fn stash<'a>(renamed: impl IntoIterator<Item = &'a Renamed>) -> TokenStream {
    renamed
        .into_iter()
        .map(|Renamed { ident, kept }| quote!(let mut #kept = #ident;))
        .collect()
}
