//! `#[activities]`: activities that are methods of a type, which carries what they need.
//!
//! ```text
//! Input:   impl Payments { #[activity] async fn charge(&self, order: Order) -> Charge { … } }
//! Output:  impl Payments {
//!              fn charge(order: Order) -> ActivityCall<Charge, Infallible> { encode the arguments }
//!              async fn __durable_charge(&self, order: Order) -> Charge { … }
//!          }
//!          a registered function that runs the body on the worker's `Payments`
//! ```

use super::Parts;
use crate::diag::{Code, error};
use crate::names;
use crate::syntax::{Input, args};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Attribute, FnArg, ImplItem, ImplItemFn, ItemImpl, Meta, ReceiverKind, Type};

/// Expands an impl block.
pub(crate) fn expand(arguments: &TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(error(
            arguments,
            Code::Argument,
            "`#[activities]` takes no arguments",
            "write them at each method: `#[activity(start_to_close = \"30s\")]`",
        ));
    }
    let mut block: ItemImpl = syn::parse2(item).map_err(|found| {
        error(
            &found.to_compile_error(),
            Code::NotAsyncFn,
            &format!("#[activities] goes on an impl block, and this is not one ({found})"),
            "write `#[activities] impl Payments { … }`; a free function takes `#[activity]`",
        )
    })?;
    checked(&block)?;
    let ty = (*block.self_ty).clone();
    let (mut items, mut registrations, mut errors) = (Vec::new(), Vec::new(), None);
    for item in std::mem::take(&mut block.items) {
        let method = match item {
            ImplItem::Fn(method) if marked(&method).is_some() => method,
            other => {
                items.push(other.into_token_stream());
                continue;
            }
        };
        match expand_method(method, &ty) {
            Ok(Parts {
                call,
                body,
                registration,
            }) => {
                items.push(quote!(#call #body));
                registrations.push(registration);
            }
            Err(found) => match &mut errors {
                None => errors = Some(found),
                Some(all) => syn::Error::extend(all, found),
            },
        }
    }
    if let Some(errors) = errors {
        return Err(errors);
    }
    if registrations.is_empty() {
        return Err(error(
            &ty,
            Code::Argument,
            "no method of this block is an activity",
            "put `#[activity]` on those that are",
        ));
    }
    let rt = names::rt();
    let attrs = &block.attrs;
    Ok(quote! {
        #(#attrs)*
        impl #ty {
            #(#items)*
        }
        #(const _: () = { #registrations };)*
        impl #rt::Activities for #ty {}
    })
}

/// Refuses blocks whose type is not one.
fn checked(block: &ItemImpl) -> syn::Result<()> {
    if let Some((of, _)) = &block.trait_ {
        return Err(error(
            of,
            Code::Unsupported,
            "`#[activities]` does not support the methods of a trait",
            "put them into an impl block of the type itself",
        ));
    }
    if !block.generics.params.is_empty() || block.generics.where_clause.is_some() {
        return Err(error(
            &block.generics,
            Code::Unsupported,
            "`#[activities]` does not support generic types",
            "write a concrete type; a stored call must name one function",
        ));
    }
    Ok(())
}

/// The attribute that makes a method an activity.
fn marked(method: &ImplItemFn) -> Option<usize> {
    let is_ours = |attr: &Attribute| {
        let last = attr.path().segments.last();
        last.is_some_and(|last| last.ident == "activity")
    };
    method.attrs.iter().position(is_ours)
}

fn expand_method(mut method: ImplItemFn, ty: &Type) -> syn::Result<Parts> {
    let at = marked(&method).expect("it was found");
    let attr = method.attrs.remove(at);
    let arguments = match attr.meta {
        Meta::List(list) => list.tokens,
        Meta::Path(_) => TokenStream::new(),
        Meta::NameValue(wrong) => {
            return Err(error(
                &wrong,
                Code::Argument,
                "this is not how arguments are written",
                "write `#[activity(start_to_close = \"30s\")]`",
            ));
        }
    };
    let args = args::activity(arguments)?;
    match method.sig.inputs.first() {
        Some(FnArg::Receiver(this)) if matches!(this.kind, ReceiverKind::Reference(_, _, None)) => {
        }
        other => {
            let at = other.map_or_else(
                || method.sig.ident.to_token_stream(),
                ToTokens::to_token_stream,
            );
            return Err(error(
                &at,
                Code::Parameter,
                "the first parameter of an activity that is a method is `&self`",
                "write `&self`: all attempts of a worker share the value; without it, make it a free \
                 function",
            ));
        }
    }
    let inputs = std::mem::take(&mut method.sig.inputs);
    method.sig.inputs = inputs.into_iter().skip(1).collect();
    // Outside of the block there is no `Self`.
    let signature = named(method.sig.to_token_stream(), ty);
    let (attrs, vis, body) = (&method.attrs, &method.vis, &method.block);
    let function = quote!(#(#attrs)* #vis #signature #body);
    let input = Input::activity(function, args.plain())?;
    let name = args.name.clone();
    let name = name.unwrap_or_else(|| format!("{}.{}", type_name(ty), names::unraw(&input.ident)));
    Parts::of(&args, &input, &name, Some(ty))
}

/// The tokens with the type in place of `Self`.
fn named(tokens: TokenStream, ty: &Type) -> TokenStream {
    let one = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => quote!(#ty),
        TokenTree::Group(group) => {
            let mut inside = Group::new(group.delimiter(), named(group.stream(), ty));
            inside.set_span(group.span());
            TokenTree::Group(inside).into()
        }
        other => other.into(),
    };
    tokens
        .into_iter()
        .map(one)
        .collect::<Vec<TokenStream>>()
        .into_iter()
        .collect()
}

/// The last name of a type.
fn type_name(ty: &Type) -> String {
    let last = match ty {
        Type::Path(path) => path.path.segments.last().map(|last| &last.ident),
        _ => None,
    };
    last.map_or_else(
        || "activities".to_owned(),
        |ident: &Ident| names::unraw(ident),
    )
}
