//! The machine: slots, the four entries, and the loop.

use super::{arms, editions, forks, proofs, tokens, twin};
use crate::analysis::liveness::Liveness;
use crate::ir::{Body, BranchCode, LocalId, PointId};
use crate::lower::{Layout, Part};
use crate::names::{self, internal};
use crate::normalize::{Normalized, hygiene};
use crate::syntax::{Input, is_lint};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

/// The function that runs a workflow.
pub(super) fn machine(
    input: &Input,
    normalized: &Normalized,
    liveness: &Liveness,
    layout: &Layout,
) -> TokenStream {
    let Normalized { body, items, .. } = normalized;
    let rt = names::rt();
    let (cx, entry, output) = (internal("cx"), internal("entry"), input.returned());
    let (looped, cursors) = (tokens::looped(body, layout), tokens::cursors(body, layout));
    let params = input.params.iter().map(|p| {
        let (lints, pat, ty) = (&p.lints, &p.pat, p.stored());
        quote!(#(#lints)* #pat: #ty)
    });
    let (twin, lending) = twin::body(normalized, liveness, layout, &input.macros);
    let (meant, names) = (input.meant.proofs(input.hands_on), hygiene::proofs(input));
    let saved = proofs::saved(input, body, layout, &lending);
    let lookups = super::lookups::classes(body, layout);
    let looks_up = super::lookups::traits(body, layout);
    let takes_along = super::blocks::traits(body);
    let outputs = forks::output_tokens(body, layout);
    let resume = resume_table(layout);
    let dispatch = super::blocks::dispatch(body, liveness, layout);
    let own = own(input, body, liveness, layout);
    let lints = input.attrs.iter().filter(|attr| is_lint(attr));
    let lendable = input.params.iter().filter(|p| !p.given_back);
    let lendable = lendable.filter_map(|p| {
        let (owned, at) = (p.owned.as_ref()?, p.ty.span());
        Some(quote_spanned!(at=> <#owned as #rt::Lendable>::may_be_lent();))
    });
    let (generics, _, bounds) = input.generics.machine.split_for_impl();
    let code = quote! {
        use #rt::{
            IsCopied as _, IsLentOn as _, IsMoved as _, SharedAgain as _, UniqueAgain as _, Walks as _, WalksNot as _,
        };
        #resume
        #dispatch
        #own
    };
    let code = super::blocks::called(code, normalized);
    // An arm drops temporaries as in edition 2024. In a crate of another edition rustc says where that is
    // another order: if it sees from the spans of the whole closure which edition that is.
    let mut bar = proc_macro2::Punct::new('|', proc_macro2::Spacing::Alone);
    bar.set_span(names::whole(&twin));
    let (drops, reason) = (editions::lints(), editions::reason());
    let twin = quote! {
        #[deny(#drops, reason = #reason)]
        let _ = #bar #(#params),* #bar -> #output #twin;
    };
    let proofs = quote!(#(#lendable)* #lookups #looped #cursors #saved #outputs);
    let types = tokens::types(body, layout, &quote!(#twin #proofs #code));
    let calls = super::lookups::tokens(body, layout);
    let asked = lending.tokens();
    let types = quote!(#types #calls #asked);
    let allow = quote! {
        #[allow(
            warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
            reason = "generated code"
        )]
    };
    // Behind the arms, where rustc knows the type of each operation, also of one that the twin lost.
    let in_place = tokens::lent(body, layout, &proofs::in_place(body, layout));
    let in_place = quote!(#allow { #in_place };);
    let (tokens, infallible) = (internal("tokens"), quote!(::core::convert::Infallible));
    let code = match tokens::lent_names(body, layout, &quote!(#types #proofs)) {
        Some(names) => quote! {
            let #tokens = {
                #types
                #twin
                #allow
                let #tokens = { #proofs (#(#names,)*) };
                #tokens
            };
            #allow
            let _: #infallible = { #code };
            #in_place
        },
        None => quote! {
            #types
            #twin
            #allow
            let _: #infallible = { #proofs #code };
            #in_place
        },
    };
    let block = super::blocks::parameter(body);
    quote! {
        #(#lints)*
        async fn __durable_machine #generics(#cx: #rt::Cx, #entry: #rt::Entry #block) -> #output #bounds {
            #(#items)*
            #looks_up
            #takes_along
            #meant
            #names
            #code
        }
    }
}

/// The machine of the function itself.
fn own(input: &Input, body: &Body, liveness: &Liveness, layout: &Layout) -> TokenStream {
    let root = &layout.parts[0];
    let slots = slots(body, layout, root);
    let inputs = input.params.iter().enumerate().map(|(index, param)| {
        let (ident, ty) = (self::input(index), param.stored());
        quote!(let mut #ident: ::core::option::Option<#ty> = ::core::option::Option::None;)
    });
    let arguments = input.params.iter().map(|param| {
        let proof = super::param_proof(param.stored());
        (param.name.clone(), proof)
    });
    let entered = Entered {
        body,
        layout,
        part: root,
        params: arguments.collect(),
    };
    let entries = entered.entries();
    let turns = turns(body, liveness, layout, root);
    quote!(#slots #(#inputs)* #entries #turns)
}

/// The slots of a machine, and places for what its branches give.
pub(super) fn slots(body: &Body, layout: &Layout, part: &Part) -> TokenStream {
    let rt = names::rt();
    let taken = |local: LocalId| part.moved.iter().any(|(moved, _)| *moved == local);
    let values = part.slots.iter().map(|&local| match part.region {
        Some(region) if taken(local) => {
            let moved = names::moved(region.0, local.0);
            quote!(#moved.take())
        }
        _ => {
            let ty = super::lookups::stored_ty(body, local);
            quote!(#rt::none(#ty))
        }
    });
    let slots = internal("slots");
    let values = tokens::lent(body, layout, &quote!((#(#values,)*)));
    let slots = quote!(let mut #slots = { #values };);
    let joined = part.forks.iter().map(|plan| {
        let answer = forks::find(body, plan).answer;
        let (joined, ty) = (names::joined(plan.point.0), names::local_ty(answer.0));
        quote!(let mut #joined = #rt::none(#ty);)
    });
    quote!(#slots #(#joined)*)
}

/// Where each suspend point goes on.
fn resume_table(layout: &Layout) -> TokenStream {
    let resume = layout.points.iter().map(|p| {
        let arm = p
            .resume
            .map(|resume| layout.arm(resume).expect("a resume point heads an arm"));
        arm.map_or(u32::MAX, |arm| {
            u32::try_from(arm).expect("fewer than 2^32 arms")
        })
    });
    quote!(const __DURABLE_RESUME: &[::core::primitive::u32] = &[#(#resume),*];)
}

fn slot(body: &Body, local: LocalId) -> TokenStream {
    let (rt, slot) = (names::rt(), names::slot(local.0));
    let ty = super::lookups::stored_ty(body, local);
    quote!(let mut #slot = #rt::none(#ty);)
}

/// The saved locals of a machine as a list for the runtime, each with its number in the table.
fn each_saved(
    layout: &Layout,
    code: impl Fn(usize, LocalId) -> Option<TokenStream>,
) -> TokenStream {
    let each = layout
        .saved
        .iter()
        .enumerate()
        .filter_map(|(number, (local, _))| {
            let code = code(number, *local)?;
            let number = u16::try_from(number).expect("fewer than 2^16 locals");
            Some(quote!((#number, #code)))
        });
    quote!([#(#each),*])
}

/// Which functions run inline at each suspend point: one entry, or one for each branch.
pub(super) fn inlines(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    let forks: Vec<_> = layout.parts.iter().flat_map(|part| &part.forks).collect();
    let of = |point: PointId| {
        let op = names::op_ty(point.0);
        quote!(#op.inlines())
    };
    let inlines = layout.points.iter().map(|plan| {
        let Some(fork) = forks.iter().find(|fork| fork.point == plan.point) else {
            let inline = of(plan.point);
            return quote!(&[#inline]);
        };
        let branches = &forks::find(body, fork).branches;
        let branches = branches.iter().map(|branch| match &branch.code {
            BranchCode::Operation { point, .. } => of(*point),
            BranchCode::Region(_) => quote!(#rt::no_inline),
        });
        quote!(&[#(#branches),*])
    });
    quote!(&[#(#inlines),*])
}

/// Fills the slots of a machine from a frame. What it only cares for is there already.
pub(super) fn load(body: &Body, layout: &Layout, part: &Part) -> TokenStream {
    let rt = names::rt();
    let (cx, point, frame) = (internal("cx"), internal("point"), internal("frame"));
    let slots = each_saved(layout, |number, local| {
        let owns = !layout.cared_for.contains(&number) && part.owns(body, local);
        let (slot, saved) = (super::slot(part, local), names::saved(local.0));
        owns.then(|| quote!(&mut #rt::slot(&mut #slot, #saved)))
    });
    quote!(#cx.load(#point, &#frame, &mut #slots))
}

/// Saves the locals of a machine, and what it cares for.
fn save(body: &Body, layout: &Layout, part: &Part) -> TokenStream {
    let rt = names::rt();
    let (cx, point) = (internal("cx"), internal("point"));
    let values = each_saved(layout, |number, local| {
        let (slot, saved) = (super::slot(part, local), names::saved(local.0));
        if layout.cared_for.contains(&number) {
            let ident = &body.locals[local.0].ident;
            let cares = part.cared_for.contains(&local);
            return cares.then(|| quote!(&#rt::care(&#ident, #saved)));
        }
        let owns = part.owns(body, local);
        owns.then(|| quote!(&#rt::keep(&#slot, #saved)))
    });
    quote!(#cx.save(#point, &#values);)
}

/// The variable of an argument until the code has it.
pub(super) fn input(index: usize) -> Ident {
    internal(&format!("in{index}"))
}

/// A machine that is entered from outside.
pub(super) struct Entered<'a> {
    pub(super) body: &'a Body,
    pub(super) layout: &'a Layout,
    pub(super) part: &'a Part,
    /// Its arguments, each with what decodes it.
    pub(super) params: Vec<(String, TokenStream)>,
}

impl Entered<'_> {
    /// How it is entered: fresh, resumed, or only asked.
    pub(super) fn entries(&self) -> TokenStream {
        entries(self)
    }
}

fn entries(entered: &Entered<'_>) -> TokenStream {
    let Entered {
        body,
        layout,
        part,
        params,
    } = entered;
    let rt = names::rt();
    let (cx, entry, frame, point) = (
        internal("cx"),
        internal("entry"),
        internal("frame"),
        internal("point"),
    );
    let (args, resumed, ready) = (internal("args"), internal("resumed"), internal("ready"));
    let params = params.iter().enumerate().map(|(index, (name, param))| {
        let ident = input(index);
        quote!(#ready &= #cx.input(&mut #args, #name, #param, &mut #ident);)
    });
    let load = load(body, layout, part);
    let types = layout.saved.iter().map(|(local, _)| {
        let saved = names::saved(local.0);
        quote!(&#saved)
    });
    let types: Vec<_> = types.collect();
    let inlines = inlines(body, layout);
    let entered = quote! {
        match #entry {
            #rt::Entry::Fresh(__input) => {
                let mut #args = #cx.arguments(&__input);
                #ready = #args.is_some();
                #(#params)*
            }
            #rt::Entry::Resume(#point, #frame) => {
                #cx.resumed(#point, #inlines);
                #ready = #load;
                #resumed = ::core::option::Option::Some(#point);
            }
            // No user code runs in these two.
            #rt::Entry::Check(#point, #frame) => {
                #cx.checked(#point, #inlines);
                #cx.check(#point, &#frame, &[#(#types),*]);
                #ready = false;
            }
            #rt::Entry::Describe => { #cx.describe(&[#(#types),*]); #ready = false; }
        }
    };
    let entered = tokens::lent(body, layout, &entered);
    quote! {
        let mut #resumed = ::core::option::Option::None;
        let mut #ready = true;
        { #entered }
        if !#ready {
            return #cx.never().await;
        }
    }
}

/// The loop: run to a suspend point, save, wait, go on.
pub(super) fn turns(body: &Body, liveness: &Liveness, layout: &Layout, part: &Part) -> TokenStream {
    let rt = names::rt();
    let (pc, here) = (internal("pc"), internal("here"));
    let (point, resumed) = (internal("point"), internal("resumed"));
    let (label, code) = (names::machine_label(), names::code_label());
    let passed = layout.passed.iter().filter(|l| part.owns(body, **l));
    let passed: Vec<_> = passed.map(|&local| slot(body, local)).collect();
    let arms = arms::arms(body, liveness, layout, part);
    let arms = quote!(match #here { #arms _ => ::core::unreachable!() });
    // Whether each piece of the user's code stood in the `unsafe` block is checked in the twin.
    let arms = if body.has_unsafe {
        quote! {
            #[allow(unsafe_code, reason = "the user's own")]
            unsafe { #arms }
        }
    } else {
        arms
    };
    let save = save(body, layout, part);
    let turn = quote! {
        #(#passed)*
        let #point: ::core::primitive::usize = #label: loop {
            let #rt::Goto(#here) = #pc;
            // A `continue` or `break` hidden in a user's macro would drive this
            // loop instead of the user's. From inside a labelled block, a jump
            // without a label is an error at the jump itself; the inner loop is
            // its target, so that it is not a second error as well.
            loop {
                #code: {
                    #arms
                }
            }
        };
        #save
        #point
    };
    // Gone before the wait: what is passed need not be data, nor `Send`.
    let turn = tokens::lent(body, layout, &turn);
    let wait = forks::wait(body, liveness, layout, part);
    let entry = layout.arm(part.entry).expect("an entry heads an arm");
    let entry = u32::try_from(entry).expect("fewer than 2^32 arms");
    quote! {
        let mut #pc = #rt::Goto(#entry);
        loop {
            let #point = match #resumed.take() {
                ::core::option::Option::Some(__at) => __at,
                ::core::option::Option::None => {
                    #turn
                }
            };
            #wait
            #pc = #rt::Goto(__DURABLE_RESUME[#point]);
        }
    }
}
