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
use super::rename::{Renamed, in_expr, in_stmt};
mod borrows;
mod closures;
mod ends;
mod forks;
mod lookups;
mod moved;
mod taken;

use crate::analysis::liveness::{Liveness, at_exit};
use crate::ir::{BlockId, Body, Code, ExitId, LocalId, LocalKind, Locals, Statement, Terminator};
use crate::lower::{Layout, Part};
use crate::names;
use moved::Moves;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use syn::Expr;
use syn::visit_mut::VisitMut;

/// All arms of a machine, as arms of a `match` over their numbers.
pub(super) fn arms(body: &Body, liveness: &Liveness, layout: &Layout, part: &Part) -> TokenStream {
    let arms = Arms {
        body,
        liveness,
        layout,
        part,
    };
    layout
        .arms
        .iter()
        .enumerate()
        .filter(|(_, head)| part.blocks.contains(head))
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
    /// The machine.
    part: &'a Part,
}

/// Which locals are in variables at one place of an arm, and under which names.
#[derive(Clone, Default)]
struct Env {
    bound: BTreeMap<LocalId, Ident>,
    names: BTreeMap<String, LocalId>,
    /// Surely moved, unless their types are copied.
    moved: Locals,
}

impl Env {
    fn bind(&mut self, local: LocalId, ident: &Ident) {
        self.take_name(ident);
        self.moved.remove(&local);
        self.bound.insert(local, ident.clone());
        self.names.insert(ident.to_string(), local);
    }

    /// Another variable gets this name: the one that has it is out of reach.
    fn take_name(&mut self, ident: &Ident) {
        if let Some(holder) = self.names.remove(&ident.to_string())
            && self.bound.get(&holder) == Some(ident)
        {
            self.bound.remove(&holder);
        }
    }
}

