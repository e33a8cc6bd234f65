//! Where a function forks: several branches under way at once, joined by one suspend point.
//!
//! A branch that is code is a *region* of the graph: blocks that only the fork leads to, and from
//! which control never comes back but by a `Return`, which ends the branch.

use super::{BlockId, Body, Code, LocalId, Locals, PointId, Terminator};
use crate::syntax::fork::ForkKind;
use std::ops::Range;
use syn::{Expr, Pat};

/// A branch that is code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RegionId(pub(crate) usize);

/// One branch that is code.
#[derive(Debug)]
pub(crate) struct Region {
    /// It is an `async move` block.
    pub(crate) moves: bool,
    /// Stands for what it gives; never bound.
    pub(crate) output: LocalId,
    /// The suspend point that joins it, and its place there; none for a block that runs by itself.
    pub(crate) joined: Option<(PointId, usize)>,
    /// Numbers of the locals that are bound inside it.
    pub(crate) locals: Range<usize>,
    /// Numbers of the suspend points inside it.
    pub(crate) points: Range<usize>,
}

/// An `async` block that runs by itself, as a function inside the workflow's own.
#[derive(Debug)]
pub(crate) struct Detached {
    pub(crate) region: RegionId,
    pub(crate) entry: BlockId,
    /// What it holds of the variables that it takes along, with their names.
    pub(crate) held: Vec<(LocalId, String)>,
    /// Its name in the stored format, after that of the function.
    pub(crate) name: String,
}

/// The end of a block at which branches begin.
#[derive(Debug)]
pub(crate) struct Fork {
    pub(crate) point: PointId,
    pub(crate) kind: ForkKind,
    /// In source order.
    pub(crate) branches: Vec<Branch>,
    /// What the joined branches give.
    pub(crate) answer: LocalId,
    pub(crate) resume: BlockId,
}

/// One branch.
#[derive(Debug)]
pub(crate) struct Branch {
    /// It begins if this local is true.
    pub(crate) enabled: Option<LocalId>,
    /// In a `select!`: its output must fit, else it is disabled.
    pub(crate) pat: Option<Pat>,
    pub(crate) code: BranchCode,
}

#[derive(Debug)]
pub(crate) enum BranchCode {
    /// One operation.
    Operation {
        point: PointId,
        operation: Expr,
        uses: Locals,
    },
    /// An `async` block.
    Region(RegionCode),
}

/// The code of a branch.
#[derive(Debug)]
pub(crate) struct RegionCode {
    pub(crate) region: RegionId,
    pub(crate) entry: BlockId,
    /// Locals from outside that its code mentions, and what the borrows among them need.
    pub(crate) captures: Locals,
    /// Those that borrows need.
    pub(crate) borrowed: Locals,
}

impl Fork {
    pub(super) fn successors(&self) -> Vec<BlockId> {
        let entries = self.regions().map(|(_, code)| code.entry);
        std::iter::once(self.resume).chain(entries).collect()
    }

    pub(super) fn successors_mut(&mut self) -> Vec<&mut BlockId> {
        let entries = self.branches.iter_mut().filter_map(|b| match &mut b.code {
            BranchCode::Region(code) => Some(&mut code.entry),
            BranchCode::Operation { .. } => None,
        });
        std::iter::once(&mut self.resume).chain(entries).collect()
    }

    /// The branches that are code, with their places.
    pub(crate) fn regions(&self) -> impl Iterator<Item = (usize, &RegionCode)> {
        let branches = self.branches.iter().enumerate();
        branches.filter_map(|(place, branch)| match &branch.code {
            BranchCode::Region(code) => Some((place, code)),
            BranchCode::Operation { .. } => None,
        })
    }

    /// What the branches that are operations begin with.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &Expr> {
        self.branches
            .iter()
            .filter_map(|branch| match &branch.code {
                BranchCode::Operation { operation, .. } => Some(operation),
                BranchCode::Region(_) => None,
            })
    }

    pub(super) fn uses(&self) -> Locals {
        let mut uses = Locals::new();
        for branch in &self.branches {
            uses.extend(branch.enabled);
            if let BranchCode::Operation { uses: own, .. } = &branch.code {
                uses.extend(own);
            }
        }
        uses
    }

    pub(super) fn captures(&self) -> Locals {
        self.regions()
            .flat_map(|(_, code)| &code.captures)
            .copied()
            .collect()
    }
}

impl Body {
    /// The innermost branch in which a local is bound; `None` for the function itself.
    pub(crate) fn region_of_local(&self, local: LocalId) -> Option<RegionId> {
        self.innermost(|region| region.locals.contains(&local.0))
    }

    /// The innermost branch in which a suspend point stands.
    pub(crate) fn region_of_point(&self, point: PointId) -> Option<RegionId> {
        self.innermost(|region| region.points.contains(&point.0))
    }

    fn innermost(&self, contains: impl Fn(&Region) -> bool) -> Option<RegionId> {
        let all = self.regions.iter().enumerate();
        all.filter(|(_, region)| contains(region))
            .min_by_key(|(_, region)| region.points.len() + region.locals.len())
            .map(|(number, _)| RegionId(number))
    }
}

impl Code {
    /// The expressions in it, to be looked through.
    pub(crate) fn exprs(&self) -> Vec<Expr> {
        match self {
            Self::Let {
                init, otherwise, ..
            } => otherwise.iter().chain([init]).cloned().collect(),
            Self::Start { source, .. } => vec![source.clone()],
            Self::Param { .. } => Vec::new(),
            Self::Stmt(stmt) => vec![syn::parse_quote!({ #stmt })],
            Self::Taken(_) => vec![],
        }
    }
}

impl Terminator {
    /// The expressions in it, to be looked through.
    pub(crate) fn exprs(&self) -> Vec<Expr> {
        match self {
            Self::If { cond, .. } => vec![cond.clone()],
            Self::Match { scrutinee, .. } => vec![scrutinee.clone()],
            Self::LetElse { init, .. } => vec![init.clone()],
            Self::Suspend { operation, .. } => vec![operation.clone()],
            Self::Return { value, .. } => value.iter().cloned().collect(),
            Self::Fork(fork) => fork.operations().cloned().collect(),
            Self::Goto(_) | Self::Next { .. } | Self::Unreachable => Vec::new(),
        }
    }
}
