//! Generic parameters of a function, and parameters that are references.
//!
//! ```text
//! Input:   async fn total<'a, T: Price>(items: &'a [T], note: impl Display + Durable) -> u64
//! Called:  fn total<'a, T: Price, ImplNote: Display + Durable>(items: &'a [T], note: ImplNote)
//! Machine: fn machine<T: Price, ImplNote: …>(…)
//!              { let items: &[T] = &items; … }          over an `items: Vec<T>` of its own
//! ```
//!
//! both with `T: Durable` and `ImplNote: Durable`: what a workflow holds is data.
//!
//! What a reference leads to cannot change while the function is awaited, since rustc holds the
//! borrow in its caller. So the function may own a copy, and borrow from that.

use crate::diag::{Code, error};
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    FnArg, GenericParam, Generics, Ident, Lifetime, Pat, Signature, Token, Type, TypeImplTrait,
    TypeParam, TypeParamBound, WherePredicate, parse_quote,
};

/// The generic parameters of a function: those that its callers see, and those of its machine.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    /// As written, with a name for each `impl Trait`.
    pub(crate) called: Generics,
    /// Without lifetimes, and every type is of data that can be stored.
    pub(crate) machine: Generics,
    /// Bounds that say no more than that, as written: `T: DeserializeOwned`.
    pub(crate) implied: Vec<TokenStream>,
}

impl Parameters {
    /// Takes them out of a signature, whose `impl Trait` arguments become parameters.
    pub(super) fn take(sig: &mut Signature) -> Self {
        for arg in &mut sig.inputs {
            if let FnArg::Typed(typed) = arg {
                let mut named = NameImpls {
                    of: match &*typed.pat {
                        Pat::Ident(pat) => crate::names::unraw(&pat.ident),
                        _ => "argument".to_owned(),
                    },
                    generics: &mut sig.generics,
                };
                named.visit_type_mut(&mut typed.ty);
            }
        }
        let mut called = std::mem::take(&mut sig.generics);
        let implied = take_implied(&mut called);
        require_data(&mut called, sig.inputs.iter());
        let mut machine = called.clone();
        machine.params = machine
            .params
            .into_iter()
            .filter(|p| !matches!(p, GenericParam::Lifetime(_)))
            .collect();
        Self {
            called,
            machine,
            implied,
        }
    }

    /// Whether the function has a definition for each choice of types, and so no name in the
    /// registry.
    pub(crate) fn is_generic(&self) -> bool {
        !self.machine.params.is_empty()
    }

    /// The parameters of the function that makes calls: what is lent by `&mut` has one lifetime.
    pub(crate) fn lending(&self) -> Generics {
        let mut generics = self.called.clone();
        let lent = crate::names::lent_lifetime();
        generics.params.insert(0, parse_quote!(#lent));
        generics
    }

    /// All types may be lent: a block that runs by itself has a copy of what its references lead to.
    pub(super) fn lend(&mut self) {
        let bound: TypeParamBound = {
            let rt = crate::names::rt();
            parse_quote!(#rt::Lend)
        };
        let types = self.called.type_params_mut();
        for param in types.chain(self.machine.type_params_mut()) {
            if !param.bounds.iter().any(|b| *b == bound) {
                param.bounds.push(bound.clone());
            }
        }
    }

    /// Refuses types that are closures: at each call it would be a mistake, and is one here.
    pub(super) fn refuse_closures(&self) -> syn::Result<()> {
        let types = self.called.type_params();
        let mut bounds: Vec<&TypeParamBound> = types.flat_map(|ty| &ty.bounds).collect();
        if let Some(clause) = &self.called.where_clause {
            for predicate in &clause.predicates {
                if let WherePredicate::Type(predicate) = predicate {
                    bounds.extend(&predicate.bounds);
                }
            }
        }
        match bounds.into_iter().find(|bound| is_called(bound)) {
            Some(bound) => Err(error(
                bound,
                Code::Parameter,
                "a workflow is given a closure here, and what a workflow is given is stored",
                "give it the data by which to choose (an enum, a number), and call the function here",
            )),
            None => Ok(()),
        }
    }

    fn lifetimes(&self) -> Vec<&Lifetime> {
        self.called.lifetimes().map(|l| &l.lifetime).collect()
    }

    /// Refuses a lifetime that stands elsewhere than at a parameter that is a reference: the
    /// machine has none.
    pub(super) fn refuse_lifetimes(&self, inside: &dyn ToTokens) -> syn::Result<()> {
        match find(inside.to_token_stream(), &self.lifetimes()) {
            Some(lifetime) => Err(error(
                &lifetime,
                Code::Parameter,
                &format!(
                    "`{lifetime}` outlives an `.await` only as the lifetime of a parameter that is a reference"
                ),
                "leave it out, or take and return owned values",
            )),
            None => Ok(()),
        }
    }
}

/// Whether what has this bound can be called.
fn is_called(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    let name = bound
        .path
        .segments
        .last()
        .map(|last| last.ident.to_string());
    let callable = [
        "Fn",
        "FnMut",
        "FnOnce",
        "AsyncFn",
        "AsyncFnMut",
        "AsyncFnOnce",
    ];
    name.is_some_and(|name| callable.contains(&name.as_str()))
}

fn find(tokens: TokenStream, lifetimes: &[&Lifetime]) -> Option<Lifetime> {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                if let Some(found) = find(group.stream(), lifetimes) {
                    return Some(found);
                }
            }
            TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                if let Some(TokenTree::Ident(name)) = tokens.peek()
                    && lifetimes.iter().any(|l| l.ident == *name)
                {
                    let mut lifetime = Lifetime::new("'a", punct.span());
                    lifetime.ident = name.clone();
                    return Some(lifetime);
                }
            }
            _ => {}
        }
    }
    None
}

