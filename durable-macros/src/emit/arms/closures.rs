//! Closures in an arm: each copy of one has the signature that the twin lends.

use super::Arms;
use crate::emit::{signed, unknown};
use crate::ir::LocalId;
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

impl Arms<'_> {
    /// Gives a closure the signature that it has in the twin.
    pub(super) fn sign(&self, local: LocalId, ident: &Ident) -> TokenStream {
        let Some(signature) = signed(self.body, self.layout, local) else {
            return TokenStream::new();
        };
        let (rt, token) = (names::rt(), names::local_ty(local.0));
        let params = unknown(signature.params);
        quote!(#rt::signature::<#params, _, _>(#token, &#ident);)
    }
}
