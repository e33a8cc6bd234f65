//! `workers`: the worker processes on record.

use super::failure::{Exit, Failure};
use super::style::{BAD, DIM, GOOD};
use super::terminal::{Cell, Format, Terminal, cell};
use super::time::{relative, rfc3339};
use crate::client::Client;
use crate::store::WorkerRecord;
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Also those that have ended
    #[arg(short, long)]
    all: bool,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut workers = client.workers().await?;
    workers.retain(|worker| args.all || worker.alive);
    match term.format {
        Format::Ids => workers
            .iter()
            .try_for_each(|worker| term.line(worker.worker))?,
        Format::Jsonl => workers.iter().try_for_each(|w| term.json(&document(w)))?,
        Format::Json => term.json(&workers.iter().map(document).collect::<Vec<_>>())?,
        Format::Table if workers.is_empty() => term.line("No workers.")?,
        Format::Table => {
            let rows = workers.iter().map(|w| cells(w, term)).collect();
            term.table(0, &["WORKER", "PROCESS", "STATE", "OWNS", "LEASE"], rows)?;
        }
    }
    Ok(Exit::Ok)
}

fn document(worker: &WorkerRecord) -> Value {
    json!({
        "worker": worker.worker.to_string(),
        "process": worker.label,
        "alive": worker.alive,
        "owned": worker.owned,
        "beat": worker.beat,
        "lease_until": rfc3339(worker.lease_until),
    })
}

fn cells(worker: &WorkerRecord, term: &Terminal<'_>) -> Vec<Cell> {
    let overdue = worker.alive && worker.lease_until < term.now;
    let (style, state) = match worker.alive {
        true if overdue => (BAD, "silent"),
        true => (GOOD, "alive"),
        false => (DIM, "ended"),
    };
    let lease = if worker.alive {
        let word = if overdue { "ended" } else { "ends" };
        format!("{word} {}", relative(worker.lease_until, term.now))
    } else {
        String::new()
    };
    vec![
        Cell::new(worker.worker),
        Cell::new(&worker.label),
        cell(style, state),
        Cell::new(worker.owned),
        cell(DIM, lease),
    ]
}
