//! `schedule list`: schedules by id.

use crate::cli::failure::{Exit, Failure};
use crate::cli::style::{BUSY, DIM, WARN};
use crate::cli::terminal::{Cell, Format, Terminal, cell};
use crate::cli::time::relative;
use crate::cli::tree::fit;
use crate::client::{Client, ScheduleSummary};

/// How many are read at once.
const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only those that are paused
    #[arg(long)]
    paused: bool,
}

pub(super) async fn run(
    args: &Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let page = client.schedules(after, PAGE).await?;
        after = page.last().map(|last| last.id.clone());
        let last = page.len() < PAGE;
        found.extend(page.into_iter().filter(|s| s.paused || !args.paused));
        if last {
            break;
        }
    }
    match term.format {
        Format::Ids => found.iter().try_for_each(|s| term.line(&s.id))?,
        Format::Jsonl => found
            .iter()
            .try_for_each(|s| term.json(&super::show::row(s)))?,
        Format::Json => term.json(&found.iter().map(super::show::row).collect::<Vec<_>>())?,
        Format::Table if found.is_empty() => term.line("No schedules.")?,
        Format::Table => {
            let rows = found.iter().map(|s| cells(s, term)).collect();
            let header = ["ID", "WORKFLOW", "TIMES", "STATUS", "NEXT", "LAST"];
            term.table(0, &header, rows)?;
        }
    }
    Ok(Exit::Ok)
}

/// Its status in a word, with the colour of that.
pub(super) fn status(summary: &ScheduleSummary) -> (anstyle::Style, &'static str) {
    match summary.next {
        _ if summary.paused => (WARN, "paused"),
        Some(_) => (BUSY, "active"),
        None => (DIM, "over"),
    }
}

fn cells(summary: &ScheduleSummary, term: &Terminal<'_>) -> Vec<Cell> {
    let (style, word) = status(summary);
    let next = summary.next.map(|at| relative(at, term.now));
    let last = summary.last.as_ref().map(|last| {
        let ended = last.ended.map_or("running".to_owned(), |e| e.to_string());
        format!("{}, {ended}", relative(last.started_at, term.now))
    });
    vec![
        Cell::new(&summary.id),
        Cell::new(&summary.workflow),
        Cell::new(fit(&summary.schedule.to_string(), 40)),
        cell(style, word),
        Cell::new(next.unwrap_or_default()),
        last.map_or_else(|| Cell::new(""), |last| cell(DIM, last)),
    ]
}
