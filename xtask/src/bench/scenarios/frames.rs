//! `frames`: what an await writes when the workflow holds much and changes little.

use super::Scenario;
use crate::bench::figures::{Table, Unit, float};
use crate::bench::floor::{Floor, Shape, probe};
use crate::bench::plot::{Plot, Scale};
use crate::bench::setting::Setting;
use crate::bench::workload::holder::start_bench_holder;
use crate::local::with_worker;
use crate::process;
use anyhow::{Context, ensure};
use durable_runtime::Client;
use durable_runtime::engine::WorkerOptions;
use std::time::{Duration, Instant};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "frames",
    title: "Large values that do not change",
    rows: "held",
    plot: Some(Plot {
        columns: &["floor, written/await", "written/await"],
        x: "bytes held over each await",
        y: "bytes written per await",
        scale: Scale::Logarithmic,
    }),
    measure,
};

/// The bytes held, and over how many awaits.
const SIZES: [(&str, usize, usize); 3] = [
    ("1 KB", 1_000, 2_000),
    ("100 KB", 100_000, 1_000),
    ("1 MB", 1_000_000, 200),
];

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let mut shapes = Vec::new();
    for (_, bytes, _) in SIZES {
        let place = setting.place()?;
        let probed = probe(&place, move |client| hold(client, bytes, 3));
        shapes.push(setting.block_on(probed)?);
    }
    setting.each_run(|| {
        for ((label, bytes, awaits), shape) in SIZES.into_iter().zip(&shapes) {
            setting.part(label);
            let awaits = setting.size(awaits, awaits / 20);
            let floor = floor(setting, bytes, awaits, shape)?;
            let place = setting.place()?;
            let ours = setting.block_on(with_worker(
                &place.database(),
                WorkerOptions::default(),
                |client| async move {
                    let before = Meter::now();
                    hold(client, bytes, awaits).await?;
                    Ok(before.passed())
                },
            ))?;
            let row = table.named(label, float(bytes));
            if let Some((floor, ours)) = floor.written.zip(ours.written) {
                row.put("floor, written/await", Unit::Bytes, floor / float(awaits));
                row.put("written/await", Unit::Bytes, ours / float(awaits));
                row.put("÷ floor", Unit::Times, ours / floor);
            }
            let each = |spent: &Spent| spent.took.as_secs_f64() / float(awaits);
            row.put("floor, time/await", Unit::Seconds, each(&floor));
            row.put("time/await", Unit::Seconds, each(&ours));
            row.put("time ÷ floor", Unit::Times, each(&ours) / each(&floor));
        }
        Ok(())
    })?;
    table.remark("Written: what the process hands to the kernel, so the log and, from 32 MiB of it on, the database. Floor: a commit for each await with the whole value in it.");
    Ok(())
}

async fn hold(client: Client, bytes: usize, awaits: usize) -> anyhow::Result<()> {
    let handle = start_bench_holder(&client, "holder", bytes, awaits as u64).await?;
    let held = handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
    ensure!(held == bytes, "it held {held} bytes and not {bytes}");
    Ok(())
}

/// The same awaits in bare SQLite, each with all that is held.
fn floor(setting: &Setting, bytes: usize, awaits: usize, shape: &Shape) -> anyhow::Result<Spent> {
    let mut shape = shape.awaits(awaits)?;
    for step in &mut shape.steps {
        // Also where the store keeps less.
        step.frame = step.frame.map(|frame| frame.max(bytes));
    }
    let place = setting.place()?;
    let mut floor = Floor::create(&place.database()).context("the floor")?;
    let before = Meter::now();
    floor.runs(0..1, 1, &shape)?;
    Ok(before.passed())
}

/// A moment.
struct Meter {
    written: Option<u64>,
    at: Instant,
}

/// What has happened since.
struct Spent {
    written: Option<f64>,
    took: Duration,
}

impl Meter {
    fn now() -> Self {
        Self {
            written: process::written(),
            at: Instant::now(),
        }
    }

    fn passed(&self) -> Spent {
        let written = process::written().zip(self.written);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let written = written.map(|(now, then)| (now - then) as f64);
        Spent {
            written,
            took: self.at.elapsed(),
        }
    }
}
