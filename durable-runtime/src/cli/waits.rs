//! `show`: what a workflow waits for and holds: a line at a plain await, a tree where several
//! operations are under way.

use super::failure::Failure;
use super::style::{BAD, DIM, paint};
use super::terminal::Terminal;
use super::time::{absolute, relative};
use super::tree;
use super::view::{answer_words, request_words};
use crate::client::{Awaited, Description, InspectedWait, Inspection, Waiting};
use crate::operation::Request;
use crate::store::{AttemptRecord, RunState, TaskRecord, TaskWait};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(super) fn waiting(
    found: &Description,
    frame: Option<&Inspection>,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let Some(waiting) = &found.waiting else {
        return Ok(());
    };
    term.title(&format!("Waiting at {}", waiting.label))?;
    if let Some(location) = waiting.location {
        let text = format!("  {location}  {}", paint(DIM, location.expression));
        term.line(text)?;
    }
    let what = match (waiting.operations.as_slice(), &waiting.coded) {
        (_, Some(how)) => format!("what its checkpoint says ({how})"),
        ([], None) => "its code to go on".to_owned(),
        ([one], None) => request(&one.request, term),
        (all, None) => format!("{} operations", all.len()),
    };
    let since = relative(waiting.since, term.now);
    term.line(format_args!("  for {what}, since {since}"))?;
    if let (true, [one]) = (is_plain(frame), waiting.operations.as_slice()) {
        on_queue(one, "  ", term)?;
        elsewhere(one, "  ", term)?;
    }
    if let (true, Some(last)) = (is_plain(frame), found.retrying()) {
        let failed = format!("attempt {} failed: {}", last.attempt, last.error);
        term.line(format_args!("  {}", paint(BAD, failed)))?;
        term.line(format_args!(
            "  {}",
            next_attempt(last, is_at_work(found), term)
        ))?;
    }
    if let (true, [one]) = (is_plain(frame), waiting.operations.as_slice()) {
        heartbeat(one, "  ", term)?;
    }
    match frame {
        Some(frame) if !is_plain(Some(frame)) => {
            let at_work = is_at_work(found);
            Tree {
                waiting,
                at_work,
                term,
            }
            .of(frame)
        }
        _ => Ok(()),
    }
}

pub(super) fn variables(
    frame: Option<&Inspection>,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    let Some(frame) = frame else {
        return Ok(());
    };
    if frame.locals.is_empty() && !is_plain(Some(frame)) {
        return Ok(());
    }
    term.title("Locals at the last checkpoint")?;
    if frame.locals.is_empty() {
        return term.line(paint(DIM, "  none are needed any more"));
    }
    let entries = frame.locals.iter().map(|l| (l.name.as_str(), &l.value));
    let text = tree::render(entries, 2, term.width);
    Ok(write!(term.out, "{text}")?)
}

pub(super) fn published(
    values: &BTreeMap<String, Value>,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    if values.is_empty() {
        return Ok(());
    }
    term.title("Published")?;
    let entries = values.iter().map(|(name, value)| (name.as_str(), value));
    let text = tree::render(entries, 2, term.width);
    Ok(write!(term.out, "{text}")?)
}

/// Whether it waits for one operation and nothing else goes on.
fn is_plain(frame: Option<&Inspection>) -> bool {
    frame.is_none_or(|frame| {
        frame.spawned.is_empty() && matches!(frame.waits.as_slice(), [InspectedWait::Operation(_)])
    })
}

/// `activity charge`, or `timer until … (in 3 h)`.
fn request(request: &Request, term: &Terminal<'_>) -> String {
    let words = request_words(request);
    match request {
        Request::Timer { due } => {
            let (at, left) = (absolute(*due, &term.zone), relative(*due, term.now));
            format!("{words} until {at} ({left})")
        }
        _ => words,
    }
}

/// Whether a worker has it, or its activity is on another queue.
fn is_at_work(found: &Description) -> bool {
    let mut waiting = found.waiting.iter().flat_map(|waiting| &waiting.operations);
    matches!(found.summary.state, RunState::Owned(_)) || waiting.any(|own| own.task.is_some())
}

/// What follows a failure.
fn next_attempt(last: &AttemptRecord, at_work: bool, term: &Terminal<'_>) -> String {
    let when = relative(last.next_at, term.now);
    let number = last.attempt.saturating_add(1);
    if at_work && last.next_at <= term.now {
        format!("attempt {number} under way, since {when}")
    } else {
        format!("attempt {number} begins {when}")
    }
}

/// What the body of an activity has said last.
fn heartbeat(own: &Awaited, prefix: &str, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(beat) = &own.heartbeat else {
        return Ok(());
    };
    let when = relative(beat.at, term.now);
    let text = match &beat.details {
        Value::Null => format!("heartbeat {when}"),
        details => format!("heartbeat {when}: {}", tree::inline(details)),
    };
    let room = term.width.saturating_sub(prefix.chars().count());
    term.line(format_args!(
        "{}{}",
        paint(DIM, prefix),
        tree::fit(&text, room)
    ))
}

/// By which token an attempt is ended, if it is ended from elsewhere. Never cut: it is copied.
fn elsewhere(own: &Awaited, prefix: &str, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(elsewhere) = own.elsewhere else {
        return Ok(());
    };
    let stop = if elsewhere.cancelled {
        ", and was asked to stop"
    } else {
        ""
    };
    term.line(format_args!(
        "{}ends elsewhere{stop}: activity complete {}",
        paint(DIM, prefix),
        elsewhere.token
    ))
}

