//! Schedules: versions, starts with the row, and what they hear of their runs.

use super::kit::{Worker, end, id, message, owned, terminate, waiting};
use crate::id::{RunId, ScheduleId, Timestamp};
use crate::store::{
    End, FenceError, NewRun, Phase, ScheduleRecord, ScheduleRow, ScheduleWrite, ScheduleWritten,
    Scheduled, ScheduledEnd, Store, StoreError, Write, limits,
};

fn nightly() -> ScheduleId {
    ScheduleId::new("nightly").expect("a valid id")
}

fn row(due_at: i64) -> ScheduleRow {
    ScheduleRow {
        due_at: Some(Timestamp(due_at)),
        definition: vec![1, 2],
        state: vec![3],
    }
}

/// Writes `row` where the version is `expected`.
fn put(expected: Option<i64>, row: ScheduleRow) -> ScheduleWrite {
    ScheduleWrite {
        row: Some(row),
        ..ScheduleWrite::of(nightly(), expected)
    }
}

/// A run of the schedule that waits to be claimed.
fn its(run: i64) -> NewRun {
    NewRun {
        scheduled: Some(Scheduled {
            schedule: nightly(),
            at: Timestamp(5),
            last_result: Some(vec![9]),
        }),
        ..waiting(run)
    }
}

async fn done(store: &dyn Store, write: ScheduleWrite) {
    let written = store.write_schedule(write).await;
    assert_eq!(written, Ok(ScheduleWritten::Done));
}

async fn found(store: &dyn Store) -> ScheduleRecord {
    let found = store.schedule(&nightly()).await.expect("readable");
    found.expect("it is there")
}

pub async fn a_schedule_is_written_where_its_version_is_expected(store: &dyn Store) {
    assert_eq!(store.schedule(&nightly()).await, Ok(None));
    done(store, put(None, row(10))).await;
    let first = found(store).await;
    assert_eq!(first.row, row(10));
    assert_eq!(first.ended, []);
    for other in [None, Some(first.version + 1), Some(first.version - 1)] {
        let written = store.write_schedule(put(other, row(20))).await;
        assert_eq!(written, Ok(ScheduleWritten::Changed), "{other:?}");
    }
    assert_eq!(found(store).await, first);
    done(store, put(Some(first.version), row(20))).await;
    let second = found(store).await;
    assert!(second.version > first.version);
    assert_eq!(second.row, row(20));
}

pub async fn a_schedule_starts_and_sends_with_its_row(store: &dyn Store) {
    store.start(waiting(7)).await.expect("it starts");
    let write = ScheduleWrite {
        starts: vec![its(10), its(11)],
        sends: vec![(id(7), message("m")), (id(99), message("m"))],
        ..put(None, row(10))
    };
    done(store, write).await;
    let run = store
        .find(&id(11))
        .await
        .expect("readable")
        .expect("started");
    assert_eq!(run.scheduled, its(11).scheduled);
    assert_eq!(store.inbox(RunId(7)).await.expect("readable").len(), 1);
    let mut worker = Worker::register(store, 1).await;
    let claimed = worker.claim(20).await;
    assert_eq!(claimed.len(), 3);
    assert!(claimed.iter().any(|c| c.run.scheduled == its(10).scheduled));
}

pub async fn a_schedule_whose_start_is_taken_writes_nothing(store: &dyn Store) {
    store.start(waiting(10)).await.expect("it starts");
    store.start(waiting(20)).await.expect("it starts");
    let ids = |starts| ScheduleWrite {
        starts,
        sends: vec![(id(20), message("m"))],
        ..put(None, row(10))
    };
    let same_id = |run| NewRun {
        run: RunId(run + 100),
        ..its(run)
    };
    let write = ids(vec![same_id(10), its(11), same_id(20)]);
    let taken = ScheduleWritten::Taken(vec![id(10), id(20)]);
    assert_eq!(store.write_schedule(write).await, Ok(taken));
    let same_run = NewRun {
        run: RunId(10),
        ..its(12)
    };
    let write = ids(vec![its(11), same_run]);
    let written = store.write_schedule(write).await;
    assert_eq!(written, Ok(ScheduleWritten::RunTaken));
    assert_eq!(store.schedule(&nightly()).await, Ok(None));
    assert_eq!(store.find(&id(11)).await, Ok(None));
    assert_eq!(store.inbox(RunId(20)).await, Ok(vec![]));
}

pub async fn the_end_of_its_run_is_told_to_a_schedule(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let write = ScheduleWrite {
        starts: vec![its(10), its(11), its(12)],
        ..put(None, row(1_000))
    };
    done(store, write).await;
    let before = found(store).await;
    worker.claim(20).await;
    let failed = End {
        phase: Phase::Failed,
        error: Some("no paper".into()),
        ..end(10, 0)
    };
    worker.write(Write::End(failed)).await;
    let after = found(store).await;
    assert!(after.version > before.version);
    assert_eq!(after.row, row(50), "it is due at once");
    let told = ScheduledEnd {
        run: RunId(10),
        id: id(10),
        started_at: Timestamp(1),
        ended_at: Timestamp(50),
        phase: Phase::Failed,
        output: Some(vec![8]),
        error: Some("no paper".into()),
    };
    assert_eq!(after.ended, [told]);
    // Whoever has not seen it cannot write; a write that has told leaves the others.
    let late = store
        .write_schedule(put(Some(before.version), row(9)))
        .await;
    assert_eq!(late, Ok(ScheduleWritten::Changed));
    done(store, put(Some(after.version), row(70))).await;
    let kept = found(store).await;
    assert_eq!(kept.ended.len(), 1);
    let told = ScheduleWrite {
        told: true,
        ..put(Some(kept.version), row(70))
    };
    done(store, told).await;
    assert_eq!(found(store).await.ended, []);
    worker.write(Write::End(end(11, 0))).await;
    assert_eq!(found(store).await.ended[0].run, RunId(11));
}

