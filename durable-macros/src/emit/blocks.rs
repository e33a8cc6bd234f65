//! Blocks that run by themselves: machines inside the function's own, which is entered in one of them.
//!
//! ```text
//! async fn __durable_machine(cx, entry, block: Option<u16>) -> R {
//!     …
//!     match block {
//!         Some(0) => {
//!             let output = async { slots; entries; loop };
//!             cx.block_gives(finished(output));
//!             return cx.never().await;
//!         }
//!         _ => {}
//!     }
//!     slots; entries; loop                                      the function itself
//! }
//! ```
//!
//! So the twin of the function lends its types to them as well. What calls a block is a call of a
//! workflow whose definition enters it.

use super::machine::{self, Entered};
use crate::analysis::liveness::Liveness;
use crate::ir::{Body, Detached};
use crate::lower::Layout;
use crate::names::{self, internal};
use crate::normalize::Normalized;
use crate::normalize::blocks::{LoweredBlock, number};
use crate::syntax::endless::has_no_end;
use crate::syntax::{Input, generics};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{Block, Expr, parse_quote_spanned};

/// The parameter of the machine that says which block it is entered in.
pub(super) fn parameter(body: &Body) -> Option<TokenStream> {
    let block = internal("block");
    (!body.detached.is_empty())
        .then(|| quote!(, #block: ::core::option::Option<::core::primitive::u16>))
}

/// What the calls by type of what a block takes along need in scope.
pub(super) fn traits(body: &Body) -> Option<TokenStream> {
    let rt = names::rt();
    (!body.detached.is_empty()).then(|| {
        quote! {
            #[allow(unused_imports, reason = "a block may take nothing along")]
            use #rt::{
                CapturesBorrow as _, CapturesValue as _, HeldData as _, HeldNoData as _,
                MayBeCopied as _, MayNotBeCopied as _, MayNotBeLent as _,
            };
        }
    })
}

/// What runs if the machine is entered in a block.
pub(super) fn dispatch(body: &Body, liveness: &Liveness, layout: &Layout) -> Option<TokenStream> {
    if body.detached.is_empty() {
        return None;
    }
    let (rt, block, cx) = (names::rt(), internal("block"), internal("cx"));
    let out = internal("output");
    let arms = body.detached.iter().zip(0_u16..).map(|(detached, number)| {
        let output = body.regions[detached.region.0].output.0;
        let (ty, saved) = (names::local_ty(output), names::saved(output));
        let code = machine(body, liveness, layout, detached);
        quote! {
            ::core::option::Option::Some(#number) => {
                let #out = async {
                    if false {
                        return #rt::never_value(#ty);
                    }
                    let _: ::core::convert::Infallible = { #code };
                }
                .await;
                let __failed = (&#rt::Outcome(&#out)).failed();
                #cx.block_gives(#rt::finished(#saved, &#out, __failed));
                return #cx.never().await;
            }
        }
    });
    Some(quote! {
        use #rt::{FailedOther as _, FailedResult as _};
        match #block {
            #(#arms)*
            _ => {}
        }
    })
}

fn machine(body: &Body, liveness: &Liveness, layout: &Layout, detached: &Detached) -> TokenStream {
    let rt = names::rt();
    let mut parts = layout.parts.iter();
    let part = parts.find(|part| part.region == Some(detached.region));
    let part = part.expect("a block has a machine");
    let slots = machine::slots(body, layout, part);
    let inputs = detached.held.iter().enumerate().map(|(index, (local, _))| {
        let (ident, ty) = (machine::input(index), names::local_ty(local.0));
        quote!(let mut #ident = #rt::none(#ty);)
    });
    let params = detached.held.iter().map(|(local, name)| {
        let ty = names::local_ty(local.0);
        (name.clone(), quote!((&#rt::held_as(#ty)).param()))
    });
    let entered = Entered {
        body,
        layout,
        part,
        params: params.collect(),
    };
    let entries = entered.entries();
    let turns = machine::turns(body, liveness, layout, part);
    quote!(#slots #(#inputs)* #entries #turns)
}

/// The definitions of the blocks, and their registration where names lead to them.
pub(super) fn definitions(name: &str, input: &Input, body: &Body, line: u32) -> TokenStream {
    let each = body.detached.iter().zip(0_u16..);
    each.map(|(detached, number)| definition(name, input, (detached, number), line))
        .collect()
}

fn definition(
    name: &str,
    input: &Input,
    (detached, number): (&Detached, u16),
    line: u32,
) -> TokenStream {
    let rt = names::rt();
    let name = format!("{name}/{}", detached.name);
    let params = detached.held.iter().map(|(_, name)| name);
    let (generics, arguments, bounds) = input.generics.machine.split_for_impl();
    let these = arguments.as_turbofish();
    let run = internal(&format!("durable_run_block_{number}"));
    let definition = quote! {
        #rt::WorkflowDef {
            name: #name,
            params: &[#(#params),*],
            file: ::core::file!(),
            line: #line,
            points: __DURABLE_POINTS,
            locals: __DURABLE_LOCALS,
            edges: &[],
            options: <#rt::WorkflowOptions as ::core::default::Default>::default,
            run: #run #these,
            check_input: #rt::unchecked,
            block: ::core::option::Option::Some(#number),
        }
    };
    let at = usize::from(number);
    let definition = match input.block_type(at) {
        Some(by_type) => {
            let (ident, marker) = (
                names::block_type(&input.ident, at),
                generics::marker(&input.generics),
            );
            quote! {
                #[allow(non_camel_case_types, dead_code, reason = "generated code")]
                struct #ident #marker
                impl #generics #rt::Defined for #by_type #bounds {
                    const DEF: &'static #rt::WorkflowDef = &#definition;
                }
            }
        }
        None => {
            let ident = names::block_definition(at);
            quote! {
                static #ident: #rt::WorkflowDef = #definition;
                #rt::inventory::submit! { #rt::LinkedBlock(&#ident) }
            }
        }
    };
    quote! {
        fn #run #generics(
            cx: #rt::Cx,
            entry: #rt::Entry,
        ) -> ::core::pin::Pin<::std::boxed::Box<
            dyn ::core::future::Future<Output = #rt::Finished> + ::core::marker::Send,
        >> #bounds {
            let machine = __durable_machine #these(
                ::core::clone::Clone::clone(&cx),
                entry,
                ::core::option::Option::Some(#number),
            );
            ::std::boxed::Box::pin(#rt::in_block(cx, machine))
        }
        #definition
    }
}

/// How the definition of a block is found, as a token, and the definition.
fn found(number: usize, block: &LoweredBlock) -> (TokenStream, TokenStream) {
    let rt = names::rt();
    match &block.by_type {
        Some(by_type) => (
            quote!(#rt::of::<#by_type>()),
            quote!(<#by_type as #rt::Defined>::DEF),
        ),
        None => {
            let definition = names::block_definition(number);
            (quote!(#rt::of::<#rt::ByName>()), quote!(&#definition))
        }
    }
}

/// The code of arms, with calls of blocks in the places that stand for them.
pub(super) fn called(code: TokenStream, normalized: &Normalized) -> TokenStream {
    if normalized.blocks.is_empty() {
        return code;
    }
    let mut made = TokenStream::new();
    let mut tokens = code.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(name) => match (number(&name), tokens.peek()) {
                (Some(number), Some(TokenTree::Group(args))) => {
                    made.extend(call(number, &args.stream(), normalized));
                    tokens.next();
                }
                _ => made.extend([TokenTree::Ident(name)]),
            },
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), called(group.stream(), normalized));
                inner.set_span(group.span());
                made.extend([TokenTree::Group(inner)]);
            }
            other => made.extend([other]),
        }
    }
    made
}

/// The call of a block: what it takes along is encoded where the block is made.
fn call(number: usize, args: &TokenStream, normalized: &Normalized) -> TokenStream {
    let rt = names::rt();
    let (block, detached) = (
        &normalized.blocks[number],
        &normalized.body.detached[number],
    );
    let output = normalized.body.regions[detached.region.0].output.0;
    let (ty, (found, definition)) = (names::local_ty(output), found(number, block));
    // What is wrong with it is said once: as in the twin.
    let span = normalized.body.locals[output].ident.span();
    let at = names::rt_at(span);
    let mut builder = quote!(#rt::ArgsBuilder::new());
    // Under the names by which they go here.
    for (place, (_, name)) in block.places(args).zip(&detached.held) {
        let span = place.span();
        let rt = names::rt_at(span);
        builder = quote_spanned!(span=> (&#rt::captured(&#place)).put(#builder, #name, &#place));
    }
    let call = quote_spanned!(span=> #at::block_call(#ty, #found, #definition, #builder.finish()));
    TokenTree::Group(Group::new(Delimiter::None, call)).into()
}

/// A block in the twin: its own code, and what it takes along.
pub(super) fn in_twin(
    number: usize,
    normalized: &Normalized,
    resolve: &mut dyn FnMut(&mut Block),
) -> Expr {
    let block = &normalized.blocks[number];
    let detached = &normalized.body.detached[number];
    let region = &normalized.body.regions[detached.region.0];
    let span = normalized.body.locals[region.output.0].ident.span();
    let (rt, ty) = (names::rt_at(span), names::local_ty(region.output.0));
    let (found, _) = found(number, block);
    let mut code = block.twin.clone();
    let nothing = has_no_end(&code).then(|| quote_spanned!(span=> -> ()));
    resolve(&mut code);
    let mut probes: Block = {
        let probes = &block.probes;
        syn::parse_quote!({ #(#probes)* })
    };
    resolve(&mut probes);
    let probes = probes.stmts;
    let method = if region.moves {
        quote!(moved)
    } else {
        quote!(copied)
    };
    let borrow = (!region.moves).then(|| quote!(&));
    let takes = block
        .takes
        .iter()
        .zip(&detached.held)
        .map(|((name, _), (local, _))| {
            let (held, at) = (
                &normalized.body.locals[local.0].ident,
                names::rt_at(name.span()),
            );
            let copied = quote_spanned!(name.span()=> (&#at::behind(&#borrow #name)).copied(););
            // Else rustc would say that nothing needs it to be `mut`.
            let is_mut = block
                .mutable
                .contains(&names::unraw(name))
                .then(|| quote!(if false { let _ = &mut #name; }));
            quote!(#is_mut #copied let mut #held = (&#at::captured(&#name)).#method(#borrow #name);)
        });
    let lives = block.takes.iter().map(|(name, _)| {
        if region.moves {
            quote!(#rt::like(&#name))
        } else {
            quote!(&#name)
        }
    });
    let takes: Vec<_> = takes.collect();
    parse_quote_spanned! {span=> {
        #[allow(
            warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
            reason = "generated code"
        )]
        let __lives = (#(#lives,)*);
        #(
            #[allow(
                warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                reason = "generated code"
            )]
            #takes
        )*
        #(#probes)*
        #rt::detached(#ty, #found, __lives, move || #nothing #code)
    }}
}
