//! `show`: one workflow: where it is, what it holds, and how it came there.

use super::failure::{Exit, Failure};
use super::style::{BAD, BOLD, DIM, WARN, of_status, paint};
use super::terminal::{Format, Terminal, cell};
use super::time::{absolute, clock, relative, rfc3339, span};
use super::tree;
use super::view::{
    Row, Status, answer_words, attempt_json, request_json, request_words, step_json,
};
use crate::client::{Answer, Client, Description, Handle, Inspection, Step};
use crate::id::Timestamp;
use crate::operation::Request;
use crate::store::{AttemptKind, AttemptRecord, RunState};
use comfy_table::Cell;
use serde_json::{Value, json};

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
    let limit = i64::from(args.steps);
    let skipped = (description.steps - limit).max(0);
    let steps = handle.steps(skipped, args.steps as usize).await?;
    match term.format {
        Format::Ids => term.line(&description.summary.id)?,
        Format::Json | Format::Jsonl => {
            let document = document(&description, locals.as_ref(), &steps, term.now);
            term.json(&document)?;
        }
        Format::Table => {
            header(&description, term)?;
            waiting(&description, term)?;
            variables(locals.as_ref(), term)?;
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
            "request": w.request.as_ref().map(request_json),
        })),
        "next_retry_at": found.next_retry.map(rfc3339),
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
    field(term, "queue", &summary.queue)?;
    field(term, "run", summary.run)?;
    if let RunState::Owned(worker) = &summary.state {
        field(term, "worker", worker)?;
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

fn field(
    term: &mut Terminal<'_>,
    name: &str,
    value: impl std::fmt::Display,
) -> Result<(), Failure> {
    term.line(format_args!(
        "  {}  {value}",
        paint(DIM, format!("{name:<7}"))
    ))
}

fn value(term: &mut Terminal<'_>, name: &str, value: &Value) -> Result<(), Failure> {
    let name = format!("{name:<7}");
    let text = tree::render([(name.as_str(), value)], 2, term.width);
    Ok(write!(term.out, "{text}")?)
}

fn waiting(found: &Description, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(waiting) = &found.waiting else {
        return Ok(());
    };
    let now = term.now;
    term.title(&format!("Waiting at {}", waiting.label))?;
    if let Some(location) = waiting.location {
        let text = format!("  {location}  {}", paint(DIM, location.expression));
        term.line(text)?;
    }
    let what = match &waiting.request {
        Some(request @ Request::Timer { due }) => format!(
            "{} until {} ({})",
            request_words(request),
            absolute(*due, &term.zone),
            relative(*due, now)
        ),
        Some(request) => request_words(request),
        None => "its branches".to_owned(),
    };
    term.line(format_args!(
        "  for {what}, since {}",
        relative(waiting.since, now)
    ))?;
    if let (Some(last), Some(next)) = (found.attempts.last(), found.next_retry) {
        let failed = format!("attempt {} failed: {}", last.attempt, last.error);
        term.line(format_args!("  {}", paint(BAD, failed)))?;
        term.line(format_args!("  next attempt {}", relative(next, now)))?;
    }
    Ok(())
}

fn variables(locals: Option<&Inspection>, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(frame) = locals else {
        return Ok(());
    };
    term.title("Locals at the last checkpoint")?;
    if frame.locals.is_empty() && frame.children.is_empty() {
        return term.line(paint(DIM, "  none are needed any more"));
    }
    branch(frame, 2, term)
}

fn branch(frame: &Inspection, indent: usize, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let entries = frame.locals.iter().map(|l| (l.name.as_str(), &l.value));
    let text = tree::render(entries, indent, term.width);
    write!(term.out, "{text}")?;
    for child in &frame.children {
        let pad = " ".repeat(indent);
        term.line(format_args!("{pad}{} {}", paint(DIM, "in"), child.label))?;
        branch(child, indent + 2, term)?;
    }
    Ok(())
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
    let rows = steps.iter().map(|step| cells(step, term)).collect();
    term.table(2, &["#", "AWAIT", "BEGAN", "TOOK", "TRIES", "ANSWER"], rows)
}

fn cells(step: &Step, term: &Terminal<'_>) -> Vec<Cell> {
    let failed = step
        .attempts
        .iter()
        .filter(|a| a.kind == AttemptKind::Activity)
        .count();
    let returned = matches!(&step.end, Some(end) if matches!(end.answer, Answer::Returned(_)));
    let tries = failed + usize::from(returned);
    let (took, answer) = match &step.end {
        Some(end) => {
            let (word, value) = answer_words(&end.answer);
            let style = match word {
                "returned" | "fired" => anstyle::Style::new(),
                "cancelled" => WARN,
                _ => BAD,
            };
            let text = value.map_or_else(|| word.to_owned(), |value| format!("{word} {value}"));
            let took = span(step.started_at.until(end.at));
            (took, cell(style, tree::fit(&text, 200)))
        }
        None => (String::new(), cell(DIM, "…")),
    };
    vec![
        Cell::new(step.seq),
        Cell::new(&step.label),
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

fn failures(
    steps: &[Step],
    current: &[AttemptRecord],
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    // Before the first await there is no step that could carry them.
    let early = current.iter().filter(|attempt| attempt.seq == 0);
    let shown: Vec<_> = early
        .map(|attempt| ("", attempt))
        .chain(steps.iter().flat_map(|step| {
            let label = step.label.as_str();
            step.attempts.iter().map(move |attempt| (label, attempt))
        }))
        .collect();
    if shown.is_empty() {
        return Ok(());
    }
    term.title("Failed attempts")?;
    let rows = shown
        .into_iter()
        .map(|(label, attempt)| {
            let what = match attempt.kind {
                AttemptKind::Activity => label.to_owned(),
                AttemptKind::Workflow if label.is_empty() => "workflow code".to_owned(),
                AttemptKind::Workflow => format!("workflow code after {label}"),
            };
            vec![
                Cell::new(attempt.seq),
                Cell::new(what),
                Cell::new(attempt.attempt),
                cell(DIM, clock(attempt.at, &term.zone)),
                cell(BAD, tree::fit(&attempt.error, 400)),
            ]
        })
        .collect();
    term.table(2, &["#", "AWAIT", "TRY", "FAILED", "ERROR"], rows)
}
