//! What a machine does at the suspend points that join branches: the machines of the branches stand
//! here, inside its outer loop.
//!
//! ```text
//! match point {
//!     3 => {
//!         variables that branches borrow leave their slots
//!         let b0 = cx.leaf(0, op);
//!         let b1 = async { slots; entry; loop };      the machine of a branch
//!         poll both, in order
//!         variables go back, outputs into `joined3`
//!     }
//!     _ => cx.wait().await,
//! }
//! ```

use super::machine;
use crate::analysis::liveness::Liveness;
use crate::ir::{Body, Branch, BranchCode, Fork, LocalId, PointId, Terminator};
use crate::lower::{ForkPlan, Layout, Part};
use crate::names::{self, internal};
use crate::normalize::clean_pattern;
use crate::syntax::fork::ForkKind;
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

/// The fork of a plan.
pub(super) fn find<'b>(body: &'b Body, plan: &ForkPlan) -> &'b Fork {
    match &body.blocks[plan.block.0].terminator {
        Terminator::Fork(fork) => fork,
        _ => unreachable!("a plan is made for a fork"),
    }
}

/// A fork at which a branch cares for this local.
pub(super) fn cares_for(layout: &Layout, local: LocalId) -> PointId {
    let mut plans = layout.parts.iter().flat_map(|p| &p.forks);
    let plan = plans.find(|plan| plan.cared_for.iter().any(|(l, _)| *l == local));
    plan.expect("a saved local crosses a suspend point").point
}

