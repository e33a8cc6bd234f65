//! `#[activity]`: a function that gives a call value, and a registered body.
//!
//! ```text
//! Input:   async fn charge(order: Order) -> Result<Charge, PaymentError> { … }
//! Output:  fn charge(order: Order) -> ActivityCall<Charge, PaymentError> { encode the arguments }
//!          a registered function that decodes them and runs the body
//! ```

mod methods;
mod run;

pub(crate) use methods::expand as expand_methods;

use crate::diag::{Code, error};
use crate::emit::{data_proof, options, param_proof};
use crate::names;
use crate::syntax::args::{ActivityArgs, Retry};
use crate::syntax::{Input, Param, generics};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use run::{Runs, transaction};
use std::time::Duration;
use syn::spanned::Spanned;
use syn::{GenericArgument, PathArguments, Type};

/// Expands an activity that is a free function.
pub(crate) fn expand(args: &ActivityArgs, input: &Input) -> syn::Result<TokenStream> {
    let name = args.name.clone();
    let name = name.unwrap_or_else(|| names::unraw(&input.ident));
    let Parts {
        call,
        body,
        registration,
    } = Parts::of(args, input, &name, None)?;
    Ok(quote! {
        #call
        const _: () = {
            #body
            #registration
        };
    })
}

/// What an activity becomes.
pub(crate) struct Parts {
    /// The function that gives a call.
    pub(crate) call: TokenStream,
    /// The function that is the body.
    pub(crate) body: TokenStream,
    /// The items that put the body into the registry.
    pub(crate) registration: TokenStream,
}

