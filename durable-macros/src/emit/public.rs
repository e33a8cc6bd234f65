//! What callers see: the call value and the function that starts the workflow.

use crate::names;
use crate::syntax::{Input, generics};
use proc_macro2::TokenStream;
use quote::quote;

/// The public functions of a workflow.
pub(super) fn functions(input: &Input) -> TokenStream {
    let rt = names::rt();
    let mut args = quote!(#rt::ArgsBuilder::new());
    for param in &input.params {
        let (name, ident) = (&param.name, &param.ident);
        args = if param.owned.is_some() {
            quote!(#args.arg(#name, #ident))
        } else {
            let proof = super::param_proof(&param.ty);
            quote!(#proof.put(#args, #name, &#ident))
        };
    }
    let definition = input.generics.definition(&input.ident);
    let (_, arguments, _) = input.generics.machine.split_for_impl();
    let turbofish = arguments.as_turbofish();
    let body = quote! {
        #rt::WorkflowCall::new(<#definition #turbofish as #rt::Defined>::DEF, #args.finish())
    };
    signatures(input, &body)
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
    let names: Vec<_> = input.params.iter().map(|p| &p.ident).collect();
    let params: Vec<_> = input
        .params
        .iter()
        .map(|param| {
            let (name, ty) = (&param.ident, &param.ty);
            quote!(#name: #ty)
        })
        .collect();
    let start_doc = format!(
        "Starts [`{}`] under an id that the caller chooses.",
        names::unraw(ident)
    );
    let forwarded: Vec<_> = attrs.iter().filter(|a| !a.path().is_ident("doc")).collect();
    let definition = input.generics.definition(ident);
    let (generics, _, bounds) = input.generics.called.split_for_impl();
    let (_, arguments, _) = input.generics.machine.split_for_impl();
    // Without a name that leads to it, a function can only be awaited.
    let generic = input.generics.is_generic();
    let call = if generic {
        quote!(#rt::WorkflowCall<#output, #definition #arguments>)
    } else {
        quote!(#rt::WorkflowCall<#output>)
    };
    let start = (!generic).then(|| quote! {
        #[doc = #start_doc]
        #(#forwarded)*
        #[allow(clippy::pedantic, clippy::too_many_arguments, dead_code, reason = "generated code")]
        #vis fn #start #generics(
            #client: &#rt::Client,
            #id: impl ::core::convert::Into<::std::string::String>,
            #(#params),*
        ) -> #rt::Start<#output> #bounds {
            #ident(#(#names),*).start(#client, #id)
        }
    });
    let marker = generics::marker(&input.generics);
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code, reason = "generated code")]
        #vis struct #definition #marker
        #(#attrs)*
        #[allow(unused_variables, clippy::pedantic, clippy::too_many_arguments, dead_code, reason = "generated code")]
        #vis fn #ident #generics(#(#params),*) -> #call #bounds {
            #body
        }
        #start
    }
}
