//! What callers see: the call value and the function that starts the workflow.

use crate::names;
use crate::syntax::{Input, generics};
use proc_macro2::TokenStream;
use quote::quote;
use syn::Type;

/// The public functions of a workflow.
pub(super) fn functions(input: &Input) -> TokenStream {
    let rt = names::rt();
    let mut args = quote!(#rt::ArgsBuilder::new());
    for param in &input.params {
        let (name, ident) = (&param.name, &param.ident);
        args = if param.given_back {
            let proof = super::param_proof(param.stored());
            quote!(#proof.put(#args, #name, &*#ident))
        } else if param.owned.is_some() {
            quote!(#args.arg(#name, #ident))
        } else {
            let proof = super::param_proof(&param.ty);
            quote!(#proof.put(#args, #name, &#ident))
        };
    }
    let definition = input.definition();
    let (_, arguments, _) = input.generics.machine.split_for_impl();
    let turbofish = arguments.as_turbofish();
    let body = if input.gives_back() {
        let lent = input.given_back().map(|(number, param)| {
            let ident = &param.ident;
            quote!(.lent(#number, #ident))
        });
        quote!(#rt::LentCall::new(#args.finish())#(#lent)*)
    } else {
        quote! {
            #rt::WorkflowCall::new(<#definition #turbofish as #rt::Defined>::DEF, #args.finish())
        }
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
            let (name, mut ty) = (&param.ident, param.ty.clone());
            if let (true, Type::Reference(ty)) = (param.given_back, &mut ty) {
                ty.lifetime = Some(names::lent_lifetime());
            }
            quote!(#name: #ty)
        })
        .collect();
    let start_doc = format!(
        "Starts [`{}`] under an id that the caller chooses.",
        names::unraw(ident)
    );
    let forwarded: Vec<_> = attrs.iter().filter(|a| !a.path().is_ident("doc")).collect();
    let definition = input.definition();
    let called = if input.gives_back() {
        input.generics.lending()
    } else {
        input.generics.called.clone()
    };
    let (generics, _, bounds) = called.split_for_impl();
    let (_, arguments, _) = input.generics.machine.split_for_impl();
    // Without a name that leads to it, a function can only be awaited.
    let call = if input.gives_back() {
        let lent = names::lent_lifetime();
        quote!(#rt::LentCall<#lent, #output, #definition #arguments>)
    } else if input.generics.is_generic() {
        quote!(#rt::WorkflowCall<#output, #definition #arguments>)
    } else {
        quote!(#rt::WorkflowCall<#output>)
    };
    let start = (!input.is_unnamed()).then(|| quote! {
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
    let gives = gives(input);
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
        #gives
    }
}

/// What callers must find again, and write back.
fn gives(input: &Input) -> TokenStream {
    if !input.gives_back() {
        return TokenStream::new();
    }
    let rt = names::rt();
    let definition = input.definition();
    let (generics, arguments, bounds) = input.generics.machine.split_for_impl();
    let values = input.given_back().map(|(number, param)| {
        let value = param.stored();
        let data = super::data_proof(value);
        quote! {
            impl #generics #rt::LentAt<#number> for #definition #arguments #bounds {
                type Value = #value;
                fn data() -> #rt::Data<#value> {
                    #data
                }
            }
        }
    });
    let places: Vec<_> = (input.params.iter().enumerate())
        .map(|(number, _)| names::internal(&format!("Arg{number}")))
        .collect();
    let mut any = input.generics.machine.clone();
    for (place, param) in places.iter().zip(&input.params) {
        any.params.push(if param.given_back {
            syn::parse_quote!(#place: #rt::PlaceIsKnown + #rt::PlaceIsKept)
        } else {
            syn::parse_quote!(#place)
        });
    }
    let (generics, _, _) = any.split_for_impl();
    quote! {
        #(#values)*
        impl #generics #rt::GivenBack<(#(#places,)*)> for #definition #arguments #bounds {}
    }
}
