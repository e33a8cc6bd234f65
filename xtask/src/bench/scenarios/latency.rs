//! `latency`: from start to result, one order at a time.

use super::Scenario;
use super::orders;
use crate::bench::figures::{Table, Unit, quantile};
use crate::bench::plot::{Plot, Scale};
use crate::bench::setting::Setting;
use crate::local::with_worker;
use durable_runtime::engine::WorkerOptions;
use std::time::Duration;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "latency",
    title: "From start to result, one order at a time",
    rows: "percentile",
    plot: Some(Plot {
        columns: &[
            "floor",
            "durable",
            "durare",
            "durare FULL",
            "dbos",
            "duroxide",
        ],
        x: "percentile",
        y: "time from start to result",
        scale: Scale::LogarithmicY,
    }),
    measure,
};

const PERCENTILES: [(&str, f64); 5] = [
    ("10", 10.0),
    ("50", 50.0),
    ("90", 90.0),
    ("99", 99.0),
    ("99.9", 99.9),
];

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let orders = setting.size(3_000, 300);
    let shape = orders::shape(setting)?;
    setting.each_run(|| {
        setting.part("floor");
        let floor = orders::floor(setting, orders, 1, &shape)?.latencies;
        setting.part("durable");
        let place = setting.place()?;
        let options = WorkerOptions::default();
        let ours = setting
            .block_on(with_worker(
                &place.database(),
                options,
                |client| async move { orders::place(&client, 0..orders, 1).await },
            ))?
            .latencies;
        put(table, "floor", &floor);
        put(table, "durable", &ours);
        for (label, percent) in PERCENTILES {
            let at = |times: &[Duration]| quantile(times, percent / 100.0).as_secs_f64();
            let row = table.named(label, percent);
            row.put("÷ floor", Unit::Times, at(&ours) / at(&floor));
        }
        for (peer, done) in setting.peers(1, table)? {
            put(table, &peer, &done.latencies);
        }
        Ok(())
    })?;
    table.remark("Floor: four commits, one after the other.");
    Ok(())
}

fn put(table: &mut Table, column: &str, times: &[Duration]) {
    for (label, percent) in PERCENTILES {
        let time = quantile(times, percent / 100.0);
        table.named(label, percent).time(column, time);
    }
}
