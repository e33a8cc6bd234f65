//! For people: a block for each await, with the reason for everything it saves.

use super::{Saved, blocks, branches, inside, next, number, saved};
use crate::cli::failure::Failure;
use crate::cli::style::{BOLD, BUSY, DIM, GOOD, paint};
use crate::cli::terminal::Terminal;
use crate::cli::tree::fit;
use crate::cli::workflows::short;
use crate::machine::{Description, Origin, Point, describe};
use crate::registry::WorkflowDef;

/// Names and types wider than this do not push the reasons of others to the right.
const COLUMN_MAX: usize = 28;

pub(super) fn print(def: &'static WorkflowDef, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let known = describe(def);
    let place = paint(DIM, format_args!("{}:{}", def.file, def.line));
    let name = paint(BOLD, def.name);
    term.line(format_args!("{name}({})  {place}", def.params.join(", ")))?;
    if def.points.is_empty() {
        return term.line(paint(DIM, "  no awaits"));
    }
    term.line(ways(def, Point::ENTRY, "begins", term.width))?;
    each(def, &known, None, 0, term)?;
    for (name, block) in blocks(def) {
        term.line("")?;
        let runs = paint(DIM, "runs by itself");
        term.line(format_args!("{}  {runs}", paint(BUSY, name)))?;
        each(def, &known, Some(block), 1, term)?;
    }
    Ok(())
}

/// The points inside `parent`, each followed by those in its branches, further to the right.
fn each(
    def: &'static WorkflowDef,
    known: &Description,
    parent: Option<(u16, u16)>,
    depth: usize,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    for (index, point) in def.points.iter().enumerate() {
        if point.parent != parent {
            continue;
        }
        term.line("")?;
        one(def, known, index, depth, term)?;
        for branch in branches(def, number(index)) {
            each(def, known, Some((number(index), branch)), depth + 1, term)?;
        }
    }
    Ok(())
}

fn one(
    def: &'static WorkflowDef,
    known: &Description,
    index: usize,
    depth: usize,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let point = &def.points[index];
    let pad = "    ".repeat(depth);
    let width = term.width.saturating_sub(pad.len());
    let inside = inside(def, point).map(|(fork, branch)| format!("  branch {branch} of {fork}"));
    let place = format!("line {}{}", point.line, inside.unwrap_or_default());
    let room = width.saturating_sub(point.label.chars().count() + place.chars().count() + 4);
    let source = fit(point.source, room);
    let (label, place) = (paint(BUSY, point.label), paint(DIM, place));
    term.line(format_args!("{pad}{label}  {place}  {source}"))?;
    let locals = saved(def, known, point);
    if locals.is_empty() {
        term.line(format_args!("{pad}{}", paint(DIM, "  saves  nothing")))?;
    }
    let types: Vec<_> = locals.iter().map(|l| short(l.type_name)).collect();
    let names = locals.iter().map(|l| l.name.chars().count());
    let names = names.max().unwrap_or(0).min(COLUMN_MAX);
    let wide = types.iter().map(|t| t.chars().count());
    let wide = wide.max().unwrap_or(0).min(COLUMN_MAX);
    for (row, (local, type_name)) in locals.iter().zip(&types).enumerate() {
        let verb = if row == 0 { "saves" } else { "" };
        let name = format!("{:<names$}", fit(local.name, COLUMN_MAX));
        let type_name = format!("{:<wide$}", fit(type_name, COLUMN_MAX));
        let used = 2 + 7 + name.chars().count() + 2 + type_name.chars().count() + 2;
        let why = fit(&why(local), width.saturating_sub(used));
        let (name, why) = (paint(GOOD, name), paint(DIM, why));
        term.line(format_args!("{pad}  {verb:<5}  {name}  {type_name}  {why}"))?;
    }
    let ways = ways(def, number(index), "then", width);
    term.line(format_args!("{pad}{ways}"))
}

/// Defined here, used there.
fn why(local: &Saved) -> String {
    let (from, until) = (local.from, local.until);
    match local.origin {
        Origin::Variable => format!("defined in line {from}, used next in line {until}"),
        Origin::Operand => format!("computed in line {from} for the same expression"),
        Origin::Answer => format!("answered in line {from} for the same expression"),
        Origin::Rest => format!("what is left of the loop in line {from}"),
        Origin::Borrowed => format!("borrowed in line {from}, used next in line {until}"),
    }
}

fn ways(def: &'static WorkflowDef, from: u16, verb: &str, width: usize) -> String {
    let ways: Vec<_> = next(def, from).map(|l| l.unwrap_or("end")).collect();
    let ways = fit(&ways.join(", "), width.saturating_sub(2 + 7 + 2));
    format!("  {}  {ways}", paint(DIM, format_args!("{verb:<5} →")))
}