/// The proof that what each branch gives can be stored.
pub(super) fn output_tokens(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    let regions = layout.parts.iter().filter_map(|part| part.region);
    let tokens = regions.map(|region| {
        let (output, joined) = {
            let region = &body.regions[region.0];
            (region.output, region.joined)
        };
        let span = body.locals[output.0].ident.span();
        let (saved, ty) = (names::saved(output.0), names::local_ty(output.0));
        let inferred = quote_spanned!(span=> _);
        let proof = match joined {
            Some(_) => quote!(<#inferred as #rt::BranchData>::branch_data()),
            // What is no data is refused where the call of the block is awaited.
            None => quote!((&#rt::held_as(#ty)).data()),
        };
        quote! {
            let #saved = #proof;
            #rt::is_data(#ty, #saved);
        }
    });
    tokens.collect()
}

/// Waits at the suspend point that the machine has reached.
pub(super) fn wait(body: &Body, liveness: &Liveness, layout: &Layout, part: &Part) -> TokenStream {
    let (cx, point) = (internal("cx"), internal("point"));
    if part.forks.is_empty() {
        return quote!(#cx.wait().await;);
    }
    let joins = part.forks.iter().map(|plan| {
        let join = Join {
            body,
            liveness,
            layout,
            part,
            plan,
            fork: find(body, plan),
        };
        let (number, code) = (layout.point(plan.point), join.code());
        quote!(#number => { #code })
    });
    quote! {
        match #point {
            #(#joins)*
            _ => #cx.wait().await,
        }
    }
}

struct Join<'a> {
    body: &'a Body,
    liveness: &'a Liveness,
    layout: &'a Layout,
    /// The machine that forks.
    part: &'a Part,
    plan: &'a ForkPlan,
    fork: &'a Fork,
}

fn future(place: usize) -> Ident {
    internal(&format!("future{place}"))
}

fn output(place: usize) -> Ident {
    internal(&format!("output{place}"))
}

fn disabled(place: usize) -> Ident {
    internal(&format!("disabled{place}"))
}

impl Join<'_> {
    fn code(&self) -> TokenStream {
        let rt = names::rt();
        let (cx, parent, answer) = (internal("cx"), internal("parent"), internal("answer"));
        let count = self.fork.branches.len();
        let moved = self.moved();
        let variables = self.variables();
        let futures = (0..count).map(|place| {
            let (future, output) = (future(place), output(place));
            let code = self.branch(place);
            quote! {
                let mut #future = ::core::pin::pin!(#code);
                let mut #output = ::core::option::Option::None;
            }
        });
        let (poll, all) = (self.poll(), self.answer());
        let ty = names::local_ty(self.fork.answer.0);
        let joined = names::joined(self.fork.point.0);
        let back = self.plan.variables.intersection(&self.plan.after);
        let back = back.map(|&local| {
            let (slot, ident) = (
                super::slot(self.part, local),
                &self.body.locals[local.0].ident,
            );
            quote!(#slot = ::core::option::Option::Some(#ident);)
        });
        quote! {
            if !#cx.has_branches(#count) {
                return #cx.never().await;
            }
            #moved
            #variables
            let #answer = {
                let #parent = &#cx;
                #(#futures)*
                #poll
                #rt::seen(#ty, #all)
            };
            #cx.unfork();
            #(#back)*
            #joined = ::core::option::Option::Some(#answer);
        }
    }

    fn children(&self) -> impl Iterator<Item = &Part> {
        let is_child = |part: &&Part| {
            part.region
                .is_some_and(|region| self.fork.regions().any(|(_, code)| code.region == region))
        };
        self.layout.parts.iter().filter(is_child)
    }

    /// What branches take with them, or copy.
    fn moved(&self) -> TokenStream {
        let (mut copies, mut moves) = (TokenStream::new(), TokenStream::new());
        for child in self.children() {
            let region = child.region.expect("a branch is a region");
            for &(local, copied) in &child.moved {
                let (name, slot) = (
                    names::moved(region.0, local.0),
                    super::slot(self.part, local),
                );
                let (rt, ident) = (names::rt(), &self.body.locals[local.0].ident);
                let inferred = quote_spanned!(ident.span()=> _);
                let taken = quote!(<#inferred as #rt::TakenTwice>::taken);
                if self.part.is_around(local) {
                    copies.extend(quote! {
                        let mut #name = ::core::option::Option::Some(#taken(&#ident));
                    });
                } else if copied {
                    copies.extend(quote!(let mut #name = #slot.as_ref().map(#taken);));
                } else {
                    moves.extend(quote!(let mut #name = #slot.take();));
                }
            }
        }
        // Another branch may take what one copies.
        quote!(#copies #moves)
    }

    /// Variables that branches borrow leave their slots, or the frame of the branch that has them
    /// in its care.
    fn variables(&self) -> TokenStream {
        let (rt, cx) = (names::rt(), internal("cx"));
        let variable = |&local: &LocalId| {
            let (ident, slot) = (
                &self.body.locals[local.0].ident,
                super::slot(self.part, local),
            );
            let care = self.plan.cared_for.iter().find(|(l, _)| *l == local);
            let Some((_, place)) = care else {
                let taken = quote!(#rt::take(&mut #slot));
                return super::bound(self.body, local, ident, &taken);
            };
            let (name, saved) = (self.name_in_care(local), names::saved(local.0));
            // A constant has no `mut`.
            let mutable = (!self.body.locals[local.0].perhaps_constant).then(|| quote!(mut));
            quote! {
                let ::core::option::Option::Some(#mutable #ident) =
                    #cx.cared_for(#place, #name, #saved, #slot.take())
                else {
                    return #cx.never().await;
                };
            }
        };
        self.plan.variables.iter().map(variable).collect()
    }

    fn name_in_care(&self, local: LocalId) -> &str {
        let mut entries = self.layout.saved.iter().enumerate();
        let found = entries.find(|(n, (l, _))| *l == local && self.layout.cared_for.contains(n));
        &found.expect("it is in the table").1.1
    }

    /// The name under which this machine saves a variable that its branches share.
    fn name_of_shared(&self, local: LocalId) -> &str {
        if self.part.is_around(local) {
            return self.name_in_care(local);
        }
        let mut entries = self.layout.saved.iter();
        &entries.find(|(l, _)| *l == local).expect("it is saved").1
    }

    fn branch(&self, place: usize) -> TokenStream {
        match &self.fork.branches[place].code {
            BranchCode::Operation { point, .. } => {
                let (cx, op) = (internal("cx"), names::op_ty(point.0));
                quote!(#cx.leaf(#place, #op))
            }
            BranchCode::Region(code) => {
                let mut children = self.children();
                let child = children.find(|part| part.region == Some(code.region));
                self.region(place, child.expect("a region has a machine"))
            }
        }
    }

    /// A branch that is code: its machine, and how it is entered and left.
    fn region(&self, place: usize, child: &Part) -> TokenStream {
        let rt = names::rt();
        let region = child.region.expect("a branch is a region");
        let (cx, parent, entry) = (internal("cx"), internal("parent"), internal("entry"));
        let (out, saver) = (internal("output"), internal("saver"));
        let output = self.body.regions[region.0].output.0;
        let (ty, saved) = (names::local_ty(output), names::saved(output));
        let machine = self.machine(child, &ty);
        let care = child.cared_for.iter().map(|&local| {
            let (name, data) = (self.name_in_care(local), names::saved(local.0));
            let ident = &self.body.locals[local.0].ident;
            quote!(#saver.put_ref(#name, #data, &#ident);)
        });
        quote!(async {
            let (#cx, #entry) = #parent.branch(#place);
            match #entry {
                #rt::BranchEntry::Done(__done) => match #rt::finished_branch(&__done, #saved) {
                    ::core::result::Result::Ok(__value) => __value,
                    ::core::result::Result::Err(__error) => {
                        #cx.refuse("the output of a branch", &__error);
                        #cx.never().await
                    }
                },
                #rt::BranchEntry::Off => #cx.never().await,
                #entry => {
                    let #out = async { #machine }.await;
                    let mut #saver = #cx.last();
                    #(#care)*
                    #parent.ended(#place, #saver, #saved, &#out);
                    #out
                }
            }
        })
    }

    fn machine(&self, child: &Part, ty: &Ident) -> TokenStream {
        let rt = names::rt();
        let (cx, entry, ready) = (internal("cx"), internal("entry"), internal("ready"));
        let (resumed, point, frame) = (internal("resumed"), internal("point"), internal("frame"));
        let slots = machine::slots(self.body, self.layout, child);
        let load = machine::load(self.body, self.layout, child);
        let inlines = machine::inlines(self.body, self.layout);
        let turns = machine::turns(self.body, self.liveness, self.layout, child);
        quote! {
            if false {
                return #rt::never_value(#ty);
            }
            let _: ::core::convert::Infallible = {
                #slots
                let mut #resumed = ::core::option::Option::None;
                let mut #ready = true;
                if let #rt::BranchEntry::Resume(#point, #frame) = #entry {
                    #cx.resumed(#point, #inlines);
                    #ready = #load;
                    #resumed = ::core::option::Option::Some(#point);
                }
                if !#ready {
                    return #cx.never().await;
                }
                #turns
            };
        }
    }

    /// Polls the branches in order until they are joined.
    fn poll(&self) -> TokenStream {
        let rt = names::rt();
        let (cx, context, left) = (internal("cx"), internal("context"), internal("left"));
        let mut before = TokenStream::new();
        let steps: Vec<_> = self
            .fork
            .branches
            .iter()
            .enumerate()
            .map(|(place, branch)| {
                let (future, output) = (future(place), output(place));
                let step = quote!(#rt::step(#future.as_mut(), &mut #output, #context));
                match self.fork.kind {
                    ForkKind::Join => quote!(#left |= !#step;),
                    ForkKind::TryJoin => quote! {
                        #left |= !#step;
                        if let ::core::option::Option::Some(::core::result::Result::Err(_)) = &#output {
                            return #cx.goes_on();
                        }
                    },
                    ForkKind::Select => {
                        let disabled = disabled(place);
                        before.extend(quote!(let mut #disabled = #cx.is_off(#place);));
                        select_step(place, branch, &step)
                    }
                    ForkKind::Timeout => quote! {
                        if #step {
                            return #cx.goes_on();
                        }
                        #left = true;
                    },
                }
            })
            .collect();
        // The limit of a time-out stands first, and its block is asked before it.
        let steps = if self.fork.kind == ForkKind::Timeout {
            steps.into_iter().rev().collect()
        } else {
            steps
        };
        let shared = self.plan.shared.iter().map(|&local| {
            let (name, saved) = (self.name_of_shared(local), names::saved(local.0));
            let ident = &self.body.locals[local.0].ident;
            quote!(#cx.save_again(#name, #saved, &#ident);)
        });
        quote! {
            #before
            ::core::future::poll_fn(|#context| {
                let mut #left = false;
                #(#steps)*
                if !#left {
                    return #cx.goes_on();
                }
                #(#shared)*
                ::core::task::Poll::Pending
            })
            .await;
        }
    }

    /// The answer, from the outputs.
    fn answer(&self) -> TokenStream {
        let rt = names::rt();
        let count = self.fork.branches.len();
        let outputs: Vec<_> = (0..count).map(output).collect();
        match self.fork.kind {
            ForkKind::Join => quote!((#(#rt::take(&mut #outputs),)*)),
            ForkKind::TryJoin => {
                let values: Vec<_> = (0..count).map(|n| internal(&format!("value{n}"))).collect();
                let errors = (0..count).map(|index| {
                    let places = (0..count).map(|place| {
                        if place == index {
                            quote!(::core::option::Option::Some(::core::result::Result::Err(
                                __error
                            )))
                        } else {
                            quote!(_)
                        }
                    });
                    quote!((#(#places,)*) => ::core::result::Result::Err(__error),)
                });
                quote! {
                    match (#(#outputs,)*) {
                        #(#errors)*
                        (#(::core::option::Option::Some(::core::result::Result::Ok(#values)),)*) => {
                            ::core::result::Result::Ok((#(#values,)*))
                        }
                        _ => ::core::unreachable!(),
                    }
                }
            }
            ForkKind::Select => quote!((#(#outputs,)*)),
            ForkKind::Timeout => {
                let (rt, output) = (names::rt(), &outputs[1]);
                quote!(#rt::within(#output))
            }
        }
    }
}

/// A branch of a `select!` wins if its output fits the pattern; else it is disabled.
fn select_step(place: usize, branch: &Branch, step: &TokenStream) -> TokenStream {
    let (output, disabled) = (output(place), disabled(place));
    let (cx, left) = (internal("cx"), internal("left"));
    let pat = branch.pat.as_ref().map(clean_pattern);
    quote! {
        if !#disabled {
            if #step {
                match &#output {
                    ::core::option::Option::Some(#pat) => return #cx.goes_on(),
                    _ => {
                        #output = ::core::option::Option::None;
                        #disabled = true;
                    }
                }
            } else {
                #left = true;
            }
        }
    }
}
