//! Asks rustc whether a part that leaves a variable is a copy, where the rest of the variable is
//! needed after an await.
//!
//! ```text
//! Input:   let items = order.items; op().await; order.id
//! Output:  <_ as items_is_copied>::copied(&order.items);      no `Copy`: D19
//!          let items = order.items;
//! ```
//!
//! An error of types keeps rustc from looking at moves, so it is the only one.

use super::{Arms, Env};
use crate::emit::proofs;
use crate::emit::rename::Renamed;
use crate::emit::tables::line;
use crate::ir::{BlockId, PointId, Statement, Taken, Terminator};
use crate::names::unraw;
use crate::normalize::{mends, source_text};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use std::collections::BTreeSet;
use syn::spanned::Spanned;

const NOTE: &str = "what is needed after an `.await` is saved there, and a value of which a part has gone cannot be";

impl Arms<'_> {
    /// The proof, or nothing where nothing of the variable is needed after an await.
    pub(super) fn proof_of_copy(
        &self,
        taken: &Taken,
        statement: &Statement,
        renamed: &[Renamed],
        env: &Env,
    ) -> TokenStream {
        let bound = taken.binding.is_none_or(|l| env.bound.contains_key(&l));
        if !bound || self.part.is_around(taken.root) {
            return TokenStream::new();
        }
        let Some(point) = self.saved_without(taken, statement) else {
            return TokenStream::new();
        };
        let span = taken.part.span();
        let part = self.user_expr(&taken.part, renamed, env);
        let root = unraw(self.ident(taken.root));
        let what = proofs::escaped(&source_text(taken.part.to_token_stream()));
        let from = proofs::escaped(&source_text(taken.from.to_token_stream()));
        let place = proofs::place(self.body, point);
        let owner = if taken.binding.is_some() && from != root {
            format!("`{from}`, and `{root}` is")
        } else {
            format!("`{root}`, which is")
        };
        let message = format!("`{what}` is moved out of {owner} still needed after {place}");
        let label = format!("`{{Self}}` is moved, so `{root}` cannot be saved at the `.await`");
        let instead = match taken.binding {
            Some(_) => format!("take `{what}` from a clone of `{root}`"),
            None => format!("clone `{what}`"),
        };
        let help = format!(
            "bind each part of `{root}` that is needed later before the `.await`, as by `let Order {{{{ name, items, .. }}}} = order;`, or {instead}"
        );
        // A name that stands once in the crate is shown without the path to it.
        let plain = what.replace(|c: char| !c.is_alphanumeric(), "_");
        let words = format_ident!("{plain}_of_{root}_in_line_{}_is_copied", line(span));
        let inferred = quote_spanned!(span=> _);
        let part = quote_spanned!(span=> &#part);
        quote! {{
            #[diagnostic::on_unimplemented(
                message = #message,
                label = #label,
                note = #NOTE,
                note = #help,
                note = "code: durable D19"
            )]
            trait #words {
                fn copied(_: &Self) {}
            }
            #[diagnostic::do_not_recommend]
            impl<__T: ::core::marker::Copy> #words for __T {}
            <#inferred as #words>::copied(#part);
        }}
    }

    /// The first await over which the variable would be saved without the part.
    fn saved_without(&self, taken: &Taken, mark: &Statement) -> Option<PointId> {
        let (body, root) = (self.body, taken.root);
        let is_mark = |s: &Statement| std::ptr::eq(s, mark);
        let start = body.blocks.iter().enumerate().find_map(|(number, block)| {
            let at = block.statements.iter().position(is_mark)?;
            Some((BlockId(number), at + 1))
        })?;
        let mut seen = BTreeSet::new();
        let mut stack = vec![start];
        while let Some((number, first)) = stack.pop() {
            let block = &body.blocks[number.0];
            let made_whole = |s: &Statement| {
                s.binds.contains(&root) || s.assigns.contains(&root) || {
                    mends(&s.code, &body.locals[root.0].ident)
                }
            };
            if block.statements[first..].iter().any(made_whole) {
                continue;
            }
            for (index, target) in block.terminator.successors().into_iter().enumerate() {
                let live = self.liveness.across(block, index).contains(&root);
                if !live {
                    continue;
                }
                if let Some(point) = waits(&block.terminator) {
                    return Some(point);
                }
                if seen.insert(target) {
                    stack.push((target, 0));
                }
            }
        }
        None
    }
}

/// The suspend point that ends a block.
fn waits(terminator: &Terminator) -> Option<PointId> {
    match terminator {
        Terminator::Suspend { point, .. } => Some(*point),
        Terminator::Fork(fork) => Some(fork.point),
        _ => None,
    }
}
