//! How a block ends in an arm: branches with the code of their targets inside, jumps to other arms,
//! and suspension.

use super::moved::Moves;
use super::{Arms, Env, stash};
use crate::emit::exits::Bound;
use crate::emit::rename::in_pat;
use crate::ir::{Block, LocalId, Locals, Terminator};
use crate::names;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::Visit;
use syn::{Expr, Pat};

impl Arms<'_> {
    /// The end of a block, with all that only it leads to.
    pub(super) fn terminator(&self, block: &Block, mut env: Env) -> TokenStream {
        let terminator = &block.terminator;
        let live_out = self.live_out(&block.exits);
        let live: Locals = terminator
            .successors()
            .into_iter()
            .enumerate()
            .flat_map(|(index, _)| self.liveness.across(block, index))
            .chain(live_out.iter().copied())
            .collect();
        let uses = terminator.uses();
        let live_after = live;
        let live = self.needed(&uses, live_after.clone());
        let mut code = TokenStream::new();
        for &local in &uses {
            code.extend(self.ensure(local, &live, &mut env));
        }
        // Names that a pattern takes: their holders wait, and the matched expression follows them.
        let mut renamed = Vec::new();
        if !block.exits.is_empty() {
            renamed = self.hide(&bound_in(terminator), &live_out, &mut env);
            code.extend(stash(&renamed));
        }
        let ways = 0..terminator.successors().len();
        let binds: Locals = match terminator {
            Terminator::Suspend { .. } | Terminator::Fork(_) => Locals::new(),
            _ => ways.flat_map(|way| terminator.defines_on(way)).collect(),
        };
        let room = self.make_room_for(&binds, &live_after, &mut env);
        code.extend(stash(&room));
        renamed.extend(room);
        code.extend(self.settle(&uses, &live, &mut env));
        for &local in &binds {
            env.take_name(self.ident(local));
        }
        let moves = Moves::of_end(terminator);
        code.extend(self.still_there(&moves, &env));
        self.moved(&moves, &mut env);
        code.extend(match terminator {
            Terminator::Goto(_) => self.edge(block, 0, &env),
            Terminator::If { cond, binds, .. } => {
                let (held, cond) = self.condition(binds, cond);
                let cond = before_block(&self.user_expr(&cond, &renamed, &env));
                let (then, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                // `then` never comes to its end. Without an `else`, the temporaries of what is matched
                // end before the rest, whatever the edition.
                quote!(#held if #cond { #then } #otherwise)
            }
            Terminator::Match {
                scrutinee, arms, ..
            } => {
                let bound = arms.iter().flat_map(|arm| &arm.binds).copied().collect();
                let first = self.first_found(&bound, scrutinee);
                let (held, scrutinee) =
                    (first.as_ref()).map_or((None, scrutinee), |(h, s)| (Some(h), s));
                let scrutinee = before_block(&self.user_expr(scrutinee, &renamed, &env));
                let arms = arms.iter().enumerate().map(|(index, arm)| {
                    let pat = in_pat(&arm.pat, &renamed);
                    let code = self.edge(block, index, &env);
                    quote!(#pat => { #code })
                });
                quote!(#held match #scrutinee { #(#arms)* })
            }
            Terminator::LetElse {
                pat, init, binds, ..
            } => {
                let first = self.first_found(binds, init);
                let (held, init) = first.as_ref().map_or((None, init), |(h, i)| (Some(h), i));
                let init = self.user_expr(init, &renamed, &env);
                let (next, otherwise) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
                quote!(#held let #pat = #init else { #otherwise }; #next)
            }
            Terminator::Next {
                cursor,
                source,
                tail,
                pat,
                ..
            } => {
                let tail = tail.as_ref();
                let tail = tail.map(|tail| self.user_expr(&tail.adaptors, &renamed, &env));
                self.next(block, (*cursor, *source), tail, pat, env)
            }
            Terminator::Suspend { operation, .. } => {
                let operation = self.user_expr(operation, &renamed, &env);
                self.suspend(block, &operation, &env)
            }
            Terminator::Fork(fork) => self.fork(block, fork, &renamed, &env),
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

    fn next(
        &self,
        block: &Block,
        (cursor, source): (LocalId, Option<LocalId>),
        tail: Option<impl ToTokens>,
        pat: &Pat,
        mut env: Env,
    ) -> TokenStream {
        let (rt, ident) = (names::rt(), self.ident(cursor));
        let borrowed = source.map(|source| self.ident(source));
        let (begin, next) = match (borrowed, tail) {
            (Some(iter), None) => (None, quote!((&#rt::walk(#iter)).pull(&mut #ident))),
            (None, None) if self.found(cursor).is_some() => {
                let class = names::class(cursor.0);
                (None, quote!(#class.pull(&mut #ident)))
            }
            (None, None) => (None, quote!(#rt::cursor_next(&mut #ident))),
            // Its own statement: the closures end before the item's code begins.
            (borrowed, Some(tail)) => {
                let (pulled, item) = (names::pulled(), names::internal("item"));
                let rest = match borrowed {
                    Some(iter) => quote!(#rt::counted(&mut #ident, #iter)),
                    None => quote!(&mut #ident),
                };
                let begin = quote! {
                    let #pulled = #rest;
                    let #item = ::core::iter::Iterator::next(&mut #tail);
                };
                (Some(begin), quote!(#item))
            }
        };
        if let Some(source) = source {
            // It is used up by one item.
            env.bound.remove(&source);
        }
        let binds = block.terminator.defines_on(0);
        let found = self.first_found(&binds, &syn::parse_quote!(()));
        let held = found.map(|(held, _)| held);
        let (item, end) = (self.edge(block, 0, &env), self.edge(block, 1, &env));
        quote! {
            #begin
            #held
            match #next {
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
            crate::emit::awaits_proof(&self.body.points[point.0]),
        );
        let number = self.layout.point(*point);
        // A value of which a part was moved cannot go back: the error points to the await.
        let mut at_await = env.clone();
        for ident in at_await.bound.values_mut() {
            ident.set_span(ident.span().located_at(span));
        }
        let put = self.put_back(&self.liveness.across(block, 0), &at_await);
        let lends = self.body.points[point.0].lends.iter().enumerate();
        let lends = lends.filter_map(|(number, place)| {
            let (rt, place) = (names::rt(), place.as_ref()?);
            Some(quote!((&#rt::lender::<#number, _, _>(#op)).is_at(&#cx, #place);))
        });
        let lends: TokenStream = lends.collect();
        let lends = (!lends.is_empty()).then(|| {
            let uses = crate::emit::back_or_nothing();
            quote!({ #uses #lends })
        });
        quote! {
            #cx.begin(#op, #begins, #operation);
            #lends
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
            links.extend(self.link(local, self.ident(local)));
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
    /// Borrows are never in one, nor variables around the machine.
    pub(super) fn put_back(&self, live: &Locals, env: &Env) -> TokenStream {
        let mut put: Vec<&LocalId> = live
            .difference(&self.layout.borrows)
            .filter(|&&local| !self.part.is_around(local))
            .collect();
        // What is found in another ends before that moves, which was bound before it.
        put.sort_by_key(|&&local| {
            let found = self.body.lookup(local).is_some();
            (!found, found.then_some(std::cmp::Reverse(local)))
        });
        put.into_iter()
            .filter_map(|local| {
                let (ident, slot) = (env.bound.get(local)?, crate::emit::slot(self.part, *local));
                let there = env.moved.contains(local);
                let there = there.then(|| self.is_still_there(*local, ident));
                if self.found(*local).is_some() {
                    let put = super::lookups::put(self.part, *local, ident);
                    return Some(quote!(#there #put));
                }
                Some(quote!(#there #slot = ::core::option::Option::Some(#ident);))
            })
            .collect()
    }
}

/// An expression with a block after it: a struct literal in it needs parentheses.
fn before_block(expr: &Expr) -> TokenStream {
    struct Literal(bool);
    impl<'ast> Visit<'ast> for Literal {
        fn visit_expr_struct(&mut self, _: &'ast syn::ExprStruct) {
            self.0 = true;
        }
        // Its own expression keeps the parentheses that it has.
        fn visit_expr_let(&mut self, _: &'ast syn::ExprLet) {}
    }
    let mut literal = Literal(false);
    literal.visit_expr(expr);
    if literal.0 && !has_let(expr) {
        quote!((#expr))
    } else {
        quote!(#expr)
    }
}

fn has_let(cond: &Expr) -> bool {
    match cond {
        Expr::Let(_) => true,
        Expr::Binary(binary) => has_let(&binary.left) || has_let(&binary.right),
        _ => false,
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
        Terminator::Fork(fork) => fork.operations().fold(bound, Bound::expr),
        Terminator::Return { value, .. } => value.iter().fold(bound, Bound::expr),
        Terminator::Goto(_) | Terminator::Next { .. } | Terminator::Unreachable => bound,
    }
}
