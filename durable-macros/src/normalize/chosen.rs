//! Values on their way that are borrows: where ways that await meet, nobody could make them again.
//!
//! ```text
//! let to = if express { confirm().await; &primary } else { &billing };
//! ```

use super::{Builder, place};
use crate::ir::{Code, Instead, LocalId, LocalKind};
use crate::names::unraw;
use crate::normalize::source_text;
use quote::ToTokens;
use syn::Expr;

impl Builder<'_> {
    /// Notes that a temporary is given a borrow in one of these blocks, as the syntax of the value shows.
    pub(super) fn note_borrows(&mut self, temp: LocalId, blocks: impl Iterator<Item = usize>) {
        let statements = blocks.flat_map(|block| &self.body.blocks[block].statements);
        let given = statements.filter(|statement| statement.binds.contains(&temp));
        let mut borrows = given.filter_map(|statement| match &statement.code {
            Code::Let { init, .. } => self.borrowed_from(init),
            _ => None,
        });
        if let Some(called) = borrows.next() {
            let this = &mut self.body.locals[temp.0];
            this.borrow = true;
            this.instead = Some(Instead {
                what: "",
                why: called,
                help: "choose after the `.await`, by a `match` or `if` of its own; or clone what is borrowed".to_owned(),
            });
        }
    }

    /// What a borrow is called that surely ends with this function.
    fn borrowed_from(&self, value: &Expr) -> Option<String> {
        let reference = match value {
            Expr::Paren(inner) => return self.borrowed_from(&inner.expr),
            Expr::Group(inner) => return self.borrowed_from(&inner.expr),
            Expr::Reference(reference) => reference,
            _ => return None,
        };
        let unnamed = || Some("what this gives".to_owned());
        if matches!(
            &*reference.expr,
            Expr::Call(_) | Expr::MethodCall(_) | Expr::Macro(_)
        ) {
            return unnamed();
        }
        let root = place::root(&reference.expr)?;
        let local = self.scopes.resolve(&unraw(root))?;
        let this = &self.body.locals[local.0];
        // What is reached through a reference may live longer than the variable.
        let whole = matches!(&*reference.expr, Expr::Path(_));
        let through = this.borrow || !place::is_field_path(&reference.expr);
        match this.kind {
            LocalKind::User | LocalKind::Deferred if whole || !through => {
                Some(format!("`{}`", source_text(value.to_token_stream())))
            }
            LocalKind::Answer { .. } if whole => unnamed(),
            _ => None,
        }
    }
}
