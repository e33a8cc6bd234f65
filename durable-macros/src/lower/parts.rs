//! A function with branches is several machines, one inside the other. Which locals belong to
//! which, and who saves them while branches run.
//!
//! A local from outside that a branch mentions is
//!
//! | class | if | while the branch runs |
//! |---|---|---|
//! | moved | `async move`, or nothing else needs it | is the branch's own |
//! | copied | `async move`, and something else needs it | the branch has its own copy |
//! | cared for | only this branch mentions it, the parent needs it after | a variable of the parent that the branch borrows, and saves as `^name` |
//! | shared | several branches mention it | a variable of the parent that they borrow, and the parent saves |
//!
//! The first two are slots of the branch's machine. The others never leave their variable, so that
//! an early end of the branch cannot lose them.

use crate::analysis::liveness::Liveness;
use crate::diag::{Code, Diagnostics};
use crate::ir::{
    Block, BlockId, Body, Fork, Instead, LocalId, Locals, PointId, RegionCode, RegionId, Terminator,
};
use crate::normalize::changes_by_name;

/// One machine.
#[derive(Debug)]
pub(crate) struct Part {
    /// The branch, or the block that runs by itself; `None` for the function.
    pub(crate) region: Option<RegionId>,
    pub(crate) entry: BlockId,
    /// Its blocks, those of branches inside it not among them.
    pub(crate) blocks: Vec<BlockId>,
    /// Locals from outside that it has slots of its own for; whether they are copied.
    pub(crate) moved: Vec<(LocalId, bool)>,
    /// Variables around it that it saves.
    pub(crate) cared_for: Locals,
    /// Variables around it that a machine around it saves.
    pub(crate) shared: Locals,
    pub(crate) forks: Vec<ForkPlan>,
    /// The locals whose slots last over a wait, in order.
    pub(crate) slots: Vec<LocalId>,
}

/// What happens to the locals of a machine where it forks.
#[derive(Debug)]
pub(crate) struct ForkPlan {
    pub(crate) point: PointId,
    pub(crate) block: BlockId,
    /// Variables that the branch at this place has in its care.
    pub(crate) cared_for: Vec<(LocalId, usize)>,
    /// Variables that several branches read; the machine saves them each time.
    pub(crate) shared: Locals,
    /// Its own locals that are in variables while the branches run.
    pub(crate) variables: Locals,
    /// Its own locals that it needs when the branches are joined.
    pub(crate) after: Locals,
    /// What its frame holds: locals of its own, and variables around it.
    pub(crate) saves: Locals,
    pub(crate) saves_around: Locals,
}

impl Part {
    fn new(region: Option<RegionId>, entry: BlockId) -> Self {
        Self {
            region,
            entry,
            blocks: Vec::new(),
            moved: Vec::new(),
            cared_for: Locals::new(),
            shared: Locals::new(),
            forks: Vec::new(),
            slots: Vec::new(),
        }
    }

    /// Whether a local lives in the slots of this machine.
    pub(crate) fn owns(&self, body: &Body, local: LocalId) -> bool {
        body.region_of_local(local) == self.region || self.moved.iter().any(|(l, _)| *l == local)
    }

    /// Whether a local is a variable around this machine.
    pub(crate) fn is_around(&self, local: LocalId) -> bool {
        self.cared_for.contains(&local) || self.shared.contains(&local)
    }
}

/// All machines of a function, its own first, then those of blocks that run by themselves; a branch
/// comes after what it stands in.
/// Refuses what branches cannot share; notes the locals that it names.
pub(crate) fn parts(
    body: &Body,
    liveness: &Liveness,
    diagnostics: &mut Diagnostics,
    told: &mut Locals,
) -> Vec<Part> {
    let mut parts = vec![Part::new(None, BlockId(0))];
    let detached = body.detached.iter();
    parts.extend(detached.map(|d| Part::new(Some(d.region), d.entry)));
    let mut next = 0;
    while next < parts.len() {
        parts[next].blocks = own_blocks(body, parts[next].entry);
        for number in parts[next].blocks.clone() {
            let block = &body.blocks[number.0];
            if let Terminator::Fork(fork) = &block.terminator {
                let (plan, inside) = split(body, liveness, &parts[next], (number, block), fork);
                refuse(body, fork, &plan, diagnostics, told);
                parts[next].forks.push(plan);
                parts.extend(inside);
            }
        }
        next += 1;
    }
    parts
}

fn own_blocks(body: &Body, entry: BlockId) -> Vec<BlockId> {
    let mut seen = vec![false; body.blocks.len()];
    let mut stack = vec![entry];
    while let Some(number) = stack.pop() {
        if std::mem::replace(&mut seen[number.0], true) {
            continue;
        }
        let block = &body.blocks[number.0];
        match &block.terminator {
            Terminator::Fork(fork) => stack.push(fork.resume),
            other => stack.extend(other.successors()),
        }
        stack.extend(block.all_exits().map(|e| body.exits[e.0].target));
    }
    let all = seen.iter().enumerate().filter(|(_, seen)| **seen);
    all.map(|(number, _)| BlockId(number)).collect()
}

