//! The accepted function: attributes, signature, parameters, body.

use super::args::Plain;
use super::generics::{self, Parameters};
use super::meaning::Meant;
use super::{capitals, enclosing, fork};
use crate::diag::{Code, Diagnostics, error};
use crate::normalize::blocks::{self, AsyncBlock};
use crate::normalize::standard::{self, Opened};
use crate::normalize::{hygiene, items};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use std::collections::BTreeSet;
use syn::spanned::Spanned;
use syn::{
    Attribute, Block, FnArg, Ident, ItemFn, Pat, ReturnType, Safety, Signature, Type, Visibility,
};

/// A function under `#[workflow]` or `#[activity]`.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) ident: Ident,
    pub(crate) generics: Parameters,
    pub(crate) params: Vec<Param>,
    /// What the function returns; `()` when nothing is written.
    pub(crate) output: Type,
    pub(crate) body: Block,
    /// What the names of macros that are compiled here have to mean.
    pub(crate) meant: Meant,
    /// Macros in the body that hold an await; see [`prepared`](Input::prepared).
    pub(crate) macros: Opened,
    /// Names of which the tokens may come from several places.
    pub(crate) scattered: BTreeSet<String>,
    /// The blocks of the body that run by themselves; see [`open_branches`](Input::open_branches).
    pub(crate) blocks: Vec<AsyncBlock>,
    /// Whether borrows are taken out of a `dbg!`.
    pub(crate) hands_on: bool,
}

/// One parameter.
#[derive(Debug)]
pub(crate) struct Param {
    /// `#[allow(…)]` and the like.
    pub(crate) lints: Vec<Attribute>,
    pub(crate) pat: Pat,
    /// As written.
    pub(crate) ty: Type,
    /// Its name in the public functions.
    pub(crate) ident: Ident,
    /// What the machine of a workflow owns where that is a reference.
    pub(crate) owned: Option<Type>,
    /// That reference is a `&mut`: what it owns is given back.
    pub(crate) given_back: bool,
    /// Its name in the stored input: the parameter's, or its position for other patterns.
    pub(crate) name: String,
}

impl Input {
    /// Parses a workflow.
    pub(crate) fn workflow(tokens: TokenStream) -> syn::Result<Self> {
        let scattered = hygiene::scattered(&tokens);
        let mut function = function(tokens, "workflow", None)?;
        enclosing::refuse(&function)?;
        let generics = Parameters::take(&mut function.sig);
        generics.refuse_closures()?;
        let mut input = Self::new(function)?;
        input.borrow_parameters();
        for param in &input.params {
            generics.refuse_lifetimes(param.stored())?;
        }
        generics.refuse_lifetimes(&input.output)?;
        generics.refuse_lifetimes(&input.body)?;
        Ok(Self {
            generics,
            scattered,
            ..input
        })
    }

    /// Parses an activity, which may have to be a `plain` function.
    pub(crate) fn activity(tokens: TokenStream, plain: Option<Plain>) -> syn::Result<Self> {
        let function = function(tokens, "activity", plain)?;
        let generics = &function.sig.generics;
        if !generics.params.is_empty() || generics.where_clause.is_some() {
            return Err(error(
                generics,
                Code::Unsupported,
                "#[activity] does not support generic functions",
                "write concrete types; a stored call must name one function",
            ));
        }
        Self::new(function)
    }

