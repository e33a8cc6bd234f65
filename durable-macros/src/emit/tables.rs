//! The tables that describe a workflow, and its registration.

use super::options;
use crate::ir::{Body, LocalKind};
use crate::lower::{Layout, Node, next_use};
use crate::names;
use crate::syntax::Input;
use crate::syntax::args::WorkflowArgs;
use proc_macro2::TokenStream;
use quote::quote;

/// Statics and registration of a workflow.
pub(super) fn tables(
    args: &WorkflowArgs,
    input: &Input,
    name: &str,
    body: &Body,
    layout: &Layout,
) -> TokenStream {
    let rt = names::rt();
    let points = points(body, layout);
    let locals = layout.saved.iter().map(|(local, name)| {
        let this = &body.locals[local.0];
        let (line, origin) = (line(this.ident.span()), origin(&this.kind));
        quote!(#rt::Local { name: #name, line: #line, origin: #rt::Origin::#origin })
    });
    let edges = layout.edges.iter().map(|(from, to)| {
        let (from, to) = (node(layout, *from), node(layout, *to));
        quote!((#from, #to))
    });
    let params: Vec<_> = input.params.iter().map(|p| &p.name).collect();
    let proofs = input.params.iter().map(|p| super::param_proof(p.stored()));
    let (output, line) = (&input.output, line(input.ident.span()));
    let data = super::data_proof(output);
    let (returned, (whole, gives)) = (input.returned(), gives(input));
    let (options, judgement) = (
        options::workflow(args),
        options::judgement(args, &quote!(&__output #whole)),
    );
    let definition = input.definition();
    let (generics, arguments, bounds) = input.generics.machine.split_for_impl();
    let these = arguments.as_turbofish();
    let no_block = (!body.detached.is_empty()).then(|| quote!(, ::core::option::Option::None));
    // A generic function, or one that gives back, has no name that leads to it.
    let linked = if input.is_unnamed() {
        quote!(#rt::Unnamed(#name))
    } else {
        quote!(#rt::Linked(<#definition as #rt::Defined>::DEF))
    };
    let registration = quote!(#rt::inventory::submit! { #linked });
    let blocks = super::blocks::definitions(name, input, body, line);
    quote! {
        static __DURABLE_LOCALS: &[#rt::Local] = &[#(#locals),*];
        #blocks
        static __DURABLE_POINTS: &[#rt::Point] = &[#(#points),*];
        fn __durable_run #generics(
            __cx: #rt::Cx,
            __entry: #rt::Entry,
        ) -> ::core::pin::Pin<::std::boxed::Box<
            dyn ::core::future::Future<Output = #rt::Finished> + ::core::marker::Send,
        >> #bounds {
            ::std::boxed::Box::pin(async move {
                #[allow(unused_imports, reason = "one of them answers, by method lookup")]
                use #rt::{FailedOther as _, FailedResult as _};
                let __output: #returned = __durable_machine #these(__cx, __entry #no_block).await;
                let __failed = (&#rt::Outcome(&__output #whole)).failed();
                let __finished = #rt::finished(#data, &__output #whole, __failed);
                #judgement
                #gives
            })
        }
        fn __durable_check_input #generics(
            __input: &[::core::primitive::u8],
        ) -> ::core::result::Result<(), #rt::CodecError> #bounds {
            #[allow(unused_mut, unused_variables, reason = "a function without parameters")]
            let mut __args = #rt::Args::open(__input)?;
            #({ let _ = #proofs.get(&mut __args, #params)?; })*
            ::core::result::Result::Ok(())
        }
        impl #generics #rt::Defined for #definition #arguments #bounds {
            const DEF: &'static #rt::WorkflowDef = &#rt::WorkflowDef {
                name: #name,
                params: &[#(#params),*],
                file: ::core::file!(),
                line: #line,
                points: __DURABLE_POINTS,
                locals: __DURABLE_LOCALS,
                edges: &[#(#edges),*],
                options: #options,
                run: __durable_run #these,
                check_input: __durable_check_input #these,
                block: ::core::option::Option::None,
            };
        }
        #registration
    }
}

/// The suspend points.
fn points(body: &Body, layout: &Layout) -> Vec<TokenStream> {
    let rt = names::rt();
    let points = layout.points.iter().map(|plan| {
        let point = &body.points[plan.point.0];
        let (label, source) = (&point.label, &point.source);
        let (line, locals) = (line(point.span), plan.locals.iter().map(|&l| number(l)));
        let parent = match (plan.parent, plan.block) {
            (Some((fork, branch)), _) => {
                let fork = number(layout.point(fork).expect("a branch has a fork"));
                let branch = number(branch);
                quote!(::core::option::Option::Some((#fork, #branch)))
            }
            (None, Some(block)) => {
                let block = number(block);
                quote!(::core::option::Option::Some((#rt::Point::BLOCK, #block)))
            }
            (None, None) => quote!(::core::option::Option::None),
        };
        let next_uses = plan.locals.iter().map(|&saved| {
            let line = next_use(body, layout, plan, saved);
            u32::try_from(line).unwrap_or(0)
        });
        quote! {
            #rt::Point {
                label: #label,
                source: #source,
                line: #line,
                locals: &[#(#locals),*],
                next_uses: &[#(#next_uses),*],
                parent: #parent,
            }
        }
    });
    points.collect()
}

/// How a function's output is taken out of what its machine returns, and what becomes of the rest.
fn gives(input: &Input) -> (TokenStream, TokenStream) {
    let rt = names::rt();
    if input.gives_back() {
        let places = input
            .given_back()
            .enumerate()
            .map(|(place, (number, param))| {
                let (data, place) = (
                    super::data_proof(param.stored()),
                    syn::Index::from(place + 1),
                );
                quote!(.place(#number, #data, &__output.#place))
            });
        (
            quote!(.0),
            quote!(#rt::gives(__finished)#(#places)*.finished()),
        )
    } else {
        (quote!(), quote!(__finished))
    }
}

fn origin(kind: &LocalKind) -> TokenStream {
    match kind {
        LocalKind::User | LocalKind::Deferred => quote!(Variable),
        LocalKind::Temp { .. } => quote!(Operand),
        LocalKind::Answer { .. } => quote!(Answer),
        LocalKind::Cursor { .. } => quote!(Rest),
        LocalKind::Key { .. } | LocalKind::Held { .. } | LocalKind::Borrow => quote!(Borrowed),
        LocalKind::Output => unreachable!("what a branch gives is no variable"),
    }
}

pub(crate) fn line(span: proc_macro2::Span) -> u32 {
    u32::try_from(span.start().line).unwrap_or(0)
}

fn number(index: usize) -> u16 {
    u16::try_from(index).expect("fewer than 2^16 locals")
}

fn node(layout: &Layout, node: Node) -> TokenStream {
    let rt = names::rt();
    match node {
        Node::Entry => quote!(#rt::Point::ENTRY),
        Node::Exit => quote!(#rt::Point::EXIT),
        Node::Point(point) => {
            let number = number(layout.point(point).expect("edges connect reachable points"));
            quote!(#number)
        }
    }
}
