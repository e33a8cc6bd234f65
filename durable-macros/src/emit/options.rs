//! The policies that are written in an attribute.

use crate::names;
use crate::syntax::args::{Retry, WorkflowArgs};
use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use std::time::Duration;
use syn::spanned::Spanned;

/// A function that gives the options of a workflow.
pub(super) fn workflow(args: &WorkflowArgs) -> TokenStream {
    let rt = names::rt();
    let options = quote!(#rt::WorkflowOptions);
    if !args.concerns_runs() {
        return quote!(<#options as ::core::default::Default>::default);
    }
    let execution = args.execution_timeout.map(|limit| {
        let limit = duration(limit);
        quote!(options.execution_timeout = ::core::option::Option::Some(#limit);)
    });
    let run = args.run_timeout.map(|limit| {
        let limit = duration(limit);
        quote!(options.run_timeout = ::core::option::Option::Some(#limit);)
    });
    let kept = args.retention.map(|kept| {
        let kept = duration(kept);
        quote!(options.retention = ::core::option::Option::Some(#kept);)
    });
    let retry = args.retry.as_ref().map(|retry| {
        let policy = policy(retry);
        quote!(options.retry = ::core::option::Option::Some(#policy);)
    });
    quote! {{
        fn __durable_options() -> #options {
            let mut options = <#options as ::core::default::Default>::default();
            #execution
            #run
            #kept
            #retry
            options
        }
        __durable_options
    }}
}

/// A retry policy; what is not written is the default.
pub(crate) fn policy(retry: &Retry) -> TokenStream {
    let rt = names::rt();
    let Retry {
        initial,
        factor,
        max_interval,
        max_attempts,
        jitter,
        non_retryable: _,
        next_delay: _,
    } = retry;
    let some = |value: TokenStream| quote!(::core::option::Option::Some(#value));
    let fields = [
        initial.map(duration).map(|value| quote!(initial: #value)),
        factor.map(|value| quote!(factor: #value)),
        max_interval
            .map(|limit| some(duration(limit)))
            .map(|value| quote!(max_interval: #value)),
        max_attempts
            .map(|count| some(quote!(#count)))
            .map(|value| quote!(max_attempts: #value)),
        jitter.map(|value| quote!(jitter: #value)),
    ];
    let fields = fields.into_iter().flatten();
    quote! {
        #rt::RetryPolicy {
            #(#fields,)*
            ..<#rt::RetryPolicy as ::core::default::Default>::default()
        }
    }
}

/// What the predicates of a retry policy say of the error `__error`: whether it is final, and the
/// pause that it has chosen.
pub(crate) fn verdict(retry: &Retry) -> (TokenStream, TokenStream) {
    let fatal = match &retry.non_retryable {
        Some(predicate) => {
            let test = names::rt_at(predicate.span());
            quote_spanned!(predicate.span()=> #test::test_error(__error, #predicate))
        }
        None => quote!(false),
    };
    let delay = match &retry.next_delay {
        Some(choice) => {
            let delay = names::rt_at(choice.span());
            quote_spanned!(choice.span()=> #delay::error_delay(__error, #choice))
        }
        None => quote!(::core::option::Option::None),
    };
    (fatal, delay)
}

/// What says of a returned error whether and when the workflow is tried again, behind what makes a
/// `Finished` of `output`.
pub(super) fn judgement(args: &WorkflowArgs, output: &TokenStream) -> Option<TokenStream> {
    let retry = args.retry.as_ref()?;
    if retry.non_retryable.is_none() && retry.next_delay.is_none() {
        return None;
    }
    let (fatal, delay) = verdict(retry);
    Some(quote! {
        let __finished = match #output {
            ::core::result::Result::Ok(_) => __finished,
            ::core::result::Result::Err(__error) => {
                let __fatal: ::core::primitive::bool = #fatal;
                let __delay = #delay;
                __finished.judged(__fatal, __delay)
            }
        };
    })
}

pub(crate) fn duration(duration: Duration) -> TokenStream {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}
