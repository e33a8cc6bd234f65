//! `processes`: a client in one process and the worker in another, and a worker with nothing to do.

use super::Scenario;
use super::orders;
use crate::bench::figures::{Table, Unit, float, quantile};
use crate::bench::setting::Setting;
use crate::bench::worker::Process;
use crate::process;
use durable_runtime::Client;
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "processes",
    title: "Client and worker in two processes; an idle worker",
    rows: "orders, one at a time",
    plot: None,
    measure,
};

/// The default of workers.
const LEASE: Duration = Duration::from_secs(15);
/// After which what the orders have left to do is done.
const SETTLED: Duration = Duration::from_secs(1);

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let many = setting.size(500, 50);
    let watched = setting.size(Duration::from_secs(30), Duration::from_secs(3));
    let shape = orders::shape(setting)?;
    setting.each_run(|| {
        setting.part("floor");
        let floor = quantile(&orders::floor(setting, many, 1, &shape)?.latencies, 0.5);
        setting.part("orders");
        let place = setting.place()?;
        let process = Process::start(&place.database(), LEASE)?;
        let latencies = setting.block_on(async {
            let store = SqliteStore::open(place.database(), SqliteOptions::default()).await?;
            let client = Client::new(Arc::new(store));
            anyhow::Ok(orders::place(&client, 0..many, 1).await?.latencies)
        })?;
        let ours = quantile(&latencies, 0.5);
        let row = table.row(many);
        row.time("floor p50", floor);
        row.time("start→result p50", ours);
        row.time("p99", quantile(&latencies, 0.99));
        row.put(
            "p50 ÷ floor",
            Unit::Times,
            ours.as_secs_f64() / floor.as_secs_f64(),
        );

        setting.part("nothing to do");
        std::thread::sleep(SETTLED);
        let (before, began) = (process::usage(process.pid()), Instant::now());
        std::thread::sleep(watched);
        let after = process::usage(process.pid());
        if let Some((before, after)) = before.zip(after) {
            let time = began.elapsed().as_secs_f64();
            let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
            row.put("idle: of a core", Unit::Share, cpu / time);
            let wakes = usize::try_from(after.wakes.saturating_sub(before.wakes))?;
            row.put("idle: wake-ups/s", Unit::PerSecond, float(wakes) / time);
        }
        Ok(())
    })?;
    table.remark("Floor: the four commits of an order in one process. Idle: the worker after the orders, without work, its client gone.");
    Ok(())
}