impl Arms<'_> {
    fn ident(&self, local: LocalId) -> &Ident {
        &self.body.locals[local.0].ident
    }

    fn head(&self, head: BlockId) -> TokenStream {
        let mut env = self.around();
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
            let link = self.link(answer, ident);
            quote! {
                let mut #ident = #cx.complete(#op);
                #link
            }
        });
        let joined = self.joined(head, &mut env);
        let passed = self.passed(head, &mut env);
        let code = self.block(head, env);
        quote!(#answer #joined #passed #code)
    }

    /// What comes from another arm without an await, in the order in which it was bound: in the other order
    /// it is dropped.
    fn passed(&self, head: BlockId, env: &mut Env) -> TokenStream {
        let live = &self.liveness.live_in[head.0];
        let passed = live.intersection(&self.layout.passed).filter(|local| {
            matches!(self.body.locals[local.0].kind, LocalKind::User)
                && self.part.owns(self.body, **local)
                && self.found(**local).is_none()
        });
        let taken = passed.map(|&local| {
            let name = self.ident(local);
            let mut inner = live.range(local..).skip(1);
            let ident = if inner.any(|l| self.ident(*l) == name) {
                names::stash(local.0)
            } else {
                name.clone()
            };
            env.bind(local, &ident);
            let (rt, slot) = (names::rt(), crate::emit::slot(self.part, local));
            crate::emit::bound(self.body, local, &ident, &quote!(#rt::take(&mut #slot)))
        });
        taken.collect()
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
        if env.holds(local, ident) {
            return TokenStream::new();
        }
        if self.part.is_around(local) {
            return self.out_of_reach(local);
        }
        let kept = self.stashed(ident, local, live, env);
        let at = env.bound.get(&local).cloned();
        if at.is_none() && self.layout.borrows.contains(&local) {
            let made = self.remake(local, ident, live, env);
            return quote!(#kept #made);
        }
        debug_assert!(
            self.part.owns(self.body, local),
            "a local of another machine"
        );
        env.bind(local, ident);
        let (rt, slot) = (names::rt(), crate::emit::slot(self.part, local));
        let value = match at {
            Some(place) => {
                self.forget_borrows(local, env);
                quote!(#place)
            }
            None if self.found(local).is_some() => {
                let found = self.find_again(local, ident, live, env);
                return quote!(#kept #found);
            }
            None if self.layout.has_slot(local) => quote!(#rt::take(&mut #slot)),
            // Assigned before it is read: rustc has checked that.
            None => {
                let declared = self.declared(local);
                return quote!(#kept #declared);
            }
        };
        let bound = crate::emit::bound(self.body, local, ident, &value);
        quote!(#kept #bound)
    }

    /// Declares a local that is assigned as a whole and not read: its slot may be empty.
    fn declare(&self, local: LocalId, live: &Locals, env: &mut Env) -> TokenStream {
        let ident = self.ident(local);
        if env.holds(local, ident) {
            return TokenStream::new();
        }
        let kept = self.stashed(ident, local, live, env);
        env.bind(local, ident);
        let declared = self.declared(local);
        quote!(#kept #declared)
    }

    /// Hides what else has the name of a local that a macro is only given for a name: no macro may
    /// take the one for the other.
    fn shadow(&self, local: LocalId, live: &Locals, env: &mut Env) -> TokenStream {
        let ident = self.ident(local);
        if env.holds(local, ident) {
            return TokenStream::new();
        }
        let kept = self.stashed(ident, local, live, env);
        env.names.remove(&ident.to_string());
        quote!(#kept let #ident: ::core::convert::Infallible;)
    }

    /// A variable without a value, and with the type of its slot.
    fn declared(&self, local: LocalId) -> TokenStream {
        let ident = self.ident(local);
        let typed = is_linked(self.body, self.layout, local).then(|| {
            let (rt, token) = (names::rt(), names::local_ty(local.0));
            quote!(if false { #ident = #rt::take(&mut #rt::none(#token)); })
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
        // A variable around the machine stays where it is.
        if !live.contains(&holder) || self.part.is_around(holder) {
            env.bound.remove(&holder);
            return None;
        }
        let (ident, kept) = (self.ident(holder).clone(), names::stash(holder.0));
        env.bound.insert(holder, kept.clone());
        self.forget_borrows(holder, env);
        Some(Renamed { ident, kept })
    }

    /// Frees the names that code binds. What is needed up to there only is shadowed, and stays where it is.
    fn make_room_for(&self, binds: &Locals, live: &Locals, env: &mut Env) -> Vec<Renamed> {
        let mut room = Vec::new();
        for &local in binds {
            let ident = self.ident(local);
            let holder = env.names.get(&ident.to_string());
            if holder.is_some_and(|holder| live.contains(holder)) {
                room.extend(self.make_room(ident, local, live, env));
                env.names.remove(&ident.to_string());
            }
        }
        room
    }

    fn statement(&self, statement: &Statement, live: &Locals, env: &mut Env) -> TokenStream {
        let mut code = TokenStream::new();
        let live_out = self.live_out(&statement.exits);
        let live_after = live | &live_out;
        let live = &self.needed(&statement.uses, live_after.clone());
        for &local in &statement.uses {
            code.extend(self.ensure(local, live, env));
        }
        for local in &(&statement.maybe_assigns | &statement.mentions) - &statement.uses {
            if live.contains(&local) && !statement.assigns.contains(&local) {
                code.extend(self.ensure(local, live, env));
            } else if statement.maybe_assigns.contains(&local) || self.body.may_be_assigned(local) {
                code.extend(self.declare(local, live, env));
            } else {
                code.extend(self.shadow(local, live, env));
            }
        }
        for &local in statement.assigns.difference(&statement.uses) {
            // A jump out of what is assigned leaves the old value in place.
            code.extend(if live_out.contains(&local) {
                self.ensure(local, live, env)
            } else {
                self.declare(local, live, env)
            });
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
                Code::Param { .. } | Code::Taken(_) => Bound::default(),
            };
            room.extend(self.hide(&inside, &live_out, env));
        }
        room.extend(self.make_room_for(&statement.binds, &live_after, env));
        code.extend(stash(&room));
        code.extend(self.settle(&statement.uses, live, env));
        let moves = Moves::of_code(&statement.code);
        code.extend(self.still_there(&moves, env));
        code.extend(self.copied_out(statement));
        let before = env.clone();
        self.moved(&moves, env);
        for &local in self.variables(statement) {
            env.bind(local, self.ident(local));
        }
        code.extend(self.code(&statement.code, statement, &room, &before));
        // The operands of a borrow have their types before it is made.
        let linked = |l: &&LocalId| {
            let kind = &self.body.locals[l.0].kind;
            !matches!(kind, LocalKind::Deferred | LocalKind::Key { .. })
        };
        let bound = self.variables(statement).filter(linked);
        let linked = bound.chain(&statement.assigns);
        code.extend(linked.map(|&l| self.link(l, self.ident(l))));
        code
    }

    /// What a statement declares: the operands of a borrow only if they are needed again.
    fn variables<'s>(&self, statement: &'s Statement) -> impl Iterator<Item = &'s LocalId> {
        let recipe = statement.binds.iter().find_map(|l| self.body.recipe(*l));
        let unused = recipe.filter(|r| !self.is_keyed(r));
        let unused = unused.into_iter().flat_map(|r| &r.keys);
        let unused: Locals = unused.map(|(key, _)| *key).collect();
        let binds = statement.binds.iter();
        binds.filter(move |l| !unused.contains(l))
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
            if self.part.is_around(local) {
                continue;
            }
            if env.bound.get(&local) == Some(ident) && inside.0.contains(&names::unraw(ident)) {
                let kept = names::stash(local.0);
                env.bound.insert(local, kept.clone());
                env.names.remove(&ident.to_string());
                self.forget_borrows(local, env);
                let ident = ident.clone();
                renamed.push(Renamed { ident, kept });
            }
        }
        renamed
    }

    /// Code that jumps out of the user's, to the arm of the target.
    fn jump(&self, exit: ExitId, value: Option<&Expr>, env: &Env) -> TokenStream {
        let moves = value.map(Moves::of_value).unwrap_or_default();
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
        self.moved(&moves, &mut env);
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
        match code {
            Code::Let {
                pat,
                ty,
                init,
                otherwise,
            } => {
                let mut recipes = statement.binds.iter().filter_map(|l| self.body.recipe(*l));
                if let Some(recipe) = recipes.find(|r| self.is_keyed(r)) {
                    return self.first_made(recipe, renamed, before);
                }
                let ty = ty.as_ref().map(|ty| quote!(: #ty));
                let first = self.first_found(&statement.binds, init);
                let (held, init) = first.as_ref().map_or((None, init), |(h, i)| (Some(h), i));
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
                    quote!(let mut #ident = #rt::seen(#token, #init);)
                } else {
                    quote!(#held let #pat #ty = #init #otherwise;)
                }
            }
            Code::Start { cursor, source } => {
                let (ident, token) = (self.ident(*cursor), names::looped(cursor.0));
                let source = self.user_expr(source, renamed, before);
                if let Some(started) = self.found_start(*cursor, &source) {
                    return started;
                }
                if !self.layout.has_slot(*cursor) {
                    // A loop that never begins a second round is an iterator like any other.
                    return quote!(let mut #ident = ::core::iter::IntoIterator::into_iter(#source););
                }
                quote!(let mut #ident = #rt::start(#token, #source);)
            }
            Code::Param { index, pat, ty } => {
                let input = crate::emit::machine::input(*index);
                quote!(let #pat: #ty = #rt::take(&mut #input);)
            }
            Code::Stmt(syn::Stmt::Local(_))
                if (statement.binds.iter()).any(|&l| is_linked(self.body, self.layout, l)) =>
            {
                // `let x;`, and another arm may assign it.
                let declared = statement.binds.iter().map(|&l| self.declared(l));
                quote!(#(#declared)*)
            }
            Code::Taken(taken) => self.proof_of_copy(taken, statement, renamed, before),
            Code::Stmt(stmt) => {
                let mut stmt = in_stmt(stmt, renamed);
                let jump = |exit, value: Option<&Expr>| self.jump(exit, value, before);
                Exits { jump: &jump }.visit_stmt_mut(&mut stmt);
                quote!(#stmt)
            }
        }
    }

    /// Ties the type of a variable to its slot at once, so that code after it may rely on it.
    fn link(&self, local: LocalId, ident: &Ident) -> TokenStream {
        if !is_linked(self.body, self.layout, local) {
            return self.sign(local, ident);
        }
        let (rt, token) = (names::rt(), names::local_ty(local.0));
        quote!(#rt::is(#token, &#ident);)
    }
}

/// Moves locals to the names under which they wait.
fn stash<'a>(renamed: impl IntoIterator<Item = &'a Renamed>) -> TokenStream {
    renamed
        .into_iter()
        .map(|Renamed { ident, kept }| quote!(let mut #kept = #ident;))
        .collect()
}
