//! The floor: bare SQLite with the same rows, bytes and durability, and nothing else.
//!
//! An order is four commits: its row and its first step; two more steps; the last step and the
//! end of the row.

use anyhow::Context;
use rusqlite::{Connection, params};
use std::path::Path;
use std::time::{Duration, Instant};

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    CREATE TABLE worker(worker INTEGER PRIMARY KEY, beat INTEGER NOT NULL) STRICT;
    CREATE TABLE workflow(run INTEGER PRIMARY KEY, id TEXT NOT NULL, phase INTEGER NOT NULL,
        input BLOB, output BLOB) STRICT;
    CREATE UNIQUE INDEX workflow_id ON workflow(id);
    CREATE TABLE step(sid INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL,
        at INTEGER NOT NULL, result BLOB, frame BLOB) STRICT;
    CREATE UNIQUE INDEX step_run ON step(run, seq);
    INSERT INTO worker VALUES (1, 0);
";

/// Sizes of the stored values, taken from the real thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes {
    pub(super) input: usize,
    pub(super) result: usize,
    pub(super) frame: usize,
}

/// What the floor does.
#[derive(Debug)]
pub(super) struct Floor {
    /// Orders per second.
    pub(super) rate: f64,
    /// Time of one order, one at a time: its four commits.
    pub(super) latencies: Vec<Duration>,
}

/// Runs `orders` orders with `in_flight` of them in every commit.
pub(super) fn run(
    folder: &Path,
    orders: usize,
    in_flight: usize,
    bytes: Bytes,
) -> anyhow::Result<Floor> {
    let path = folder.join(format!("floor-{in_flight}.db"));
    let mut db = Connection::open(path).context("cannot open the floor's database")?;
    db.execute_batch(SCHEMA)?;
    let mut latencies = Vec::new();
    let began = Instant::now();
    let mut first = 0;
    while first < orders {
        let batch = first..(first + in_flight).min(orders);
        let start = Instant::now();
        for stage in 0..4 {
            commit(&mut db, batch.clone(), stage, bytes)?;
        }
        latencies.push(start.elapsed());
        first = batch.end;
    }
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 orders")]
    let rate = orders as f64 / began.elapsed().as_secs_f64();
    Ok(Floor { rate, latencies })
}

fn commit(
    db: &mut Connection,
    orders: std::ops::Range<usize>,
    stage: i64,
    bytes: Bytes,
) -> anyhow::Result<()> {
    let (input, result, frame) = (
        vec![7_u8; bytes.input],
        vec![7_u8; bytes.result],
        vec![7_u8; bytes.frame],
    );
    let transaction = db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        transaction
            .prepare_cached("UPDATE worker SET beat = beat + 1")?
            .execute([])?;
        let mut start =
            transaction.prepare_cached("INSERT INTO workflow VALUES (?1, ?2, 0, ?3, NULL)")?;
        let mut step = transaction.prepare_cached(
            "INSERT INTO step(run, seq, at, result, frame) VALUES (?1, ?2, 0, ?3, ?4)",
        )?;
        let mut end = transaction
            .prepare_cached("UPDATE workflow SET phase = 1, output = ?2 WHERE run = ?1")?;
        let mut drop_frames =
            transaction.prepare_cached("UPDATE step SET frame = NULL WHERE run = ?1")?;
        for order in orders {
            let run = i64::try_from(order)? + 1;
            if stage == 0 {
                start.execute(params![run, format!("order-{order:09}"), input])?;
            }
            let (result, frame) = (
                (stage > 0).then_some(&result),
                (stage < 3).then_some(&frame),
            );
            step.execute(params![run, stage + 1, result, frame])?;
            if stage == 3 {
                end.execute(params![run, result])?;
                drop_frames.execute(params![run])?;
            }
        }
    }
    transaction.commit()?;
    Ok(())
}
