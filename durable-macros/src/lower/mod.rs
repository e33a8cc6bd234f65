//! From facts to a plan: which locals have slots, what each suspend point saves, and under which
//! names.
//!
//! ```text
//! local that is live where an arm of the machine begins    → a slot
//! … and live across a suspend point                        → saved, by name
//! ```

mod keys;
mod lost;
mod next_use;
mod parts;

use crate::analysis::cfg::arm_heads;
use crate::analysis::liveness::Liveness;
use crate::analysis::unset::unset;
use crate::diag::{Code, Diagnostics};
use crate::ir::{
    BlockId, Body, BranchCode, Instead, LocalId, LocalKind, Locals, PointId, Terminator,
};
use crate::names::{self, shown};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) use next_use::next_use;
pub(crate) use parts::{ForkPlan, Part};

/// The plan.
#[derive(Debug)]
pub(crate) struct Layout {
    /// Blocks with an arm of their own, in order; an arm's number is its place here.
    pub(crate) arms: Vec<BlockId>,
    /// Saved locals with their stable names; a local's number in the tables is its place here.
    pub(crate) saved: Vec<(LocalId, String)>,
    /// Entries of `saved` that are variables in the care of a branch, under `^name`.
    pub(crate) cared_for: BTreeSet<usize>,
    /// Locals that pass from arm to arm without crossing a suspend point.
    pub(crate) passed: Locals,
    /// Borrows that are made again.
    pub(crate) remade: Locals,
    /// Those, and borrows without a name: an arm makes them whenever it needs them.
    pub(crate) borrows: Locals,
    /// Locals that are handed to branches, and not saved.
    pub(crate) handed: Locals,
    /// The machines: the function's own, and those of branches.
    pub(crate) parts: Vec<Part>,
    /// The suspend points that control can reach, in source order.
    pub(crate) points: Vec<PointPlan>,
    /// Suspend points at which a place is lent that would be lost with the branch in which they stand.
    pub(crate) lost: BTreeSet<PointId>,
    /// Edges between suspend points.
    pub(crate) edges: Vec<(Node, Node)>,
}

/// A suspend point that control can reach.
#[derive(Debug)]
pub(crate) struct PointPlan {
    pub(crate) point: PointId,
    /// None for an operation that is a branch: the branches are joined before the code goes on.
    pub(crate) resume: Option<BlockId>,
    /// In a branch: the suspend point that joins it, and its place there.
    pub(crate) parent: Option<(PointId, usize)>,
    /// In a block that runs by itself and in no branch of that: its number.
    pub(crate) block: Option<usize>,
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
        self.passed.contains(&local) || self.is_kept(local)
    }

    /// Whether a local has a slot that lasts over a wait.
    fn is_kept(&self, local: LocalId) -> bool {
        self.handed.contains(&local) || self.is_saved(local)
    }

    /// The names of borrows that would have to be in a slot.
    pub(crate) fn borrows_kept(&self, body: &Body) -> BTreeSet<String> {
        let saved = self.saved.iter().map(|(local, _)| local);
        let kept = saved.chain(&self.passed).chain(&self.handed);
        let kept = kept.map(|local| &body.locals[local.0]);
        let borrows = kept.filter(|this| this.borrow && this.recipe.is_none());
        borrows.map(|this| names::unraw(&this.ident)).collect()
    }

    /// Whether a local is saved at some suspend point.
    pub(crate) fn is_saved(&self, local: LocalId) -> bool {
        self.saved.iter().any(|(l, _)| *l == local)
    }
}

