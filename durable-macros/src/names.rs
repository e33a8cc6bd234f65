//! Every identifier and path that an expansion introduces.
//!
//! Locals and labels are made at `mixed_site`, where they cannot meet the user's.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, Lifetime, parse_quote_spanned};

/// The path under which the runtime offers what expansions call.
pub(crate) fn rt() -> TokenStream {
    quote!(::durable_runtime::__private)
}

/// The name of what is called, if the runtime offers it.
pub(crate) fn called(function: &Expr) -> Option<String> {
    let Expr::Path(path) = function else {
        return None;
    };
    let segments: Vec<String> = path
        .path
        .segments
        .iter()
        .map(|s| s.ident.to_string())
        .collect();
    match &*segments {
        [runtime, offers, name] if runtime == "durable_runtime" && offers == "__private" => {
            Some(name.clone())
        }
        _ => None,
    }
}

/// The same, where an error about what is called points to the user's code.
pub(crate) fn rt_at(span: Span) -> TokenStream {
    quote_spanned!(span=> ::durable_runtime::__private)
}

/// What ends a `select!` without `else` of which no branch is left.
const NO_BRANCH: &str = "no_branch";

/// The call of it, which never returns.
pub(crate) fn no_branch(span: Span) -> Expr {
    let (rt, name) = (rt_at(span), Ident::new(NO_BRANCH, span));
    parse_quote_spanned!(span=> #rt::#name())
}

/// Whether this is what such a call calls.
pub(crate) fn is_no_branch(function: &Expr) -> bool {
    called(function).as_deref() == Some(NO_BRANCH)
}

fn local(prefix: &str, number: usize) -> Ident {
    Ident::new(&format!("__{prefix}{number}"), Span::mixed_site())
}

/// A temporary that `normalize` introduces; also its name in an arm.
pub(crate) fn temp(number: usize) -> Ident {
    local("durable_tmp", number)
}

/// The slot of a local between arms.
pub(crate) fn slot(number: usize) -> Ident {
    local("slot", number)
}

/// The token that carries the type of a local.
pub(crate) fn local_ty(number: usize) -> Ident {
    local("ty", number)
}

/// The value that encodes and decodes a local.
pub(crate) fn saved(number: usize) -> Ident {
    local("saved", number)
}

/// What begins and completes the operation of a suspend point.
pub(crate) fn op_ty(number: usize) -> Ident {
    local("op", number)
}

/// The token that carries the type of what a loop iterates over.
pub(crate) fn source_ty(number: usize) -> Ident {
    local("src", number)
}

/// How a loop becomes its cursor.
pub(crate) fn looped(number: usize) -> Ident {
    local("looped", number)
}

/// What joined branches gave, until the machine goes on.
pub(crate) fn joined(point: usize) -> Ident {
    local("joined", point)
}

/// What an `async` block takes with it from outside.
pub(crate) fn moved(region: usize, number: usize) -> Ident {
    local(&format!("moved{region}_"), number)
}

/// Where a local waits while its name is taken by an inner one.
pub(crate) fn stash(number: usize) -> Ident {
    local("kept", number)
}

/// An internal identifier where an error about it points to the user's code.
pub(crate) fn at(mut ident: Ident, span: Span) -> Ident {
    ident.set_span(span);
    ident
}

/// Where the braces of a block stand in the user's code.
pub(crate) fn whole(block: &TokenStream) -> Span {
    let tokens = block.clone().into_iter().next();
    tokens.map_or_else(Span::call_site, |block| block.span())
}

/// A fixed internal local.
pub(crate) fn internal(name: &str) -> Ident {
    Ident::new(&format!("__{name}"), Span::mixed_site())
}

/// The rest of a borrowed iterator, under the closures of its loop.
pub(crate) fn pulled() -> Ident {
    internal("pulled")
}

/// A parameter of a generated function, under a name for people; it cannot meet the user's own
/// parameter of that name.
pub(crate) fn argument(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The operand of a lookup.
pub(crate) fn operand() -> Ident {
    internal("operand")
}

/// The token that carries the type of what a lookup is called on.
pub(crate) fn receiver_ty(number: usize) -> Ident {
    local("place", number)
}

/// The token that carries the type of its operand.
pub(crate) fn operand_ty(number: usize) -> Ident {
    local("operand", number)
}

/// Whether a local that a lookup gave is a borrow or a value.
pub(crate) fn class(number: usize) -> Ident {
    local("class", number)
}

/// The token that carries the type of what is saved of such a local.
pub(crate) fn kept_ty(number: usize) -> Ident {
    local("kept_ty", number)
}

/// The token that carries the type of a place that something is borrowed from, by how far it is from that.
pub(crate) fn owner_ty(number: usize, step: usize) -> Ident {
    local(&format!("owner{number}_"), step)
}

/// What its lookup is made again with.
pub(crate) fn held(number: usize) -> Ident {
    local("held", number)
}

/// What a block that runs by itself has of a variable.
pub(crate) fn held_in_block(name: &Ident) -> Ident {
    let text = format!("__held_{}", unraw(name));
    Ident::new(&text, Span::mixed_site().located_at(name.span()))
}

/// The definition of such a block.
pub(crate) fn block_definition(number: usize) -> Ident {
    local("DURABLE_BLOCK_", number)
}

/// The type that leads to it where no name does, which messages show.
pub(crate) fn block_type(function: &Ident, number: usize) -> Ident {
    format_ident!("block_{number}_of_{}", unraw(function))
}

/// The label of the machine's inner loop.
pub(crate) fn machine_label() -> Lifetime {
    Lifetime::new("'__machine", Span::mixed_site())
}

/// The label of the block that holds the user's code.
pub(crate) fn code_label() -> Lifetime {
    Lifetime::new("'__code", Span::mixed_site())
}

/// The body of an activity.
pub(crate) fn activity_body(activity: &Ident) -> Ident {
    format_ident!("__durable_{}", unraw(activity), span = activity.span())
}

/// The function that starts a workflow.
pub(crate) fn start_fn(workflow: &Ident) -> Ident {
    format_ident!("start_{}", unraw(workflow), span = workflow.span())
}

/// The type that leads from a function to its definition.
pub(crate) fn definition(workflow: &Ident) -> Ident {
    format_ident!("__durable_{}", unraw(workflow), span = workflow.span())
}

/// The same for a generic function: a type for each choice of types, which messages show.
pub(crate) fn definitions(workflow: &Ident) -> Ident {
    format_ident!("generic_{}", unraw(workflow), span = workflow.span())
}

/// The same for a function that changes what it is lent.
pub(crate) fn lending(workflow: &Ident) -> Ident {
    format_ident!("lending_{}", unraw(workflow), span = workflow.span())
}

/// How the name begins of what a function owns of a parameter that is a reference.
pub(crate) const LENT: &str = "__lent_";

/// What a function owns of its parameter `name` that is a reference: beside the reference, so that
/// both are in scope.
pub(crate) fn lent(name: &str, at: Span) -> Ident {
    Ident::new(&format!("{LENT}{name}"), Span::mixed_site().located_at(at))
}

/// How long what is lent by `&mut` is lent.
pub(crate) fn lent_lifetime() -> Lifetime {
    Lifetime::new("'__lent", Span::mixed_site())
}

/// One side of what an assertion compares, while its message is made.
pub(crate) fn asserted(side: &str) -> Ident {
    internal(&format!("asserted_{side}"))
}

/// The name of a variable, as people and the stored format know it.
pub(crate) fn shown(ident: &Ident) -> String {
    let text = unraw(ident);
    text.strip_prefix(LENT).map_or(text.clone(), str::to_owned)
}

/// An identifier's text without `r#`.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map_or(text.clone(), str::to_owned)
}
