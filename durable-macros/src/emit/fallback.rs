//! What stands in for a function with errors: its public names with their types, so that one
//! mistake is one error, and its own tokens for an editor.
//!
//! ```text
//! Input:   async fn run(order: Order) -> u64 { let total = ; … }
//! Output:  fn run(order: Order) -> WorkflowCall<u64> { unreachable }
//!          fn start_run(client, id, order: Order) -> Start<u64> { unreachable }
//!          #[cfg(rust_analyzer)] async fn run(order: Order) -> u64 { let total = ; … }
//! ```

use crate::diag::compile_errors;
use crate::names;
use crate::syntax::enclosing;
use crate::syntax::outline::Outline;
use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

/// Which attribute stood on the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Workflow,
    Activity,
}

/// The errors of a function, and what stands in for it.
pub(crate) fn fallback(kind: Kind, item: &TokenStream, error: &syn::Error) -> TokenStream {
    let errors = compile_errors(error);
    let Some(outline) = Outline::read(item) else {
        return quote!(#errors #item);
    };
    if outline.has_readable_body() && outline.has_readable_params() {
        let public = public(kind, &outline, &quote!(::core::unreachable!()));
        let editor = (!in_an_impl(item)).then(|| for_an_editor(&outline));
        return quote!(#errors #public #editor);
    }
    let public = public(kind, &outline, &quote!(::core::unreachable!()));
    let unread = unread(error);
    quote!(#public #unread)
}

/// Whether it stands where only associated items may.
fn in_an_impl(item: &TokenStream) -> bool {
    syn::parse2(item.clone()).is_ok_and(|function| enclosing::in_an_impl(&function))
}

/// Rustc has read the function before us, and has said what is wrong with its syntax; an error of
/// ours would be the second one. Should rustc ever read what we cannot, this is an error: a lint,
/// since lints come only where nothing else is wrong.
fn unread(error: &syn::Error) -> TokenStream {
    let what = format!("this function cannot be read: {error}\n\n  code: durable D09");
    quote! {
        #[allow(dead_code, reason = "generated code")]
        const _: () = {
            #[must_use = #what]
            fn unread() -> ::core::primitive::bool {
                true
            }
            #[deny(unused_must_use)]
            fn read() {
                unread();
            }
        };
    }
}

fn public(kind: Kind, outline: &Outline, body: &TokenStream) -> TokenStream {
    let Outline {
        attrs,
        vis,
        ident,
        generics,
        receiver,
        output,
        ..
    } = outline;
    if matches!(output, Type::ImplTrait(_)) {
        return TokenStream::new();
    }
    let rt = names::rt();
    let where_clause = &generics.where_clause;
    let receiver = receiver.as_ref().map(|this| quote!(#this,));
    let params: Vec<_> = outline
        .params
        .iter()
        .map(|param| {
            let ident = &param.ident;
            match &param.ty {
                Some(ty) => quote!(#ident: #ty),
                None => quote!(#ident: impl ::core::marker::Sized),
            }
        })
        .collect();
    let allow = quote!(#[allow(warnings, clippy::all, clippy::pedantic, reason = "it has errors")]);
    let call = match kind {
        Kind::Workflow => quote!(#rt::WorkflowCall<#output>),
        Kind::Activity => {
            let (ok, err) = crate::activity::output_arguments(output);
            quote!(#rt::ActivityCall<#ok, #err>)
        }
    };
    let itself = quote! {
        #(#attrs)*
        #allow
        #vis fn #ident #generics(#receiver #(#params),*) -> #call #where_clause {
            #body
        }
    };
    if kind == Kind::Activity || receiver.is_some() {
        return itself;
    }
    let start = names::start_fn(ident);
    let (client, id) = (names::argument("client"), names::argument("id"));
    quote! {
        #itself
        #allow
        #vis fn #start #generics(
            #client: &#rt::Client,
            #id: impl ::core::convert::Into<::std::string::String>,
            #(#params),*
        ) -> #rt::Start<#output> #where_clause {
            #body
        }
    }
}

/// The function as it was written, where an editor looks at it: names lead to what they mean, and
/// complete.
fn for_an_editor(outline: &Outline) -> TokenStream {
    let Outline {
        ident,
        generics,
        inputs,
        output,
        body,
        receiver,
        ..
    } = outline;
    if receiver.is_some() {
        return TokenStream::new();
    }
    let where_clause = &generics.where_clause;
    quote! {
        #[allow(unexpected_cfgs, reason = "set by rust-analyzer")]
        const _: () = {
            #[cfg(rust_analyzer)]
            async fn #ident #generics #inputs -> #output #where_clause #body
        };
    }
}
