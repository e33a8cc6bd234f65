//! What rustc is asked about each borrow that was found, and the words for when it is one.
//!
//! ```text
//! Twin:    let b = after({ let () = if false { loop {} asked(__owner0_0, &m) }; }, m.get("b"))…;
//! Proof:   let verdict = Refused.and(question(Own(Maps), __owner0_0).answer()).and(…);
//!          <_ as b_in_line_9_of_run_owns_what_it_has<_>>::owns(__ty7, verdict)
//! ```

use super::{Call, Lending};
use crate::names;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Expr, parse_quote_spanned};

impl Lending {
    /// The tokens for the types of places.
    pub(in crate::emit) fn tokens(&self) -> TokenStream {
        let rt = names::rt();
        let asked = (0..self.calls.len()).filter(|call| self.is_asked(*call));
        asked
            .flat_map(|number| {
                let call = &self.calls[number];
                let places = (0..call.places.len())
                    .map(move |step| (names::owner_ty(number, step), "place"));
                let value = call.is_value().then(|| (names::owner_ty(number, 0), "of"));
                places.chain(value)
            })
            .map(|(token, make)| {
                let make = format_ident!("{make}");
                quote!(let #token = #rt::#make();)
            })
            .collect()
    }

    /// The call in the twin. Its places are named in code that cannot be reached, so that the borrow
    /// checker does not look at it.
    pub(in crate::emit) fn in_twin(&self, number: usize, mut inner: Expr) -> Expr {
        if !self.is_asked(number) {
            return inner;
        }
        let span = inner.span();
        let rt = names::rt_at(span);
        let call = &self.calls[number];
        if call.is_value() {
            if let Expr::MethodCall(call) = &mut inner {
                let (ty, on) = (names::owner_ty(number, 0), &call.receiver);
                *call.receiver = parse_quote_spanned!(span=> #rt::seen(#ty, #on));
            }
            return inner;
        }
        if call.places.is_empty() {
            return inner;
        }
        let asked = call.places.iter().enumerate().map(|(step, place)| {
            let ty = names::owner_ty(number, step);
            quote!(#rt::asked(#ty, &#place);)
        });
        parse_quote_spanned! {span=>
            #rt::after({
                #[allow(
                    warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                    reason = "generated code"
                )]
                let () = if false { loop {} #(#asked)* };
            }, #inner)
        }
    }

    /// Whether a saved local is surely a borrow.
    pub(in crate::emit) fn verdict(
        &self,
        borrow: &super::Borrow,
        ty: &impl quote::ToTokens,
    ) -> TokenStream {
        let rt = names::rt();
        let calls = borrow
            .calls
            .iter()
            .flat_map(|&number| self.calls[number].questions(number));
        let calls = calls.map(|question| quote!(.and(#question)));
        quote!(#rt::Refused #(#calls)* .and((&&&#rt::question_of(#rt::owner::Holding, #ty)).answer()))
    }
}

impl Call {
    /// It is called on a value that another call gave.
    fn is_value(&self) -> bool {
        self.places.is_empty() && !self.groups.is_empty()
    }

    /// What has to be so for it to lend.
    fn questions(&self, number: usize) -> Vec<TokenStream> {
        let rt = names::rt();
        let ask = |question: TokenStream, step: usize| {
            let (ty, ask) = (
                names::owner_ty(number, step),
                if self.is_value() {
                    "question_of"
                } else {
                    "question"
                },
            );
            let ask = format_ident!("{ask}");
            quote!((&&&#rt::#ask(#question, #ty)).answer())
        };
        let steps = self.places.len();
        let near = self.near && steps <= 1;
        let groups = self.groups.iter().map(|group| {
            let group = format_ident!("{}", group.name());
            let of = format_ident!("{}", if near { "Near" } else { "Own" });
            ask(quote!(#rt::owner::#of(#rt::owner::#group)), 0)
        });
        let any = groups.reduce(|one, other| quote!(#one.or(#other)));
        let first = usize::from(any.is_some());
        let others = (first..steps).map(|step| {
            let single = self.near && step + 1 == steps;
            let question = format_ident!("{}", if single { "Single" } else { "Whole" });
            ask(quote!(#rt::owner::#question), step)
        });
        any.clone().into_iter().chain(others).collect()
    }
}
