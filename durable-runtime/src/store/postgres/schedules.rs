//! Schedules: rows with a version, and what they hear of the ends of their runs.

use super::error::{Fault, Outcome, again, bug};
use super::pool::Conn;
use super::session::{Columns, Values, number};
use super::transact::Tx;
use super::{PostgresStore, client, line, rows, starting};
use crate::id::{RunId, ScheduleId, Timestamp};
use crate::store::{
    ScheduleRecord, ScheduleRow, ScheduleWrite, ScheduleWritten, ScheduledEnd, Schedules,
    StoreError, Written, limits,
};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Row;

const SCHEDULE: &str = "SELECT id, version, due_at, definition, state FROM @schedule ";

#[async_trait]
impl Schedules for PostgresStore {
    async fn write_schedule(&self, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
        limits::check_schedule(&write)?;
        let names: Vec<_> = write.starts.iter().flat_map(starting::names).collect();
        self.write(&names, |tx| self::write(tx, &write)).await
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        let work = |conn| async move {
            let found = read(conn, "WHERE id=$1", &[&id.as_str()]).await?;
            Ok(found.into_iter().next())
        };
        self.moment(work).await
    }

    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        at_most: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        let after = after.as_ref().map_or("", ScheduleId::as_str);
        let work = |conn| async move {
            let rest = "WHERE id>$1 ORDER BY id LIMIT $2";
            read(conn, rest, &[&after, &number(at_most)]).await
        };
        self.moment(work).await
    }

    async fn soonest_schedules(&self, at_most: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        let work = |conn| async move {
            let rest = "WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT $1";
            read(conn, rest, &[&number(at_most)]).await
        };
        self.moment(work).await
    }
}

/// Looks first whether all of it can be done. If somebody is faster with the schedule or an id after
/// that, the transaction begins again, and sees so.
async fn write(tx: Tx, write: &ScheduleWrite) -> Outcome<ScheduleWritten> {
    let id = write.id.as_str();
    if version(&tx, id).await? != write.expected {
        return Ok(ScheduleWritten::Changed);
    }
    let (mut taken, mut run_taken) = (Vec::new(), false);
    for start in &write.starts {
        let (of_id, of_run) = (
            "SELECT 1 FROM @workflow WHERE id=$1 AND current",
            "SELECT 1 FROM @workflow WHERE run=$1",
        );
        if tx.any(of_id, &[&start.id.as_str()]).await? {
            taken.push(start.id.clone());
        } else if tx.any(of_run, &[&start.run.0]).await? {
            run_taken = true;
            break;
        }
    }
    if run_taken || !taken.is_empty() {
        // By whoever has changed it since, perhaps: each statement sees what was committed before it.
        let is_same = version(&tx, id).await? == write.expected;
        return Ok(match run_taken {
            _ if !is_same => ScheduleWritten::Changed,
            true => ScheduleWritten::RunTaken,
            false => ScheduleWritten::Taken(taken),
        });
    }
    take(&tx, write).await?;
    put(&tx, write).await?;
    if write.told || write.row.is_none() {
        let sql = "DELETE FROM @schedule_end WHERE schedule=$1";
        tx.execute(sql, &[&id]).await?;
    }
    for start in &write.starts {
        if client::begin(&tx, start).await? != Written::Started {
            return Err(overtaken(id));
        }
    }
    for (id, message) in &write.sends {
        client::to_current(&tx, id, message).await?;
    }
    tx.news().noteworthy();
    Ok(ScheduleWritten::Done)
}

async fn version(tx: &Tx, id: &str) -> Outcome<Option<i64>> {
    let sql = "SELECT version FROM @schedule WHERE id=$1";
    tx.first(sql, &[&id], |row| Columns::of(row).next()).await
}

/// Takes lines and runs that it writes to: they come before the schedule.
async fn take(tx: &Tx, write: &ScheduleWrite) -> Outcome<()> {
    let mut queues = BTreeSet::new();
    for start in &write.starts {
        queues.insert(tx.name(&start.queue)?);
    }
    if !queues.is_empty() {
        line::take(tx, &queues).await?;
    }
    if write.sends.is_empty() {
        return Ok(());
    }
    let ids: Vec<_> = write.sends.iter().map(|(id, _)| id.as_str()).collect();
    let sql = "SELECT run FROM @workflow WHERE id=ANY($1) AND current \
        ORDER BY run FOR NO KEY UPDATE";
    tx.rows(sql, &[&ids]).await?;
    Ok(())
}

