//! From facts to a plan: which locals have slots, what each suspend point saves, and under which
//! names.
//!
//! ```text
//! local that is live where an arm of the machine begins    → a slot
//! … and live across a suspend point                        → saved, by name
//! ```

use crate::analysis::cfg::arm_heads;
use crate::analysis::liveness::Liveness;
use crate::diag::{Code, Diagnostics};
use crate::ir::{BlockId, Body, LocalId, LocalKind, Locals, PointId, Terminator};
use crate::names::unraw;
use std::collections::{BTreeMap, BTreeSet};

/// The plan.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Blocks with an arm of their own, in order; an arm's number is its place here.
    pub(crate) arms: Vec<BlockId>,
    /// Saved locals with their stable names; a local's number in the tables is its place here.
    pub(crate) saved: Vec<(LocalId, String)>,
    /// Locals that pass from arm to arm without crossing a suspend point.
    pub(crate) passed: Locals,
    /// Borrows that are made again: those that are needed where an arm begins.
    pub(crate) remade: Locals,
    /// The suspend points that control can reach, in source order.
    pub(crate) points: Vec<PointPlan>,
    /// Edges between suspend points.
    pub(crate) edges: Vec<(Node, Node)>,
}

/// A suspend point that control can reach.
#[derive(Debug)]
pub(crate) struct PointPlan {
    pub(crate) point: PointId,
    pub(crate) resume: BlockId,
    /// Numbers of the saved locals.
    pub(crate) locals: Vec<usize>,
}

/// A node of the graph of suspend points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Entry,
    Point(PointId),
    Exit,
}

impl Layout {
    /// The arm of a block.
    pub(crate) fn arm(&self, block: BlockId) -> Option<usize> {
        self.arms.iter().position(|&b| b == block)
    }

    /// The number of a suspend point in the tables.
    pub(crate) fn point(&self, point: PointId) -> Option<usize> {
        self.points.iter().position(|p| p.point == point)
    }

    /// Whether a local has a slot.
    pub(crate) fn has_slot(&self, local: LocalId) -> bool {
        self.passed.contains(&local) || self.is_saved(local)
    }

    /// Whether a local is saved at some suspend point.
    pub(crate) fn is_saved(&self, local: LocalId) -> bool {
        self.saved.iter().any(|(l, _)| *l == local)
    }
}

/// Makes the plan; refuses what cannot be saved by its syntax.
pub(crate) fn layout(body: &Body, liveness: &Liveness, diagnostics: &mut Diagnostics) -> Layout {
    let heads = arm_heads(body);
    let arms: Vec<BlockId> = (0..body.blocks.len())
        .map(BlockId)
        .filter(|b| heads[b.0])
        .collect();

    let mut suspends: Vec<_> = body
        .blocks
        .iter()
        .filter_map(|block| match block.terminator {
            Terminator::Suspend { point, resume, .. } => {
                Some((point, resume, liveness.across(block, 0)))
            }
            _ => None,
        })
        .collect();
    suspends.sort_by_key(|(point, ..)| *point);

    let all: Locals = suspends
        .iter()
        .flat_map(|(.., live)| live)
        .copied()
        .collect();
    refuse(body, &suspends, diagnostics);
    let saved: Vec<(LocalId, String)> = all
        .iter()
        .filter(|l| body.recipe(**l).is_none())
        .map(|&local| (local, stable_name(body, local)))
        .collect();
    let number: BTreeMap<LocalId, usize> = saved
        .iter()
        .enumerate()
        .map(|(n, (local, _))| (*local, n))
        .collect();

    let mut passed: Locals = arms
        .iter()
        .flat_map(|b| &liveness.live_in[b.0])
        .copied()
        .collect();
    // The answer of a suspend point is made in the arm where it is live.
    for block in &body.blocks {
        if let Terminator::Suspend { answer, resume, .. } = block.terminator {
            let elsewhere = arms
                .iter()
                .any(|b| *b != resume && liveness.live_in[b.0].contains(&answer));
            if !elsewhere {
                passed.remove(&answer);
            }
        }
    }
    let remade = passed.iter().copied();
    let remade: Locals = remade.filter(|l| body.recipe(*l).is_some()).collect();
    passed.retain(|l| !number.contains_key(l) && !remade.contains(l));

    let points = suspends
        .iter()
        .map(|(point, resume, live)| PointPlan {
            point: *point,
            resume: *resume,
            locals: live.iter().filter_map(|l| number.get(l).copied()).collect(),
        })
        .collect();
    Layout {
        arms,
        saved,
        passed,
        remade,
        points,
        edges: edges(body),
    }
}