impl Parts {
    /// `method_of`: the type of which the function is a method, with `&self`.
    pub(crate) fn of(
        args: &ActivityArgs,
        input: &Input,
        name: &str,
        method_of: Option<&Type>,
    ) -> syn::Result<Self> {
        let rt = names::rt();
        let Input {
            attrs,
            vis,
            ident,
            params,
            output,
            body,
            generics: _,
            meant: _,
            macros: _,
            blocks: _,
            scattered: _,
            hands_on: _,
        } = input;
        let (transaction, params) = transaction(args, ident, params)?;
        let owned = params.iter().map(owned).collect::<syn::Result<Vec<_>>>()?;
        let idents: Vec<_> = (0..params.len())
            .map(|index| format_ident!("arg{index}"))
            .collect();
        let keys: Vec<_> = params.iter().map(|p| &p.name).collect();
        let types: Vec<_> = params.iter().map(|p| &p.ty).collect();
        let patterns = params.iter().map(|p| &p.pat);
        let passed = idents.iter().zip(&owned).map(|(ident, owned)| match owned {
            Owned::Value(_) => quote!(#ident),
            Owned::Borrowed(_) => quote!(&#ident),
        });
        let decoded = idents
            .iter()
            .zip(&owned)
            .zip(&keys)
            .map(|((ident, owned), key)| {
                let (Owned::Value(ty) | Owned::Borrowed(ty)) = owned;
                let proof = param_proof(ty);
                quote!(let #ident = #proof.get(&mut __args, #key)?;)
            });
        let outputs = output_types(output, &args.retry);
        let OutputTypes { call, proofs, .. } = &outputs;
        let ends = outputs.ends(output);
        let arguments = encoded(&idents, &keys, &owned);
        let options = options(args);
        let line = crate::emit::line(ident.span());
        let body_ident = names::activity_body(ident);
        let receiver = method_of.map(|_| quote!(&self,));
        let asynchronous = args.plain().is_none().then(|| quote!(async));
        let first = transaction.map(|_| quote!(__tx,));
        let transaction = transaction.map(|Param { pat, ty, .. }| quote!(#pat: #ty,));
        let arguments_passed = quote!(#first #(#passed),*);
        let Runs {
            output: output_of,
            made_by,
            on,
            instance,
        } = Runs::of(args, ident, &arguments_passed, method_of);
        let decoded = decoded.collect();
        let run = run::attempt(args, &decoded, &output_of, instance.as_ref());
        Ok(Self {
            call: quote! {
                #(#attrs)*
                #[allow(clippy::pedantic, reason = "generated code")]
                #vis fn #ident(#(#idents: #types),*) -> #rt::ActivityCall<#call> {
                    #proofs
                    #rt::ActivityCall::new(#name, #arguments.finish(), #options)
                }
            },
            body: quote! {
                #asynchronous fn #body_ident(#receiver #transaction #(#patterns: #types),*) -> #output #body
            },
            registration: quote! {
                #run
                #ends
                fn __durable_of() -> ::core::any::TypeId {
                    #rt::type_of(&#made_by)
                }
                fn __durable_options() -> #rt::ActivityOptions {
                    #options
                }
                #rt::inventory::submit! {
                    #rt::ActivityDef {
                        name: #name,
                        params: &[#(#keys),*],
                        file: ::core::file!(),
                        line: #line,
                        options: __durable_options,
                        on: #on,
                        run: __durable_run,
                        end: __durable_end,
                        given: __durable_given,
                        of: __durable_of,
                    }
                }
            },
        })
    }
}

/// The arguments of a call, under their names.
fn encoded(idents: &[Ident], keys: &[&String], owned: &[Owned]) -> TokenStream {
    let rt = names::rt();
    let mut arguments = quote!(#rt::ArgsBuilder::new());
    for ((ident, key), owned) in idents.iter().zip(keys).zip(owned) {
        arguments = match owned {
            Owned::Value(ty) => {
                let proof = param_proof(ty);
                quote!(#proof.put(#arguments, #key, &#ident))
            }
            Owned::Borrowed(_) => quote!(#arguments.arg(#key, #ident)),
        };
    }
    arguments
}

/// How a parameter is decoded for the body.
enum Owned {
    Value(Type),
    /// The body takes a reference to a value of this type.
    Borrowed(Type),
}

fn owned(param: &Param) -> syn::Result<Owned> {
    let refuse = |what: &str, help: &str| {
        Err(error(
            &param.ty,
            Code::Parameter,
            &format!("`{}` {what}", param.name),
            help,
        ))
    };
    match &param.ty {
        Type::Reference(ty) if ty.mutability.is_some() => refuse(
            "is `&mut`, and an activity cannot change its caller's data",
            "return the new value",
        ),
        Type::ImplTrait(_) => refuse(
            "has no type of its own, so it cannot be stored",
            "write a concrete type",
        ),
        other => Ok(match generics::owned(other) {
            Some((owned, _)) => Owned::Borrowed(owned),
            None => Owned::Value(other.clone()),
        }),
    }
}

/// What follows from the return type.
struct OutputTypes {
    /// The type arguments of the call.
    call: TokenStream,
    /// Proofs that they can be stored.
    proofs: TokenStream,
    /// The code that turns the output into an attempt's end.
    ended: TokenStream,
    /// The code that turns a boxed `Result` of the call's type arguments into the output.
    from_result: TokenStream,
    /// The code that decodes such a `Result`.
    given: TokenStream,
}

impl OutputTypes {
    /// The functions that end an attempt with an output: for the body, and for a test's mock.
    fn ends(&self, output: &Type) -> TokenStream {
        let rt = names::rt();
        let Self {
            call,
            ended,
            from_result,
            given,
            proofs: _,
        } = self;
        quote! {
            #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
            fn __durable_ended(__output: #output) -> #rt::AttemptEnd {
                #ended
            }
            #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
            fn __durable_end(
                __output: ::std::boxed::Box<dyn ::core::any::Any>,
            ) -> ::core::option::Option<#rt::AttemptEnd> {
                let __output = __output.downcast::<::core::result::Result<#call>>().ok()?;
                ::core::option::Option::Some(__durable_ended(#from_result))
            }
            #[allow(warnings, clippy::all, clippy::pedantic, reason = "generated code")]
            fn __durable_given(
                __given: ::core::result::Result<
                    &[::core::primitive::u8],
                    &[::core::primitive::u8],
                >,
            ) -> ::core::result::Result<#rt::AttemptEnd, #rt::CodecError> {
                let __output = ::std::boxed::Box::new(#given?);
                ::core::result::Result::Ok(__durable_ended(#from_result))
            }
        }
    }
}

fn output_types(output: &Type, retry: &Retry) -> OutputTypes {
    let rt = names::rt();
    let (ok, err) = output_arguments(output);
    if matches!(returns(output), Returns::Value) {
        let (call, data) = (quote!(#ok, #err), data_proof(output));
        let never = data_proof(&err);
        return OutputTypes {
            call,
            given: quote!(#rt::attempt_given(#data, #never, __given)),
            proofs: quote!(let _ = #data;),
            ended: quote!(#rt::attempt_returned(#data, &__output)),
            from_result: quote! {
                match *__output {
                    ::core::result::Result::Ok(__value) => __value,
                    ::core::result::Result::Err(__never) => match __never {},
                }
            },
        };
    }
    let (ok_data, err_data) = (data_proof(&ok), data_proof(&err));
    let proofs = quote!(let _ = (#ok_data, #err_data););
    let (fatal, next_delay) = options::verdict(retry);
    let ended = quote! {
        match __output {
            ::core::result::Result::Ok(__value) => #rt::attempt_returned(#ok_data, &__value),
            ::core::result::Result::Err(__error) => {
                let __error = &__error;
                use #rt::{ErrorAsDebug as _, ErrorAsDisplay as _, ErrorAsNothing as _};
                let __fatal: ::core::primitive::bool = #fatal;
                let __verdict = #rt::Verdict {
                    retryable: !__fatal,
                    next_delay: #next_delay,
                    text: (&&#rt::ErrorText(__error)).text(),
                };
                #rt::attempt_failed(#err_data, __error, __verdict)
            }
        }
    };
    OutputTypes {
        call: quote!(#ok, #err),
        proofs,
        ended,
        from_result: quote!(*__output),
        given: quote!(#rt::attempt_given(#ok_data, #err_data, __given)),
    }
}

/// The type arguments of a call.
pub(crate) fn output_arguments(output: &Type) -> (TokenStream, TokenStream) {
    let rt = names::rt();
    let of = |part: &str| {
        let part = format_ident!("{part}");
        let at = output.span();
        quote_spanned!(at=> <#output as #rt::ResultParts>::#part)
    };
    match returns(output) {
        Returns::Value => (quote!(#output), quote!(#rt::Infallible)),
        Returns::Result(types) => {
            let (ok, err) = *types;
            (quote!(#ok), quote!(#err))
        }
        Returns::Alias => (of("Ok"), of("Err")),
    }
}

/// What the return type of an activity says by its syntax.
enum Returns {
    /// No `Result`.
    Value,
    /// `Result` with both types written.
    Result(Box<(Type, Type)>),
    /// `Result` through an alias (`io::Result<T>`).
    Alias,
}

fn returns(output: &Type) -> Returns {
    let Type::Path(path) = output else {
        return Returns::Value;
    };
    let Some(last) = path
        .path
        .segments
        .last()
        .filter(|last| last.ident == "Result")
    else {
        return Returns::Value;
    };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Returns::Alias;
    };
    let types: Vec<_> = arguments
        .args
        .iter()
        .filter_map(|a| match a {
            GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        })
        .collect();
    match <[Type; 2]>::try_from(types) {
        Ok([ok, err]) => Returns::Result(Box::new((ok, err))),
        Err(_) => Returns::Alias,
    }
}

fn options(args: &ActivityArgs) -> TokenStream {
    let rt = names::rt();
    let limit = |name: &str, limit: Option<Duration>| {
        let (name, limit) = (format_ident!("{name}"), options::duration(limit?));
        Some(quote!(#name: ::core::option::Option::Some(#limit)))
    };
    let limits = [
        limit("start_to_close", args.start_to_close),
        limit("schedule_to_close", args.schedule_to_close),
        limit("schedule_to_start", args.schedule_to_start),
        limit("heartbeat", args.heartbeat),
    ];
    let limits = limits.into_iter().flatten();
    let cancellation = args.cancellation.as_ref();
    let cancellation = cancellation.map(|kind| quote!(cancellation: #rt::CancellationType::#kind,));
    let queue = args
        .queue
        .as_ref()
        .map(|queue| quote!(queue: ::core::option::Option::Some(::std::boxed::Box::from(#queue)),));
    let transactional = args.transactional.then(|| quote!(transactional: true,));
    let retry = options::policy(&args.retry);
    quote! {
        #rt::ActivityOptions {
            #(#limits,)*
            #queue
            #cancellation
            #transactional
            retry: #retry,
            ..<#rt::ActivityOptions as ::core::default::Default>::default()
        }
    }
}
