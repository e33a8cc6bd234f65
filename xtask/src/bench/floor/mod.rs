//! The floor: bare SQLite with the same rows, bytes and durability, and nothing else.
//!
//! Run by run: a row for the workflow, one for each of its steps, and the end of its row; the first
//! step is committed with the start, the last one with the end. The layout is that of the store
//! without whatever serves other features.

mod inbox;
mod probe;
mod sleep;

pub(super) use probe::probe;

use anyhow::Context;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

/// As the store has them: the log goes into the file from 32 MiB on.
const SETTINGS: &str = "
    PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
    PRAGMA wal_autocheckpoint = 8000;
";

const SCHEMA: &str = "
    CREATE TABLE worker(worker INTEGER PRIMARY KEY, beat INTEGER NOT NULL) STRICT;
    CREATE TABLE workflow(run INTEGER PRIMARY KEY, id TEXT NOT NULL, phase INTEGER NOT NULL,
        owner INTEGER, wakes INTEGER NOT NULL DEFAULT 0, input BLOB, output BLOB) STRICT;
    CREATE UNIQUE INDEX workflow_id ON workflow(id);
    CREATE TABLE step(sid INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL,
        at INTEGER NOT NULL, result BLOB, frame BLOB) STRICT;
    CREATE UNIQUE INDEX step_run ON step(run, seq);
    CREATE TABLE ready(run INTEGER PRIMARY KEY, due_at INTEGER) STRICT;
    CREATE INDEX ready_due ON ready(due_at) WHERE due_at IS NOT NULL;
    CREATE TABLE inbox(run INTEGER NOT NULL, msg TEXT NOT NULL, ord INTEGER NOT NULL,
        payload BLOB NOT NULL, used_seq INTEGER, PRIMARY KEY(run, msg)) STRICT;
    CREATE INDEX inbox_open ON inbox(run, ord) WHERE used_seq IS NULL;
    INSERT INTO worker VALUES (1, 0);
";

/// How many bytes the values of a run have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) input: usize,
    pub(super) output: usize,
    pub(super) steps: Vec<StepShape>,
}

/// How many bytes the values of a step have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StepShape {
    pub(super) result: Option<usize>,
    pub(super) frame: Option<usize>,
}

impl Shape {
    /// The same with so many awaits, each like the second one.
    pub(super) fn awaits(&self, awaits: usize) -> anyhow::Result<Self> {
        let first = *self.steps.first().context("a step")?;
        let middle = *self.steps.get(1).context("a second step")?;
        let last = *self.steps.last().context("a step")?;
        let mut steps = vec![middle; awaits + 1];
        steps[0] = first;
        steps[awaits] = last;
        Ok(Self {
            steps,
            ..self.clone()
        })
    }
}

/// A database without anything around it.
#[derive(Debug)]
pub(super) struct Floor {
    db: Connection,
}

impl Floor {
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let floor = Self::open(path)?;
        floor.db.execute_batch(SCHEMA)?;
        Ok(floor)
    }

    pub(super) fn open(path: &Path) -> anyhow::Result<Self> {
        let db = Connection::open(path).context("cannot open the floor's database")?;
        db.set_prepared_statement_cache_capacity(64);
        db.execute_batch(SETTINGS)?;
        Ok(Self { db })
    }

    /// Runs these, so many of them in each commit. Gives how long each batch took from its first
    /// commit to its last.
    pub(super) fn runs(
        &mut self,
        runs: Range<usize>,
        batch: usize,
        shape: &Shape,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        for first in runs.clone().step_by(batch) {
            let together = first..(first + batch).min(runs.end);
            let began = Instant::now();
            for stage in 0..shape.steps.len() {
                self.commit(|transaction| stage_of(transaction, together.clone(), stage, shape))?;
            }
            times.push(began.elapsed());
        }
        Ok(times)
    }

    /// One transaction, fenced as an owner's are.
    fn commit<T>(
        &mut self,
        body: impl FnOnce(&Transaction<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached("UPDATE worker SET beat = beat + 1 WHERE worker = 1")?
            .execute([])?;
        let done = body(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// A run that stands at an await with so many steps behind it.
    pub(super) fn stand(&mut self, steps: usize, shape: &Shape) -> anyhow::Result<()> {
        let middle = *shape.steps.get(1).context("a second step")?;
        let (result, frame) = (middle.result.map(bytes), middle.frame.map(bytes));
        self.commit(|transaction| start(transaction, 1, Some(1), &bytes(shape.input)))?;
        for first in (0..steps).step_by(1_000) {
            self.commit(|transaction| {
                for number in first..(first + 1_000).min(steps) {
                    let seq = i64::try_from(number)? + 1;
                    step(transaction, 1, seq, result.as_deref(), frame.as_deref())?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// What a worker reads of a run to go on with it, and the first step that it adds.
    pub(super) fn resume(&mut self, run: i64) -> anyhow::Result<()> {
        let (seq, frame): (i64, Option<Vec<u8>>) = self.db.query_row(
            "SELECT seq, frame FROM step WHERE run = ?1 ORDER BY seq DESC LIMIT 1",
            [run],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        self.commit(|transaction| step(transaction, run, seq + 1, Some(&[7; 8]), frame.as_deref()))
    }
}

fn stage_of(
    transaction: &Transaction<'_>,
    runs: Range<usize>,
    stage: usize,
    shape: &Shape,
) -> anyhow::Result<()> {
    let StepShape { result, frame } = shape.steps[stage];
    let result = result.map(bytes);
    let frame = frame.map(bytes);
    let (input, output) = (bytes(shape.input), bytes(shape.output));
    for number in runs {
        let run = i64::try_from(number)? + 1;
        if stage == 0 {
            start(transaction, run, Some(1), &input)?;
        }
        let seq = i64::try_from(stage)? + 1;
        step(transaction, run, seq, result.as_deref(), frame.as_deref())?;
        if stage + 1 == shape.steps.len() {
            end(transaction, run, &output)?;
        }
    }
    Ok(())
}

fn start(
    transaction: &Transaction<'_>,
    run: i64,
    owner: Option<i64>,
    input: &[u8],
) -> anyhow::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO workflow(run, id, phase, owner, input) VALUES (?1, ?2, 0, ?3, ?4)",
        )?
        .execute(params![run, format!("order-{run:09}"), owner, input])?;
    Ok(())
}

fn step(
    transaction: &Transaction<'_>,
    run: i64,
    seq: i64,
    result: Option<&[u8]>,
    frame: Option<&[u8]>,
) -> anyhow::Result<()> {
    transaction
        .prepare_cached("INSERT INTO step(run, seq, at, result, frame) VALUES (?1, ?2, 0, ?3, ?4)")?
        .execute(params![run, seq, result, frame])?;
    Ok(())
}

fn end(transaction: &Transaction<'_>, run: i64, output: &[u8]) -> anyhow::Result<()> {
    transaction
        .prepare_cached("UPDATE workflow SET phase = 1, owner = NULL, output = ?2 WHERE run = ?1")?
        .execute(params![run, output])?;
    transaction
        .prepare_cached("UPDATE step SET frame = NULL WHERE run = ?1")?
        .execute([run])?;
    Ok(())
}

fn bytes(len: usize) -> Vec<u8> {
    vec![7; len]
}
