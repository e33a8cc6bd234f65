//! `sleepers`: a million workflows that sleep, and orders that are placed meanwhile.

use super::Scenario;
use super::orders;
use crate::bench::figures::{Table, Unit, float, quantile};
use crate::bench::floor::{Floor, Shape, probe};
use crate::bench::setting::Setting;
use crate::crowd::sleepers::{STARTS, fall_asleep};
use crate::crowd::workload::start_crowd_sleeper;
use crate::local::with_worker;
use crate::process;
use durable_runtime::Client;
use durable_runtime::engine::WorkerOptions;
use std::time::{Duration, Instant, SystemTime};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "sleepers",
    title: "Sleeping workflows",
    rows: "asleep",
    plot: None,
    measure,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let many = setting.size(1_000_000, 5_000);
    let others = setting.size(1_000, 100);
    let shape = shape(setting)?;
    setting.each_run(|| {
        setting.part("floor");
        let place = setting.place()?;
        let mut floor = Floor::create(&place.database())?;
        let began = Instant::now();
        floor.fall_asleep(many, STARTS, &shape)?;
        let floor = began.elapsed();
        let floor_bytes = place.bytes()?;
        drop(place);

        let place = setting.place()?;
        let found = setting.block_on(with_worker(
            &place.database(),
            WorkerOptions::default(),
            |client| async move { durable(setting, client, many, others).await },
        ))?;
        let row = table.row(many);
        row.rate("floor, starts/s", many, floor);
        row.rate("starts/s", many, found.took);
        let share = floor.as_secs_f64() / found.took.as_secs_f64();
        row.put("of floor", Unit::Share, share);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let each = |bytes: u64| bytes as f64 / float(many);
        row.put("floor, on disk each", Unit::Bytes, each(floor_bytes));
        row.put("on disk each", Unit::Bytes, each(place.bytes()?));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        if let Some(resident) = found.resident {
            row.put("resident", Unit::Bytes, resident as f64);
        }
        row.time("order p50, none asleep", found.before);
        row.time("order p50, all asleep", found.meanwhile);
        let slower = found.meanwhile.as_secs_f64() / found.before.as_secs_f64();
        row.put("slower", Unit::Times, slower);
        Ok(())
    })?;
    table.remark("Resident: the whole process, with the clients that started them. On disk: the file after the worker has stopped. Floor: the same rows, 256 workflows in a commit.");
    Ok(())
}

struct Found {
    took: Duration,
    resident: Option<u64>,
    before: Duration,
    meanwhile: Duration,
}

async fn durable(
    setting: &Setting,
    client: Client,
    many: usize,
    others: usize,
) -> anyhow::Result<Found> {
    setting.part("orders before");
    let before = orders::place(&client, 0..others, 1).await?.latencies;
    setting.part("falling asleep");
    let due = SystemTime::now() + DAY;
    let began = Instant::now();
    fall_asleep(&client, many, due, drop).await?;
    let took = began.elapsed();
    let resident = process::resident();
    setting.part("orders meanwhile");
    let meanwhile = orders::place(&client, others..2 * others, 1)
        .await?
        .latencies;
    Ok(Found {
        took,
        resident,
        before: quantile(&before, 0.5),
        meanwhile: quantile(&meanwhile, 0.5),
    })
}

/// The bytes of one that sleeps, and of its end.
pub(super) fn shape(setting: &Setting) -> anyhow::Result<Shape> {
    setting.block_on(probe(&setting.place()?, |client| async move {
        let due = SystemTime::now();
        let handle = start_crowd_sleeper(&client, "probe", due).await?;
        handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(())
    }))
}