/// The plan of a fork, and the machines of its branches.
fn split(
    body: &Body,
    liveness: &Liveness,
    part: &Part,
    (number, block): (BlockId, &Block),
    fork: &Fork,
) -> (ForkPlan, Vec<Part>) {
    let mut after = liveness.across(block, 0);
    after.retain(|&local| part.owns(body, local));
    let mut plan = ForkPlan {
        point: fork.point,
        block: number,
        cared_for: Vec::new(),
        shared: Locals::new(),
        variables: Locals::new(),
        saves: after.clone(),
        after,
        saves_around: part.cared_for.clone(),
    };
    let mut inside = Vec::new();
    for (place, code) in fork.regions() {
        let mut child = Part::new(Some(code.region), code.entry);
        for &local in &code.captures {
            // Other branches that use the variable itself, or a copy of it too.
            let others = |copies: bool| {
                fork.regions().any(|(other, code)| {
                    other != place
                        && code.captures.contains(&local)
                        && (copies || !takes(body, code, local))
                })
            };
            let needed = plan.after.contains(&local) || part.is_around(local) || others(true);
            if takes(body, code, local) || !needed {
                child.moved.push((local, needed));
            } else if part.shared.contains(&local) {
                child.shared.insert(local);
            } else if others(false) {
                child.shared.insert(local);
                plan.shared.insert(local);
            } else {
                child.cared_for.insert(local);
                // While the branch is disabled, nobody else would save it.
                if fork.branches[place].enabled.is_none() {
                    plan.saves.remove(&local);
                    plan.saves_around.remove(&local);
                } else if part.owns(body, local) {
                    plan.saves.insert(local);
                }
                if part.owns(body, local) {
                    plan.cared_for.push((local, place));
                }
            }
            if child.is_around(local) && part.owns(body, local) {
                plan.variables.insert(local);
            }
        }
        inside.push(child);
    }
    let owned = plan.shared.iter().filter(|&&l| part.owns(body, l));
    plan.saves.extend(owned);
    (plan, inside)
}

/// Whether an `async move` block takes a local, or a copy of it. What a borrow needs stays where
/// the borrow was made.
fn takes(body: &Body, code: &RegionCode, local: LocalId) -> bool {
    body.regions[code.region.0].moves && !code.borrowed.contains(&local)
}

/// Branches that share a variable may only read it: no frame could hold what one of them changes
/// while another one looks.
fn refuse(
    body: &Body,
    fork: &Fork,
    plan: &ForkPlan,
    diagnostics: &mut Diagnostics,
    told: &mut Locals,
) {
    for (_, code) in fork.regions() {
        for &local in &code.captures {
            let this = &body.locals[local.0];
            let name = &this.ident;
            if this.closure && this.recipe.is_none() && told.insert(local) {
                let Instead { what, why, help } = this.never_again();
                diagnostics.report(
                    name,
                    Code::Closure,
                    &format!("`{name}` {what} that is used in a branch of `{}`, and cannot be made again there: {why}", fork.kind.called()),
                    &help,
                );
            }
            if this.borrow && told.insert(local) {
                diagnostics.report(
                    name,
                    Code::Borrow,
                    &format!("`{name}` is a borrow that is used in a branch of `{}`, and a borrow cannot be saved", fork.kind.called()),
                    "take the borrow inside the branch, or clone what it borrows",
                );
            }
            if plan.shared.contains(&local)
                && changes(body, code.entry, local)
                && told.insert(local)
            {
                diagnostics.report(
                    name,
                    Code::Capture,
                    &format!(
                        "`{name}` is used by two branches of the `{}` in line {}, and one of them changes it",
                        fork.kind.called(),
                        body.points[fork.point.0].span.start().line,
                    ),
                    "give each branch a variable of its own: take what it needs out of it with `let` before",
                );
            }
        }
    }
}

/// Whether code that `entry` leads to changes a local, as its syntax shows.
fn changes(body: &Body, entry: BlockId, local: LocalId) -> bool {
    let name = crate::names::unraw(&body.locals[local.0].ident);
    let mut stack = vec![entry];
    let mut seen = vec![false; body.blocks.len()];
    while let Some(number) = stack.pop() {
        if std::mem::replace(&mut seen[number.0], true) {
            continue;
        }
        let block = &body.blocks[number.0];
        stack.extend(body.successors(block));
        let in_statement = block.statements.iter().any(|s| {
            let assigned = s.assigns.contains(&local) || s.maybe_assigns.contains(&local);
            assigned || (s.uses.contains(&local) && changes_by_name(&s.code.exprs(), &name))
        });
        let end = &block.terminator;
        let used = end.uses().contains(&local);
        if in_statement || (used && changes_by_name(&end.exprs(), &name)) {
            return true;
        }
    }
    false
}
