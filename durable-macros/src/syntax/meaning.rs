//! Which macros have to be those that their names say, because they are compiled here or because
//! the control flow is built on what they do.
//!
//! ```text
//! println!("{}", price(x).await)      opened: evaluates its operands once, in order
//! panic!("…")                         nothing runs after it
//! { println!("{n}"); … }              binds no `n` that hides an outer one
//! join!(a, b)                         compiled as branches
//! ```
//!
//! The proofs are rustc's; see `machine/meaning.rs` in durable-runtime.

use crate::names;
use crate::normalize::{contains_await, panics};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Block, Macro, Stmt};

/// The names of macros that have to mean those of std, and those of the runtime.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    std: Vec<Ident>,
    ours: Vec<Ident>,
}

/// Macros of std that can be opened. What they are given they bind to no name.
const STD: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "format_args",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Those that other crates offer under the same name, for use in its place: such a one is believed
/// to be like std's only where it holds no await, and is looked at for what it binds.
const REPLACED: &[&str] = &["assert", "assert_eq", "assert_ne"];

impl Meant {
    /// `body` as it is before macros are opened.
    pub(crate) fn new<'b>(ours: Vec<Ident>, bodies: impl Iterator<Item = &'b Block>) -> Self {
        let mut find = Find {
            meant: Self {
                ours,
                ..Self::default()
            },
            blocks: 0,
        };
        bodies.for_each(|body| find.visit_block(body));
        find.meant
    }

    /// The proofs, as items: where all macros of std are imported by `*`, a name that leads to
    /// another macro outside is ambiguous, and refused by rustc.
    pub(crate) fn proofs(&self) -> TokenStream {
        let proof = |module: &str, names: &[Ident]| {
            let (rt, module) = (names::rt(), Ident::new(module, Span::call_site()));
            (!names.is_empty()).then(|| {
                quote! {
                    #[allow(
                        warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
                        reason = "generated code"
                    )]
                    const _: () = {
                        use #rt::#module::*;
                        #(use #names as _;)*
                    };
                }
            })
        };
        let std = proof("std_macros", &self.std);
        let ours = proof("our_macros", &self.ours);
        quote!(#std #ours)
    }

    fn add(&mut self, name: &Ident) {
        if !self.std.contains(name) {
            self.std.push(name.clone());
        }
    }
}

/// Whether a macro that stands as a statement is shown to be std's.
pub(crate) fn is_proven(mac: &Macro) -> bool {
    bare(mac).is_some_and(|name| !REPLACED.iter().any(|r| name == r))
}

/// The bare name of a macro of std.
fn bare(mac: &Macro) -> Option<&Ident> {
    let name = mac.path.get_ident()?;
    STD.iter().any(|s| name == s).then_some(name)
}

struct Find {
    meant: Meant,
    /// Blocks around the current place.
    blocks: u32,
}

impl<'ast> Visit<'ast> for Find {
    fn visit_macro(&mut self, mac: &'ast Macro) {
        if let Some(name) = bare(mac)
            && (panics(mac) || contains_await(mac.tokens.clone()))
        {
            self.meant.add(name);
        }
    }

    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        // What it would bind in the outermost block hides nothing that is needed after the block.
        if let Stmt::Macro(mac) = stmt
            && self.blocks > 1
            && is_proven(&mac.mac)
            && let Some(name) = bare(&mac.mac)
        {
            self.meant.add(name);
        }
        visit::visit_stmt(self, stmt);
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.blocks += 1;
        visit::visit_block(self, block);
        self.blocks -= 1;
    }

    // They stay the user's own.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
