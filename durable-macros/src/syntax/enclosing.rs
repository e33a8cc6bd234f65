//! Whether a function stands in an `impl` block. An attribute sees its function alone, so where that has no
//! trace of the block (`self`, `Self`), only the file tells.

use crate::diag::{Code, error};
use crate::normalize::source_text;
use proc_macro2::Ident;
use quote::quote;
use syn::visit::{self, Visit};
use syn::{Block, ItemFn, Signature};

/// Refuses a function that does; a method is refused for its `self`.
pub(super) fn refuse(function: &ItemFn) -> syn::Result<()> {
    if function.sig.receiver().is_some() || !in_an_impl(function) {
        return Ok(());
    }
    let name = &function.sig.ident;
    Err(error(
        name,
        Code::Parameter,
        &format!(
            "`{name}` stands in an `impl` block, and a workflow is a free function: it is found by its name alone"
        ),
        "move it out of the `impl` block, and pass what it needs as parameters",
    ))
}

/// Whether it surely does. Where the file cannot be read, or shows another function, it is taken for a free one.
pub(crate) fn in_an_impl(function: &ItemFn) -> bool {
    let mut traces = Traces(false);
    visit::visit_signature(&mut traces, &function.sig);
    traces.visit_block(&function.block);
    traces.0 || in_the_file(function).unwrap_or(false)
}

/// Mentions of `Self` that are not those of an item inside.
struct Traces(bool);

impl<'ast> Visit<'ast> for Traces {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0 |= path
            .segments
            .first()
            .is_some_and(|first| first.ident == "Self");
        visit::visit_path(self, path);
    }
    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

fn in_the_file(function: &ItemFn) -> Option<bool> {
    let span = function.sig.fn_token.span;
    let (line, path) = (span.start().line, span.local_file()?);
    let text = std::fs::read_to_string(path).ok()?;
    // Parsing takes long, so only where the lines around look like it.
    let lines: Vec<&str> = text.lines().take(line).collect();
    let indent = |text: &str| text.len() - text.trim_start().len();
    let own = indent(lines.last()?);
    if own == 0 {
        return None;
    }
    let outer = lines.iter().rev().find(|line| {
        let code = line.trim_start();
        let opens = code.len() > 1 && !code.starts_with("//") && !code.starts_with("where");
        opens && indent(line) < own
    });
    let outer = outer?.trim_start();
    if !outer.starts_with("impl") && !outer.starts_with("unsafe impl") {
        return None;
    }
    let mut found = Found {
        name: &function.sig.ident,
        text: written(&function.sig, &function.block),
        in_impls: 0,
        elsewhere: 0,
    };
    found.visit_file(&syn::parse_file(&text).ok()?);
    Some(found.in_impls > 0 && found.elsewhere == 0)
}

fn written(signature: &Signature, block: &Block) -> String {
    source_text(quote!(#signature #block))
}

/// Functions with these tokens.
struct Found<'f> {
    name: &'f Ident,
    text: String,
    in_impls: usize,
    elsewhere: usize,
}

impl Found<'_> {
    fn is(&self, signature: &Signature, block: &Block) -> bool {
        signature.ident == *self.name && written(signature, block) == self.text
    }
}

impl<'ast> Visit<'ast> for Found<'_> {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.elsewhere += usize::from(self.is(&function.sig, &function.block));
        visit::visit_item_fn(self, function);
    }
    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.in_impls += usize::from(self.is(&function.sig, &function.block));
        visit::visit_impl_item_fn(self, function);
    }
}
