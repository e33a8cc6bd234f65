//! The few colours of the command line. Streams strip them where nobody would see them.

use super::plain::plain;
use anstyle::{AnsiColor, Style};

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const HINT: Style = AnsiColor::Cyan.on_default();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
pub(crate) const BUSY: Style = AnsiColor::Cyan.on_default();
pub(crate) const CALM: Style = AnsiColor::Blue.on_default();

/// What these write around a text.
pub(super) const PALETTE: [&str; 8] = [
    "\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[36m",
];

/// `text` in this style. It is taken for data.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    format!("{style}{}{style:#}", plain(&text))
}

/// The colour of a status word.
pub(crate) fn of_status(status: &str) -> Style {
    match status {
        "completed" => GOOD,
        "failed" | "blocked" => BAD,
        "cancelled" | "terminated" | "retrying" | "cancelling" | "paused" | "pausing" => WARN,
        "sleeping" | "delayed" | "waiting" => CALM,
        _ => BUSY,
    }
}
