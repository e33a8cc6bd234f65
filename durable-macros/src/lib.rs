//! The compilers behind `#[workflow]` and `#[activity]`.
use proc_macro::TokenStream;
/// Placeholder.
#[proc_macro_attribute]
pub fn workflow(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
/// Placeholder.
#[proc_macro_attribute]
pub fn activity(_: TokenStream, item: TokenStream) -> TokenStream {
    item
}
