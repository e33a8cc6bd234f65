//! Schedules whose workflows panic, or whose starts the store refuses: they harm no other.

use super::{id, minutely, pass, runs, start_punctual};
use crate::support::{Bench, bench, client, on_sqlite};
use durable_runtime::Overlap;
use durable_runtime::clock::Clock;
use durable_runtime::id::ScheduleId;
use durable_runtime::prelude::*;
use durable_runtime::store::{Phase, ScheduleRow, ScheduleWrite, ScheduleWritten};

/// Panics as soon as it runs.
#[workflow]
async fn explosive() -> Result<(), Error> {
    sleep(Duration::ZERO).await?;
    panic!("boom");
}

/// A schedule that nothing is wrong with.
async fn start_good(client: &Client) {
    let times = minutely().limit(3);
    let start = start_punctual(client, "s", "a".to_owned());
    start.on_schedule(times).await.unwrap();
}

/// All that it starts has ended well.
async fn good_ended(bench: &Bench) {
    for minute in 1..=3 {
        assert_eq!(bench.end(&id(minute)).await.phase, Phase::Completed);
    }
}

/// A panic is tried again and again, so the run is in the way of the next one, by policy.
#[tokio::test]
async fn a_workflow_that_panics_harms_no_other_schedule() {
    let bench = bench();
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    for (name, overlap) in [("skips", Overlap::Skip), ("stops", Overlap::TerminateOther)] {
        let times = minutely().overlap(overlap).limit(3);
        start_explosive(&client, name)
            .on_schedule(times)
            .await
            .unwrap();
    }
    start_good(&client).await;
    drop(hold);
    let hold = pass(&bench, 5).await;
    good_ended(&bench).await;
    let all = runs(&bench).await;
    let of = |name: &str| {
        let own = all.iter().filter(|(id, _)| id.starts_with(name));
        own.map(|(_, phase)| *phase).collect::<Vec<_>>()
    };
    assert_eq!(of("skips"), [Phase::Running]);
    assert_eq!(
        of("stops"),
        [Phase::Terminated, Phase::Terminated, Phase::Running]
    );
    let skips = client
        .schedule("skips")
        .await
        .unwrap()
        .describe()
        .await
        .unwrap();
    assert!(
        skips.summary.counts.skipped >= 3,
        "{:?}",
        skips.summary.counts
    );
    let failed = bench.attempts(skips.running[0].as_str()).await;
    assert!(
        failed.iter().all(|attempt| attempt.error.contains("boom")),
        "{failed:?}"
    );
    // Once it is out of the way the next one is started.
    let run = client
        .handle::<()>(skips.running[0].as_str())
        .await
        .unwrap();
    run.terminate("it will not do").await.unwrap();
    drop(hold);
    let _hold = pass(&bench, 7).await;
    let all = runs(&bench).await;
    let skipping = all.iter().filter(|(id, _)| id.starts_with("skips"));
    assert_eq!(skipping.count(), 2);
    worker.kill().await;
}

/// The same definition, with a name of a queue that no start can have.
async fn spoilt(bench: &Bench, schedule: &ScheduleId) {
    // The worker may just be driving it.
    loop {
        let found = bench.store.schedule(schedule).await.unwrap().unwrap();
        let mut definition = found.row.definition.clone();
        let name = definition.windows(4).position(|four| four == b"slow");
        definition[name.unwrap()] = b'\n';
        let write = ScheduleWrite {
            id: schedule.clone(),
            expected: Some(found.version),
            row: Some(ScheduleRow {
                definition,
                ..found.row
            }),
            told: false,
            starts: vec![],
            sends: vec![],
        };
        if bench.store.write_schedule(write).await.unwrap() == ScheduleWritten::Done {
            return;
        }
    }
}

async fn a_refused_start_harms_no_other_schedule(bench: Bench) {
    let worker = bench.worker();
    worker.ready().await;
    let client = client(&bench, &worker);
    let hold = bench.clock.busy();
    let broken = start_explosive(&client, "broken").queue("slow");
    let broken = broken.on_schedule(minutely()).await.unwrap();
    spoilt(&bench, broken.id()).await;
    start_good(&client).await;
    drop(hold);
    good_ended(&bench).await;
    assert_eq!(runs(&bench).await.len(), 3, "nothing of it was started");
    broken.delete().await.unwrap();
    worker.stop().await;
}

#[tokio::test]
async fn a_start_that_the_store_refuses_harms_no_other_schedule() {
    a_refused_start_harms_no_other_schedule(bench()).await;
    let (bench, _folder) = on_sqlite(bench()).await;
    a_refused_start_harms_no_other_schedule(bench).await;
}
