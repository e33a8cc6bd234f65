//! `docs/performance.md`: the tables between its marks, and the plots beside it.

use super::machine::Machine;
use super::outcome::Outcome;
use super::plot;
use super::scenarios::Scenario;
use super::show;
use anyhow::Context;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/performance.md";
/// Beside the page.
const PLOTS: &str = "performance";

/// Replaces what the page says of this scenario.
pub(super) fn write(
    scenario: &Scenario,
    outcome: &Outcome,
    machine: &Machine,
) -> anyhow::Result<()> {
    let page = root()?.join(PAGE);
    let text = fs::read_to_string(&page).with_context(|| format!("cannot read {PAGE}"))?;
    let section = section(scenario, outcome, machine)?;
    let text = replaced(&text, scenario.name, &section)
        .with_context(|| format!("{PAGE} has no marks for `{}`", scenario.name))?;
    fs::write(&page, text).with_context(|| format!("cannot write {PAGE}"))
}

fn root() -> anyhow::Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.context("xtask has a parent")?.to_owned())
}

fn section(scenario: &Scenario, outcome: &Outcome, machine: &Machine) -> anyhow::Result<String> {
    let mut section = String::new();
    if outcome.quick {
        section += "**A quick look with small sizes on a busy machine, to see that it works.**\n\n";
    }
    section += &show::markdown(scenario.rows, &outcome.table);
    section += "\n\n";
    for remark in &outcome.table.remarks {
        writeln!(section, "* {remark}")?;
    }
    writeln!(section, "* {}", outcome.how())?;
    for line in machine.lines() {
        writeln!(section, "* {line}")?;
    }
    if let Some(plot) = scenario.plot {
        let folder = root()?.join("docs").join(PLOTS);
        fs::create_dir_all(&folder)?;
        let file = format!("{}.svg", scenario.name);
        plot::draw(plot, scenario.title, &outcome.table, &folder.join(&file))?;
        writeln!(section, "\n![{}]({PLOTS}/{file})", scenario.title)?;
    }
    Ok(section)
}

/// The text with this between the marks of the scenario. `None`: it has none.
pub(super) fn replaced(text: &str, name: &str, section: &str) -> Option<String> {
    let begin = format!("<!-- bench {name} -->\n");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{begin}{section}<!-- end -->{after}"))
}