/// Where an attempt for workers of another queue waits, or who has it.
fn on_queue(own: &Awaited, prefix: &str, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let Some(task) = &own.task else {
        return Ok(());
    };
    let mut text = match (task.worker, task.claimed_at) {
        (Some(worker), Some(at)) => {
            format!("worker {worker} has it, since {}", relative(at, term.now))
        }
        _ => {
            let since = relative(task.put_at, term.now);
            let why = held_up(task, term).map_or_else(String::new, |why| format!(": {why}"));
            format!("no worker of {} has it, since {since}{why}", task.queue)
        }
    };
    if let Some(at) = task.beat_at {
        let _ = write!(text, "; last heartbeat {}", relative(at, term.now));
    }
    if task.cancelled {
        text.push_str("; it was asked to stop");
    }
    term.line(format_args!("{}{text}", paint(DIM, prefix)))
}

/// What keeps an attempt from the workers of its queue, beside those before it.
fn held_up(task: &TaskRecord, term: &Terminal<'_>) -> Option<String> {
    let queue = &task.queue;
    Some(match task.waits_for.as_ref()? {
        TaskWait::Turn => return None,
        TaskWait::Key(key) => format!("others of the key `{key}` come first"),
        TaskWait::Concurrency(limit) => format!("as many of {queue} run as may ({limit})"),
        TaskWait::Rate(at, _) => {
            let when = relative(*at, term.now);
            format!("the rate of {queue} lets the next one begin {when}")
        }
        TaskWait::PausedQueue => format!("{queue} is paused"),
        TaskWait::PausedRun => "the workflow is paused".to_owned(),
    })
}

/// Prints the tree of frames and waits.
struct Tree<'a, 'b, 'c> {
    waiting: &'a Waiting,
    at_work: bool,
    term: &'b mut Terminal<'c>,
}

impl Tree<'_, '_, '_> {
    fn of(&mut self, frame: &Inspection) -> Result<(), Failure> {
        let background = !frame.spawned.is_empty();
        self.all(&frame.waits, "  ", background)?;
        if background {
            self.line("  └─ ", "in the background")?;
            let waits: Vec<_> = frame.spawned.iter().map(|(_, wait)| wait.clone()).collect();
            self.all(&waits, "     ", false)?;
        }
        Ok(())
    }

    /// Siblings; `more` follow that are printed elsewhere.
    fn all(&mut self, waits: &[InspectedWait], prefix: &str, more: bool) -> Result<(), Failure> {
        for (at, wait) in waits.iter().enumerate() {
            let last = at + 1 == waits.len() && !more;
            let (mark, below) = if last {
                ("└─ ", "   ")
            } else {
                ("├─ ", "│  ")
            };
            let below = format!("{prefix}{below}");
            self.one(wait, &format!("{prefix}{mark}"), &below)?;
        }
        Ok(())
    }

    fn one(&mut self, wait: &InspectedWait, first: &str, below: &str) -> Result<(), Failure> {
        match wait {
            InspectedWait::Operation(op) => self.operation(*op, first, below),
            InspectedWait::Frame(frame) => {
                let place = frame
                    .location
                    .map_or_else(String::new, |l| format!("  {l}"));
                self.line(first, &format!("at {}{}", frame.label, paint(DIM, place)))?;
                for local in &frame.locals {
                    let text = format!("{} = {}", local.name, tree::inline(&local.value));
                    self.line(&format!("{below}  "), &text)?;
                }
                self.all(&frame.waits, below, false)
            }
            InspectedWait::All(waits) => {
                self.line(first, "all of")?;
                self.all(waits, below, false)
            }
            InspectedWait::Race(waits) => {
                self.line(first, "the first of")?;
                self.all(waits, below, false)
            }
            InspectedWait::Spawned(op) => {
                self.line(first, &format!("operation {op}, started earlier"))
            }
            InspectedWait::Done(answer) => {
                let (word, value) = answer_words(answer);
                let value = value.map_or_else(String::new, |value| format!(" {value}"));
                self.line(first, &paint(DIM, format!("{word}{value}")))
            }
            InspectedWait::Off => self.line(first, &paint(DIM, "takes no part")),
        }
    }

    fn operation(&mut self, op: u64, first: &str, below: &str) -> Result<(), Failure> {
        let found = self.waiting.operations.iter().find(|own| own.op == op);
        let Some(own) = found.cloned() else {
            return self.line(first, &paint(DIM, "answered"));
        };
        let since = own.since.map_or_else(String::new, |at| {
            format!(", since {}", relative(at, self.term.now))
        });
        let words = request(&own.request, self.term);
        self.line(first, &format!("{words}{since}"))?;
        on_queue(&own, &format!("{below}  "), self.term)?;
        elsewhere(&own, &format!("{below}  "), self.term)?;
        self.failed(&own, below)?;
        heartbeat(&own, &format!("{below}  "), self.term)
    }

    fn failed(&mut self, own: &Awaited, below: &str) -> Result<(), Failure> {
        let Some(last) = own.attempts.last() else {
            return Ok(());
        };
        let failed = format!("attempt {} failed: {}", last.attempt, last.error);
        let prefix = format!("{below}  ");
        self.line(&prefix, &paint(BAD, failed))?;
        let next = next_attempt(last, self.at_work, self.term);
        self.line(&prefix, &next)
    }

    fn line(&mut self, prefix: &str, text: &str) -> Result<(), Failure> {
        let room = self.term.width.saturating_sub(prefix.chars().count());
        let text = if text.contains('\u{1b}') {
            text.to_owned()
        } else {
            tree::fit(text, room)
        };
        self.term.line(format_args!("{}{text}", paint(DIM, prefix)))
    }
}
