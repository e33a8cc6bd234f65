//! The few colours of the command line. Streams strip them where nobody would see them.

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

/// `text` in this style.
pub(crate) fn paint(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
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
