//! The arms of the machine: each a head block with all blocks that only it leads to.
//!
//! ```text
//! Input:   b1: let r = a?; goto b2          (r is live in b2, log is used here)
//! Output:  1 => {
//!              let a = match cx.complete(op0) { Some(a) => a, None => break Stop::Blocked };
//!              let r = a?;
//!              slot_r = Some(r);
//!              pc = Goto(2); continue;
//!          }
//! ```
//!
//! Code keeps the user's own names. A local is taken out of its slot under its name just before
//! it is used, and put back at the end of the arm if it is live there. Where two locals of one
//! name are needed in one arm, the outer one waits under a generated name (`kept`).

use super::is_linked;
use crate::analysis::liveness::Liveness;
use crate::ir::{Block, BlockId, Body, Code, LocalId, LocalKind, Locals, Statement, Terminator};
use crate::lower::Layout;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::BTreeMap;
use syn::visit_mut::{self, VisitMut};
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
            let (label, rt) = (names::machine_label(), names::rt());
            let cx = names::internal("cx");
            env.bind(answer, ident);
            let link = self.link(answer);
            quote! {
                let mut #ident = match #cx.complete(#op) {
                    ::core::option::Option::Some(__answer) => __answer,
                    ::core::option::Option::None => break #label #rt::Stop::Blocked,
                };
                #link
            }
        });
        let code = self.block(head, env);
        quote!(#answer #code)
    }

    fn block(&self, number: BlockId, mut env: Env) -> TokenStream {
        let block = &self.body.blocks[number.0];
        let after = self.liveness.after_statements(block);
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
        let kept = self.make_room(ident, local, live, env);
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

    /// Frees a name: the local that holds it waits elsewhere if it is still needed.
    fn make_room(&self, ident: &Ident, by: LocalId, live: &Locals, env: &mut Env) -> TokenStream {
        let Some(&holder) = env.names.get(&ident.to_string()) else {
            return TokenStream::new();
        };
        if holder == by {
            return TokenStream::new();
        }
        if !live.contains(&holder) {
            env.bound.remove(&holder);
            return TokenStream::new();
        }
        let (name, kept) = (self.ident(holder), names::stash(holder.0));
        env.bound.insert(holder, kept.clone());
        quote!(let mut #kept = #name;)
    }

    fn statement(&self, statement: &Statement, live: &Locals, env: &mut Env) -> TokenStream {
        let mut code = TokenStream::new();
        for &local in statement.uses.union(&statement.assigns) {
            code.extend(self.ensure(local, live, env));
        }
        let room: TokenStream = statement
            .binds
            .iter()
            .map(|&local| self.make_room(self.ident(local), local, live, env))
            .collect();
        for &local in &statement.binds {
            env.bind(local, self.ident(local));
        }
        code.extend(self.code(&statement.code, statement, &room));
        code.extend(statement.binds.iter().map(|&l| self.link(l)));
        code
    }

    fn code(&self, code: &Code, statement: &Statement, room: &TokenStream) -> TokenStream {
        let rt = names::rt();
        match code {
            Code::Let {
                pat,
                ty,
                init,
                otherwise,
            } => {
                let ty = ty.as_ref().map(|ty| quote!(: #ty));
                let otherwise = otherwise.as_ref().map(|e| quote!(else #e));
                let temp = statement
                    .binds
                    .iter()
                    .find(|l| matches!(self.body.locals[l.0].kind, LocalKind::Temp { .. }));
                if let Some(&temp) = temp {
                    let (ident, token) = (self.ident(temp), names::local_ty(temp.0));
                    quote!(#room let mut #ident = #rt::seen(#token, #init);)
                } else if room.is_empty() {
                    quote!(let #pat #ty = #init #otherwise;)
                } else {
                    // The initialiser may use the outer local of the name that is bound here.
                    let value = names::internal("init");
                    quote!(let #value #ty = #init; #room let #pat = #value #otherwise;)
                }
            }
            Code::Start { cursor, source } => {
                let (ident, token) = (self.ident(*cursor), names::looped(cursor.0));
                quote!(#room let mut #ident = #rt::start(#token, #source);)
            }
            Code::Param { index, pat, ty } => {
                let input = names::internal(&format!("in{index}"));
                quote!(#room let #pat: #ty = #rt::take(&mut #input);)
            }
            Code::Tokens(tokens) => quote!(#room #tokens),
        }
    }

    /// Ties the type of a variable to its slot at once, so that code after it may rely on it.
    fn link(&self, local: LocalId) -> TokenStream {
        let deferred = matches!(self.body.locals[local.0].kind, LocalKind::Deferred);
        if deferred || !is_linked(self.body, self.layout, local) {
            return TokenStream::new();
        }
        let (rt, token, ident) = (names::rt(), names::local_ty(local.0), self.ident(local));
        quote!(#rt::is(#token, &#ident);)
    }

    fn terminator(&self, block: &Block, mut env: Env) -> TokenStream {
        let terminator = &block.terminator;
        let live: Locals = terminator
            .successors()
            .into_iter()
            .enumerate()
            .flat_map(|(index, _)| self.liveness.across(block, index))
            .collect();
        let mut code = TokenStream::new();
        for local in terminator.uses() {
            code.extend(self.ensure(local, &live, &mut env));
        }
        // Names that a pattern takes: their holders wait, and the matched expression follows them.
        let mut renames = Vec::new();
        for index in 0..terminator.successors().len() {
            if matches!(terminator, Terminator::Suspend { .. }) {
                break;
            }
            for local in terminator.defines_on(index) {
                let ident = self.ident(local);
                let holder = env.names.get(&ident.to_string()).copied();
                code.extend(self.make_room(ident, local, &live, &mut env));
                if let Some(holder) = holder
                    && holder != local
                    && let Some(kept) = env.bound.get(&holder)
                    && kept != ident
                {
                    renames.push((ident.to_string(), kept.clone()));
                }
                env.names.remove(&ident.to_string());
            }
        }
        let renamed = |expr: &Expr| {
            let mut expr = expr.clone();
            Rename(&renames).visit_expr_mut(&mut expr);
            expr
        };
        code.extend(match terminator {
            Terminator::Goto(_) => self.edge(block, 0, &env),
            Terminator::If { cond, .. } => {
                let cond = renamed(cond);
                let (then, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                quote!(if #cond { #then } else { #otherwise })
            }
            Terminator::Match {
                scrutinee, arms, ..
            } => {
                let scrutinee = renamed(scrutinee);
                let arms = arms.iter().enumerate().map(|(index, arm)| {
                    let (pat, code) = (&arm.pat, self.edge(block, index, &env));
                    quote!(#pat => { #code })
                });
                quote!(match #scrutinee { #(#arms)* })
            }
            Terminator::LetElse { pat, init, .. } => {
                let init = renamed(init);
                let (next, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                quote!(let #pat = #init else { #otherwise }; #next)
            }
            Terminator::Next { cursor, pat, .. } => self.next(block, *cursor, pat, &env),
            Terminator::Suspend { .. } => self.suspend(block, &env),
            Terminator::Return {
                value: Some(value), ..
            } => quote!(return #value;),
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

    fn suspend(&self, block: &Block, env: &Env) -> TokenStream {
        let Terminator::Suspend {
            point, operation, ..
        } = &block.terminator
        else {
            unreachable!("only called for suspend points")
        };
        let (rt, label, cx) = (names::rt(), names::machine_label(), names::internal("cx"));
        let op = names::op_ty(point.0);
        let number = self.layout.point(*point);
        let put = self.put_back(&self.liveness.across(block, 0), env);
        quote! {
            #cx.begin(#op, #operation);
            #put
            break #label #rt::Stop::At(#number);
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

/// Follows locals that were moved to another name.
struct Rename<'a>(&'a [(String, Ident)]);

impl VisitMut for Rename<'_> {
    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if let Some(ident) = path.path.get_ident()
            && let Some((_, kept)) = self.0.iter().find(|(name, _)| ident == name)
        {
            path.path = kept.clone().into();
        }
        visit_mut::visit_expr_path_mut(self, path);
    }
}