/// Makes the plan; refuses what cannot be saved by its syntax.
pub(crate) fn layout(body: &Body, liveness: &Liveness, diagnostics: &mut Diagnostics) -> Layout {
    let heads = arm_heads(body, liveness);
    let arms: Vec<BlockId> = (0..body.blocks.len())
        .map(BlockId)
        .filter(|b| heads[b.0])
        .collect();

    let mut told = Locals::new();
    for local in unset(body, liveness) {
        let name = &body.locals[local.0].ident;
        diagnostics.report(
            name,
            Code::Unsupported,
            &format!("`{name}` would have to be kept before it has a value: what gives it one cannot be seen (a macro, a condition or a branch may)"),
            &format!("give it its value where it is declared (`let {name} = …;`), or in a statement of its own (`{name} = …;`)"),
        );
        told.insert(local);
    }
    let mut parts = parts::parts(body, liveness, diagnostics, &mut told);
    let mut stops: Vec<Stop> = parts
        .iter()
        .flat_map(|part| stops(body, liveness, part))
        .collect();
    stops.sort_by_key(|stop| stop.point);
    // Alternatives whose guard awaits stop at the same point, and go on at the same place.
    stops.dedup_by_key(|stop| stop.point);
    refuse(body, &stops, diagnostics, &mut told);

    // Borrows are made again.
    let own = stops.iter().flat_map(|s| &s.own).copied();
    let own: Locals = own.filter(|l| body.recipe(*l).is_none()).collect();
    let around: Locals = parts.iter().flat_map(|p| &p.cared_for).copied().collect();
    let saved: Vec<(LocalId, String)> = own
        .iter()
        .map(|&local| (local, stable_name(body, local)))
        .chain(
            around
                .iter()
                .map(|&local| (local, format!("^{}", stable_name(body, local)))),
        )
        .collect();
    let number: BTreeMap<LocalId, usize> = own.iter().copied().zip(0..).collect();
    let number_around: BTreeMap<LocalId, usize> = around.iter().copied().zip(own.len()..).collect();
    let cared_for = number_around.values().copied().collect();
    let handed = handed(&parts);

    let mut passed: Locals = arms
        .iter()
        .flat_map(|b| &liveness.live_in[b.0])
        .copied()
        .collect();
    // The answer of a suspend point is made in the arm where it is live.
    for block in &body.blocks {
        if let Some((answer, resume)) = answered(&block.terminator) {
            let elsewhere = arms
                .iter()
                .any(|b| *b != resume && liveness.live_in[b.0].contains(&answer));
            if !elsewhere {
                passed.remove(&answer);
            }
        }
    }
    let borrows = (0..body.locals.len()).map(LocalId);
    let borrows: Locals = borrows.filter(|l| body.recipe(*l).is_some()).collect();
    let mut remade = borrows.clone();
    remade.retain(|l| passed.contains(l) || !matches!(body.locals[l.0].kind, LocalKind::Borrow));
    passed.retain(|l| !remade.contains(l));
    passed.extend(looped_over(body, passed.iter().chain(&own)));
    passed.retain(|l| {
        !number.contains_key(l) && !number_around.contains_key(l) && !handed.contains(l)
    });

    refuse_passed(body, &passed, diagnostics, &mut told);
    keys::refuse_changes(body, liveness, &remade, diagnostics);
    let lost = lost::lost(body, &parts);
    let points = stops
        .iter()
        .map(|stop| PointPlan {
            point: stop.point,
            resume: stop.resume,
            parent: stop.parent,
            block: stop.block,
            locals: stop
                .own
                .iter()
                .filter_map(|l| number.get(l).copied())
                .chain(stop.around.iter().map(|l| number_around[l]))
                .collect(),
        })
        .collect();
    for part in &mut parts {
        let kept = own.iter().chain(&around).chain(&handed).copied();
        let kept: Locals = kept.filter(|&l| part.owns(body, l)).collect();
        part.slots = kept.into_iter().collect();
    }
    Layout {
        arms,
        saved,
        cared_for,
        passed,
        remade,
        borrows,
        handed,
        parts,
        points,
        edges: edges(body),
        lost,
    }
}

