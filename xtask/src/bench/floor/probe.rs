//! How many bytes the store really keeps for a run: those that the floor writes too.

use super::{Shape, StepShape};
use crate::bench::setting::Place;
use crate::local::with_worker;
use anyhow::ensure;
use durable_runtime::Client;
use durable_runtime::engine::WorkerOptions;
use rusqlite::{Connection, OpenFlags, Row};
use std::future::Future;

/// Lets `body` run one workflow, and measures what it left.
pub(in crate::bench) async fn probe<F: Future<Output = anyhow::Result<()>>>(
    place: &Place,
    body: impl FnOnce(Client) -> F,
) -> anyhow::Result<Shape> {
    let options = WorkerOptions {
        keep_frames: true,
        ..WorkerOptions::default()
    };
    with_worker(&place.database(), options, body).await?;
    let db = Connection::open_with_flags(place.database(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let (input, output) = db.query_row(
        "SELECT length(input), length(output) FROM workflow",
        [],
        |row| Ok((len(row, 0)?, len(row, 1)?)),
    )?;
    let mut steps = db.prepare("SELECT length(result), length(frame) FROM step ORDER BY seq")?;
    let steps = steps.query_map([], |row| {
        Ok(StepShape {
            result: len(row, 0)?,
            frame: len(row, 1)?,
        })
    })?;
    let steps: Vec<StepShape> = steps.collect::<Result<_, _>>()?;
    ensure!(!steps.is_empty(), "the probe has left no step");
    Ok(Shape {
        input: input.unwrap_or_default(),
        output: output.unwrap_or_default(),
        steps,
    })
}

fn len(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<usize>> {
    Ok(row.get::<_, Option<u32>>(column)?.map(|len| len as usize))
}
