//! `schedule show`: one schedule: its times and policies, what comes next and what came last.

use super::One;
use super::list::status;
use crate::cli::failure::{Exit, Failure};
use crate::cli::show::{field, value};
use crate::cli::style::{BOLD, DIM, of_status, paint};
use crate::cli::terminal::{Cell, Format, Terminal, cell};
use crate::cli::time::{absolute, relative, rfc3339, span};
use crate::cli::view::attributes_json;
use crate::client::{Client, ScheduleDescription, ScheduleSummary};
use crate::schedule::{Cause, Taken};
use serde_json::{Value, json};

pub(super) async fn run(
    one: &One,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let schedule = super::find(client, &one.id, term).await?;
    let found = schedule.describe().await?;
    match term.format {
        Format::Ids => term.line(&found.summary.id)?,
        Format::Json | Format::Jsonl => term.json(&document(&found))?,
        Format::Table => {
            header(&found, term)?;
            next(&found, term)?;
            last(&found, term)?;
        }
    }
    Ok(Exit::Ok)
}

/// A schedule as JSON; the keys are stable.
pub(super) fn row(summary: &ScheduleSummary) -> Value {
    json!({
        "id": summary.id,
        "workflow": summary.workflow,
        "queue": summary.queue,
        "times": summary.schedule.to_string(),
        "zone": summary.schedule.zone_name(),
        "status": status(summary).1,
        "note": summary.note,
        "created_at": rfc3339(summary.created_at),
        "next_at": summary.next.map(rfc3339),
        "last": summary.last.as_ref().map(taken),
        "counts": summary.counts,
        "policies": summary.schedule.policies(),
    })
}

pub(super) fn document(found: &ScheduleDescription) -> Value {
    json!({
        "schedule": row(&found.summary),
        "input": found.input,
        "attributes": attributes_json(&found.attributes),
        "memo": found.memo,
        "upcoming": found.upcoming.iter().copied().map(rfc3339).collect::<Vec<_>>(),
        "recent": found.recent.iter().map(taken).collect::<Vec<_>>(),
        "running": found.running,
        "waiting": found.waiting,
        "backfills": found.backfills,
    })
}

fn taken(start: &Taken) -> Value {
    json!({
        "workflow": start.workflow,
        "time": rfc3339(start.time),
        "started_at": rfc3339(start.started_at),
        "cause": cause(start.cause),
        "ended": start.ended,
    })
}

fn cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Time => "time",
        Cause::Trigger(_) => "trigger",
        Cause::Backfill => "back-fill",
    }
}

fn header(found: &ScheduleDescription, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let summary = &found.summary;
    let (style, word) = status(summary);
    let note = match summary.note.as_str() {
        "" => String::new(),
        note => format!(": {note}"),
    };
    term.line(format_args!(
        "{}  {}  {}{note}",
        paint(BOLD, &summary.id),
        summary.workflow,
        paint(style, word)
    ))?;
    field(term, "times", &summary.schedule)?;
    for (name, text) in summary.schedule.policies() {
        field(term, name, text)?;
    }
    let created = format!(
        "{} ({})",
        absolute(summary.created_at, &term.zone),
        relative(summary.created_at, term.now)
    );
    field(term, "created", created)?;
    field(term, "queue", &summary.queue)?;
    let counts = &summary.counts;
    let mut done = vec![format!("{} started", counts.started)];
    let others = [
        (counts.skipped, "skipped"),
        (counts.missed, "missed"),
        (counts.repeated, "started before"),
    ];
    let others = others.iter().filter(|(count, _)| *count > 0);
    done.extend(others.map(|(count, what)| format!("{count} {what}")));
    field(term, "so far", done.join(", "))?;
    if found.waiting > 0 {
        field(term, "waiting", format!("{} to be started", found.waiting))?;
    }
    if found.backfills > 0 {
        field(term, "filling", format!("{} under way", found.backfills))?;
    }
    for (key, attribute) in &found.attributes {
        field(term, key, attribute)?;
    }
    for (name, note) in &found.memo {
        value(term, &format!("memo {name}"), note)?;
    }
    value(term, "input", &found.input)
}

fn next(found: &ScheduleDescription, term: &mut Terminal<'_>) -> Result<(), Failure> {
    if found.upcoming.is_empty() {
        return Ok(());
    }
    term.title("Next")?;
    let row = |at: &crate::id::Timestamp| {
        vec![
            Cell::new(absolute(*at, &term.zone)),
            cell(DIM, relative(*at, term.now)),
        ]
    };
    let rows = found.upcoming.iter().map(row).collect();
    term.table(2, &["AT", "FROM NOW"], rows)
}

fn last(found: &ScheduleDescription, term: &mut Terminal<'_>) -> Result<(), Failure> {
    if found.recent.is_empty() {
        return Ok(());
    }
    term.title("Last, newest first")?;
    let row = |start: &Taken| {
        let ended = start.ended.map_or("running".to_owned(), |e| e.to_string());
        let late = span(start.time.until(start.started_at));
        vec![
            Cell::new(&start.workflow),
            Cell::new(cause(start.cause)),
            cell(DIM, relative(start.started_at, term.now)),
            cell(DIM, late),
            cell(of_status(&ended), &ended),
        ]
    };
    let rows = found.recent.iter().rev().map(row).collect();
    term.table(2, &["WORKFLOW", "BY", "STARTED", "LATE BY", "STATUS"], rows)
}