pub async fn a_terminated_run_is_told_to_its_schedule(store: &dyn Store) {
    let idle = ScheduleRow {
        due_at: None,
        ..row(0)
    };
    let write = ScheduleWrite {
        starts: vec![its(10)],
        ..put(None, idle)
    };
    done(store, write).await;
    store.send(&id(10), terminate("t")).await.expect("sent");
    let after = found(store).await;
    assert_eq!(after.row, row(20));
    let [end] = after.ended.as_slice() else {
        panic!("{:?}", after.ended)
    };
    assert_eq!((end.phase, end.run), (Phase::Terminated, RunId(10)));
    // Its own message may end a run too.
    let write = ScheduleWrite {
        told: true,
        starts: vec![its(11)],
        sends: vec![(id(11), terminate("t"))],
        ..put(Some(after.version), row(500))
    };
    done(store, write).await;
    let last = found(store).await;
    assert_eq!((last.row, last.ended[0].run), (row(20), RunId(11)));
}

pub async fn a_continued_run_is_told_of_at_its_last_end(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    done(store, put(None, row(10))).await;
    let born = NewRun {
        owner: Some(worker.id()),
        ..its(10)
    };
    worker.write(Write::Start(born.clone())).await;
    let continued = End {
        phase: Phase::Continued,
        ..end(10, 0)
    };
    let next = NewRun {
        run: RunId(11),
        ..born
    };
    worker
        .commit(vec![Write::End(continued), Write::Start(next)])
        .await;
    assert_eq!(found(store).await.ended, []);
    worker.write(Write::End(end(11, 0))).await;
    let ended = found(store).await.ended;
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].run, &ended[0].id), (RunId(11), &id(10)));
}

pub async fn a_batch_that_fails_tells_no_schedule(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    done(store, put(None, row(10))).await;
    let born = NewRun {
        owner: Some(worker.id()),
        ..its(10)
    };
    worker.write(Write::Start(born)).await;
    let before = found(store).await;
    let other = crate::id::Incarnation(2);
    let writes = vec![Write::End(end(10, 0)), Write::Start(owned(20, other))];
    let answer = worker.try_commit(writes).await;
    assert!(
        matches!(answer, Err(FenceError::Store(StoreError::Bug(_)))),
        "{answer:?}"
    );
    assert_eq!(found(store).await, before);
}

pub async fn a_deleted_schedule_leaves_its_runs_and_hears_nothing(store: &dyn Store) {
    let write = ScheduleWrite {
        starts: vec![its(10), its(11)],
        ..put(None, row(10))
    };
    done(store, write).await;
    store.send(&id(10), terminate("t")).await.expect("sent");
    let version = Some(found(store).await.version);
    done(store, ScheduleWrite::of(nightly(), version)).await;
    assert_eq!(store.schedule(&nightly()).await, Ok(None));
    let gone = store.write_schedule(ScheduleWrite::of(nightly(), version));
    assert_eq!(gone.await, Ok(ScheduleWritten::Changed));
    store.send(&id(11), terminate("t")).await.expect("sent");
    done(store, put(None, row(10))).await;
    assert_eq!(found(store).await.ended, []);
}

pub async fn schedules_come_by_id_and_by_time(store: &dyn Store) {
    let named = |name: &str| ScheduleId::new(name).expect("a valid id");
    for (name, due_at) in [
        ("b", Some(30)),
        ("a", Some(40)),
        ("d", None),
        ("c", Some(20)),
    ] {
        let row = ScheduleRow {
            due_at: due_at.map(Timestamp),
            ..row(0)
        };
        let write = ScheduleWrite {
            row: Some(row),
            ..ScheduleWrite::of(named(name), None)
        };
        done(store, write).await;
    }
    let names = |found: Result<Vec<ScheduleRecord>, StoreError>| {
        let found = found.expect("readable");
        let names: Vec<_> = found.iter().map(|s| s.id.to_string()).collect();
        names.join("")
    };
    assert_eq!(names(store.schedules(None, 9).await), "abcd");
    assert_eq!(names(store.schedules(None, 2).await), "ab");
    assert_eq!(names(store.schedules(Some(named("b")), 9).await), "cd");
    assert_eq!(names(store.soonest_schedules(9).await), "cba");
    assert_eq!(names(store.soonest_schedules(1).await), "c");
}

pub async fn a_schedule_has_limits(store: &dyn Store) {
    let large = ScheduleRow {
        state: vec![0; limits::VALUE_BYTES_MAX + 1],
        ..row(0)
    };
    let answer = store.write_schedule(put(None, large)).await;
    assert!(
        matches!(answer, Err(StoreError::TooLarge { .. })),
        "{answer:?}"
    );
}
