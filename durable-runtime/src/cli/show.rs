//! `show`: one workflow: where it is, what it holds, and how it came there.

use super::failure::{Exit, Failure};
use super::style::{BAD, BOLD, DIM, WARN, of_status, paint};
use super::terminal::{Cell, Format, Terminal, cell};
use super::time::{absolute, clock, relative, rfc3339, span};
use super::tree;
use super::view::{
    Row, Status, answer_words, attempt_json, awaited_json, request_words, step_json,
};
use super::waits;
use crate::client::{Answer, Client, Description, Handle, Inspection, OperationEnd, Step, Summary};
use crate::id::Timestamp;
use crate::store::{AttemptOf, AttemptRecord, Concurrency, Fairness, Phase, RunState};
use serde_json::{Value, json};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow's id
    id: String,
    /// How many of its latest awaits
    #[arg(short = 'n', long, default_value_t = 20)]
    steps: u32,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let handle: Handle<Value> = super::find(client, &args.id, term).await?;
    let description = handle.describe().await?;
    let locals = handle.inspect().await?;
    let published = handle.published_json().await?;
    let memo = handle.memo_json().await?;
    let limit = i64::from(args.steps);
    let skipped = (description.steps - limit).max(0);
    let steps = handle.steps(skipped, args.steps as usize).await?;
    match term.format {
        Format::Ids => term.line(&description.summary.id)?,
        Format::Json | Format::Jsonl => {
            let mut document = document(&description, locals.as_ref(), &steps, term.now);
            document["published"] = json!(published);
            document["memo"] = json!(memo);
            term.json(&document)?;
        }
        Format::Table => {
            header(&description, term)?;
            for (name, note) in &memo {
                value(term, &format!("memo {name}"), note)?;
            }
            waits::waiting(&description, locals.as_ref(), term)?;
            waits::variables(locals.as_ref(), term)?;
            waits::published(&published, term)?;
            awaits(&steps, skipped, term)?;
            failures(&steps, &description.attempts, term)?;
        }
    }
    Ok(Exit::Ok)
}

fn document(
    found: &Description,
    locals: Option<&Inspection>,
    steps: &[Step],
    now: Timestamp,
) -> Value {
    let label = found.waiting.as_ref().map(|w| w.label.clone());
    json!({
        "workflow": Row::new(&found.summary, Status::of(found, now), label),
        "input": found.input,
        "output": found.output,
        "waiting": found.waiting.as_ref().map(|w| json!({
            "seq": w.seq,
            "await": w.label,
            "location": w.location.map(|l| l.to_string()),
            "expression": w.location.map(|l| l.expression),
            "since": rfc3339(w.since),
            "operations": w.operations.iter().map(awaited_json).collect::<Vec<_>>(),
        })),
        "next_retry_at": found.next_retry.map(rfc3339),
        "unread": found.unread,
        "cancel_requested": found.cancel_requested.as_ref().map(|c| json!({
            "at": rfc3339(c.at),
            "reason": c.reason,
        })),
        "cancelling": found.cancelling,
        "locals": locals,
        "attempts": found.attempts.iter().map(attempt_json).collect::<Vec<_>>(),
        "steps_total": found.steps,
        "steps": steps.iter().map(step_json).collect::<Vec<_>>(),
    })
}

