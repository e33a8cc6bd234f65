//! `loop`: what an await costs in one workflow with 10 to 1,000,000 of them.

use super::Scenario;
use crate::bench::figures::{Table, Unit, count, float};
use crate::bench::floor::{Floor, probe};
use crate::bench::plot::{Plot, Scale};
use crate::bench::setting::Setting;
use crate::bench::workload::tally::{start_bench_tally, tally};
use crate::local::with_worker;
use anyhow::ensure;
use durable_runtime::engine::WorkerOptions;
use std::time::{Duration, Instant};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "loop",
    title: "One workflow with many awaits: time per await",
    rows: "awaits",
    plot: Some(Plot {
        columns: &["floor", "durable"],
        x: "awaits of the workflow",
        y: "time per await",
        scale: Scale::Logarithmic,
    }),
    measure,
};

/// The floor is flat by its nature; longer ones would only take longer.
const FLOOR_MOST: usize = 100_000;

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let shape = setting.block_on(probe(&setting.place()?, |client| async move {
        let handle = start_bench_tally(&client, "probe", 4).await?;
        handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(())
    }))?;
    let full = &[10, 100, 1_000, 10_000, 100_000, 1_000_000][..];
    let lengths = setting.size(full, &full[..3]);
    // Short ones run again and again until there were so many awaits.
    let least = setting.size(2_000, 200);
    setting.each_run(|| {
        for &awaits in lengths {
            let times = (least / awaits).max(1);
            setting.part(&format!("floor, {} awaits", count(awaits)));
            let floor_awaits = awaits.min(FLOOR_MOST);
            let place = setting.place()?;
            let mut floor = Floor::create(&place.database())?;
            let began = Instant::now();
            floor.runs(0..times, 1, &shape.awaits(floor_awaits)?)?;
            let floor = each(began.elapsed(), floor_awaits * times);

            setting.part(&format!("{} awaits", count(awaits)));
            let place = setting.place()?;
            let ours = setting.block_on(durable(&place.database(), awaits, times))?;
            let ours = each(ours, awaits * times);
            let row = table.row(awaits);
            row.put("floor", Unit::Seconds, floor);
            row.put("durable", Unit::Seconds, ours);
            row.put("÷ floor", Unit::Times, ours / floor);
        }
        Ok(())
    })?;
    table.remark("The start and the end of the workflow are in the time, which shows in the shortest ones. Floor: a commit for each await, up to 100,000 of them.");
    Ok(())
}

fn each(time: Duration, awaits: usize) -> f64 {
    time.as_secs_f64() / float(awaits)
}

async fn durable(
    database: &std::path::Path,
    awaits: usize,
    times: usize,
) -> anyhow::Result<Duration> {
    with_worker(database, WorkerOptions::default(), |client| async move {
        let expected = tally(awaits as u64);
        let began = Instant::now();
        for time in 0..times {
            let handle = start_bench_tally(&client, format!("tally-{time}"), awaits as u64).await?;
            let sum = handle.result().await?;
            let sum = sum.map_err(|e| anyhow::anyhow!("{e}"))?;
            ensure!(sum == expected, "the sum is {sum} and not {expected}");
        }
        Ok(began.elapsed())
    })
    .await
}
