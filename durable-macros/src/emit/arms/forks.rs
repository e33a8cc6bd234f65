//! Where an arm ends in a fork, where one begins with what a fork gave, and variables around a
//! branch.

use super::{Arms, Env};
use crate::emit::rename::Renamed;
use crate::ir::{Block, BlockId, BranchCode, Fork, LocalId, Terminator};
use crate::names;
use crate::normalize::holds_temporaries;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::Expr;

impl Arms<'_> {
    /// All operands are evaluated, in order; then the branches that take part are told apart from
    /// those that do not. They begin in the machine's outer loop.
    pub(super) fn fork(
        &self,
        block: &Block,
        fork: &Fork,
        renamed: &[Renamed],
        env: &Env,
    ) -> TokenStream {
        let (label, cx) = (names::machine_label(), names::internal("cx"));
        let (mut names, mut operations) = (Vec::new(), Vec::new());
        let mut begins = TokenStream::new();
        for (place, branch) in fork.branches.iter().enumerate() {
            let begin = match &branch.code {
                BranchCode::Operation {
                    point, operation, ..
                } => {
                    let operation = self.user_expr(operation, renamed, env);
                    let value = names::internal(&format!("branch{place}"));
                    let op = names::op_ty(point.0);
                    let proof = crate::emit::awaits_proof(&self.body.points[point.0]);
                    let begin = quote!(#cx.begin_at(#place, #op, #proof, #value););
                    names.push(value);
                    operations.push(operation);
                    begin
                }
                BranchCode::Region(_) => quote!(#cx.start_branch(#place);),
            };
            begins.extend(match branch.enabled {
                Some(enabled) => {
                    let enabled = env.bound.get(&enabled).expect("it was made available");
                    quote!(if #enabled { #begin })
                }
                None => begin,
            });
        }
        let values = together(fork, &names, &operations);
        let (count, number) = (fork.branches.len(), self.layout.point(fork.point));
        let needed = &self.liveness.across(block, 0) | &block.terminator.captures();
        let put = self.put_back(&needed, env);
        quote! {
            #values
            #cx.fork(#count);
            #begins
            #put
            break #label #number;
        }
    }

    /// The answer of a fork, in the arm where the code goes on.
    pub(super) fn joined(&self, head: BlockId, env: &mut Env) -> Option<TokenStream> {
        let fork = self
            .body
            .blocks
            .iter()
            .find_map(|block| match &block.terminator {
                Terminator::Fork(fork) if fork.resume == head => Some(fork),
                _ => None,
            })?;
        let (ident, joined) = (self.ident(fork.answer), names::joined(fork.point.0));
        env.bind(fork.answer, ident);
        let (rt, link) = (names::rt(), self.link(fork.answer, self.ident(fork.answer)));
        Some(quote! {
            let mut #ident = #rt::take(&mut #joined);
            #link
        })
    }

    /// Variables around the machine are there in each of its arms.
    pub(super) fn around(&self) -> Env {
        let mut env = Env::default();
        for &local in self.part.cared_for.iter().chain(&self.part.shared) {
            env.bind(local, self.ident(local));
        }
        env
    }

    /// A variable around the machine whose name an inner one has taken.
    pub(super) fn out_of_reach(&self, local: LocalId) -> TokenStream {
        let ident = self.ident(local);
        let text = format!(
            "`{ident}` is needed in a branch after a variable of the same name was bound there\n\n  \
             help: give one of the two another name\n  code: durable D16"
        );
        let span = ident.span();
        quote_spanned!(span=> ::core::compile_error!(#text);)
    }
}

/// Evaluates the operands. What one of them holds for a moment, it holds until all are evaluated, as in Tokio.
fn together(fork: &Fork, names: &[Ident], operations: &[Expr]) -> TokenStream {
    let operands = fork
        .branches
        .iter()
        .filter_map(|branch| match &branch.code {
            BranchCode::Operation { operation, .. } => Some(operation),
            BranchCode::Region(_) => None,
        });
    if names.len() > 1 && operands.rev().skip(1).any(holds_temporaries) {
        return quote!(let (#(#names,)*) = (#(#operations,)*););
    }
    quote!(#(let #names = #operations;)*)
}
