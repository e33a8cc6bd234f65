//! The accepted function: attributes, signature, parameters, body.

use super::fork;
use super::meaning::Meant;
use crate::diag::{Code, Diagnostics, error};
use crate::normalize::items;
use crate::normalize::standard::{self, Opened};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{
    Attribute, Block, FnArg, Ident, ItemFn, Pat, ReturnType, Safety, Signature, Type, Visibility,
};

/// A function under `#[workflow]` or `#[activity]`.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) params: Vec<Param>,
    /// What the function returns; `()` when nothing is written.
    pub(crate) output: Type,
    pub(crate) body: Block,
    /// What the names of macros that are compiled here have to mean.
    pub(crate) meant: Meant,
    /// Macros in the body that hold an await; see [`prepared`](Input::prepared).
    pub(crate) macros: Opened,
}

/// One parameter.
#[derive(Debug)]
pub(crate) struct Param {
    pub(crate) pat: Pat,
    pub(crate) ty: Type,
    /// Its name in the stored input: the parameter's, or its position for other patterns.
    pub(crate) name: String,
}

impl Input {
    /// Parses an `async fn`; `what` names the attribute.
    pub(crate) fn parse(tokens: TokenStream, what: &str) -> syn::Result<Self> {
        let function: ItemFn = syn::parse2(tokens).map_err(|e| not_a_function(what, &e))?;
        signature(&function.sig, what)?;
        let output = match function.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => *ty,
        };
        let params = function
            .sig
            .inputs
            .into_iter()
            .enumerate()
            .map(param)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            attrs: function.attrs,
            vis: function.vis,
            ident: function.sig.ident,
            params,
            output,
            body: *function.block,
            meant: Meant::default(),
            macros: Opened::default(),
        })
    }

    /// Opens the macros of the body that join branches.
    pub(crate) fn open_branches(mut self, diagnostics: &mut Diagnostics) -> Self {
        let ours = fork::rewrite(&mut self.body, diagnostics);
        self.meant = Meant::new(ours, &self.body);
        self
    }

    /// Moves items out of blocks that await, and opens the macros that hold an await.
    pub(crate) fn prepared(mut self) -> Self {
        let params = self
            .params
            .iter()
            .map(|Param { pat, ty, .. }| quote!(#pat: #ty,));
        let output = &self.output;
        let around = quote!(#(#params)* #output);
        items::hoist(&mut self.body, &around);
        self.macros = standard::open(&mut self.body);
        self
    }
}

fn not_a_function(what: &str, found: &syn::Error) -> syn::Error {
    let at = found
        .to_compile_error()
        .into_iter()
        .next()
        .map_or_else(TokenStream::new, Into::into);
    error(
        &at,
        Code::NotAsyncFn,
        &format!("#[{what}] goes on a function, and this is not one ({found})"),
        "put it on an `async fn`",
    )
}

fn param((index, arg): (usize, FnArg)) -> syn::Result<Param> {
    match arg {
        FnArg::Typed(typed) => {
            if let Some(cfg) = (typed.attrs.iter())
                .find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr"))
            {
                return Err(error(
                    cfg,
                    Code::Cfg,
                    "`#[cfg]` on a parameter would change what is stored of a call",
                    "put the `#[cfg]` on the function, and write one function for each case",
                ));
            }
            let name = match &*typed.pat {
                Pat::Ident(pat) => crate::names::unraw(&pat.ident),
                _ => format!("arg{index}"),
            };
            Ok(Param {
                pat: *typed.pat,
                ty: *typed.ty,
                name,
            })
        }
        FnArg::Receiver(receiver) => Err(error(
            &receiver,
            Code::Parameter,
            "a durable function has no `self`",
            "make it a free function and pass what it needs as parameters",
        )),
    }
}

fn signature(sig: &Signature, what: &str) -> syn::Result<()> {
    if sig.asyncness.is_none() {
        return Err(error(
            &sig.fn_token,
            Code::NotAsyncFn,
            &format!("`{}` is not an `async fn`", sig.ident),
            &format!("write `async fn {}`", sig.ident),
        ));
    }
    let unsupported = |at: &dyn Fn() -> TokenStream, thing: &str, help: &str| {
        Err(error(
            &at(),
            Code::Unsupported,
            &format!("#[{what}] does not support {thing}"),
            help,
        ))
    };
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        return unsupported(
            &|| sig.generics.to_token_stream(),
            "generic functions",
            "write concrete types; a stored call must name one function",
        );
    }
    if !matches!(sig.safety, Safety::Default) || sig.abi.is_some() || sig.constness.is_some() {
        return unsupported(
            &|| sig.fn_token.to_token_stream(),
            "`unsafe`, `extern` or `const`",
            "remove it",
        );
    }
    if sig.variadic.is_some() {
        return unsupported(
            &|| sig.variadic.to_token_stream(),
            "variadic parameters",
            "remove them",
        );
    }
    Ok(())
}
