//! `workflows`: what this binary can run, read from its tables.

use super::failure::{Exit, Failure};
use super::style::{BOLD, DIM, paint};
use super::terminal::{Cell, Format, Terminal, cell};
use crate::machine::{Description, Point, describe};
use crate::registry::{self, WorkflowDef};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this one
    name: Option<String>,
}

pub(crate) fn run(args: &Args, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let mut defs: Vec<_> = registry::application().collect();
    defs.sort_by_key(|def| def.name);
    if let Some(name) = &args.name {
        defs = vec![super::workflow(name)?];
    }
    match term.format {
        Format::Ids => defs.iter().try_for_each(|def| term.line(def.name))?,
        Format::Jsonl => defs.iter().try_for_each(|def| term.json(&document(def)))?,
        Format::Json => term.json(&defs.iter().map(|def| document(def)).collect::<Vec<_>>())?,
        Format::Table if defs.is_empty() => term.line("This binary has no workflows.")?,
        Format::Table => {
            for (i, def) in defs.into_iter().enumerate() {
                if i > 0 {
                    term.line("")?;
                }
                print(def, term)?;
            }
        }
    }
    Ok(Exit::Ok)
}

fn print(def: &'static WorkflowDef, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let place = paint(DIM, format_args!("{}:{}", def.file, def.line));
    let name = paint(BOLD, def.name);
    term.line(format_args!("{name}({})  {place}", def.params.join(", ")))?;
    if def.points.is_empty() {
        return term.line(paint(DIM, "  no awaits"));
    }
    let known = describe(def);
    let rows = def.points.iter().map(|p| cells(p, &known)).collect();
    term.table(2, &["AWAIT", "LINE", "EXPRESSION", "SAVED LOCALS"], rows)
}

fn cells(point: &Point, known: &Description) -> Vec<Cell> {
    let locals: Vec<_> = saved(point, known)
        .map(|local| format!("{}: {}", local.name, short(local.type_name)))
        .collect();
    vec![
        Cell::new(point.label),
        cell(DIM, point.line),
        Cell::new(super::tree::fit(point.source, 60)),
        Cell::new(locals.join(", ")),
    ]
}

fn saved<'a>(
    point: &'a Point,
    known: &'a Description,
) -> impl Iterator<Item = &'a crate::machine::LocalDescription> {
    let index = |&local: &u16| known.locals.get(usize::from(local));
    point.locals.iter().filter_map(index)
}

/// A type's name without the modules: `Vec<Item>`.
pub(super) fn short(type_name: &str) -> String {
    let mut short = String::new();
    for part in type_name.split_inclusive(|c: char| !c.is_alphanumeric() && !"_:".contains(c)) {
        short.push_str(part.rsplit("::").next().unwrap_or(part));
    }
    short
}

fn document(def: &'static WorkflowDef) -> Value {
    let known = describe(def);
    let points = def.points.iter().zip(&known.fingerprints);
    json!({
        "name": def.name,
        "params": def.params,
        "file": def.file,
        "line": def.line,
        "awaits": points.map(|(point, fingerprint)| json!({
            "label": point.label,
            "line": point.line,
            "expression": point.source,
            "fingerprint": format!("{fingerprint:016x}"),
            "locals": saved(point, &known).map(|local| json!({
                "name": local.name,
                "type": local.type_name,
            })).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn type_names_lose_their_modules() {
        assert_eq!(
            short("alloc::vec::Vec<(my::Item, core::option::Option<u8>)>"),
            "Vec<(Item, Option<u8>)>"
        );
    }
}