async fn put(tx: &Tx, write: &ScheduleWrite) -> Outcome<()> {
    let id = write.id.as_str();
    let changed = match (&write.row, write.expected) {
        (None, None) => return Ok(()),
        (None, Some(version)) => {
            let sql = "DELETE FROM @schedule WHERE id=$1 AND version=$2";
            tx.execute(sql, &[&id, &version]).await?
        }
        (Some(row), None) => {
            let sql = "INSERT INTO @schedule(id,version,due_at,definition,state) \
                VALUES($1,1,$2,$3,$4) ON CONFLICT DO NOTHING";
            let due_at = row.due_at.map(|at| at.0);
            tx.execute(sql, &[&id, &due_at, &row.definition, &row.state])
                .await?
        }
        (Some(row), Some(version)) => {
            let sql = "UPDATE @schedule SET version=version+1, due_at=$3, definition=$4, state=$5 \
                WHERE id=$1 AND version=$2";
            let due_at = row.due_at.map(|at| at.0);
            let values: Values<'_> = &[&id, &version, &due_at, &row.definition, &row.state];
            tx.execute(sql, values).await?
        }
    };
    match changed {
        0 => Err(overtaken(id)),
        _ => Ok(()),
    }
}

/// Somebody has changed what was looked at.
fn overtaken(id: &str) -> Fault {
    again(format!("others write schedule {id}"))
}

/// Tells its schedule of a run that has just ended for good, if that is still there.
pub(super) async fn told(tx: &Tx, run: RunId, at: Timestamp) -> Outcome<()> {
    // The row of the schedule first: who deletes it deletes what it was told with it.
    let due = tx
        .execute(
            "UPDATE @schedule SET version=version+1, due_at=least(due_at,$2) \
             WHERE id=(SELECT schedule FROM @workflow WHERE run=$1)",
            &[&run.0, &at.0],
        )
        .await?;
    if due > 0 {
        tx.execute(
            "INSERT INTO @schedule_end(schedule,run,id,started_at,ended_at,phase,output,error) \
             SELECT schedule, run, id, created_at, $2, phase, output, error FROM @workflow \
             WHERE run=$1",
            &[&run.0, &at.0],
        )
        .await?;
    }
    Ok(())
}

/// Schedules with the ends that they have not been told of: two statements, of one moment.
async fn read(conn: Conn, rest: &str, values: Values<'_>) -> Outcome<Vec<ScheduleRecord>> {
    let sql = format!("{SCHEDULE}{rest}");
    let mut found = conn.all(&sql, values, schedule).await?;
    let ids: Vec<_> = found.iter().map(|record| record.id.as_str()).collect();
    let sql = "SELECT schedule, run, id, started_at, ended_at, phase, output, error \
        FROM @schedule_end WHERE schedule=ANY($1) ORDER BY ended_at, run";
    let mut ends = BTreeMap::<String, Vec<ScheduledEnd>>::new();
    for (schedule, end) in conn.all(sql, &[&ids], ended).await? {
        ends.entry(schedule).or_default().push(end);
    }
    for record in &mut found {
        record.ended = ends.remove(record.id.as_str()).unwrap_or_default();
    }
    Ok(found)
}

fn schedule(row: &Row) -> Outcome<ScheduleRecord> {
    let mut row = Columns::of(row);
    let id: String = row.next()?;
    Ok(ScheduleRecord {
        id: ScheduleId::new(id).map_err(|error| bug(error.to_string()))?,
        version: row.next()?,
        row: ScheduleRow {
            due_at: rows::time(&mut row)?,
            definition: row.next()?,
            state: row.next()?,
        },
        ended: Vec::new(),
    })
}

fn ended(row: &Row) -> Outcome<(String, ScheduledEnd)> {
    let mut row = Columns::of(row);
    let schedule = row.next()?;
    let end = ScheduledEnd {
        run: RunId(row.next()?),
        id: rows::id(&mut row)?,
        started_at: Timestamp(row.next()?),
        ended_at: Timestamp(row.next()?),
        phase: rows::phase(row.next()?)?,
        output: row.next()?,
        error: rows::text(&mut row)?,
    };
    Ok((schedule, end))
}
