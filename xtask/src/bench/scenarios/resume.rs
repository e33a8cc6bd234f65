//! `resume`: from the start of a worker to the next await of a workflow whose process was killed.

use super::Scenario;
use crate::bench::figures::{Table, Unit, count};
use crate::bench::floor::{Floor, Shape, probe};
use crate::bench::plot::{Plot, Scale};
use crate::bench::setting::{Place, Setting};
use crate::bench::worker::Process;
use crate::bench::workload::doomed::start_bench_doomed;
use crate::bench::workload::tally::start_bench_tally;
use durable_runtime::Client;
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "resume",
    title: "Resuming after a kill",
    rows: "killed at await",
    plot: Some(Plot {
        columns: &["floor", "durable"],
        x: "awaits before the kill",
        y: "time to the next await",
        scale: Scale::Logarithmic,
    }),
    measure,
};

/// Short, since it has to end before another worker may take over.
const LEASE: Duration = Duration::from_millis(300);
/// After which it certainly has ended.
const LEASE_OVER: Duration = Duration::from_millis(400);

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let shape = setting.block_on(probe(&setting.place()?, |client| async move {
        let handle = start_bench_tally(&client, "probe", 4).await?;
        handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
        Ok(())
    }))?;
    let full = &[10, 10_000, 1_000_000][..];
    let lengths = setting.size(full, &[10, 1_000][..]);
    let mut stood = Vec::new();
    for &awaits in lengths {
        setting.part(&format!("going to await {}", count(awaits)));
        stood.push((
            awaits,
            durable(setting, awaits)?,
            floor(setting, awaits, &shape)?,
        ));
    }
    setting.each_run(|| {
        for (awaits, ours, floor) in &stood {
            setting.part(&format!("killed at await {}", count(*awaits)));
            let began = Instant::now();
            Floor::open(&floor.database())?.resume(1)?;
            let floor = began.elapsed();
            std::thread::sleep(LEASE_OVER);
            let (ours, process) = go_on(ours)?;
            let row = table.row(*awaits);
            row.time("floor", floor);
            row.time("durable", ours);
            row.time("with the process", process);
            let ratio = ours.as_secs_f64() / floor.as_secs_f64();
            row.put("÷ floor", Unit::Times, ratio);
        }
        Ok(())
    })?;
    table.remark("Durable: a worker opens the database, takes over, loads the checkpoint, and runs the activity of the await at which its predecessor was killed. The lease of that one has ended before (300 ms here, 15 s by default). Floor: open, read the latest step, commit one.");
    Ok(())
}

/// A database with a workflow that stands at this await, and whose process is dead.
fn durable(setting: &Setting, awaits: usize) -> anyhow::Result<Place> {
    let place = setting.place()?;
    setting.block_on(async {
        let store = SqliteStore::open(place.database(), SqliteOptions::default()).await?;
        start_bench_doomed(&Client::new(Arc::new(store)), "doomed", awaits as u64).await?;
        anyhow::Ok(())
    })?;
    go_on(&place)?;
    Ok(place)
}

/// Starts a worker process, lets it go on and come to a stand, and kills it. How long it took to go
/// on, by its own clock and from the start of the process.
fn go_on(place: &Place) -> anyhow::Result<(Duration, Duration)> {
    let began = Instant::now();
    let mut process = Process::start(&place.database(), LEASE)?;
    let nanos = process.wait_for("went on after")?.parse()?;
    let whole = began.elapsed();
    process.wait_for("stands")?;
    Ok((Duration::from_nanos(nanos), whole))
}

fn floor(setting: &Setting, awaits: usize, shape: &Shape) -> anyhow::Result<Place> {
    let place = setting.place()?;
    Floor::create(&place.database())?.stand(awaits, shape)?;
    Ok(place)
}
