//! `inspect`: one workflow from inside: its awaits, what each saves and why, and where control
//! goes from there. All from tables in the binary; no code of the workflow runs.

mod graph;
mod text;

use super::failure::{Exit, Failure};
use super::terminal::{Format, Terminal};
use crate::machine::{Description, Origin, Point, describe};
use crate::registry::{WorkflowDef, block_name};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Workflow function
    name: String,
    /// Print only the graph of its awaits, in this language
    #[arg(long, value_enum, value_name = "LANGUAGE")]
    graph: Option<Language>,
}

/// What draws graphs.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Language {
    /// For Markdown
    Mermaid,
    /// For Graphviz
    Dot,
}

pub(crate) fn run(args: &Args, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let def = super::workflow(&args.name)?;
    match (args.graph, term.format) {
        (Some(Language::Mermaid), _) => write!(term.out, "{}", graph::mermaid(def))?,
        (Some(Language::Dot), _) => write!(term.out, "{}", graph::dot(def))?,
        (None, Format::Table) => text::print(def, term)?,
        (None, Format::Ids) => def.points.iter().try_for_each(|p| term.line(p.label))?,
        (None, Format::Json | Format::Jsonl) => term.json(&document(def))?,
    }
    Ok(Exit::Ok)
}

/// A local that a suspend point saves.
struct Saved {
    name: &'static str,
    type_name: &'static str,
    origin: Origin,
    /// Where it is bound or computed.
    from: u32,
    /// Where it is used next.
    until: u32,
}

fn saved(def: &WorkflowDef, known: &Description, point: &Point) -> Vec<Saved> {
    let each = point.locals.iter().zip(point.next_uses);
    each.map(|(&number, &until)| {
        let (local, known) = (
            &def.locals[usize::from(number)],
            &known.locals[usize::from(number)],
        );
        Saved {
            name: local.name,
            type_name: known.type_name,
            origin: local.origin,
            from: local.line,
            until,
        }
    })
    .collect()
}

/// Where control goes from a node without another await between: labels, then the end.
fn next(def: &'static WorkflowDef, from: u16) -> impl Iterator<Item = Option<&'static str>> {
    let edges = def.edges.iter().filter(move |(f, _)| *f == from);
    edges.map(|&(_, to)| def.points.get(usize::from(to)).map(|p| p.label))
}

/// The branches of a point that have points of their own, in order.
fn branches(def: &WorkflowDef, point: u16) -> impl Iterator<Item = u16> + use<> {
    let parents = def.points.iter().filter_map(|p| p.parent);
    let branches = parents.filter_map(|(fork, branch)| (fork == point).then_some(branch));
    branches.collect::<BTreeSet<_>>().into_iter()
}

/// The names of the `async` blocks that run by themselves and have points, with what their points
/// stand in.
fn blocks(def: &WorkflowDef) -> impl Iterator<Item = (&'static str, (u16, u16))> {
    branches(def, Point::BLOCK).map(|block| (block_name(def, block), (Point::BLOCK, block)))
}

/// The label of the point that joins the branch in which a point stands, and the branch.
fn inside(def: &WorkflowDef, point: &Point) -> Option<(&'static str, u16)> {
    let (fork, branch) = point.parent?;
    Some((def.points.get(usize::from(fork))?.label, branch))
}

fn number(index: usize) -> u16 {
    u16::try_from(index).expect("the macro numbers points by u16")
}

fn document(def: &'static WorkflowDef) -> Value {
    let known = describe(def);
    let next = |from| {
        next(def, from)
            .map(|label| label.map_or(Value::Null, Value::from))
            .collect::<Vec<_>>()
    };
    let awaits = def.points.iter().enumerate().map(|(index, point)| {
        let inside = inside(def, point);
        let block = point.parent.filter(|(fork, _)| *fork == Point::BLOCK);
        json!({
            "label": point.label,
            "line": point.line,
            "expression": point.source,
            "inside": inside.map(|(fork, _)| fork),
            "branch": inside.map(|(_, branch)| branch),
            "block": block.map(|(_, block)| block_name(def, block)),
            "fingerprint": format!("{:016x}", known.fingerprints[index]),
            "locals": saved(def, &known, point).iter().map(|local| json!({
                "name": local.name,
                "type": local.type_name,
                "origin": origin(local.origin),
                "defined_in": local.from,
                "used_next_in": local.until,
            })).collect::<Vec<_>>(),
            "next": next(number(index)),
        })
    });
    json!({
        "name": def.name,
        "params": def.params,
        "file": def.file,
        "line": def.line,
        "next": next(Point::ENTRY),
        "awaits": awaits.collect::<Vec<_>>(),
    })
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Variable => "variable",
        Origin::Operand => "operand",
        Origin::Answer => "answer",
        Origin::Rest => "rest",
        Origin::Borrowed => "borrowed",
    }
}
