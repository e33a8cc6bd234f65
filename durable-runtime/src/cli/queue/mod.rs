//! `queue`: what holds for the starts and the activities of a queue; look and set.

mod list;
pub(super) mod set;

use super::failure::{Exit, Failure};
use super::terminal::{Format, Terminal};
use super::time::rfc3339;
use crate::client::Client;
use crate::store::{QueueChange, QueueRecord, QueueSettings, Rate, TaskQueue};
use serde_json::{Value, json};
use std::fmt;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Queue,
}

#[derive(Debug, clap::Subcommand)]
enum Queue {
    /// List queues, with how much waits and what is set
    List,
    /// Set limits of a queue, for all workers at once; only what is named changes
    Set(set::Args),
    /// Begin nothing new; what has begun goes on
    Pause(Name),
    /// Begin what waits
    Resume(Name),
}

#[derive(Debug, clap::Args)]
struct Name {
    /// The queue's name
    name: String,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let (name, change) = match args.command {
        Queue::List => return list::run(client, term).await,
        Queue::Set(args) => args.change()?,
        Queue::Pause(Name { name }) => (name, paused(true)),
        Queue::Resume(Name { name }) => (name, paused(false)),
    };
    let settings = client.queue(&name).change(change).await?;
    match term.format {
        Format::Ids => term.line(&name)?,
        Format::Json | Format::Jsonl => term.json(&document(&name, &settings))?,
        Format::Table => term.line(format_args!("{name}: {}", Words(&settings)))?,
    }
    Ok(Exit::Ok)
}

fn paused(paused: bool) -> QueueChange {
    QueueChange {
        paused: Some(paused),
        ..QueueChange::default()
    }
}

fn document(name: &str, settings: &QueueSettings) -> Value {
    json!({
        "name": name,
        "concurrency": settings.concurrency,
        "per_key": settings.per_key,
        "rate": settings.rate.map(|rate| set::rate(&rate)),
        "burst": settings.rate.map(|rate| rate.burst),
        "activity_concurrency": settings.activity_concurrency,
        "activity_per_key": settings.activity_per_key,
        "activity_rate": settings.activity_rate.map(|rate| set::rate(&rate)),
        "activity_burst": settings.activity_rate.map(|rate| rate.burst),
        "paused": settings.paused,
    })
}

fn row((queue, tasks): &(QueueRecord, Option<TaskQueue>)) -> Value {
    let mut row = document(&queue.name, &queue.settings);
    row["waiting"] = json!(queue.waiting);
    row["running"] = json!(queue.running);
    row["activities"] = json!(tasks.as_ref().map(|tasks| json!({
        "waiting": tasks.waiting,
        "running": tasks.running,
        "waiting_since": tasks.since.map(rfc3339),
    })));
    row
}

/// What is set, in a line.
struct Words<'a>(&'a QueueSettings);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let QueueSettings {
            concurrency,
            per_key,
            rate,
            activity_concurrency,
            activity_per_key,
            activity_rate,
            paused,
        } = self.0;
        let mut words = Vec::new();
        words.extend(concurrency.map(|limit| format!("at most {limit} at a time")));
        words.extend(per_key.map(|limit| format!("at most {limit} of each key")));
        words.extend(
            rate.map(|rate: Rate| format!("{} begin, {} at once", set::rate(&rate), rate.burst)),
        );
        let of_activities = [
            activity_concurrency.map(|limit| format!("at most {limit} at a time")),
            activity_per_key.map(|limit| format!("at most {limit} of each key")),
            activity_rate.map(|rate| {
                let text = set::rate(&rate);
                format!("{text} begin, {} at once", rate.burst)
            }),
        ];
        let of_activities: Vec<_> = of_activities.into_iter().flatten().collect();
        if !of_activities.is_empty() {
            words.push(format!("of activities {}", of_activities.join(", ")));
        }
        if *paused {
            words.push("paused: nothing new begins".to_owned());
        }
        if words.is_empty() {
            words.push("no limits".to_owned());
        }
        f.write_str(&words.join("; "))
    }
}
