//! Schedules: rows with a version, and what they hear of the ends of their runs.

use super::db::Db;
use super::error::{Outcome, bug};
use super::{SqliteStore, client, limit, rows};
use crate::id::{RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    ScheduleRecord, ScheduleRow, ScheduleWrite, ScheduleWritten, Scheduled, ScheduledEnd,
    Schedules, StoreError, Written, limits,
};
use async_trait::async_trait;
use rusqlite::{Connection, Params, Row, params};

const SCHEDULE: &str = "SELECT id, version, due_at, definition, state FROM schedule ";

#[async_trait]
impl Schedules for SqliteStore {
    async fn write_schedule(&self, write: ScheduleWrite) -> Result<ScheduleWritten, StoreError> {
        limits::check_schedule(&write)?;
        self.write_unfenced(move |db| self::write(db, &write)).await
    }

    async fn schedule(&self, id: &ScheduleId) -> Result<Option<ScheduleRecord>, StoreError> {
        let id = id.as_str().to_owned();
        let work = move |conn: &_| Ok(read(conn, "WHERE id=?1", [id])?.pop());
        self.readers.call(work).await
    }

    async fn schedules(
        &self,
        after: Option<ScheduleId>,
        at_most: usize,
    ) -> Result<Vec<ScheduleRecord>, StoreError> {
        let after = after.map_or_else(String::new, String::from);
        let work = move |conn: &_| {
            let rest = "WHERE id>?1 ORDER BY id LIMIT ?2";
            read(conn, rest, params![after, limit(at_most)])
        };
        self.readers.call(work).await
    }

    async fn soonest_schedules(&self, at_most: usize) -> Result<Vec<ScheduleRecord>, StoreError> {
        let work = move |conn: &_| {
            let rest = "WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?1";
            read(conn, rest, [limit(at_most)])
        };
        self.readers.call(work).await
    }
}

/// Looks first whether all of it can be done, so that there is nothing to take back.
fn write(db: &mut Db, write: &ScheduleWrite) -> Outcome<ScheduleWritten> {
    let id = write.id.as_str();
    let version = "SELECT version FROM schedule WHERE id=?1";
    if rows::first(&db.conn, version, [id], |row| row.get(0))? != write.expected {
        return Ok(ScheduleWritten::Changed);
    }
    let mut taken = Vec::new();
    for start in &write.starts {
        let other = "SELECT 1 FROM workflow WHERE run=?1";
        if rows::current(&db.conn, &start.id)?.is_some() {
            taken.push(start.id.clone());
        } else if rows::first(&db.conn, other, [start.run.0], |_| Ok(()))?.is_some() {
            return Ok(ScheduleWritten::RunTaken);
        }
    }
    if !taken.is_empty() {
        return Ok(ScheduleWritten::Taken(taken));
    }
    put(db, write)?;
    if write.told || write.row.is_none() {
        db.conn
            .prepare_cached("DELETE FROM schedule_end WHERE schedule=?1")?
            .execute([id])?;
    }
    for start in &write.starts {
        let written = client::start(db, start)?;
        if written != Written::Started {
            return Err(bug(format!("a start of schedule {id}: {written:?}")).into());
        }
    }
    for (id, message) in &write.sends {
        client::send(db, id, message)?;
    }
    db.news.noteworthy();
    Ok(ScheduleWritten::Done)
}

fn put(db: &mut Db, write: &ScheduleWrite) -> Outcome<()> {
    let id = write.id.as_str();
    let Some(row) = &write.row else {
        db.conn
            .prepare_cached("DELETE FROM schedule WHERE id=?1")?
            .execute([id])?;
        return Ok(());
    };
    db.conn
        .prepare_cached(
            "INSERT INTO schedule(id,version,due_at,definition,state) VALUES(?1,1,?2,?3,?4) \
             ON CONFLICT(id) DO UPDATE SET version=version+1, due_at=?2, definition=?3, state=?4",
        )?
        .execute(params![
            id,
            row.due_at.map(|at| at.0),
            row.definition,
            row.state
        ])?;
    Ok(())
}

/// Tells its schedule of a run that has just ended for good, if that is still there.
pub(super) fn told(db: &Db, run: RunId, at: Timestamp) -> Outcome<()> {
    let told = db
        .conn
        .prepare_cached(
            "INSERT INTO schedule_end(schedule,run,id,started_at,ended_at,phase,output,error) \
             SELECT w.schedule, w.run, w.id, w.created_at, ?2, w.phase, w.output, w.error \
             FROM workflow w JOIN schedule s ON s.id=w.schedule WHERE w.run=?1",
        )?
        .execute([run.0, at.0])?;
    if told > 0 {
        db.conn
            .prepare_cached(
                "UPDATE schedule SET version=version+1, due_at=min(coalesce(due_at,?2),?2) \
                 WHERE id=(SELECT schedule FROM workflow WHERE run=?1)",
            )?
            .execute([run.0, at.0])?;
    }
    Ok(())
}

fn read(conn: &Connection, rest: &str, params: impl Params) -> Outcome<Vec<ScheduleRecord>> {
    let moment = conn.unchecked_transaction()?;
    let sql = format!("{SCHEDULE}{rest}");
    let mut found = rows::all(&moment, &sql, params, schedule)?;
    for record in &mut found {
        record.ended = rows::all(
            &moment,
            "SELECT run, id, started_at, ended_at, phase, output, error FROM schedule_end \
             WHERE schedule=?1 ORDER BY ended_at, run",
            [record.id.as_str()],
            ended,
        )?;
    }
    Ok(found)
}

fn schedule(row: &Row<'_>) -> rusqlite::Result<ScheduleRecord> {
    Ok(ScheduleRecord {
        id: schedule_id(row, 0)?,
        version: row.get(1)?,
        row: ScheduleRow {
            due_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
            definition: row.get(3)?,
            state: row.get(4)?,
        },
        ended: Vec::new(),
    })
}

fn ended(row: &Row<'_>) -> rusqlite::Result<ScheduledEnd> {
    let id: String = row.get(1)?;
    let phase: i64 = row.get(4)?;
    let phase = rows::phase(phase).ok_or_else(|| rows::foreign(4, format!("phase {phase}")));
    Ok(ScheduledEnd {
        run: RunId(row.get(0)?),
        id: WorkflowId::new(id).map_err(|error| rows::foreign(1, error.to_string()))?,
        started_at: Timestamp(row.get(2)?),
        ended_at: Timestamp(row.get(3)?),
        phase: phase?,
        output: row.get(5)?,
        error: row.get(6)?,
    })
}

/// The columns `schedule, schedule_at, last_result`, beginning at `first`.
pub(super) fn scheduled(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Scheduled>> {
    if row.get::<_, Option<String>>(first)?.is_none() {
        return Ok(None);
    }
    Ok(Some(Scheduled {
        schedule: schedule_id(row, first)?,
        at: Timestamp(row.get(first + 1)?),
        last_result: row.get(first + 2)?,
    }))
}

fn schedule_id(row: &Row<'_>, at: usize) -> rusqlite::Result<ScheduleId> {
    let id: String = row.get(at)?;
    ScheduleId::new(id).map_err(|error| rows::foreign(at, error.to_string()))
}
