//! `wakes`: many sleeping workflows are due in the same second.

use super::Scenario;
use super::sleepers::shape;
use crate::bench::figures::{Table, Unit, quantile};
use crate::bench::floor::Floor;
use crate::bench::setting::Setting;
use crate::crowd::sleepers::{STARTS, fall_asleep, lateness};
use crate::local::with_worker;
use anyhow::ensure;
use durable_runtime::engine::WorkerOptions;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "wakes",
    title: "Workflows that are due in the same second",
    rows: "due at once",
    plot: None,
    measure,
};

/// A machine that needs more is not measured.
const WAIT_MAX: Duration = Duration::from_secs(1_000);

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let many = setting.size(100_000, 1_000);
    // All have to be asleep before; longer once that was too short for this machine.
    let mut wait = setting.size(Duration::from_secs(30), Duration::from_secs(3));
    let shape = shape(setting)?;
    setting.each_run(|| {
        setting.part("floor");
        let place = setting.place()?;
        let mut floor = Floor::create(&place.database())?;
        floor.fall_asleep(many, STARTS, &shape)?;
        let began = Instant::now();
        floor.wake(many, STARTS, &shape)?;
        let floor = began.elapsed();

        let (took, late) = loop {
            setting.part(&format!("durable, due after {} s", wait.as_secs()));
            let place = setting.place()?;
            let woken = setting.block_on(durable(&place.database(), many, wait))?;
            if let Some(woken) = woken {
                break woken;
            }
            wait *= 2;
            ensure!(wait <= WAIT_MAX, "{many} do not fall asleep in time");
        };
        let row = table.row(many);
        row.rate("floor, wakes/s", many, floor);
        row.rate("wakes/s", many, took);
        row.put(
            "of floor",
            Unit::Share,
            floor.as_secs_f64() / took.as_secs_f64(),
        );
        row.time("all ended after", took);
        row.time("late p50", quantile(&late, 0.5));
        row.time("late p99", quantile(&late, 0.99));
        row.time("late at most", quantile(&late, 1.0));
        Ok(())
    })?;
    table.remark("Late: from the time that was asked for to the workflow's own code after its sleep. Floor: claims and ends of 256 workflows, two commits.");
    Ok(())
}

/// How long until all had ended, from when they were due; and how late each was. `None` if they were
/// not all asleep when they were due.
async fn durable(
    database: &Path,
    many: usize,
    wait: Duration,
) -> anyhow::Result<Option<(Duration, Vec<Duration>)>> {
    with_worker(database, WorkerOptions::default(), |client| async move {
        let due = SystemTime::now() + wait;
        let sleepers = fall_asleep(&client, many, due, |sleeper| sleeper).await?;
        if SystemTime::now() >= due {
            return Ok(None);
        }
        let late = lateness(sleepers).await?;
        let took = SystemTime::now().duration_since(due)?;
        ensure!(late.len() == many, "{} of {many} have ended", late.len());
        Ok(Some((took, late)))
    })
    .await
}
