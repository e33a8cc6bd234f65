//! Values on their way that are borrows: where ways that await meet, nobody could make them again.
//!
//! ```text
//! let to = if express { confirm().await; &primary } else { &billing };
//! ```

use super::{Builder, place};
use crate::ir::{Code, Instead, LocalId, LocalKind};
use crate::names::unraw;
use crate::normalize::source_text;
use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprReference, Stmt};

/// The borrows between which ways choose.
#[derive(Default)]
struct Chosen(Vec<(Span, Called)>);

enum Called {
    Name(String),
    /// It is one of a value without a name.
    Nothing,
}

impl Chosen {
    /// Puts them into the order of the source; answers where the first stands.
    fn order(&mut self) -> Option<Span> {
        let at = |span: &Span| (span.start().line, span.start().column);
        self.0.sort_by_key(|(span, _)| at(span));
        self.0.first().map(|(span, _)| *span)
    }

    fn called(&self) -> String {
        let mut called: Vec<&str> = Vec::new();
        for (_, name) in &self.0 {
            if let Called::Name(name) = name
                && !called.contains(&name.as_str())
            {
                called.push(name);
            }
        }
        if called.is_empty() {
            return "what this gives".to_owned();
        }
        called.join(" or ")
    }
}

impl Builder<'_> {
    /// Notes that a temporary is given a borrow in one of these blocks, as the syntax of the value shows.
    pub(super) fn note_borrows(&mut self, temp: LocalId, blocks: impl Iterator<Item = usize>) {
        let statements = blocks.flat_map(|block| &self.body.blocks[block].statements);
        let given = statements.filter(|statement| statement.binds.contains(&temp));
        let mut chosen = Chosen::default();
        for statement in given {
            if let Code::Let { init, .. } = &statement.code {
                self.borrowed_from(init, &mut chosen);
            }
        }
        if let Some(at) = chosen.order() {
            let this = &mut self.body.locals[temp.0];
            this.borrow = true;
            this.ident.set_span(this.ident.span().located_at(at));
            this.instead = Some(Instead {
                what: "",
                why: chosen.called(),
                help: "choose after the `.await`, by a `match` or `if` of its own; or clone what is borrowed".to_owned(),
            });
        }
    }

    /// Notes the borrows that this value may be and that surely end with this function.
    fn borrowed_from(&self, value: &Expr, chosen: &mut Chosen) {
        match value {
            Expr::Paren(inner) => self.borrowed_from(&inner.expr, chosen),
            Expr::Group(inner) => self.borrowed_from(&inner.expr, chosen),
            Expr::Block(block) => self.borrowed_from_block(&block.block, chosen),
            Expr::If(branch) => {
                self.borrowed_from_block(&branch.then_branch, chosen);
                if let Some((_, otherwise)) = &branch.else_branch {
                    self.borrowed_from(otherwise, chosen);
                }
            }
            Expr::Match(switch) => {
                for arm in &switch.arms {
                    self.borrowed_from(&arm.body, chosen);
                }
            }
            Expr::Reference(reference) => {
                if let Some(called) = self.borrow_called(reference) {
                    chosen.0.push((value.span(), called));
                }
            }
            _ => {}
        }
    }

    fn borrowed_from_block(&self, block: &Block, chosen: &mut Chosen) {
        if let Some(Stmt::Expr(value, None)) = block.stmts.last() {
            self.borrowed_from(value, chosen);
        }
    }

    /// What a borrow is called that surely ends with this function.
    fn borrow_called(&self, reference: &ExprReference) -> Option<Called> {
        if matches!(
            &*reference.expr,
            Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_)
        ) {
            return Some(Called::Nothing);
        }
        let root = place::root(&reference.expr)?;
        let local = self.scopes.resolve(&unraw(root))?;
        let this = &self.body.locals[local.0];
        // What is reached through a reference may live longer than the variable.
        let whole = matches!(&*reference.expr, Expr::Path(_));
        let through = this.borrow || !place::is_field_path(&reference.expr);
        match this.kind {
            LocalKind::User | LocalKind::Deferred if whole || !through => {
                let text = source_text(reference.to_token_stream());
                Some(Called::Name(format!("`{text}`")))
            }
            LocalKind::Answer { .. } if whole => Some(Called::Nothing),
            _ => None,
        }
    }
}
