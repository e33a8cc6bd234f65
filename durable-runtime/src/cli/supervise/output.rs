//! What the supervisor and its workers say.

use super::super::style::{BAD, DIM, WARN, paint};
use super::super::time::span;
use super::process::{Event, Order};
use std::io::Write as _;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::sync::mpsc;

/// Reports the lines of a worker as events.
pub(super) async fn forward(
    stream: impl AsyncRead + Unpin,
    slot: u16,
    to_stderr: bool,
    reports: mpsc::UnboundedSender<Event>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut text = Vec::new();
        // A stream that breaks has no more lines.
        if !matches!(stream.read_until(b'\n', &mut text).await, Ok(1..)) {
            return;
        }
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        let line = Event::Line {
            slot,
            to_stderr,
            text,
        };
        if reports.send(line).is_err() {
            return;
        }
    }
}

/// Prints events until the last process is gone. A closed terminal must not stop the workers.
pub(super) async fn print(mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        if let Event::Line {
            slot,
            to_stderr,
            text,
        } = event
        {
            let mut line = paint(DIM, format_args!("[{slot}] ")).into_bytes();
            line.extend(text);
            line.push(b'\n');
            let _ = if to_stderr {
                anstream::stderr().write_all(&line)
            } else {
                anstream::stdout().write_all(&line)
            };
        } else {
            let mut err = anstream::stderr();
            let _ = writeln!(err, "{}", words(&event));
        }
    }
}

fn words(event: &Event) -> String {
    match event {
        Event::Started { slot, pid } => format!("worker {slot} started, pid {pid}"),
        Event::Ended { slot, status, ran } => {
            let style = if status.success() { DIM } else { BAD };
            let what = format!("worker {slot} ended after {}: {status}", span(*ran));
            paint(style, what)
        }
        Event::Restarting { slot, delay } => paint(
            WARN,
            format!("worker {slot} starts again in {}", span(*delay)),
        ),
        Event::Stopping {
            name,
            order: Order::Kill,
        } => paint(WARN, format!("{name} again: killing the workers")),
        Event::Stopping { name, .. } => {
            format!("{name}: waiting for the workers to stop; a second signal kills them")
        }
        Event::Killing { slot } => paint(BAD, format!("worker {slot} does not stop: killing it")),
        Event::Line { .. } => String::new(),
    }
}
