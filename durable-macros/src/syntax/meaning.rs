//! Which macros have to be those that their names say, because they are compiled here or because
//! the control flow is built on what they do.
//!
//! ```text
//! println!("{}", price(x).await)      opened: evaluates its operands once, in order
//! panic!("…")                         nothing runs after it
//! { println!("{n}"); … }              binds no `n` that hides an outer one
//! join!(a, b)                         compiled as branches
//! info!(total = price(x).await)       opened, if somebody listens
//! match dbg!(&order.note) { … }       hands the borrow on
//! ```
//!
//! The proofs are rustc's; see `machine/meaning.rs` in durable-runtime.

use crate::names;
use crate::normalize::shown::borrow_shown;
use crate::normalize::{contains_await, panics};
use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::visit::{self, Visit};
use syn::{Block, Expr, Macro, Path, Stmt};

/// The names of macros that have to mean those of std, of the runtime, and of `tracing`.
#[derive(Debug, Default)]
pub(crate) struct Meant {
    std: Vec<Ident>,
    /// The `dbg!` that may hand a borrow on.
    shown: Option<Ident>,
    ours: Vec<Ident>,
    events: Vec<Path>,
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

/// Macros of `tracing` that can be opened.
const EVENTS: &[&str] = &["debug", "error", "event", "info", "trace", "warn"];

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
    /// another macro outside is ambiguous, and refused by rustc. `shown` says that a `dbg!` hands a borrow on.
    pub(crate) fn proofs(&self, shown: bool) -> TokenStream {
        let rt = names::rt();
        let shown = self
            .shown
            .iter()
            .filter(|name| shown && !self.std.contains(name));
        let names: Vec<_> = self.std.iter().chain(shown).collect();
        let std = (!names.is_empty()).then(|| {
            never_run(&quote! {
                use #rt::std_macros::*;
                #(use #names as _;)*
            })
        });
        let ours = self.ours.iter().map(asks);
        let events = self.events.iter().map(|path| {
            let name = &path.segments.last().expect("a path has a name").ident;
            if path.get_ident().is_some() {
                // By a call: `warn` is also the name of an attribute.
                let level = (name == "event").then(|| quote!(#rt::event_macros::Level::INFO,));
                return never_run(&quote! {
                    use #rt::event_macros::*;
                    fn __durable_meant() {
                        #name!(#level "");
                    }
                });
            }
            // Under a name that nothing else has outside.
            let event = format_ident!("__durable_event_{name}");
            never_run(&quote! {
                use #path as #event;
                const _: () = {
                    use #rt::event_macros::*;
                    use #event as _;
                };
            })
        });
        quote!(#std #(#ours)* #(#events)*)
    }

    fn add(&mut self, name: &Ident) {
        if !self.std.contains(name) {
            self.std.push(name.clone());
        }
    }
}

/// Asks a macro that joins branches whether it is that of the runtime.
fn asks(name: &Ident) -> TokenStream {
    let (at, rt) = (name.span(), names::rt());
    let (proof, asked) = match name.to_string().as_str() {
        "select" => ("SelectIsOurs", quote!(_ = __durable_meant => false)),
        "try_join" => ("TryJoinIsOurs", quote!(__durable_meant)),
        _ => ("JoinIsOurs", quote!(__durable_meant)),
    };
    let (proof, rt_at) = (Ident::new(proof, at), names::rt_at(at));
    let mut asked = Group::new(Delimiter::Brace, asked);
    asked.set_span(at);
    let asked = quote_spanned!(at=> #rt_at::#proof::ours(#name! #asked););
    never_run(&quote! {
        async fn __durable_meant() {
            let __durable_meant = #rt::Meant;
            #asked
        }
    })
}

fn never_run(items: &TokenStream) -> TokenStream {
    quote! {
        #[allow(
            warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
            reason = "generated code"
        )]
        const _: () = { #items };
    }
}

/// The name of a macro that tells an event to those who listen: bare, or under its path in `tracing`.
pub(crate) fn event(mac: &Macro) -> Option<String> {
    let segments: Vec<_> = mac.path.segments.iter().map(|s| &s.ident).collect();
    let name = match segments[..] {
        [name] if mac.path.leading_colon.is_none() => name,
        [root, name] if root == "tracing" => name,
        _ => return None,
    };
    EVENTS
        .iter()
        .any(|event| name == event)
        .then(|| name.to_string())
}

/// Whether a macro that stands as a statement is shown to be std's.
pub(crate) fn is_proven(mac: &Macro) -> bool {
    bare(mac).is_some_and(|name| !REPLACED.iter().any(|r| name == r))
}

/// Whether a macro has the bare name of one of std.
pub(crate) fn is_of_std(mac: &Macro) -> bool {
    bare(mac).is_some()
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

impl Find {
    /// What stands in a macro that is opened is compiled like all else. It is no code yet, so every
    /// macro in it is asked, also one that would not need it.
    fn opened(&mut self, tokens: TokenStream) {
        let trees: Vec<TokenTree> = tokens.into_iter().collect();
        for (at, tree) in trees.iter().enumerate() {
            let TokenTree::Group(group) = tree else {
                continue;
            };
            let Some(mac) = called(&trees[..at], group) else {
                self.opened(group.stream());
                continue;
            };
            if is_proven(&mac)
                && let Some(name) = bare(&mac)
            {
                self.meant.add(name);
            }
            self.ask(&mac);
            self.opened(group.stream());
        }
    }

    /// A `dbg!` around a borrow that may be made again.
    fn shown(&mut self, expr: &Expr) {
        match expr {
            Expr::Paren(inner) => self.shown(&inner.expr),
            Expr::Group(inner) => self.shown(&inner.expr),
            Expr::Macro(mac) if borrow_shown(&mac.mac).is_some() => {
                self.meant.shown = bare(&mac.mac).cloned();
            }
            _ => {}
        }
    }

    /// Whether a macro is what its name says matters if its operands are taken out of it, or if the
    /// control flow is built on it.
    fn ask(&mut self, mac: &Macro) {
        let awaits = contains_await(mac.tokens.clone());
        if let Some(name) = bare(mac)
            && (awaits || panics(mac))
        {
            self.meant.add(name);
        }
        if event(mac).is_some() && awaits && !self.meant.events.contains(&mac.path) {
            self.meant.events.push(mac.path.clone());
        }
    }
}

/// The macro whose arguments are in this group, after these tokens.
fn called(before: &[TokenTree], arguments: &Group) -> Option<Macro> {
    let [path @ .., TokenTree::Punct(bang)] = before else {
        return None;
    };
    let in_path = |tree: &&TokenTree| match tree {
        TokenTree::Ident(_) => true,
        TokenTree::Punct(colon) => colon.as_char() == ':',
        _ => false,
    };
    let length = path.iter().rev().take_while(in_path).count();
    let path: TokenStream = path[path.len() - length..].iter().cloned().collect();
    (bang.as_char() == '!')
        .then(|| syn::parse2(quote!(#path ! #arguments)).ok())
        .flatten()
}

impl<'ast> Visit<'ast> for Find {
    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.ask(mac);
        if (bare(mac).is_some() || event(mac).is_some()) && contains_await(mac.tokens.clone()) {
            self.opened(mac.tokens.clone());
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

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            self.shown(&init.expr);
        }
        visit::visit_local(self, local);
    }
    fn visit_expr_let(&mut self, cond: &'ast syn::ExprLet) {
        self.shown(&cond.expr);
        visit::visit_expr_let(self, cond);
    }
    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        self.shown(&expr.expr);
        visit::visit_expr_match(self, expr);
    }
    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.shown(&expr.expr);
        visit::visit_expr_for_loop(self, expr);
    }

    // They stay the user's own.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}