/// The name of a local in the stored format: its own, with its place among equal names that are
/// visible at its binding; temporaries and cursors after the place they serve.
fn stable_name(body: &Body, local: LocalId) -> String {
    let this = &body.locals[local.0];
    let counted = |name: String| match this.depth {
        1 => name,
        depth => format!("{name}#{depth}"),
    };
    match &this.kind {
        LocalKind::User | LocalKind::Deferred => counted(unraw(&this.ident)),
        LocalKind::Cursor { name } | LocalKind::Key { name } => counted(name.clone()),
        LocalKind::Borrow => "borrow".to_owned(),
        LocalKind::Answer { of } => format!("{}.out", body.points[of.0].label),
        LocalKind::Temp { serves } => {
            let earlier = body.locals[..local.0]
                .iter()
                .filter(|l| matches!(&l.kind, LocalKind::Temp { serves: s } if s == serves))
                .count();
            let label = body
                .points
                .get(serves.0)
                .map_or("end", |p| p.label.as_str());
            format!("{label}.arg{earlier}")
        }
    }
}

/// Locals that cannot be saved, as their syntax shows.
fn refuse(body: &Body, suspends: &[(PointId, BlockId, Locals)], diagnostics: &mut Diagnostics) {
    let mut told = Locals::new();
    for (point, _, live) in suspends {
        let point = &body.points[point.0];
        let (label, line) = (&point.callee, point.span.start().line);
        for &local in live {
            let this = &body.locals[local.0];
            if !told.insert(local) {
                continue;
            }
            let name = &this.ident;
            if this.borrow && this.recipe.is_none() {
                diagnostics.report(
                    name,
                    Code::Borrow,
                    &format!("`{name}` is a borrow that is still needed after the `.await` on `{label}` in line {line}, and a borrow cannot be saved"),
                    "bind it without `mut` so that it can be made again, or clone what it borrows",
                );
            } else if this.closure && this.recipe.is_none() {
                diagnostics.report(
                    name,
                    Code::Closure,
                    &format!("`{name}` is a closure that is still needed after the `.await` on `{label}` in line {line}, and code cannot be saved"),
                    "make it a `fn` with parameters, or write the closure again after the `.await`",
                );
            }
        }
    }
}

/// From where to where control may go without another suspend point between.
fn edges(body: &Body) -> Vec<(Node, Node)> {
    let mut edges = BTreeSet::new();
    let starts =
        std::iter::once((Node::Entry, BlockId(0))).chain(body.blocks.iter().filter_map(|block| {
            match block.terminator {
                Terminator::Suspend { point, resume, .. } => Some((Node::Point(point), resume)),
                _ => None,
            }
        }));
    for (from, start) in starts {
        let mut seen = BTreeSet::new();
        let mut stack = vec![start];
        while let Some(block) = stack.pop() {
            if !seen.insert(block) {
                continue;
            }
            match &body.blocks[block.0].terminator {
                Terminator::Suspend { point, .. } => {
                    edges.insert((from, Node::Point(*point)));
                    let exits = body.blocks[block.0].all_exits();
                    stack.extend(exits.map(|e| body.exits[e.0].target));
                }
                Terminator::Return { .. } => {
                    edges.insert((from, Node::Exit));
                    let exits = body.blocks[block.0].all_exits();
                    stack.extend(exits.map(|e| body.exits[e.0].target));
                }
                _ => stack.extend(body.successors(&body.blocks[block.0])),
            }
        }
    }
    edges.into_iter().collect()
}
