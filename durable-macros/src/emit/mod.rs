//! From the plan to tokens.
//!
//! ```text
//! pub fn process_order(order: Order) -> WorkflowCall<R>        public.rs
//! pub fn start_process_order(client, id, order) -> Start<R>
//! const _: () = {
//!     async fn machine(cx, entry) -> R {
//!         let _ = async |order: Order| -> R { … };             twin.rs: the user's own body
//!         let _: Infallible = { slots; entries; loop };        machine.rs
//!             … one arm per head block …                       arms.rs
//!     }
//!     static tables, registration                              tables.rs
//! };
//! ```

mod arms;
mod machine;
mod public;
mod tables;
mod twin;

use crate::analysis::liveness::Liveness;
use crate::ir::{Body, LocalId, LocalKind};
use crate::lower::Layout;
use crate::normalize::Normalized;
use crate::syntax::Input;
use crate::syntax::args::WorkflowArgs;
use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use public::fallback;

/// Everything that replaces the user's function.
pub(crate) fn workflow(
    args: &WorkflowArgs,
    input: &Input,
    normalized: &Normalized,
    liveness: &Liveness,
    layout: &Layout,
) -> TokenStream {
    let name = args
        .name
        .clone()
        .unwrap_or_else(|| crate::names::unraw(&input.ident));
    let public = public::functions(input, &name);
    let machine = machine::machine(input, normalized, liveness, layout);
    let tables = tables::tables(input, &name, &normalized.body, layout);
    quote! {
        #public
        const _: () = {
            #machine
            #tables
        };
    }
}

/// Whether the twin lends the type of this local: it has a slot, or it joins several ways.
fn is_linked(body: &Body, layout: &Layout, local: LocalId) -> bool {
    layout.has_slot(local) || matches!(body.locals[local.0].kind, LocalKind::Temp { .. })
}
