//! Figures as text: tables for terminals and for pages.

use super::figures::{Cell, Table as Figures, Unit, count};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// For a terminal, with the least and the most below each median.
pub(super) fn terminal(head: &str, figures: &Figures) -> String {
    let mut table = table(head, figures, "\n");
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.to_string()
}

/// For a page.
pub(super) fn markdown(head: &str, figures: &Figures) -> String {
    let mut table = table(head, figures, " ");
    table.load_style(presets::ASCII_MARKDOWN);
    table.to_string()
}

fn table(head: &str, figures: &Figures, between: &str) -> Table {
    let columns = figures.columns();
    let mut table = Table::new();
    table.set_header(std::iter::once(&head).chain(&columns));
    for row in &figures.rows {
        let cells = columns.iter().map(|&column| {
            row.cell(column)
                .map_or_else(|| "–".to_owned(), |cell| figure(cell, between))
        });
        table.add_row(std::iter::once(row.label.clone()).chain(cells));
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The median, and the least and the most if there are several values.
fn figure(cell: &Cell, between: &str) -> String {
    let text = |value| value_text(cell.unit, value);
    let median = text(cell.median());
    if cell.values.len() < 2 {
        return median;
    }
    let (least, most) = (text(cell.least()), text(cell.most()));
    let least = match (unit_of(&least), unit_of(&most)) {
        (one, other) if one == other => least.trim_end_matches(one),
        _ => &least,
    };
    format!("{median}{between}({least}–{most})")
}

/// What stands behind the number.
fn unit_of(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
}

/// A value with its unit.
pub(super) fn value_text(unit: Unit, value: f64) -> String {
    match unit {
        Unit::PerSecond | Unit::Count => number(value),
        Unit::Seconds => time(value),
        Unit::Bytes => bytes(value),
        Unit::Times => format!("{}×", short(value)),
        Unit::Share if value < 0.1 => format!("{} %", short(value * 100.0)),
        Unit::Share => format!("{:.0} %", value * 100.0),
    }
}

fn number(value: f64) -> String {
    if value < 100.0 && value.fract() > 0.0 {
        return short(value);
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count or rate, not negative"
    )]
    count(value.round() as usize)
}

/// Two significant digits or so.
fn short(value: f64) -> String {
    match value {
        v if v >= 100.0 => number(v),
        v if v >= 10.0 => format!("{v:.0}"),
        v if v >= 1.0 => format!("{v:.1}"),
        v if v >= 0.1 => format!("{v:.2}"),
        0.0 => "0".to_owned(),
        v => format!("{v:.3}"),
    }
}

fn time(seconds: f64) -> String {
    match seconds {
        s if s >= 1.0 => format!("{} s", short(s)),
        s if s >= 1e-3 => format!("{} ms", short(s * 1e3)),
        s => format!("{} µs", short(s * 1e6)),
    }
}

fn bytes(bytes: f64) -> String {
    match bytes {
        b if b >= 1e6 => format!("{} MB", short(b / 1e6)),
        b if b >= 1e4 => format!("{} KB", short(b / 1e3)),
        b => format!("{} B", number(b.round())),
    }
}
