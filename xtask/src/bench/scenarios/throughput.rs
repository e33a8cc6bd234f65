//! `throughput`: orders per second with more and more of them in flight.

use super::Scenario;
use super::orders;
use crate::bench::figures::{Table, Unit, count, float};
use crate::bench::peers::Done;
use crate::bench::plot::{Plot, Scale};
use crate::bench::setting::Setting;
use crate::local::with_worker;
use durable_runtime::engine::WorkerOptions;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "throughput",
    title: "Orders per second",
    rows: "in flight",
    plot: Some(Plot {
        columns: &[
            "floor, batched",
            "floor, single",
            "durable",
            "durare",
            "durare FULL",
            "dbos",
            "duroxide",
        ],
        x: "orders in flight",
        y: "orders per second",
        scale: Scale::Logarithmic,
    }),
    measure,
};

/// In flight, and how many orders are placed for real.
const LEVELS: [(usize, usize); 4] = [(1, 2_000), (16, 20_000), (256, 40_000), (4_096, 60_000)];
/// How many orders share a commit of the floor at most, as in the engine's committer.
const BATCH: usize = 256;

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let shape = orders::shape(setting)?;
    let singles = setting.size(2_000, 100);
    setting.each_run(|| {
        for (in_flight, orders) in LEVELS {
            let orders = setting.size(orders, (orders / 20).max(in_flight));
            let label = count(in_flight);
            setting.part(&format!("floor, {label} in flight"));
            let batched = orders::floor(setting, orders, in_flight.min(BATCH), &shape)?;
            let single = orders::floor(setting, singles, 1, &shape)?;
            setting.part(&format!("{label} in flight"));
            let place = setting.place()?;
            let options = WorkerOptions::default();
            let ours = setting.block_on(with_worker(
                &place.database(),
                options,
                |client| async move { orders::place(&client, 0..orders, in_flight).await },
            ))?;

            let rate = |orders: usize, done: &Done| float(orders) / done.took.as_secs_f64();
            let (ours_rate, floor_rate) = (rate(orders, &ours), rate(orders, &batched));
            let row = table.row(in_flight);
            row.put("floor, batched", Unit::PerSecond, floor_rate);
            row.rate("floor, single", singles, single.took);
            row.put("durable", Unit::PerSecond, ours_rate);
            row.put("of floor", Unit::Share, ours_rate / floor_rate);
            for (peer, done) in setting.peers(in_flight, table)? {
                let rate = float(done.latencies.len()) / done.took.as_secs_f64();
                let row = table.row(in_flight);
                row.put(&peer, Unit::PerSecond, rate);
                row.put(&format!("÷ {peer}"), Unit::Times, ours_rate / rate);
            }
        }
        Ok(())
    })?;
    table.remark("An order: start, three awaits, end; four commits. Batched: as many orders in a commit as are in flight, at most 256.");
    Ok(())
}
