//! What is shown of figures, and that the page has a place for each scenario.

use super::figures::{Cell, Table, Unit, quantile};
use super::outcome::Outcome;
use super::scenarios::ALL;
use super::{page, show};
use std::time::Duration;

fn table() -> Table {
    let mut table = Table::default();
    for (run, rate) in [1_000.0, 1_400.0, 1_100.0].into_iter().enumerate() {
        let row = table.row(4_096);
        row.put("orders/s", Unit::PerSecond, rate);
        row.time("p50", Duration::from_micros(90 + 10 * run as u64));
        row.put("of floor", Unit::Share, 0.054);
    }
    table.row(1).put("orders/s", Unit::PerSecond, 2.5);
    table
}

#[test]
fn a_page_shows_the_median_between_the_least_and_the_most() {
    let lines = show::markdown("in flight", &table());
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(
        lines[2],
        "|     4,096 | 1,100 (1,000–1,400) | 100 µs (90–110 µs) | 5.4 % (5.4–5.4 %) |"
    );
    assert_eq!(
        lines[3],
        "|         1 |                 2.5 |                  – |                 – |"
    );
}

#[test]
fn the_median_of_an_even_number_lies_between_two() {
    let cell = |values: &[f64]| Cell {
        column: String::new(),
        unit: Unit::Count,
        values: values.to_vec(),
    };
    let median = |values: &[f64]| cell(values).median().to_string();
    assert_eq!(median(&[5.0, 1.0, 3.0]), "3");
    assert_eq!(median(&[5.0, 1.0, 3.0, 4.0]), "3.5");
}

#[test]
fn a_quantile_is_one_of_the_times() {
    let times: Vec<_> = (1..=100).rev().map(Duration::from_millis).collect();
    assert_eq!(quantile(&times, 0.5), Duration::from_millis(51));
    assert_eq!(quantile(&times, 0.99), Duration::from_millis(100));
    assert_eq!(quantile(&times, 1.0), Duration::from_millis(100));
    assert_eq!(quantile(&[], 0.5), Duration::ZERO);
}

/// Processes hand it over as JSON.
#[test]
fn an_outcome_comes_back_from_json_as_it_was() {
    let outcome = Outcome {
        scenario: "throughput".to_owned(),
        runs: 3,
        quick: true,
        table: table(),
    };
    let json = serde_json::to_string(&outcome).expect("it is data");
    let back: Outcome = serde_json::from_str(&json).expect("it was written here");
    assert_eq!(
        show::terminal("", &back.table),
        show::terminal("", &outcome.table)
    );
    assert!(json.contains(r#""median":1100.0,"least":1000.0,"most":1400.0"#));
}

#[test]
fn what_is_between_the_marks_is_replaced() {
    let text =
        "a\n<!-- bench loop -->\nold\n<!-- end -->\nb\n<!-- bench resume -->\n<!-- end -->\n";
    assert_eq!(
        page::replaced(text, "loop", "new\n").as_deref(),
        Some("a\n<!-- bench loop -->\nnew\n<!-- end -->\nb\n<!-- bench resume -->\n<!-- end -->\n")
    );
    assert_eq!(page::replaced(text, "latency", ""), None);
}

#[test]
fn the_page_has_a_heading_and_marks_for_each_scenario() {
    let text = include_str!("../../../docs/performance.md");
    for scenario in ALL {
        let name = scenario.name;
        assert!(text.contains(&format!("\n## {name}\n")), "no part {name}");
        assert!(page::replaced(text, name, "").is_some(), "no marks {name}");
    }
}
