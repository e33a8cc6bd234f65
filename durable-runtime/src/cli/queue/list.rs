//! `queue list`: how much waits and is under way, and what is set.

use crate::cli::failure::{Exit, Failure};
use crate::cli::style::{BUSY, DIM, WARN};
use crate::cli::terminal::{Format, Terminal, cell};
use crate::client::Client;
use crate::store::QueueRecord;
use comfy_table::Cell;

pub(super) async fn run(client: &Client, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let found = client.queues().await?;
    match term.format {
        Format::Ids => found.iter().try_for_each(|q| term.line(&q.name))?,
        Format::Jsonl => found.iter().try_for_each(|q| term.json(&super::row(q)))?,
        Format::Json => term.json(&found.iter().map(super::row).collect::<Vec<_>>())?,
        Format::Table if found.is_empty() => term.line("No queues.")?,
        Format::Table => {
            let header = [
                "QUEUE",
                "STATUS",
                "WAITING",
                "UNDER WAY",
                "LIMIT",
                "PER KEY",
                "RATE",
            ];
            term.table(0, &header, found.iter().map(cells).collect())?;
        }
    }
    Ok(Exit::Ok)
}

fn cells(queue: &QueueRecord) -> Vec<Cell> {
    let QueueRecord {
        name,
        settings,
        waiting,
        running,
    } = queue;
    let full = settings
        .concurrency
        .is_some_and(|limit| *running >= u64::from(limit));
    let (style, word) = match () {
        () if settings.paused => (WARN, "paused"),
        () if full && *waiting > 0 => (WARN, "full"),
        () if *waiting + *running > 0 => (BUSY, "busy"),
        () => (DIM, "idle"),
    };
    let limit = |limit: Option<u32>| limit.map_or_else(|| cell(DIM, "-"), Cell::new);
    let rate = settings.rate.as_ref().map(super::set::rate);
    vec![
        Cell::new(name),
        cell(style, word),
        Cell::new(waiting),
        Cell::new(running),
        limit(settings.concurrency),
        limit(settings.per_key),
        rate.map_or_else(|| cell(DIM, "-"), Cell::new),
    ]
}
