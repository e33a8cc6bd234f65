//! `signals`: one workflow with a long queue of signals.

use super::Scenario;
use crate::bench::figures::{Table, Unit};
use crate::bench::floor::{Floor, probe};
use crate::bench::setting::Setting;
use crate::crowd::workload::{NUMBER, start_crowd_listener};
use crate::local::{each, with_worker};
use anyhow::ensure;
use durable_runtime::Client;
use durable_runtime::engine::WorkerOptions;
use durable_runtime::store::sqlite::{SqliteOptions, SqliteStore};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "signals",
    title: "One workflow with a queue of signals",
    rows: "queued",
    plot: None,
    measure,
};

/// How many signals are on their way at the same time, and share a commit of the floor.
const SENDERS: usize = 64;

fn measure(setting: &Setting, table: &mut Table) -> anyhow::Result<()> {
    let shape = setting.block_on(probe(&setting.place()?, |client| async move {
        let handle = start_crowd_listener(&client, "probe", 3).await?;
        for number in 0..3 {
            handle.signal(NUMBER, number).await?;
        }
        handle.result().await??;
        Ok(())
    }))?;
    let lengths = setting.size(&[100, 1_000, 10_000][..], &[100, 1_000][..]);
    setting.each_run(|| {
        for &many in lengths {
            setting.part("floor");
            let place = setting.place()?;
            let mut floor = Floor::create(&place.database())?;
            let began = Instant::now();
            floor.send(many, SENDERS)?;
            let floor_sent = began.elapsed();
            let began = Instant::now();
            floor.take(many, &shape)?;
            let floor_taken = began.elapsed();

            setting.part("durable");
            let place = setting.place()?;
            let (sent, taken) = setting.block_on(durable(&place.database(), many))?;
            let row = table.row(many);
            row.rate("floor, sent/s", many, floor_sent);
            row.rate("sent/s", many, sent);
            let share = floor_sent.as_secs_f64() / sent.as_secs_f64();
            row.put("of floor", Unit::Share, share);
            row.rate("floor, taken/s", many, floor_taken);
            row.rate("taken/s", many, taken);
            let share = floor_taken.as_secs_f64() / taken.as_secs_f64();
            row.put("of floor, taken", Unit::Share, share);
        }
        Ok(())
    })?;
    table.remark("All are sent, 64 at a time, before a worker starts; the workflow then takes one at each await. Floor: 64 in a commit when sent, a commit for each one taken.");
    Ok(())
}

/// How long it took to send all of them, and then to take them.
async fn durable(database: &Path, many: usize) -> anyhow::Result<(Duration, Duration)> {
    let store = SqliteStore::open(database, SqliteOptions::default()).await?;
    let client = Client::new(Arc::new(store));
    let listener = start_crowd_listener(&client, "listener", many).await?;
    let began = Instant::now();
    let to = listener.clone();
    each(many, SENDERS, move |number| {
        let to = to.clone();
        async move { Ok(to.signal(NUMBER, number as u64).await?) }
    })
    .await?;
    let sent = began.elapsed();
    let began = Instant::now();
    with_worker(database, WorkerOptions::default(), |_| async move {
        let sum = listener.result().await??;
        let expected = (0..many as u64).sum::<u64>();
        ensure!(sum == expected, "the sum is {sum} and not {expected}");
        Ok((sent, began.elapsed()))
    })
    .await
}
