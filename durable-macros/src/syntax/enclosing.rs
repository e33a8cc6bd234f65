//! Whether a function stands in an `impl` block. An attribute sees its function alone, so where that has no
//! trace of the block (`self`, `Self`), only the file tells.

use crate::diag::{Code, error};
use crate::normalize::source_text;
use proc_macro2::Ident;
use quote::quote;
use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;
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
    let file = Source::of(&path)?;
    let text = &file.text;
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
    found.visit_file(file.parsed()?);
    Some(found.in_impls > 0 && found.elsewhere == 0)
}

/// A file as it is on disk: a crate may have many workflows in one.
struct Source {
    /// Where the compiler lives on beside an editor, the file changes.
    changed: Option<SystemTime>,
    text: String,
    parsed: OnceCell<Option<syn::File>>,
}

impl Source {
    /// Read once by each thread that compiles, until it has changed.
    fn of(path: &Path) -> Option<Rc<Self>> {
        thread_local! {
            static READ: RefCell<BTreeMap<PathBuf, Rc<Source>>> = const { RefCell::new(BTreeMap::new()) };
        }
        let changed = fs::metadata(path).ok()?.modified().ok();
        READ.with_borrow_mut(|read| {
            if let Some(source) = read.get(path)
                && changed.is_some()
                && source.changed == changed
            {
                return Some(Rc::clone(source));
            }
            let source = Rc::new(Self {
                changed,
                text: fs::read_to_string(path).ok()?,
                parsed: OnceCell::new(),
            });
            read.insert(path.to_owned(), Rc::clone(&source));
            Some(source)
        })
    }

    fn parsed(&self) -> Option<&syn::File> {
        let parse = || syn::parse_file(&self.text).ok();
        self.parsed.get_or_init(parse).as_ref()
    }
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

#[cfg(test)]
mod tests {
    use super::Source;
    use std::fs::{self, File};
    use std::rc::Rc;
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_file_is_read_and_parsed_once_until_it_changes() {
        let path =
            std::env::temp_dir().join(format!("durable-enclosing-{}.rs", std::process::id()));
        fs::write(&path, "fn one() {}").expect("a file");
        let first = Source::of(&path).expect("it is read");
        let again = Source::of(&path).expect("it was read");
        assert!(Rc::ptr_eq(&first, &again));
        let parsed = |source: &Source| source.parsed().map(std::ptr::from_ref);
        assert_eq!(parsed(&first), parsed(&again));

        fs::write(&path, "fn two() {}").expect("a file");
        let later = SystemTime::now() + Duration::from_secs(60);
        let file = File::options().write(true).open(&path).expect("a file");
        file.set_modified(later).expect("a time");
        let changed = Source::of(&path).expect("it is read");
        assert_eq!(changed.text, "fn two() {}");
        fs::remove_file(&path).expect("it is there");
        assert!(Source::of(&path).is_none());
    }
}
