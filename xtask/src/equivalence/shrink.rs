//! Makes a program smaller for as long as its copies still differ.

use super::batch::{self, Outcome};
use super::generate::Program;
use super::toolchain::Toolchain;
use std::collections::BTreeSet;
use std::path::Path;
use syn::visit_mut::{self, VisitMut};

/// Each round compiles every candidate once.
const ROUNDS_MAX: usize = 8;

/// The smallest program that was found, and what its comparison says.
pub(super) fn shrink(
    tools: &Toolchain,
    dir: &Path,
    program: &Program,
    said: &str,
) -> anyhow::Result<(Program, String)> {
    let mut best = (program.clone(), said.to_owned());
    for _ in 0..ROUNDS_MAX {
        let single: Vec<_> = (0..statements(&best.0))
            .map(|n| BTreeSet::from([n]))
            .collect();
        let diverging = tried(tools, dir, &best.0, &single)?;
        // What can go alone can often go together.
        let all: Vec<usize> = diverging
            .iter()
            .flat_map(|(dropped, ..)| dropped.iter().copied())
            .collect();
        let half = all.len() / 2;
        let together: Vec<BTreeSet<usize>> = [&all[..], &all[..half], &all[half..]]
            .into_iter()
            .filter(|some| some.len() > 1)
            .map(|some| some.iter().copied().collect())
            .collect();
        let more = tried(tools, dir, &best.0, &together)?;
        let smallest = diverging
            .into_iter()
            .chain(more)
            .map(|(_, program, said)| (program, said))
            .min_by_key(|(program, _)| program.code.len());
        match smallest {
            Some(smaller) if smaller.0.code.len() < best.0.code.len() => best = smaller,
            _ => break,
        }
    }
    best.0.code = best
        .0
        .code
        .replace(&format!("{}_", best.0.name), &format!("{}_", program.name));
    best.0.helpers.clone_from(&program.helpers);
    best.0.name.clone_from(&program.name);
    Ok(best)
}

/// Of the programs without these statements, those that still differ.
fn tried(
    tools: &Toolchain,
    dir: &Path,
    program: &Program,
    drops: &[BTreeSet<usize>],
) -> anyhow::Result<Vec<(BTreeSet<usize>, Program, String)>> {
    let candidates: Vec<(BTreeSet<usize>, Program)> = drops
        .iter()
        .enumerate()
        .filter_map(|(n, dropped)| Some((dropped.clone(), without(program, n, dropped)?)))
        .collect();
    if candidates.is_empty() {
        return Ok(Vec::new());
    }
    let programs: Vec<_> = candidates.iter().map(|(_, p)| p.clone()).collect();
    let outcomes = batch::run(tools, dir, &programs)?;
    Ok(candidates
        .into_iter()
        .zip(outcomes)
        .filter_map(|((dropped, program), outcome)| match outcome {
            Outcome::Diverged(said) => Some((dropped, program, said)),
            _ => None,
        })
        .collect())
}

/// The program without some of its statements, under a name of its own.
fn without(program: &Program, candidate: usize, dropped: &BTreeSet<usize>) -> Option<Program> {
    let name = format!("{}{candidate}", super::PREFIX);
    // Two helpers of one name could not be told apart in a test binary.
    let renamed = |text: &str| text.replace(&format!("{}_", program.name), &format!("{name}_"));
    let mut file = syn::parse_str::<syn::File>(&renamed(&program.code)).ok()?;
    if let Some(syn::Item::Fn(function)) = file.items.first_mut() {
        function.sig.ident = syn::Ident::new(&name, function.sig.ident.span());
    }
    Drops { at: 0, dropped }.visit_file_mut(&mut file);
    Some(Program {
        helpers: renamed(&program.helpers),
        name,
        code: prettyplease::unparse(&file),
        ..program.clone()
    })
}

fn statements(program: &Program) -> usize {
    let nothing = BTreeSet::new();
    let mut drops = Drops {
        at: 0,
        dropped: &nothing,
    };
    if let Ok(mut file) = syn::parse_str::<syn::File>(&program.code) {
        drops.visit_file_mut(&mut file);
    }
    drops.at
}

/// Counts statements, and drops some.
struct Drops<'d> {
    at: usize,
    dropped: &'d BTreeSet<usize>,
}

impl VisitMut for Drops<'_> {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|statement| {
            if matches!(statement, syn::Stmt::Expr(_, None)) {
                return true;
            }
            self.at += 1;
            !self.dropped.contains(&(self.at - 1))
        });
        visit_mut::visit_block_mut(self, block);
    }
}
