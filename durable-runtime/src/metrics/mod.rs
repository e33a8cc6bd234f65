//! What workers count and measure, for an operator: names, units and labels, as one table.
//!
//! ```text
//!   engine ─▶ handles ─▶ the recorder of the `metrics` facade ─▶ Prometheus, StatsD, your own
//!                         (installed by the application, or by `app worker --metrics ADDR`)
//! ```
//!
//! With the feature `metrics` a [`Worker`](crate::Worker) records them by the facade of the crate
//! `metrics`; without it nothing is compiled in. The recorder must be installed before
//! [`Worker::run`](crate::Worker::run) is called. With the feature `prometheus` the command `worker` has
//! `--metrics ADDRESS`. A label is the name of a queue, a workflow or an activity, or one of a few
//! words: never an id.

mod handles;
mod table;

pub(crate) use handles::{Counter, Gauge, Histogram, describe};
pub use table::ALL;
pub(crate) use table::*;

/// Whether anything is recorded.
pub(crate) const ON: bool = cfg!(feature = "metrics");

/// One metric of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// As it is recorded.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Of what.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, in a sentence.
    pub help: &'static str,
}

/// What a metric does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// It says how values are spread.
    Histogram,
}

/// What a metric counts or measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_those_of_prometheus() {
        let mut names = BTreeSet::new();
        for metric in ALL {
            let name = metric.name;
            assert!(names.insert(name), "{name} twice");
            assert!(name.starts_with("durable_"), "{name}");
            let counter = metric.kind == Kind::Counter;
            assert_eq!(name.ends_with("_total"), counter, "{name}");
            let ends = |suffix| name.ends_with(suffix);
            assert_eq!(ends("_seconds"), metric.unit == Unit::Seconds, "{name}");
            assert_eq!(ends("_bytes"), metric.unit == Unit::Bytes, "{name}");
        }
    }

    /// The table in the documentation is this one.
    #[test]
    fn the_documentation_has_them_all() {
        let text = include_str!("../../../docs/metrics.md");
        let rows: Vec<_> = text
            .lines()
            .filter(|l| l.starts_with("| `durable_"))
            .collect();
        let row = |metric: &Metric| {
            let kind = format!("{:?}", metric.kind).to_lowercase();
            let unit = match metric.unit {
                Unit::Count => "",
                Unit::Seconds => "s",
                Unit::Bytes => "bytes",
            };
            let labels = metric.labels.iter().map(|label| format!("`{label}`"));
            let labels = labels.collect::<Vec<_>>().join(", ");
            let text = format!(
                "| `{}` | {kind} | {unit} | {labels} | {} |",
                metric.name, metric.help
            );
            text.replace("|  |", "| |").replace("|  |", "| |")
        };
        let expected: Vec<_> = ALL.iter().map(row).collect();
        assert_eq!(rows, expected, "docs/metrics.md:\n{}", expected.join("\n"));
    }
}
