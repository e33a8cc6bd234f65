//! `list`: workflows by filter, newest first, or how many there are.

use super::failure::{Exit, Failure};
use super::style::{DIM, of_status, paint};
use super::terminal::{Cell, Format, Terminal, cell};
use super::time::relative;
use super::tree::fit;
use super::view::{Row, Status};
use crate::client::{Client, ClientError, Summary};
use crate::id::RunId;
use crate::store::{Condition, Page, Phase, RunFilter};
use serde::Serialize;

/// How many workflows are read at once when all are wanted.
const PAGE: usize = 500;

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch")]
pub(crate) struct Args {
    /// Only this workflow function
    #[arg(short, long, value_name = "NAME")]
    workflow: Option<String>,
    /// Only this phase
    #[arg(short, long, value_enum)]
    phase: Option<PhaseArg>,
    /// Only ids that start with this
    #[arg(long, value_name = "PREFIX")]
    id_prefix: Option<String>,
    /// Only those of which this is true, such as 'status = running and customer = "jane" and
    /// started > 2026-01-31'
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<Condition>,
    /// Only workflows that no worker can resume
    #[arg(long)]
    blocked: bool,
    /// Only workflows that somebody has paused
    #[arg(long)]
    paused: bool,
    /// How many
    #[arg(short, long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only older ones: where the last page ended
    #[arg(long, value_name = "RUN", value_parser = parse_run)]
    before: Option<RunId>,
    /// All of them, page after page (with -o ids or -o jsonl)
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Only how many there are
    #[arg(long, conflicts_with_all = ["limit", "before", "all"])]
    count: bool,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum PhaseArg {
    Running,
    Completed,
    Continued,
    Failed,
    Cancelled,
    Terminated,
    TimedOut,
}

impl From<PhaseArg> for Phase {
    fn from(phase: PhaseArg) -> Self {
        match phase {
            PhaseArg::Running => Self::Running,
            PhaseArg::Completed => Self::Completed,
            PhaseArg::Continued => Self::Continued,
            PhaseArg::Failed => Self::Failed,
            PhaseArg::Cancelled => Self::Cancelled,
            PhaseArg::Terminated => Self::Terminated,
            PhaseArg::TimedOut => Self::TimedOut,
        }
    }
}

fn parse_run(text: &str) -> Result<RunId, String> {
    i64::from_str_radix(text, 16)
        .map(RunId)
        .map_err(|_| "it is the hexadecimal number that ended the last page".to_owned())
}

/// A workflow and what its checkpoint says about it.
struct Entry {
    summary: Summary,
    status: Status,
    label: Option<String>,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    if args.all && matches!(term.format, Format::Table | Format::Json) {
        return Err(Failure::usage("--all writes line by line").hint("add -o ids or -o jsonl"));
    }
    let filter = RunFilter {
        workflow: args.workflow,
        phase: args.phase.map(Phase::from),
        id_prefix: args.id_prefix,
        blocked: args.blocked,
        paused: args.paused,
        condition: args.condition,
    };
    if args.count {
        let count = client.count(filter).await?;
        match term.format {
            Format::Json | Format::Jsonl => term.json(&serde_json::json!({ "count": count }))?,
            Format::Table | Format::Ids => term.line(count)?,
        }
        return Ok(Exit::Ok);
    }
    let mut page = Page {
        before: args.before,
        limit: if args.all { PAGE } else { args.limit as usize },
    };
    loop {
        let found = client.list(filter.clone(), page).await?;
        let mut entries = Vec::with_capacity(found.workflows.len());
        for summary in found.workflows {
            entries.push(look(client, summary, term).await?);
        }
        print(entries, found.next, term)?;
        match found.next {
            Some(next) if args.all => page.before = Some(next),
            _ => return Ok(Exit::Ok),
        }
    }
}

async fn look(client: &Client, summary: Summary, term: &Terminal<'_>) -> Result<Entry, Failure> {
    if summary.phase == Phase::Running && term.format != Format::Ids {
        let handle = client.handle::<()>(summary.id.as_str()).await;
        let description = match handle {
            Ok(handle) => handle.describe().await,
            Err(error) => Err(error),
        };
        match description {
            Ok(found) => {
                return Ok(Entry {
                    status: Status::of(&found, term.now),
                    label: found.waiting.map(|waiting| waiting.label),
                    summary: found.summary,
                });
            }
            // A damaged record must not hide the others.
            Err(ClientError::Unreadable { .. } | ClientError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Entry {
        status: Status::of_summary(&summary, term.now),
        label: None,
        summary,
    })
}

#[derive(Serialize)]
struct List {
    workflows: Vec<Row>,
    next: Option<String>,
}

fn print(entries: Vec<Entry>, next: Option<RunId>, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let row = |entry: Entry| Row::new(&entry.summary, entry.status, entry.label);
    match term.format {
        Format::Ids => entries.iter().try_for_each(|e| term.line(&e.summary.id)),
        Format::Jsonl => entries.into_iter().try_for_each(|e| term.json(&row(e))),
        Format::Json => term.json(&List {
            workflows: entries.into_iter().map(row).collect(),
            next: next.map(|run| run.to_string()),
        }),
        Format::Table if entries.is_empty() => term.line("No workflows."),
        Format::Table => {
            let rows = entries.iter().map(|e| cells(e, term)).collect();
            let header = ["ID", "WORKFLOW", "STATUS", "WHERE", "STARTED"];
            term.table(0, &header, rows)?;
            match next {
                Some(run) => {
                    let note = format!("There are older ones: add --before {run}");
                    term.line(paint(DIM, note))
                }
                None => Ok(()),
            }
        }
    }
}

fn cells(entry: &Entry, term: &Terminal<'_>) -> Vec<Cell> {
    let status = &entry.status;
    // What is most worth knowing in one line: the await, or why it ended or stands still.
    let place = match (&entry.label, &status.detail) {
        (Some(label), Some(detail)) => format!("{label}, {detail}"),
        (Some(label), None) => label.clone(),
        (None, Some(detail)) => detail.clone(),
        (None, None) => String::new(),
    };
    vec![
        Cell::new(&entry.summary.id),
        Cell::new(&entry.summary.workflow),
        cell(of_status(&status.word), &status.word),
        Cell::new(fit(&place.replace('\n', " "), 60)),
        cell(DIM, relative(entry.summary.created_at, term.now)),
    ]
}
