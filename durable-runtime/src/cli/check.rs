//! `check`: which running workflows this binary could not go on with, and why; for CI, before a
//! deploy.

use super::failure::{Exit, Failure};
use super::style::{BAD, DIM, GOOD, paint};
use super::terminal::{Cell, Format, Terminal, cell};
use crate::client::{Checked, Client};
use crate::store::Page;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many workflows are read at once.
const PAGE: usize = 500;

/// How many ids are named for each finding.
const EXAMPLES: usize = 3;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Workflows that stand at the same await and have the same problems (or none).
#[derive(Debug, Default)]
struct Group {
    count: u64,
    examples: Vec<String>,
}

type Key = (String, String, Vec<String>);

pub(crate) async fn run(
    _: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    let mut parked = Vec::new();
    let mut page = Page {
        before: None,
        limit: PAGE,
    };
    loop {
        let checked = client.check(page).await?;
        for workflow in checked.workflows {
            let key = key(&workflow);
            if !key.2.is_empty() && term.format == Format::Ids {
                parked.push(workflow.id.to_string());
            }
            let group = groups.entry(key).or_default();
            group.count += 1;
            if group.examples.len() < EXAMPLES {
                group.examples.push(workflow.id.into());
            }
        }
        match checked.next {
            Some(next) => page.before = Some(next),
            None => break,
        }
    }
    print(&groups, &parked, term)?;
    let fits = groups.keys().all(|(_, _, problems)| problems.is_empty());
    Ok(if fits { Exit::Ok } else { Exit::Error })
}

fn key(workflow: &Checked) -> Key {
    let problems = workflow
        .problems
        .iter()
        .map(|problem| match &problem.local {
            Some(local) => format!("local {local}: {}", problem.error),
            None => problem.error.clone(),
        });
    (
        workflow.workflow.clone(),
        workflow.label.clone(),
        problems.collect(),
    )
}

fn print(
    groups: &BTreeMap<Key, Group>,
    parked: &[String],
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    match term.format {
        Format::Ids => parked.iter().try_for_each(|id| term.line(id)),
        Format::Jsonl => groups.iter().try_for_each(|g| term.json(&document(g))),
        Format::Json => term.json(&json!({
            "checked": total(groups, |_| true),
            "would_park": total(groups, |problems| !problems.is_empty()),
            "groups": groups.iter().map(document).collect::<Vec<_>>(),
        })),
        Format::Table => table(groups, term),
    }
}

fn total(groups: &BTreeMap<Key, Group>, counts: impl Fn(&[String]) -> bool) -> u64 {
    let counted = groups
        .iter()
        .filter(|((_, _, problems), _)| counts(problems));
    counted.map(|(_, group)| group.count).sum()
}

fn document(((workflow, label, problems), group): (&Key, &Group)) -> Value {
    json!({
        "workflow": workflow,
        "await": if label.is_empty() { Value::Null } else { json!(label) },
        "count": group.count,
        "would_park": !problems.is_empty(),
        "problems": problems,
        "examples": group.examples,
    })
}

fn table(groups: &BTreeMap<Key, Group>, term: &mut Terminal<'_>) -> Result<(), Failure> {
    if groups.is_empty() {
        return term.line("No workflows are running; nothing can be parked.");
    }
    let rows = groups.iter().map(cells).collect();
    term.table(
        0,
        &["WORKFLOW", "AWAIT", "COUNT", "VERDICT", "FOR EXAMPLE"],
        rows,
    )?;
    term.line("")?;
    let checked = total(groups, |_| true);
    let parked = total(groups, |problems| !problems.is_empty());
    if parked == 0 {
        let verdict = format!("This binary can go on with all {checked} running workflows.");
        return term.line(paint(GOOD, verdict));
    }
    let verdict =
        format!("{parked} of {checked} running workflows would be parked by this binary.");
    term.line(paint(BAD, verdict))?;
    term.line(
        "Nothing is lost: they wait until a binary that fits is deployed. To heal them, keep",
    )?;
    term.line("the await's name, give new fields a #[serde(default)], or keep the old function.")
}

fn cells(((workflow, label, problems), group): (&Key, &Group)) -> Vec<Cell> {
    vec![
        Cell::new(workflow),
        if label.is_empty() {
            cell(DIM, "not begun")
        } else {
            Cell::new(label)
        },
        Cell::new(group.count),
        if problems.is_empty() {
            cell(GOOD, "fits")
        } else {
            Cell::lines(BAD, problems)
        },
        cell(DIM, group.examples.join(", ")),
    ]
}
