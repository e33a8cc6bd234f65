//! What callers see: the call value and the function that starts the workflow.

use crate::names;
use crate::syntax::Input;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Ident, Pat};

/// The public functions of a workflow.
pub(super) fn functions(input: &Input) -> TokenStream {
    let rt = names::rt();
    let mut args = quote!(#rt::ArgsBuilder::new());
    for (param, ident) in input.params.iter().zip(parameter_names(input)) {
        let (proof, name) = (super::param_proof(&param.ty), &param.name);
        args = quote!(#proof.put(#args, #name, &#ident));
    }
    let definition = names::definition(&input.ident);
    let body = quote! {
        #rt::WorkflowCall::new(<#definition as #rt::Defined>::DEF, #args.finish())
    };
    let public = signatures(input, &body);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "generated code")]
        struct #definition;
        #public
    }
}

fn signatures(input: &Input, body: &TokenStream) -> TokenStream {
    let rt = names::rt();
    let Input {
        attrs,
        vis,
        ident,
        output,
        ..
    } = input;
    let start = names::start_fn(ident);
    // The caller reads these names in the documentation; the user's own `id` is another.
    let (client, id) = (names::argument("client"), names::argument("id"));
    let names = parameter_names(input);
    let params: Vec<_> = names
        .iter()
        .zip(&input.params)
        .map(|(name, param)| {
            let ty = &param.ty;
            quote!(#name: #ty)
        })
        .collect();
    let start_doc = format!(
        "Starts [`{}`] under an id that the caller chooses.",
        names::unraw(ident)
    );
    let forwarded: Vec<_> = attrs.iter().filter(|a| !a.path().is_ident("doc")).collect();
    quote! {
        #(#attrs)*
        #[allow(unused_variables, clippy::pedantic, clippy::too_many_arguments, dead_code, reason = "generated code")]
        #vis fn #ident(#(#params),*) -> #rt::WorkflowCall<#output> {
            #body
        }
        #[doc = #start_doc]
        #(#forwarded)*
        #[allow(clippy::pedantic, clippy::too_many_arguments, dead_code, reason = "generated code")]
        #vis fn #start(
            #client: &#rt::Client,
            #id: impl ::core::convert::Into<::std::string::String>,
            #(#params),*
        ) -> #rt::Start<#output> {
            #ident(#(#names),*).start(#client, #id)
        }
    }
}

/// Plain names for the parameters of the public functions.
fn parameter_names(input: &Input) -> Vec<Ident> {
    input
        .params
        .iter()
        .enumerate()
        .map(|(index, param)| match &param.pat {
            Pat::Ident(pat) => pat.ident.clone(),
            _ => format_ident!("arg{index}"),
        })
        .collect()
}
