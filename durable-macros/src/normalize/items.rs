//! Items inside blocks that await: they move to the top of the function where that changes no name.
//!
//! Both copies of the body use an item, and an arm of the machine holds only a part of a block, so
//! an item stands above both.
//!
//! ```text
//! Input:   { const STEP: u32 = 3; step(STEP).await }
//! Output:  const STEP: u32 = 3; { step(STEP).await }
//! ```
//!
//! An item stays, and is then refused, when its name occurs outside its block (there it means
//! something else), when a macro of the user stands outside (it may use any name), or when it could
//! change the meaning of other code without being named there: a macro, a trait, and an import of
//! what may be a trait.

use super::macros::{self, contains_await};
use crate::names::unraw;
use crate::syntax::fork::may_be_fork;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Item, Stmt, UseTree};

/// Moves what can be moved to the top of the body; `around` is the rest of the function.
pub(crate) fn hoist(body: &mut Block, around: &TokenStream) {
    let mut everywhere = Names::default();
    everywhere.count(around.clone());
    everywhere.count(body.to_token_stream());
    let mut hoist = Hoist {
        everywhere,
        items: Vec::new(),
    };
    for stmt in &mut body.stmts {
        hoist.visit_stmt_mut(stmt);
    }
    let items = hoist.items.into_iter().map(Stmt::Item);
    body.stmts.splice(0..0, items);
}

/// Why an item in a block that awaits stays there, and what to do.
pub(super) fn refusal(item: &Item) -> (String, &'static str) {
    let out = "move it to the top of the function or out of it";
    match names(item) {
        None => {
            let what = match item {
                Item::Macro(_) => "a macro",
                Item::Trait(_) | Item::TraitAlias(_) => "a trait",
                Item::Use(_) => "this import",
                _ => "this item",
            };
            (
                format!("{what} inside a block that awaits is not supported"),
                out,
            )
        }
        Some(names) => {
            let names: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
            let names = names.join(", ");
            (
                format!(
                    "{names} belongs to a block that awaits, and code outside the block uses the name too, or a macro there may"
                ),
                out,
            )
        }
    }
}

/// How often each name occurs.
#[derive(Default)]
struct Names {
    names: BTreeMap<String, usize>,
    /// Calls of macros that are neither of the standard library nor ours.
    macros: usize,
}

impl Names {
    fn count(&mut self, tokens: TokenStream) {
        let mut before = [String::new(), String::new()];
        for token in tokens {
            let text = match &token {
                TokenTree::Group(_) => String::new(),
                other => other.to_string(),
            };
            let called = matches!(token, TokenTree::Group(_)) && before[1] == "!";
            let known = |name: &str| macros::STANDARD.contains(&name) || may_be_fork(name);
            self.macros += usize::from(called && !known(&before[0]));
            before.rotate_left(1);
            before[1] = text;
            match token {
                TokenTree::Ident(ident) => self.add(unraw(&ident)),
                TokenTree::Group(group) => self.count(group.stream()),
                TokenTree::Literal(literal) => {
                    let text = syn::parse2::<syn::LitStr>(literal.to_token_stream());
                    let captured = text.map(|t| macros::captures(&t.value()));
                    captured.into_iter().flatten().for_each(|n| self.add(n));
                }
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn add(&mut self, name: String) {
        *self.names.entry(name).or_default() += 1;
    }

    fn of(&self, name: &str) -> usize {
        self.names.get(name).copied().unwrap_or(0)
    }
}

struct Hoist {
    everywhere: Names,
    items: Vec<Item>,
}

impl VisitMut for Hoist {
    fn visit_block_mut(&mut self, block: &mut Block) {
        let tokens = block.to_token_stream();
        if !contains_await(tokens.clone()) {
            return;
        }
        let mut here = Names::default();
        here.count(tokens);
        let mut kept = Vec::new();
        for stmt in std::mem::take(&mut block.stmts) {
            match stmt {
                Stmt::Item(item) if self.may_move(&item, &here) => self.items.push(item),
                other => kept.push(other),
            }
        }
        block.stmts = kept;
        visit_mut::visit_block_mut(self, block);
    }

    // Items and bodies that run elsewhere stay whole.
    fn visit_item_mut(&mut self, _: &mut Item) {}
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
}

impl Hoist {
    fn may_move(&self, item: &Item, here: &Names) -> bool {
        names(item).is_some_and(|names| {
            let mut texts = names.iter().map(unraw);
            names.is_empty()
                || here.macros == self.everywhere.macros
                    && texts.all(|name| here.of(&name) == self.everywhere.of(&name))
        })
    }
}

/// The first name that an item introduces and these tokens use, where it means something else.
pub(crate) fn used_in(item: &Item, tokens: &TokenStream) -> Option<Ident> {
    let mut used = Names::default();
    used.count(tokens.clone());
    let introduced = match item {
        Item::Use(item) => {
            let mut names = Vec::new();
            imported(&item.tree, &mut names);
            names
        }
        Item::Trait(item) => vec![item.ident.clone()],
        item => names(item).unwrap_or_default(),
    };
    introduced
        .into_iter()
        .find(|name| used.of(&unraw(name)) > 0)
}

/// The names that an item introduces; `None` if it may do more than that.
fn names(item: &Item) -> Option<Vec<Ident>> {
    let one = |ident: &Ident| Some(vec![ident.clone()]);
    match item {
        Item::Const(item) if item.ident != "_" => one(&item.ident),
        Item::Enum(item) => one(&item.ident),
        Item::Fn(item) => one(&item.sig.ident),
        Item::Static(item) => one(&item.ident),
        Item::Struct(item) => one(&item.ident),
        Item::Type(item) => one(&item.ident),
        Item::Union(item) => one(&item.ident),
        // It holds everywhere, wherever it stands.
        Item::Impl(_) => Some(Vec::new()),
        Item::Use(item) => {
            let mut names = Vec::new();
            imported(&item.tree, &mut names).then_some(names)
        }
        _ => None,
    }
}

/// Collects the names of an import; `false` if one may be a trait.
fn imported(tree: &UseTree, names: &mut Vec<Ident>) -> bool {
    let mut add = |ident: &Ident| {
        // By rustc's own convention a type or a trait begins with a capital, and is not all capitals.
        let text = unraw(ident);
        let function = !text.starts_with(char::is_uppercase);
        let constant = text.len() > 1 && !text.contains(char::is_lowercase);
        names.push(ident.clone());
        function && text != "self" || constant
    };
    match tree {
        UseTree::Path(path) => imported(&path.tree, names),
        UseTree::Name(name) => add(&name.ident),
        UseTree::Rename(rename) => add(&rename.ident) && add(&rename.rename),
        UseTree::Glob(_) => false,
        UseTree::Group(group) => group.items.iter().all(|tree| imported(tree, names)),
    }
}