/// A suspend point, and what is needed when the code goes on.
struct Stop {
    point: PointId,
    resume: Option<BlockId>,
    parent: Option<(PointId, usize)>,
    block: Option<usize>,
    /// Locals of the machine in which it stands.
    own: Locals,
    /// Variables around that machine.
    around: Locals,
}

/// The suspend points of one machine.
fn stops(body: &Body, liveness: &Liveness, part: &Part) -> Vec<Stop> {
    let parent = part.region.and_then(|r| body.regions[r.0].joined);
    let mut detached = body.detached.iter();
    let detached = detached.position(|d| Some(d.region) == part.region);
    let mut found = Vec::new();
    for number in &part.blocks {
        let block = &body.blocks[number.0];
        match &block.terminator {
            Terminator::Suspend { point, resume, .. } => {
                let mut own = liveness.across(block, 0);
                own.retain(|&local| part.owns(body, local));
                found.push(Stop {
                    point: *point,
                    resume: Some(*resume),
                    parent,
                    block: detached,
                    own,
                    around: part.cared_for.clone(),
                });
            }
            Terminator::Fork(fork) => {
                let plan = part.forks.iter().find(|plan| plan.point == fork.point);
                let plan = plan.expect("each fork has a plan");
                found.push(Stop {
                    point: fork.point,
                    resume: Some(fork.resume),
                    parent,
                    block: detached,
                    own: plan.saves.clone(),
                    around: plan.saves_around.clone(),
                });
                for (place, branch) in fork.branches.iter().enumerate() {
                    if let BranchCode::Operation { point, .. } = branch.code {
                        found.push(Stop {
                            point,
                            resume: None,
                            parent: Some((fork.point, place)),
                            block: None,
                            own: Locals::new(),
                            around: Locals::new(),
                        });
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Locals that leave the slots of one machine for a branch.
fn handed(parts: &[Part]) -> Locals {
    let moved = parts.iter().flat_map(|p| &p.moved).map(|(local, _)| *local);
    let forks = parts.iter().flat_map(|p| &p.forks);
    moved
        .chain(forks.flat_map(|f| f.variables.iter().copied()))
        .collect()
}

/// What loops go over that was found: where one begins, that tells how.
fn looped_over<'l>(body: &Body, loops: impl Iterator<Item = &'l LocalId>) -> Locals {
    loops.filter_map(|&rest| body.found_loop(rest)).collect()
}

/// The answer with which the code goes on, and where.
fn answered(terminator: &Terminator) -> Option<(LocalId, BlockId)> {
    match terminator {
        Terminator::Suspend { answer, resume, .. } => Some((*answer, *resume)),
        Terminator::Fork(fork) => Some((fork.answer, fork.resume)),
        _ => None,
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
        LocalKind::User | LocalKind::Deferred => counted(shown(&this.ident)),
        LocalKind::Cursor { name } | LocalKind::Key { name } => counted(name.clone()),
        LocalKind::Held { name } => format!("{name}.of"),
        LocalKind::Borrow => "borrow".to_owned(),
        LocalKind::Answer { of } => format!("{}.out", body.points[of.0].label),
        LocalKind::Output => unreachable!("what a branch gives is no variable"),
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
fn refuse(body: &Body, stops: &[Stop], diagnostics: &mut Diagnostics, told: &mut Locals) {
    for stop in stops {
        let point = &body.points[stop.point.0];
        let (label, line) = (&point.callee, point.span.start().line);
        for &local in &stop.own {
            let this = &body.locals[local.0];
            if !told.insert(local) {
                continue;
            }
            let (at, name) = (&this.ident, names::shown(&this.ident));
            if this.borrow && this.recipe.is_none() {
                diagnostics.report(
                    at,
                    Code::Borrow,
                    &format!("{} is a borrow that is still needed after the `.await` on `{label}` in line {line}, and a borrow cannot be saved", this.called()),
                    match &this.instead {
                        Some(instead) => &instead.help,
                        None if this.mutable => "bind it without `mut` so that it can be made again, or clone what it borrows",
                        None => "clone what it borrows, or borrow it again after the `.await`",
                    },
                );
            } else if this.closure && this.recipe.is_none() {
                let Instead { what, why, help } = this.never_again();
                if let LocalKind::Cursor { .. } = this.kind {
                    diagnostics.report(
                        at,
                        Code::Closure,
                        &format!("the rest of this loop would have to be saved at the `.await` on `{label}` in line {line}, and cannot be: {why}"),
                        &help,
                    );
                    continue;
                }
                diagnostics.report(
                    at,
                    Code::Closure,
                    &format!("`{name}` {what} that is still needed after the `.await` on `{label}` in line {line}, and cannot be made again there: {why}"),
                    &help,
                );
            }
        }
    }
}

/// Borrows that no arm but the one which binds them could have: a slot holds none.
fn refuse_passed(body: &Body, passed: &Locals, diagnostics: &mut Diagnostics, told: &mut Locals) {
    for &local in passed {
        let this = &body.locals[local.0];
        if let (true, None, Some(instead)) = (this.borrow, this.recipe, &this.instead)
            && told.insert(local)
        {
            let called = this.called();
            let what = match this.kind {
                LocalKind::Temp { serves } => {
                    let point = &body.points[serves.0];
                    let (callee, line) = (&point.callee, point.span.start().line);
                    format!(
                        "{called} is chosen beside the `.await` on `{callee}` in line {line}, so which borrow it is would have to be saved, and a borrow cannot be"
                    )
                }
                _ => format!(
                    "{called} is a borrow that is needed where ways through the function meet, and cannot be made again there"
                ),
            };
            diagnostics.report(&this.ident, Code::Borrow, &what, &instead.help);
        }
    }
}

/// From where to where control may go without another suspend point between. A branch begins at
/// the point that joins it, and ends there.
fn edges(body: &Body) -> Vec<(Node, Node)> {
    let mut edges = BTreeSet::new();
    let mut starts = vec![(Node::Entry, BlockId(0), Node::Exit)];
    for block in &body.blocks {
        let end = |point| {
            let region = body.region_of_point(point);
            let joined = region.and_then(|r| body.regions[r.0].joined);
            joined.map_or(Node::Exit, |(fork, _)| Node::Point(fork))
        };
        match &block.terminator {
            Terminator::Suspend { point, resume, .. } => {
                starts.push((Node::Point(*point), *resume, end(*point)));
            }
            Terminator::Fork(fork) => {
                let from = Node::Point(fork.point);
                starts.push((from, fork.resume, end(fork.point)));
                starts.extend(fork.regions().map(|(_, code)| (from, code.entry, from)));
                for branch in &fork.branches {
                    if let BranchCode::Operation { point, .. } = &branch.code {
                        let operation = Node::Point(*point);
                        edges.extend([(from, operation), (operation, from)]);
                    }
                }
            }
            _ => {}
        }
    }
    for (from, start, end) in starts {
        let mut seen = BTreeSet::new();
        let mut stack = vec![start];
        while let Some(block) = stack.pop() {
            if !seen.insert(block) {
                continue;
            }
            let block = &body.blocks[block.0];
            let to = match &block.terminator {
                Terminator::Suspend { point, .. } => Some(Node::Point(*point)),
                Terminator::Fork(fork) => Some(Node::Point(fork.point)),
                Terminator::Return { .. } => Some(end),
                _ => None,
            };
            match to {
                Some(to) => {
                    // A branch without a suspend point leads from its fork to itself.
                    let within = matches!(block.terminator, Terminator::Return { .. });
                    if from != to || !within {
                        edges.insert((from, to));
                    }
                    stack.extend(block.all_exits().map(|e| body.exits[e.0].target));
                }
                None => stack.extend(body.successors(block)),
            }
        }
    }
    edges.into_iter().collect()
}
