//! `queue list`: how much waits and is under way, and what is set.

use crate::cli::failure::{Exit, Failure};
use crate::cli::style::{BUSY, DIM, WARN};
use crate::cli::terminal::{Cell, Format, Terminal, cell};
use crate::client::Client;
use crate::store::{QueueRecord, QueueSettings, TaskQueue};
use std::collections::BTreeMap;

pub(super) async fn run(client: &Client, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
    let found = all(client).await?;
    match term.format {
        Format::Ids => found.iter().try_for_each(|(q, _)| term.line(&q.name))?,
        Format::Jsonl => found.iter().try_for_each(|q| term.json(&super::row(q)))?,
        Format::Json => term.json(&found.iter().map(super::row).collect::<Vec<_>>())?,
        Format::Table if found.is_empty() => term.line("No queues.")?,
        Format::Table => {
            let header = [
                "QUEUE",
                "STATUS",
                "WAITING",
                "UNDER WAY",
                "ACTIVITIES",
                "LIMIT",
                "PER KEY",
                "RATE",
                "ACTIVITY LIMITS",
            ];
            let rows = found
                .iter()
                .map(|(queue, tasks)| cells(queue, tasks.as_ref()));
            term.table(0, &header, rows.collect())?;
        }
    }
    Ok(Exit::Ok)
}

/// By name: those with runs or settings, and those with activities of others.
async fn all(client: &Client) -> Result<Vec<(QueueRecord, Option<TaskQueue>)>, Failure> {
    let mut all: BTreeMap<String, (QueueRecord, Option<TaskQueue>)> = BTreeMap::new();
    for queue in client.queues().await? {
        all.insert(queue.name.clone(), (queue, None));
    }
    for tasks in client.task_queues().await? {
        let name = tasks.queue.clone();
        let (_, own) = all.entry(name.clone()).or_insert_with(|| {
            let queue = QueueRecord {
                name,
                settings: QueueSettings::default(),
                waiting: 0,
                running: 0,
            };
            (queue, None)
        });
        *own = Some(tasks);
    }
    Ok(all.into_values().collect())
}

/// `3 waiting, 1 running`.
fn activities(tasks: &TaskQueue) -> String {
    let one = |count: u64, word| (count > 0).then(|| format!("{count} {word}"));
    let words = [one(tasks.waiting, "waiting"), one(tasks.running, "running")];
    words.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `4, 1 per key, 100/s`.
fn activity_limits(settings: &QueueSettings) -> Option<String> {
    let limits = [
        settings.activity_concurrency.map(|limit| limit.to_string()),
        settings
            .activity_per_key
            .map(|limit| format!("{limit} per key")),
        settings.activity_rate.as_ref().map(super::set::rate),
    ];
    let limits: Vec<_> = limits.into_iter().flatten().collect();
    (!limits.is_empty()).then(|| limits.join(", "))
}

fn cells(queue: &QueueRecord, tasks: Option<&TaskQueue>) -> Vec<Cell> {
    let QueueRecord {
        name,
        settings,
        waiting,
        running,
    } = queue;
    let full = settings
        .concurrency
        .is_some_and(|limit| *running >= u64::from(limit));
    let full_of_activities = tasks.is_some_and(|tasks| {
        let limit = settings.activity_concurrency;
        tasks.waiting > 0 && limit.is_some_and(|limit| tasks.running >= u64::from(limit))
    });
    let (style, word) = match () {
        () if settings.paused => (WARN, "paused"),
        () if full && *waiting > 0 || full_of_activities => (WARN, "full"),
        () if *waiting + *running > 0 || tasks.is_some() => (BUSY, "busy"),
        () => (DIM, "idle"),
    };
    let limit = |limit: Option<u32>| limit.map_or_else(|| cell(DIM, "-"), Cell::new);
    let rate = settings.rate.as_ref().map(super::set::rate);
    vec![
        Cell::new(name),
        cell(style, word),
        Cell::new(waiting),
        Cell::new(running),
        tasks.map_or_else(|| cell(DIM, "-"), |tasks| Cell::new(activities(tasks))),
        limit(settings.concurrency),
        limit(settings.per_key),
        rate.map_or_else(|| cell(DIM, "-"), Cell::new),
        activity_limits(settings).map_or_else(|| cell(DIM, "-"), Cell::new),
    ]
}
