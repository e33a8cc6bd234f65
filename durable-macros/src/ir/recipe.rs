//! How borrows are made again.
//!
//! A borrow cannot be saved. Where one is needed after a suspend point, its *inputs* are saved
//! instead, the place that it borrows and the operands on the way, and the borrow is made from them
//! again in each arm of the machine that uses it.
//!
//! ```text
//! let r = &order.items[i];     inputs: order, r.key0 (what `i` was)     r = &order.items[r.key0]
//! ```

use super::{Body, LocalId, Locals};
use syn::{Expr, Pat, Type};

/// A recipe of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RecipeId(pub(crate) usize);

/// `let pat: ty = init;`, which gives the same borrows whenever it runs while one of them lives.
#[derive(Debug)]
pub(crate) struct Recipe {
    pub(crate) pat: Pat,
    pub(crate) ty: Option<Type>,
    pub(crate) init: Expr,
    /// What the pattern binds; all of it is made at once.
    pub(crate) binds: Locals,
    /// The locals that it needs: they live as long as what it makes.
    pub(crate) inputs: Locals,
    /// Variables that it looks something up by, as a reference.
    pub(crate) looked_up_by: Locals,
    /// Operands that are computed once, where the borrow is made first.
    pub(crate) keys: Vec<(LocalId, Expr)>,
    /// The pattern does not match everything; it has matched what is there.
    pub(crate) refutable: bool,
    /// What it makes can change what it borrows.
    pub(crate) unique: bool,
    /// It makes a closure, or names a function.
    pub(crate) code: Option<Signature>,
    /// Bindings that hold values beside their borrows, so a part may outlive what is borrowed.
    pub(crate) mixed: Locals,
}

/// What the syntax of a closure shows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signature {
    /// How many parameters it has.
    pub(crate) params: usize,
    /// It is written as `move`, and made again without.
    pub(crate) moves: bool,
}

impl Body {
    /// The recipe of a local, if it is a borrow that can be made again.
    pub(crate) fn recipe(&self, local: LocalId) -> Option<&Recipe> {
        let id = self.locals[local.0].recipe?;
        Some(&self.recipes[id.0])
    }

    /// What is asked of a closure that is made again.
    pub(crate) fn signature(&self, local: LocalId) -> Option<Signature> {
        self.recipe(local)?.code
    }

    /// Adds what the recipes of these locals need, and what that needs.
    pub(crate) fn with_inputs(&self, mut locals: Locals) -> Locals {
        if self.recipes.is_empty() && self.lookups.is_empty() {
            return locals;
        }
        let mut work: Vec<LocalId> = locals.iter().copied().collect();
        while let Some(local) = work.pop() {
            let inputs = self.recipe(local).into_iter().flat_map(|r| &r.inputs);
            let root = self.lookup(local).map(|(_, lookup, _)| &lookup.root);
            let inputs = inputs.chain(root);
            work.extend(inputs.filter(|&&input| locals.insert(input)));
        }
        locals
    }
}
