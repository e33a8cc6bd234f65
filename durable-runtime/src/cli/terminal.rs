//! Where a command's output goes, and what it may assume about the reader.

use super::failure::Failure;
use super::plain::{painted, plain};
use super::style::{BOLD, paint};
use crate::id::Timestamp;
use comfy_table::{ContentArrangement, Table};
use jiff::tz::TimeZone;
use serde::Serialize;
use std::io::{BufRead, Write};

/// How answers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// One JSON document per line.
    Jsonl,
    /// Only the ids, one per line.
    Ids,
}

/// The streams of a command and the facts around it.
pub(crate) struct Terminal<'a> {
    pub(crate) out: &'a mut (dyn Write + Send),
    pub(crate) input: &'a mut (dyn BufRead + Send),
    pub(crate) format: Format,
    /// Columns.
    pub(crate) width: usize,
    pub(crate) now: Timestamp,
    pub(crate) zone: TimeZone,
    /// The name of this program, for hints.
    pub(crate) program: String,
    /// The store's URL.
    pub(crate) store: String,
    /// Whether a person sits at both ends and can be asked.
    pub(crate) interactive: bool,
}

impl Terminal<'_> {
    /// Writes a line. For people, what a terminal would obey in it is shown; programs read it as it
    /// is.
    pub(crate) fn line(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        if self.format != Format::Table {
            return self.raw(text);
        }
        let text = text.to_string();
        self.raw(painted(&text))
    }

    /// Writes a line as it is: JSON, and what is plain already.
    pub(crate) fn raw(&mut self, text: impl std::fmt::Display) -> Result<(), Failure> {
        Ok(writeln!(self.out, "{text}")?)
    }

    /// Writes a JSON document: indented, or on one line where lines are wanted.
    pub(crate) fn json<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = if self.format == Format::Jsonl {
            serde_json::to_string(value)
        } else {
            serde_json::to_string_pretty(value)
        };
        let text = text.map_err(std::io::Error::other)?;
        self.raw(text)
    }

    /// Writes rows without a frame, fitted to the width.
    pub(crate) fn table(
        &mut self,
        indent: usize,
        header: &[&str],
        rows: Vec<Vec<Cell>>,
    ) -> Result<(), Failure> {
        let mut table = Table::new();
        table
            .load_style(comfy_table::presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(u16::try_from(self.width.saturating_sub(indent)).unwrap_or(u16::MAX))
            .enforce_styling()
            .set_header(header.iter().map(bold_cell).collect::<Vec<_>>())
            .add_rows(
                rows.into_iter()
                    .map(|row| row.into_iter().map(|cell| cell.0)),
            );
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        table.style_text_only();
        let pad = " ".repeat(indent);
        for line in table.lines() {
            let line = format!("{pad}{line}");
            // Its cells are plain, and have other colours than ours.
            self.raw(line.trim_end())?;
        }
        Ok(())
    }

    /// Writes a title.
    pub(crate) fn title(&mut self, text: &str) -> Result<(), Failure> {
        self.line("")?;
        self.line(paint(BOLD, text))
    }
}

/// A cell of a table, of a text that is taken for data.
pub(crate) struct Cell(comfy_table::Cell);

impl Cell {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "as a cell of the table takes it"
    )]
    pub(crate) fn new(text: impl ToString) -> Self {
        Self(comfy_table::Cell::new(plain(&text.to_string())))
    }

    /// Several texts below each other, in the colour of a style.
    pub(crate) fn lines(style: anstyle::Style, texts: &[String]) -> Self {
        let texts: Vec<_> = texts.iter().map(|text| plain(text)).collect();
        Self(coloured(style, comfy_table::Cell::new(texts.join("\n"))))
    }
}

fn bold_cell(text: &&str) -> comfy_table::Cell {
    comfy_table::Cell::new(text).add_attribute(comfy_table::Attribute::Bold)
}

/// A cell in the colour of a style.
pub(crate) fn cell(style: anstyle::Style, text: impl ToString) -> Cell {
    let Cell(own) = Cell::new(text);
    Cell(coloured(style, own))
}

fn coloured(style: anstyle::Style, cell: comfy_table::Cell) -> comfy_table::Cell {
    use anstyle::{AnsiColor, Color};
    let cell = match style.get_fg_color() {
        Some(Color::Ansi(AnsiColor::Red)) => cell.fg(comfy_table::Color::DarkRed),
        Some(Color::Ansi(AnsiColor::Green)) => cell.fg(comfy_table::Color::DarkGreen),
        Some(Color::Ansi(AnsiColor::Yellow)) => cell.fg(comfy_table::Color::DarkYellow),
        Some(Color::Ansi(AnsiColor::Blue)) => cell.fg(comfy_table::Color::DarkBlue),
        Some(Color::Ansi(AnsiColor::Cyan)) => cell.fg(comfy_table::Color::DarkCyan),
        _ => cell,
    };
    if style.get_effects().contains(anstyle::Effects::DIMMED) {
        cell.add_attribute(comfy_table::Attribute::Dim)
    } else {
        cell
    }
}