/// Takes bounds that being data implies out of the parameters. With two ways to know that a type is
/// `Deserialize`, rustc knows none of them (E0283).
fn take_implied(generics: &mut Generics) -> Vec<TokenStream> {
    let mut taken = Vec::new();
    let mut keep = |bounds: &mut Punctuated<TypeParamBound, Token![+]>| {
        let (implied, kept): (Vec<_>, Vec<_>) =
            std::mem::take(bounds).into_iter().partition(is_deserialize);
        bounds.extend(kept);
        taken.extend(implied.iter().map(ToTokens::to_token_stream));
    };
    let names: Vec<Ident> = generics.type_params().map(|p| p.ident.clone()).collect();
    for param in generics.type_params_mut() {
        keep(&mut param.bounds);
    }
    let Some(clause) = &mut generics.where_clause else {
        return taken;
    };
    let predicates = std::mem::take(&mut clause.predicates).into_iter();
    clause.predicates = predicates
        .filter_map(|mut predicate| {
            if let WherePredicate::Type(of) = &mut predicate
                && matches!(&of.bounded_ty, Type::Path(path) if names.iter().any(|n| path.path.is_ident(n)))
            {
                keep(&mut of.bounds);
                if of.bounds.is_empty() {
                    return None;
                }
            }
            Some(predicate)
        })
        .collect();
    taken
}

/// Whether a bound is serde's `DeserializeOwned` or `for<'de> Deserialize<'de>`.
fn is_deserialize(bound: &TypeParamBound) -> bool {
    let TypeParamBound::Trait(bound) = bound else {
        return false;
    };
    bound.path.segments.last().is_some_and(|last| {
        let for_all = bound.lifetimes.is_some() && last.ident == "Deserialize";
        last.ident == "DeserializeOwned" || for_all
    })
}