fn header(found: &Description, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let (summary, now) = (&found.summary, term.now);
    let status = Status::of(found, now);
    let word = paint(of_status(&status.word), &status.word);
    let detail = status.detail.map_or_else(String::new, |d| format!(": {d}"));
    term.line(format_args!(
        "{}  {}  {word}{detail}",
        paint(BOLD, &summary.id),
        summary.workflow,
    ))?;
    let moment = |at: Timestamp, term: &Terminal<'_>| {
        format!("{} ({})", absolute(at, &term.zone), relative(at, now))
    };
    let started = moment(summary.created_at, term);
    field(term, "started", started)?;
    if let Some(at) = summary.finished_at {
        let took = span(summary.created_at.until(at));
        let ended = format!("{}, after {took}", moment(at, term));
        field(term, "ended", ended)?;
    }
    if summary.phase == Phase::Running
        && let Some(at) = summary.terms.ends_by()
    {
        field(term, "ends by", moment(at, term))?;
    }
    if summary.terms.failed > 0 {
        let text = format!(
            "{}, after {} that failed",
            summary.terms.failed + 1,
            summary.terms.failed
        );
        field(term, "try", text)?;
    }
    if let (Some(schedule), Some(at)) = (&summary.schedule, summary.scheduled_for) {
        let text = format!("schedule {schedule}, for {}", absolute(at, &term.zone));
        field(term, "by", text)?;
    }
    for (key, value) in &summary.attributes {
        field(term, key, value)?;
    }
    for (key, value) in &summary.headers {
        field(term, "header", format_args!("{key}: {value}"))?;
    }
    field(term, "queue", queue(summary))?;
    field(term, "run", summary.run)?;
    if let RunState::Owned(worker) = &summary.state {
        field(term, "worker", worker)?;
    }
    if let Some(paused) = &summary.paused {
        field(term, "paused", moment(paused.at, term))?;
    }
    if found.unread > 0 {
        field(
            term,
            "unread",
            format_args!("{} signals and updates", found.unread),
        )?;
    }
    if let Some(cancel) = &found.cancel_requested {
        let when = relative(cancel.at, now);
        let text = format!("requested {when}, not delivered yet: {}", cancel.reason);
        field(term, "cancel", paint(WARN, text))?;
    } else if found.cancelling {
        field(term, "cancel", paint(WARN, "delivered; it is cleaning up"))?;
    }
    value(term, "input", &found.input)?;
    match &found.output {
        Some(output) => value(term, "result", output),
        None => Ok(()),
    }
}

/// Its queue, and its turn there.
fn queue(summary: &Summary) -> String {
    let Summary {
        queue, queueing, ..
    } = summary;
    let mut text = queue.clone();
    if let Some(priority) = queueing.priority {
        let _ = write!(text, ", priority {priority}");
    }
    if let Some(Fairness { key, weight }) = queueing.fairness.as_deref() {
        let weight = f64::from(*weight) / 1000.0;
        let _ = write!(text, ", for {key} (weight {weight})");
    }
    if let Some(Concurrency { key, limit }) = queueing.concurrency.as_deref() {
        let _ = write!(text, ", at most {limit} of {key}");
    }
    text
}

pub(super) fn field(
    term: &mut Terminal<'_>,
    name: &str,
    value: impl std::fmt::Display,
) -> Result<(), Failure> {
    term.line(format_args!(
        "  {}  {value}",
        paint(DIM, format!("{name:<7}"))
    ))
}

pub(super) fn value(term: &mut Terminal<'_>, name: &str, value: &Value) -> Result<(), Failure> {
    let name = format!("{name:<7}");
    let text = tree::render([(name.as_str(), value)], 2, term.width);
    Ok(write!(term.out, "{text}")?)
}

fn awaits(steps: &[Step], skipped: i64, term: &mut Terminal<'_>) -> Result<(), Failure> {
    if steps.is_empty() {
        return Ok(());
    }
    term.title("Steps")?;
    if skipped > 0 {
        let note = format!("  … {skipped} before these: add -n {}", skipped + 20);
        term.line(paint(DIM, note))?;
    }
    let rows = steps.iter().flat_map(|step| cells(step, term)).collect();
    term.table(2, &["#", "AWAIT", "BEGAN", "TOOK", "TRIES", "ANSWER"], rows)
}

