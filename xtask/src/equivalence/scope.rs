//! The locals that a generated program may use at a point, and how.

use super::types::Ty;

/// A local.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) name: String,
    pub(super) ty: Ty,
    /// Declared with `mut`.
    pub(super) mutable: bool,
    /// Has its value: neither moved out nor waiting for its first one.
    pub(super) here: bool,
    /// How many borrows, and loops that count with it, forbid to change or to move it.
    pub(super) held: u32,
    /// How many loops stand around its declaration: it is moved in no deeper one.
    pub(super) loops: u32,
}

/// The locals in scope, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    vars: Vec<Var>,
    /// Loops around the current point.
    pub(super) loops: u32,
}

/// Names one local of the scope; good while its block is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct VarId(usize);

impl VarId {
    /// Whether it was declared after a [mark](Scope::mark).
    pub(super) fn is_after(self, mark: usize) -> bool {
        self.0 >= mark
    }
}

impl Scope {
    /// Declares a local that has its value.
    pub(super) fn declare(&mut self, name: &str, ty: Ty, mutable: bool) -> VarId {
        self.vars.push(Var {
            name: name.to_owned(),
            ty,
            mutable,
            here: true,
            held: 0,
            loops: self.loops,
        });
        VarId(self.vars.len() - 1)
    }

    pub(super) fn var(&self, id: VarId) -> &Var {
        &self.vars[id.0]
    }

    pub(super) fn var_mut(&mut self, id: VarId) -> &mut Var {
        &mut self.vars[id.0]
    }

    /// Where the next block begins.
    pub(super) fn mark(&self) -> usize {
        self.vars.len()
    }

    /// Ends a block.
    pub(super) fn end(&mut self, mark: usize) {
        self.vars.truncate(mark);
    }

    /// The locals that their names mean here, and that have a value.
    pub(super) fn visible(&self) -> impl Iterator<Item = VarId> {
        (0..self.vars.len()).map(VarId).filter(|&id| {
            let var = self.var(id);
            var.here && !self.vars[id.0 + 1..].iter().any(|v| v.name == var.name)
        })
    }

    /// The names of the locals that were declared after a [mark](Self::mark).
    pub(super) fn names(&self, mark: usize) -> impl Iterator<Item = &str> {
        self.vars.iter().skip(mark).map(|v| v.name.as_str())
    }

    /// Whether a local may be changed here.
    pub(super) fn free(&self, id: VarId) -> bool {
        let var = self.var(id);
        var.mutable && var.held == 0
    }

    /// Whether a local may be moved out of here.
    pub(super) fn movable(&self, id: VarId) -> bool {
        let var = self.var(id);
        var.held == 0 && var.loops == self.loops
    }

    /// What may have been moved on either of two ways is gone where they join.
    pub(super) fn join(&mut self, other: &Scope) {
        for (mine, theirs) in self.vars.iter_mut().zip(&other.vars) {
            mine.here &= theirs.here;
        }
    }
}