/// All types are data, and what is lent does not change. Said where the parameter stands: lints are
/// about bounds in two places.
fn require_data<'a>(generics: &mut Generics, inputs: impl Iterator<Item = &'a FnArg>) {
    let rt = crate::names::rt();
    for param in generics.type_params_mut() {
        param.bounds.push(parse_quote!(#rt::Durable));
    }
    for input in inputs {
        let FnArg::Typed(typed) = input else { continue };
        let Some((owned, _)) = owned(&typed.ty).filter(|_| !is_unique(&typed.ty)) else {
            continue;
        };
        let is_owned = |param: &TypeParam| matches!(&owned, Type::Path(path) if path.path.is_ident(&param.ident));
        let (mut is_one, mut mentions_one) = (false, false);
        for param in generics.type_params_mut() {
            if mentions(owned.to_token_stream(), &param.ident) {
                param.bounds.push(parse_quote!(#rt::Lend));
                mentions_one = true;
                is_one |= is_owned(param);
            }
        }
        // Of `Vec<T>` rustc knows it by that of `T`; of `T::Item` not.
        if mentions_one && !is_one {
            let predicates = &mut generics.make_where_clause().predicates;
            predicates.push(parse_quote!(#owned: #rt::Lend));
        }
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Ident(ident) => ident == *name,
        _ => false,
    })
}

/// Gives each `impl Trait` a name.
struct NameImpls<'a> {
    of: String,
    generics: &'a mut Generics,
}

impl VisitMut for NameImpls<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        let Type::ImplTrait(TypeImplTrait {
            impl_token, bounds, ..
        }) = ty
        else {
            return visit_mut::visit_type_mut(self, ty);
        };
        let named = self.generics.type_params().count();
        let ident = format_ident!("Impl{}{named}", camel(&self.of), span = impl_token.span);
        let mut param = TypeParam::from(ident.clone());
        param.bounds = std::mem::take(bounds);
        self.generics.params.push(GenericParam::Type(param));
        *ty = parse_quote!(#ident);
    }
}

fn camel(name: &str) -> String {
    let words = name.split('_').filter(|w| !w.is_empty());
    words
        .map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect::<String>()
        })
        .collect()
}

/// What a function owns of a parameter that is a reference: its type, and the type of the borrow
/// inside; `None` if it is no such reference.
pub(crate) fn owned(ty: &Type) -> Option<(Type, Type)> {
    let Type::Reference(reference) = ty else {
        return None;
    };
    if reference.lifetime.as_ref().is_some_and(is_static) {
        return None;
    }
    let owned = match &*reference.elem {
        Type::Path(path) if path.path.is_ident("str") => parse_quote!(::std::string::String),
        Type::Slice(slice) => {
            let elem = &slice.elem;
            parse_quote!(::std::vec::Vec<#elem>)
        }
        // Also right for another type of that name, if it is `Clone`.
        Type::Path(path) if path.path.segments.last().is_some_and(|s| s.ident == "Path") => {
            parse_quote!(<#path as ::std::borrow::ToOwned>::Owned)
        }
        other => other.clone(),
    };
    let mut inside = reference.clone();
    inside.lifetime = None;
    Some((owned, Type::Reference(inside)))
}

/// Whether a parameter is lent by `&mut`.
pub(crate) fn is_unique(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if reference.mutability.is_some())
}

fn is_static(lifetime: &Lifetime) -> bool {
    lifetime.ident == "static"
}

/// The name of what changes behind a shared reference, if a type is written with it. They are data
/// to all traits, so only their names tell.
pub(super) fn changes_inside(ty: &Type) -> Option<Ident> {
    fn find(tokens: TokenStream) -> Option<Ident> {
        tokens.into_iter().find_map(|token| match token {
            TokenTree::Group(group) => find(group.stream()),
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                let number =
                    |rest: &str| matches!(rest.as_bytes().first(), Some(b'B' | b'I' | b'U' | b'P'));
                let atomic = name.strip_prefix("Atomic").is_some_and(number);
                (atomic || matches!(&*name, "Mutex" | "RwLock" | "OnceLock" | "LazyLock"))
                    .then_some(ident)
            }
            _ => None,
        })
    }
    find(ty.to_token_stream())
}

/// Whether a type holds a reference somewhere that is not a constant.
pub(super) fn borrows(ty: &Type) -> bool {
    struct Borrows(bool);
    impl<'ast> Visit<'ast> for Borrows {
        fn visit_type_reference(&mut self, ty: &'ast syn::TypeReference) {
            self.0 |= !ty.lifetime.as_ref().is_some_and(is_static);
            visit::visit_type_reference(self, ty);
        }
        // Their references are arguments of calls.
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(
            &mut self,
            _: &'ast syn::ParenthesizedGenericArguments,
        ) {
        }
    }
    let mut borrows = Borrows(false);
    borrows.visit_type(ty);
    borrows.0
}

/// The bounds that were taken out, as items: so they are checked, and what they import is used.
pub(crate) fn implied(parameters: &Parameters) -> TokenStream {
    let bounds = parameters.implied.iter();
    bounds
        .map(|bound| {
            quote! {
                #[allow(dead_code, reason = "generated code")]
                const _: () = { fn __implied<__T: #bound>() {} };
            }
        })
        .collect()
}

/// The rest of `struct definition`: a type for each choice of `<T, N>`. Without bounds: what does not keep them is one error, at the
/// call.
pub(crate) fn marker(parameters: &Parameters) -> TokenStream {
    if !parameters.is_generic() {
        return quote!(;);
    }
    let params = parameters.machine.params.iter().map(|param| match param {
        GenericParam::Type(ty) => ty.ident.to_token_stream(),
        other => other.to_token_stream(),
    });
    let types = parameters.machine.type_params().map(|p| &p.ident);
    // With braces it takes no name from functions.
    quote!(<#(#params),*> { types: ::core::marker::PhantomData<fn() -> (#(#types,)*)> })
}
