//! The table: figures as ratios to the floor of the same run.

use super::Durable;
use super::floor::Floor;
use comfy_table::{CellAlignment, Table, presets};
use std::time::Duration;

/// One measurement.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) in_flight: usize,
    pub(super) orders: usize,
    pub(super) floor: Floor,
    pub(super) ours: Durable,
}

/// Prints all measurements.
pub(super) fn print(rows: &[Row]) {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header([
        "in flight",
        "orders",
        "floor /s",
        "durable /s",
        "share",
        "floor p50",
        "p50",
        "p99",
        "p50 ÷ floor",
    ]);
    for row in rows {
        let mut ours = row.ours.latencies.clone();
        let mut floor = row.floor.latencies.clone();
        let (p50, p99) = (percentile(&mut ours, 50), percentile(&mut ours, 99));
        let floor_p50 = percentile(&mut floor, 50);
        table.add_row([
            row.in_flight.to_string(),
            row.orders.to_string(),
            format!("{:.0}", row.floor.rate),
            format!("{:.0}", row.ours.rate),
            format!("{:.0} %", 100.0 * row.ours.rate / row.floor.rate),
            millis(floor_p50),
            millis(p50),
            millis(p99),
            format!("{:.1}×", p50.as_secs_f64() / floor_p50.as_secs_f64()),
        ]);
    }
    for column in table.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!(
        "an order: start, three awaits, end; SQLite, WAL, synchronous=FULL; four commits each"
    );
    println!("{table}");
    println!("floor: the same rows and bytes in bare SQLite, all orders in flight in one commit;");
    println!("its p50 is the time of four commits. Read ratios, not times: the machine is shared.");
}

fn percentile(values: &mut [Duration], percent: usize) -> Duration {
    values.sort_unstable();
    let index = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(index).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1_000.0)
}