    fn new(function: ItemFn) -> syn::Result<Self> {
        let output = match function.sig.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, ty) => *ty,
        };
        let inputs = function.sig.inputs.into_iter().enumerate();
        Ok(Self {
            attrs: function.attrs,
            vis: function.vis,
            ident: function.sig.ident,
            generics: Parameters::default(),
            params: inputs.map(param).collect::<Result<_, _>>()?,
            output,
            body: *function.block,
            meant: Meant::default(),
            macros: Opened::default(),
            scattered: BTreeSet::new(),
            blocks: Vec::new(),
            hands_on: true,
        })
    }

    /// A parameter that is a reference becomes a borrow of one that is owned.
    fn borrow_parameters(&mut self) {
        let mut borrows = Vec::new();
        for param in &mut self.params {
            let Some((owned, inside)) = generics::owned(&param.ty) else {
                continue;
            };
            let ident = crate::names::lent(&param.name, param.pat.span());
            param.owned = Some(owned);
            param.given_back = generics::is_unique(&param.ty);
            let (mutable, pat) = if param.given_back {
                (quote!(mut), syn::parse_quote!(mut #ident))
            } else {
                (quote!(), syn::parse_quote!(#ident))
            };
            let pat = std::mem::replace(&mut param.pat, pat);
            borrows.push(syn::parse_quote!(let #pat: #inside = &#mutable #ident;));
        }
        self.body.stmts.splice(0..0, borrows);
        self.give_back();
    }

    /// With `&mut` parameters, the body is a branch: however that ends, what it has borrowed is
    /// still there, and is returned with its output.
    ///
    /// ```text
    /// { body }     (join!(async { body }).0, __lent_state)
    /// ```
    fn give_back(&mut self) {
        if !self.gives_back() {
            return;
        }
        let given = self.given_back();
        let given = given.map(|(_, param)| crate::names::lent(&param.name, param.pat.span()));
        let body = fork::body(&self.body, &self.output);
        self.body = syn::parse_quote!({ (#body.0, #(#given,)*) });
    }

    /// Whether the function changes what it is lent.
    pub(crate) fn gives_back(&self) -> bool {
        self.given_back().next().is_some()
    }

    /// The parameters that are lent by `&mut`, with their numbers.
    pub(crate) fn given_back(&self) -> impl Iterator<Item = (usize, &Param)> {
        let params = self.params.iter().enumerate();
        params.filter(|(_, param)| param.given_back)
    }

    /// What the machine returns.
    pub(crate) fn returned(&self) -> Type {
        let output = &self.output;
        if !self.gives_back() {
            return output.clone();
        }
        let given = self.given_back().map(|(_, param)| param.stored());
        syn::parse_quote!((#output, #(#given,)*))
    }

    /// The type that leads from a call to the definition of the function.
    pub(crate) fn definition(&self) -> Ident {
        if self.gives_back() {
            crate::names::lending(&self.ident)
        } else if self.generics.is_generic() {
            crate::names::definitions(&self.ident)
        } else {
            crate::names::definition(&self.ident)
        }
    }

    /// Whether only types lead to the function's definition, and no name.
    pub(crate) fn is_unnamed(&self) -> bool {
        self.generics.is_generic() || self.gives_back()
    }

    /// The type that leads to the definition of a block, where no name does.
    pub(crate) fn block_type(&self, number: usize) -> Option<TokenStream> {
        let ident = crate::names::block_type(&self.ident, number);
        let (_, arguments, _) = self.generics.machine.split_for_impl();
        self.is_unnamed().then(|| quote!(#ident #arguments))
    }

    /// Opens the macros of the body that join branches, and takes out the blocks that run by
    /// themselves.
    pub(crate) fn open_branches(mut self, diagnostics: &mut Diagnostics) -> Self {
        // Before anything is taken out of the body that names an item.
        let around = self.around();
        items::hoist(&mut self.body, &around);
        let mut ours = Vec::new();
        fork::rewrite(&mut self.body, &mut ours, diagnostics);
        self.blocks = blocks::take(&mut self.body, &mut |code| {
            fork::rewrite(code, &mut ours, diagnostics);
        });
        if !self.blocks.is_empty() {
            self.generics.lend();
        }
        self.meant = Meant::new(ours, self.bodies());
        self
    }

    /// All code of the function: its body, and those of its blocks.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = &Block> {
        let blocks = self.blocks.iter().map(|block| &block.code);
        std::iter::once(&self.body).chain(blocks)
    }

    /// The rest of the function beside its body.
    fn around(&self) -> TokenStream {
        let patterns = self.params.iter().map(|param| &param.pat);
        let signature = self.signature();
        quote!(#(#patterns,)* #signature)
    }

    /// All types of the signature, with the generics.
    pub(crate) fn signature(&self) -> TokenStream {
        let types = self.params.iter().map(|param| &param.ty);
        let generics = &self.generics.called;
        let bounds = &generics.where_clause;
        let output = &self.output;
        quote!(#generics #(#types,)* #output #bounds)
    }

    /// Moves items out of blocks that await, opens the macros that hold an await, and then marks names
    /// in capitals that are variables, those in the operands of macros too.
    pub(crate) fn prepared(mut self) -> Self {
        let mut around = self.around();
        let blocks = self.blocks.iter();
        around.extend(blocks.map(|block| block.code.to_token_stream()));
        items::hoist(&mut self.body, &around);
        let blocks = self.blocks.iter_mut().map(|block| &mut block.code);
        self.macros = standard::open(std::iter::once(&mut self.body).chain(blocks).collect());
        let blocks = self.blocks.iter_mut().map(|block| &mut block.code);
        let params = self.params.iter_mut().map(|param| &mut param.pat);
        capitals::mark(params, std::iter::once(&mut self.body).chain(blocks));
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

impl Param {
    /// The type that is stored.
    pub(crate) fn stored(&self) -> &Type {
        self.owned.as_ref().unwrap_or(&self.ty)
    }
}

fn function(tokens: TokenStream, what: &str, plain: Option<Plain>) -> syn::Result<ItemFn> {
    let function: ItemFn = syn::parse2(tokens).map_err(|e| not_a_function(what, &e))?;
    signature(&function.sig, what, plain)?;
    Ok(function)
}

/// Whether an attribute sets the level of a lint.
pub(crate) fn is_lint(attr: &Attribute) -> bool {
    let levels = ["allow", "expect", "warn", "deny"];
    levels.iter().any(|level| attr.path().is_ident(level))
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
            let ident = match &*typed.pat {
                Pat::Ident(pat) => pat.ident.clone(),
                _ => quote::format_ident!("arg{index}"),
            };
            Ok(Param {
                ident,
                lints: typed.attrs.into_iter().filter(is_lint).collect(),
                pat: *typed.pat,
                ty: *typed.ty,
                owned: None,
                given_back: false,
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

fn signature(sig: &Signature, what: &str, plain: Option<Plain>) -> syn::Result<()> {
    let ident = &sig.ident;
    match (&sig.asyncness, plain) {
        (Some(asynchronous), Some(Plain { argument, why })) => {
            return Err(error(
                asynchronous,
                Code::NotAsyncFn,
                &format!("`{ident}` is an `async fn`, and {why}"),
                &format!("write `fn {ident}`, or remove `{argument}`"),
            ));
        }
        (None, None) => {
            return Err(error(
                &sig.fn_token,
                Code::NotAsyncFn,
                &format!("`{ident}` is not an `async fn`"),
                &format!("write `async fn {ident}`"),
            ));
        }
        _ => {}
    }
    let unsupported = |at: &dyn Fn() -> TokenStream, thing: &str, help: &str| {
        Err(error(
            &at(),
            Code::Unsupported,
            &format!("#[{what}] does not support {thing}"),
            help,
        ))
    };
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
