//! Figures over several runs: a table whose cells hold one value a run.

use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};
use std::time::Duration;

/// What the values of a cell are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unit {
    PerSecond,
    Seconds,
    Bytes,
    /// A ratio, shown as `2.1×`.
    Times,
    /// A share of 1, shown as `41 %`.
    Share,
    Count,
}

/// A figure: one value a run.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Cell {
    pub(super) column: String,
    pub(super) unit: Unit,
    pub(super) values: Vec<f64>,
}

impl Cell {
    fn sorted(&self) -> Vec<f64> {
        let mut values = self.values.clone();
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    pub(super) fn median(&self) -> f64 {
        let values = self.sorted();
        let middle = values.len() / 2;
        match values.len() {
            0 => f64::NAN,
            odd if odd % 2 == 1 => values[middle],
            _ => f64::midpoint(values[middle - 1], values[middle]),
        }
    }

    pub(super) fn least(&self) -> f64 {
        self.sorted().first().copied().unwrap_or(f64::NAN)
    }

    pub(super) fn most(&self) -> f64 {
        self.sorted().last().copied().unwrap_or(f64::NAN)
    }
}

/// With what people want to know first.
impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut cell = serializer.serialize_struct("Cell", 6)?;
        cell.serialize_field("column", &self.column)?;
        cell.serialize_field("unit", &self.unit)?;
        cell.serialize_field("median", &self.median())?;
        cell.serialize_field("least", &self.least())?;
        cell.serialize_field("most", &self.most())?;
        cell.serialize_field("values", &self.values)?;
        cell.end()
    }
}

/// One setting of a scenario, such as `256` in flight.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) label: String,
    /// Where it lies on the axis of a plot.
    pub(super) x: f64,
    pub(super) cells: Vec<Cell>,
}

impl Row {
    /// Adds the value of one run.
    pub(super) fn put(&mut self, column: &str, unit: Unit, value: f64) {
        match self.cells.iter_mut().find(|cell| cell.column == column) {
            Some(cell) => cell.values.push(value),
            None => self.cells.push(Cell {
                column: column.to_owned(),
                unit,
                values: vec![value],
            }),
        }
    }

    pub(super) fn time(&mut self, column: &str, time: Duration) {
        self.put(column, Unit::Seconds, time.as_secs_f64());
    }

    pub(super) fn rate(&mut self, column: &str, many: usize, time: Duration) {
        self.put(column, Unit::PerSecond, float(many) / time.as_secs_f64());
    }

    pub(super) fn cell(&self, column: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.column == column)
    }
}

/// What a scenario found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// What was left out, and why.
    pub(super) remarks: Vec<String>,
}

impl Table {
    /// The row of this number; added if it is new.
    pub(super) fn row(&mut self, number: usize) -> &mut Row {
        self.named(&count(number), float(number))
    }

    /// The row of this name, at this place of the axis; added if it is new.
    pub(super) fn named(&mut self, label: &str, x: f64) -> &mut Row {
        let known = self.rows.iter().position(|row| row.label == label);
        let index = known.unwrap_or_else(|| {
            self.rows.push(Row {
                label: label.to_owned(),
                x,
                cells: Vec::new(),
            });
            self.rows.len() - 1
        });
        &mut self.rows[index]
    }

    /// Says so once.
    pub(super) fn remark(&mut self, remark: &str) {
        if !self.remarks.iter().any(|known| known == remark) {
            self.remarks.push(remark.to_owned());
        }
    }

    /// The columns of all rows, in the order in which they first stand.
    pub(super) fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = Vec::new();
        for cell in self.rows.iter().flat_map(|row| &row.cells) {
            if !columns.contains(&cell.column.as_str()) {
                columns.push(&cell.column);
            }
        }
        columns
    }
}

/// For ratios; counts here are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}

/// `12,345`.
pub(super) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Of these times; `share` is between 0 and 1.
pub(super) fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let index = (float(times.len()) * share) as usize;
    let last = times.len().saturating_sub(1);
    times.get(index.min(last)).copied().unwrap_or_default()
}
