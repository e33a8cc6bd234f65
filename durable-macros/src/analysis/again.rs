//! Which borrows an arm may have to make again; all others are variables like any other.
//!
//! ```text
//! let r = &v; let v = 5; r.len()              in one arm: `v` is shadowed and stays where it is
//! let r = &v; let v = 5; op().await; r.len()  made again: the first `v` waits under another name
//! ```
//!
//! What a borrow is made of must be in reach as long as the borrow lives, so what is shadowed is moved. Where
//! nothing is made again, that move would be seen: it is another order of drops, and under a borrow rustc
//! refuses it.

use super::cfg::arm_heads;
use super::liveness::{Liveness, at_exit, liveness};
use crate::ir::{Block, Body, LocalId, LocalKind, Locals, LookupId, RecipeId};
use std::collections::{BTreeMap, BTreeSet};

/// Leaves recipes and lookups with what is needed where an arm begins, and with borrows whose inputs an
/// arm moves. Runs once lookups are known.
pub(crate) fn find(body: &mut Body) {
    if body.recipes.is_empty() && body.lookups.is_empty() {
        return;
    }
    let needed = needed_at_heads(body);
    let kept: BTreeSet<Group> = locals(body)
        .filter(|local| needed.contains(local) || always(body, *local))
        .flat_map(|local| groups(body, local))
        .collect();
    let mut variables: BTreeMap<LocalId, Variable> = locals(body)
        .filter(|local| {
            let mut groups = groups(body, *local).peekable();
            groups.peek().is_some() && groups.all(|group| !kept.contains(&group))
        })
        .map(|local| (local, Variable::of(body, local)))
        .collect();
    for local in variables.keys() {
        let this = &mut body.locals[local.0];
        (this.recipe, this.lookup) = (None, None);
    }
    loop {
        let moved = under_a_move(body, &variables);
        if variables.is_empty() || moved.is_empty() {
            break;
        }
        variables.retain(|local, variable| {
            let stays = variable
                .recipe
                .is_none_or(|recipe| !moved.contains(&recipe));
            if !stays {
                body.locals[local.0].recipe = variable.recipe;
            }
            stays
        });
    }
    // Where arms begin may depend on what is made again.
    let needed = needed_at_heads(body);
    if variables.keys().any(|local| needed.contains(local)) {
        for (local, variable) in variables {
            let this = &mut body.locals[local.0];
            (this.recipe, this.lookup) = (variable.recipe, variable.lookup);
        }
    }
}

/// What is made together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Recipe(usize),
    Lookup(usize),
}

fn groups(body: &Body, local: LocalId) -> impl Iterator<Item = Group> {
    let this = &body.locals[local.0];
    let recipe = this.recipe.map(|RecipeId(number)| Group::Recipe(number));
    let lookup = this.lookup.map(|LookupId(number)| Group::Lookup(number));
    recipe.into_iter().chain(lookup)
}

/// A borrow that is made once.
struct Variable {
    recipe: Option<RecipeId>,
    lookup: Option<LookupId>,
    /// What it would be made of.
    inputs: Locals,
}

impl Variable {
    fn of(body: &Body, local: LocalId) -> Self {
        let this = &body.locals[local.0];
        let mut inputs = body.with_inputs(Locals::from([local]));
        inputs.remove(&local);
        Self {
            recipe: this.recipe,
            lookup: this.lookup,
            inputs,
        }
    }
}

fn locals(body: &Body) -> impl Iterator<Item = LocalId> + use<> {
    (0..body.locals.len()).map(LocalId)
}

/// An arm makes a borrow without a name whenever it needs it; and code that is never reached may say what a
/// closure is.
fn always(body: &Body, local: LocalId) -> bool {
    let this = &body.locals[local.0];
    matches!(this.kind, LocalKind::Borrow) || this.typed_elsewhere
}

/// All that is live where some arm begins.
fn needed_at_heads(body: &Body) -> Locals {
    let liveness = liveness(body);
    let heads = arm_heads(body, &liveness);
    let live = liveness.live_in.into_iter().zip(heads);
    live.filter(|(_, head)| *head)
        .flat_map(|(live, _)| live)
        .collect()
}

/// The recipes of variables of which an input is given another name while they are used: by a binding that
/// takes its name, or around a jump out of code that does.
fn under_a_move(body: &Body, variables: &BTreeMap<LocalId, Variable>) -> BTreeSet<RecipeId> {
    let mut found = BTreeSet::new();
    let liveness = liveness(body);
    for block in &body.blocks {
        for Step {
            used,
            live,
            leaving,
            binds,
        } in steps(body, block, &liveness)
        {
            let taken: BTreeSet<String> = binds.iter().map(|l| name(body, *l)).collect();
            let moves = |input: &LocalId| {
                let shadowed = live.contains(input) && !binds.contains(input);
                leaving.contains(input) || shadowed && taken.contains(&name(body, *input))
            };
            let borrows = live.iter().chain(&used).filter(|l| !binds.contains(l));
            for variable in borrows.filter_map(|l| variables.get(l)) {
                if variable.inputs.iter().any(moves) {
                    found.extend(variable.recipe);
                }
            }
        }
    }
    found
}

/// One statement, or one edge out of a block.
struct Step {
    used: Locals,
    /// Live behind it.
    live: Locals,
    /// Live where it jumps to.
    leaving: Locals,
    binds: Locals,
}

fn steps(body: &Body, block: &Block, liveness: &Liveness) -> Vec<Step> {
    let leaving = |exits: &[_]| {
        let exits = exits.iter();
        exits
            .flat_map(|exit| at_exit(body, *exit, &liveness.live_in))
            .collect()
    };
    let after = liveness.after_statements(body, block);
    let statements = block.statements.iter().zip(after);
    let statements = statements.map(|(statement, live)| Step {
        used: statement.uses.clone(),
        live,
        leaving: leaving(&statement.exits),
        binds: statement.binds.clone(),
    });
    // What one way takes the name of may be needed on another.
    let ends = &block.terminator;
    let ways = 0..ends.successors().len();
    let live: Locals = ways
        .clone()
        .flat_map(|way| liveness.across(block, way))
        .collect();
    let end = Step {
        used: ends.uses(),
        live,
        leaving: leaving(&block.exits),
        binds: ways.flat_map(|way| ends.defines_on(way)).collect(),
    };
    statements.chain([end]).collect()
}

fn name(body: &Body, local: LocalId) -> String {
    crate::names::unraw(&body.locals[local.0].ident)
}
