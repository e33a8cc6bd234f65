//! How an attempt runs the body of an activity.

use crate::diag::{Code, error};
use crate::names;
use crate::syntax::Param;
use crate::syntax::args::ActivityArgs;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};
use syn::Type;

/// The parameter that is the store's transaction, if there is one, and those of the call.
pub(super) fn transaction<'a>(
    args: &ActivityArgs,
    ident: &Ident,
    params: &'a [Param],
) -> syn::Result<(Option<&'a Param>, &'a [Param])> {
    if !args.transactional {
        return Ok((None, params));
    }
    match params.split_first() {
        Some((first, others)) if matches!(&first.ty, Type::Reference(ty) if ty.mutability.is_some()) => {
            Ok((Some(first), others))
        }
        first => {
            let at = first.map_or_else(
                || ident.to_token_stream(),
                |(first, _)| first.ty.to_token_stream(),
            );
            let name = names::unraw(ident);
            Err(error(
                &at,
                Code::Parameter,
                &format!("`{name}` is transactional, and its first parameter is no transaction"),
                &format!("write `fn {name}(tx: &mut Transaction<'_>, …)`"),
            ))
        }
    }
}

/// The function that runs an attempt. `decoded` makes the arguments, `output` is the body's.
pub(super) fn attempt(
    args: &ActivityArgs,
    decoded: &TokenStream,
    output: &TokenStream,
    instance: Option<&TokenStream>,
) -> TokenStream {
    if args.transactional {
        return transactional(decoded, output);
    }
    let rt = names::rt();
    quote! {
        #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
        fn __durable_run(
            __instance: &#rt::Instance,
            _context: #rt::ActivityContext,
            __args: &[::core::primitive::u8],
        ) -> ::core::result::Result<#rt::AttemptFuture, #rt::CodecError> {
            let mut __args = #rt::Args::open(__args)?;
            #decoded
            #instance
            ::core::result::Result::Ok(::std::boxed::Box::pin(async move {
                __durable_ended(#output)
            }))
        }
    }
}

/// The function that runs an attempt whose body runs in the store's transaction.
fn transactional(decoded: &TokenStream, output: &TokenStream) -> TokenStream {
    let rt = names::rt();
    quote! {
        #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
        fn __durable_work(
            __instance: &#rt::Instance,
            __tx: &mut #rt::Transaction<'_>,
            __args: &[::core::primitive::u8],
        ) -> ::core::result::Result<#rt::AttemptEnd, #rt::CodecError> {
            let mut __args = #rt::Args::open(__args)?;
            #decoded
            ::core::result::Result::Ok(__durable_ended(#output))
        }
        #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
        fn __durable_run(
            __instance: &#rt::Instance,
            __context: #rt::ActivityContext,
            __args: &[::core::primitive::u8],
        ) -> ::core::result::Result<#rt::AttemptFuture, #rt::CodecError> {
            let __bytes = __args.to_vec();
            // What does not decode is no failure of the body.
            let mut __args = #rt::Args::open(__args)?;
            #decoded
            ::core::result::Result::Ok(::std::boxed::Box::pin(#rt::transactional(
                __context,
                ::core::clone::Clone::clone(__instance),
                __bytes,
                __durable_work,
            )))
        }
    }
}

/// How the body of an activity is run.
pub(super) struct Runs {
    /// Its output.
    pub(super) output: TokenStream,
    /// The function that gives calls.
    pub(super) made_by: TokenStream,
    /// The type of which it is a method.
    pub(super) on: TokenStream,
    /// What the attempt takes with it of that type.
    pub(super) instance: Option<TokenStream>,
}

impl Runs {
    pub(super) fn of(
        args: &ActivityArgs,
        ident: &Ident,
        passed: &TokenStream,
        method_of: Option<&Type>,
    ) -> Self {
        let rt = names::rt();
        let body = names::activity_body(ident);
        let (called, made_by, on, instance) = match method_of {
            None => (
                quote!(#body(#passed)),
                quote!(#ident),
                quote!(::core::option::Option::None),
                None,
            ),
            Some(ty) => (
                quote!(#rt::instance::<#ty>(&__instance).#body(#passed)),
                quote!(<#ty>::#ident),
                quote!(::core::option::Option::Some(#rt::instance_type::<#ty>)),
                Some(quote!(let __instance = ::core::clone::Clone::clone(__instance);)),
            ),
        };
        let output = if args.transactional {
            called
        } else if args.blocking {
            quote!(#rt::blocking(move || #called).await)
        } else {
            quote!(#called.await)
        };
        Self {
            output,
            made_by,
            on,
            instance,
        }
    }
}