/// A row for each answer that ended the wait, or one while it lasts.
fn cells(step: &Step, term: &Terminal<'_>) -> Vec<Vec<Cell>> {
    let Some(end) = &step.end else {
        let tries = tries(step, None);
        return vec![row(
            step,
            &step.label,
            String::new(),
            tries,
            cell(DIM, "…"),
            term,
        )];
    };
    let ended = |ended: &OperationEnd| {
        let (word, value) = answer_words(&ended.answer);
        let style = match word {
            "returned" | "fired" | "" => anstyle::Style::new(),
            "cancelled" => WARN,
            _ => BAD,
        };
        let text = value.map_or_else(|| word.to_owned(), |value| format!("{word} {value}"));
        let text = text.trim_start().to_owned();
        let took = span(step.started_at.until(end.at));
        let answer = cell(style, tree::fit(&text, 200));
        row(
            step,
            &place(step, ended),
            took,
            tries(step, Some(ended)),
            answer,
            term,
        )
    };
    end.answers.iter().map(ended).collect()
}

/// The await; of several operations under way also which one it was.
fn place(step: &Step, ended: &OperationEnd) -> String {
    let inner = ended.path.iter().skip(1).cloned();
    let what = ended.request.as_ref().map(request_words);
    let several = step.requests.len() > 1 || ended.path.len() > 1;
    let parts = inner.chain(what.filter(|_| several));
    std::iter::once(step.label.clone())
        .chain(parts)
        .collect::<Vec<_>>()
        .join(" › ")
}

fn tries(step: &Step, ended: Option<&OperationEnd>) -> usize {
    let own = |of: AttemptOf| match (of, ended) {
        (AttemptOf::Workflow { .. }, _) => false,
        (AttemptOf::Activity { .. }, None) => true,
        (AttemptOf::Activity { op }, Some(ended)) => op == ended.op,
    };
    let failed = step
        .attempts
        .iter()
        .filter(|attempt| own(attempt.of))
        .count();
    let returned = ended.is_some_and(|end| matches!(end.answer, Answer::Returned(_)));
    failed + usize::from(returned)
}

fn row(
    step: &Step,
    place: &str,
    took: String,
    tries: usize,
    answer: Cell,
    term: &Terminal<'_>,
) -> Vec<Cell> {
    vec![
        Cell::new(step.seq),
        Cell::new(place),
        cell(DIM, clock(step.started_at, &term.zone)),
        Cell::new(took),
        if tries > 1 {
            cell(WARN, tries)
        } else {
            Cell::new("")
        },
        answer,
    ]
}

/// Failed attempts, each with the wait in which it counts.
fn failures(
    steps: &[Step],
    current: &[AttemptRecord],
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    // Before the first await there is no step that could carry them.
    let fresh = AttemptOf::Workflow { seq: 0 };
    let early = current.iter().filter(|attempt| attempt.of == fresh);
    let shown: Vec<_> = early
        .map(|attempt| (None, attempt))
        .chain(steps.iter().flat_map(|step| {
            let own = step.attempts.iter();
            own.map(move |attempt| (Some(step), attempt))
        }))
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    term.title("Failed attempts")?;
    let rows = shown
        .into_iter()
        .map(|(step, attempt)| {
            let what = match (step, attempt.of) {
                (Some(step), AttemptOf::Activity { op }) => {
                    let answers = step.end.iter().flat_map(|end| &end.answers);
                    let ended = answers.into_iter().find(|ended| ended.op == op);
                    ended.map_or_else(|| step.label.clone(), |ended| place(step, ended))
                }
                (Some(step), AttemptOf::Workflow { .. }) => {
                    format!("workflow code after {}", step.label)
                }
                (None, _) => "workflow code".to_owned(),
            };
            vec![
                Cell::new(step.map_or(0, |step| step.seq)),
                Cell::new(what),
                Cell::new(attempt.attempt),
                cell(DIM, clock(attempt.at, &term.zone)),
                cell(BAD, tree::fit(&attempt.error, 400)),
            ]
        })
        .collect();
    term.table(2, &["#", "AWAIT", "TRY", "FAILED", "ERROR"], rows)
}
