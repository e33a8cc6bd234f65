//! Rows to records.

use super::error::{Outcome, bug};
use super::schedules;
use crate::codec;
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{
    AttemptOf, AttemptRecord, Heard, Message, MessageKind, Parent, ParentClose, Paused, Phase,
    QueueSettings, Queueing, Reply, ReplyStage, RunRecord, RunState, StepRecord, Tags, Terms,
};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Params, Row};
use serde::de::DeserializeOwned;

/// The columns of [`run`], with the run's row as `w`.
pub(super) const RUN: &str = "SELECT w.run, w.id, \
    (SELECT text FROM name WHERE n=w.kind), (SELECT text FROM name WHERE n=w.queue), \
    w.phase, w.owner, w.seq, w.created_at, w.finished_at, w.input, w.output, w.error, \
    r.run, r.due_at, r.blocked, w.parent, w.parent_op, w.parent_close, w.reports, \
    w.published, w.terms, w.schedule, w.schedule_at, w.last_result, w.tags, w.paused, w.paused_at, \
    w.queueing, w.placed IS NOT NULL \
    FROM workflow w LEFT JOIN ready r ON r.run=w.run ";

/// The columns of [`step`].
const STEP: &str = "SELECT s.seq, n.text, s.at, s.result, s.frame \
    FROM step s CROSS JOIN name n ON n.n=s.label ";

/// The columns of [`attempt`].
const ATTEMPT: &str = "SELECT run, kind, number, attempt, at, error, next_at FROM attempt";

/// A value that no version of this program writes.
pub(super) fn foreign(column: usize, what: String) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, what.into())
}

pub(super) fn phase(number: i64) -> Option<Phase> {
    [
        Phase::Running,
        Phase::Completed,
        Phase::Continued,
        Phase::Failed,
        Phase::Cancelled,
        Phase::Terminated,
        Phase::TimedOut,
    ]
    .into_iter()
    .find(|phase| *phase as i64 == number)
}

pub(super) fn run(row: &Row<'_>) -> rusqlite::Result<RunRecord> {
    let id: String = row.get(1)?;
    let number: i64 = row.get(4)?;
    let phase = phase(number).ok_or_else(|| foreign(4, format!("phase {number}")))?;
    Ok(RunRecord {
        run: RunId(row.get(0)?),
        id: WorkflowId::new(id).map_err(|error| foreign(1, error.to_string()))?,
        workflow: row.get(2)?,
        queue: row.get(3)?,
        phase,
        state: state(row, phase)?,
        paused: paused(row, 25)?.filter(|_| phase == Phase::Running),
        seq: row.get(6)?,
        created_at: Timestamp(row.get(7)?),
        finished_at: row.get::<_, Option<i64>>(8)?.map(Timestamp),
        input: row.get(9)?,
        output: row.get(10)?,
        error: row.get(11)?,
        parent: parent(row, 15)?,
        published: row.get(19)?,
        terms: plain(row, 20)?,
        scheduled: schedules::scheduled(row, 21)?,
        tags: tags(row, 24)?,
        queueing: queueing(row, 27)?,
        placed: row.get(28)?,
    })
}

/// The columns `parent, parent_op, parent_close, reports`, beginning at `first`.
pub(super) fn parent(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Parent>> {
    let Some(run) = row.get::<_, Option<i64>>(first)? else {
        return Ok(None);
    };
    Ok(Some(Parent {
        run: RunId(run),
        op: row.get::<_, i64>(first + 1)?.cast_unsigned(),
        close: close(row, first + 2)?,
        reports: row.get(first + 3)?,
    }))
}

/// The columns `paused, paused_at`, beginning at `first`.
fn paused(row: &Row<'_>, first: usize) -> rusqlite::Result<Option<Paused>> {
    let Some(reason) = row.get(first)? else {
        return Ok(None);
    };
    let at = Timestamp(row.get(first + 1)?);
    Ok(Some(Paused { at, reason }))
}

/// What the column `terms` holds; most runs have none.
pub(super) fn terms(terms: &Terms) -> Option<Vec<u8>> {
    (!terms.is_default()).then(|| codec::encode_plain(terms))
}

/// What the column `queueing` holds; most runs have none.
pub(super) fn encoded_queueing(queueing: &Queueing) -> Option<Vec<u8>> {
    (!queueing.is_default()).then(|| codec::encode_plain(queueing))
}

/// The column `settings` of a queue.
pub(super) fn settings(row: &Row<'_>, at: usize) -> rusqlite::Result<QueueSettings> {
    plain(row, at)
}

/// The column `queueing`.
pub(super) fn queueing(row: &Row<'_>, at: usize) -> rusqlite::Result<Queueing> {
    plain(row, at)
}

/// The column `tags`.
pub(super) fn tags(row: &Row<'_>, at: usize) -> rusqlite::Result<Tags> {
    plain(row, at)
}

/// Encoded data that is NULL where there is nothing of it.
fn plain<T: Default + DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    match row.get::<_, Option<Vec<u8>>>(at)? {
        Some(bytes) => codec::decode(&bytes).map_err(|error| foreign(at, error.to_string())),
        None => Ok(T::default()),
    }
}

/// What has been said of a message, from the columns `msg, stage, reply`.
pub(super) fn reply(row: &Row<'_>) -> rusqlite::Result<Heard> {
    let Some(number) = row.get::<_, Option<i64>>(1)? else {
        return Ok(Heard::Nothing);
    };
    let stage = ReplyStage::from_number(number);
    Ok(Heard::Reply(Reply {
        msg: row.get(0)?,
        stage: stage.ok_or_else(|| foreign(1, format!("stage {number}")))?,
        payload: row.get(2)?,
    }))
}

/// The column `parent_close`.
pub(super) fn close(row: &Row<'_>, at: usize) -> rusqlite::Result<ParentClose> {
    let number = row.get(at)?;
    ParentClose::from_number(number).ok_or_else(|| foreign(at, format!("policy {number}")))
}

fn state(row: &Row<'_>, phase: Phase) -> rusqlite::Result<RunState> {
    let owner: Option<i64> = row.get(5)?;
    let ready: Option<i64> = row.get(12)?;
    let due_at: Option<i64> = row.get(13)?;
    let blocked: Option<String> = row.get(14)?;
    Ok(match (phase, owner, ready, blocked, due_at) {
        (Phase::Running, Some(owner), ..) => RunState::Owned(Incarnation(owner)),
        (Phase::Running, None, Some(_), Some(reason), _) => RunState::Blocked(reason),
        (Phase::Running, None, Some(_), None, Some(at)) => RunState::Waiting(Timestamp(at)),
        (Phase::Running, None, Some(_), None, None) => RunState::Idle,
        // Excluded by the protocol; shown rather than hidden, should it ever be.
        (Phase::Running, None, None, ..) => {
            RunState::Blocked("neither owned nor waiting: its `ready` row is missing".into())
        }
        _ => RunState::Finished,
    })
}

pub(super) fn step(row: &Row<'_>) -> rusqlite::Result<StepRecord> {
    Ok(StepRecord {
        seq: row.get(0)?,
        label: row.get(1)?,
        at: Timestamp(row.get(2)?),
        result: row.get(3)?,
        frame: row.get(4)?,
    })
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<AttemptRecord> {
    let number: i64 = row.get(2)?;
    let of = match row.get(1)? {
        0 => AttemptOf::Activity {
            op: number.cast_unsigned(),
        },
        1 => AttemptOf::Workflow { seq: number },
        other => return Err(foreign(1, format!("attempt kind {other}"))),
    };
    Ok(AttemptRecord {
        run: RunId(row.get(0)?),
        of,
        attempt: row.get(3)?,
        at: Timestamp(row.get(4)?),
        error: row.get(5)?,
        next_at: Timestamp(row.get(6)?),
    })
}

/// The columns `kind` and `number` of an attempt.
pub(super) fn tried(of: AttemptOf) -> (i64, i64) {
    match of {
        AttemptOf::Activity { op } => (0, op.cast_signed()),
        AttemptOf::Workflow { seq } => (1, seq),
    }
}

/// A message from the columns `msg, ord, kind, payload, sent_at, name`, beginning at `first`.
pub(super) fn message(row: &Row<'_>, first: usize) -> rusqlite::Result<Message> {
    let kind = match row.get(first + 2)? {
        0 => MessageKind::Cancel,
        1 => MessageKind::Terminate,
        2 => MessageKind::Signal,
        3 => MessageKind::ChildEnded,
        4 => MessageKind::Update,
        5 => MessageKind::Pause,
        6 => MessageKind::Resume,
        7 => MessageKind::Activity,
        other => return Err(foreign(first + 2, format!("message kind {other}"))),
    };
    Ok(Message {
        msg: row.get(first)?,
        ord: row.get(first + 1)?,
        kind,
        payload: row.get(first + 3)?,
        sent_at: Timestamp(row.get(first + 4)?),
        name: row.get(first + 5)?,
    })
}

/// All rows of a statement.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Outcome<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The first row of a statement, if there is one.
pub(super) fn first<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Outcome<Option<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    Ok(statement.query_row(params, read).optional()?)
}

/// A run that must be there.
pub(super) fn run_by_number(conn: &Connection, number: RunId) -> Outcome<RunRecord> {
    let found = first(conn, &format!("{RUN} WHERE w.run=?1"), [number.0], run)?;
    found.ok_or_else(|| bug(format!("run {number} vanished")).into())
}

/// The current run of an id.
pub(super) fn current(conn: &Connection, id: &WorkflowId) -> Outcome<Option<RunRecord>> {
    let sql = format!("{RUN} WHERE w.id=?1 AND w.current=1");
    first(conn, &sql, [id.as_str()], run)
}

pub(super) fn latest_step(conn: &Connection, run: RunId) -> Outcome<Option<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=?1 ORDER BY s.seq DESC LIMIT 1");
    first(conn, &sql, [run.0], step)
}

pub(super) fn steps(
    conn: &Connection,
    run: RunId,
    after: i64,
    limit: i64,
) -> Outcome<Vec<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=?1 AND s.seq>?2 ORDER BY s.seq LIMIT ?3");
    all(conn, &sql, [run.0, after, limit], step)
}

/// All failed attempts of a run.
pub(super) fn attempts(conn: &Connection, run: RunId) -> Outcome<Vec<AttemptRecord>> {
    let sql = format!("{ATTEMPT} WHERE run=?1 ORDER BY aid");
    all(conn, &sql, [run.0], attempt)
}

/// The failed attempts of what no step has settled.
pub(super) fn open_attempts(conn: &Connection, run: RunId) -> Outcome<Vec<AttemptRecord>> {
    let sql = format!("{ATTEMPT} WHERE run=?1 AND settled=0 ORDER BY aid");
    all(conn, &sql, [run.0], attempt)
}

/// The unread messages of a run behind `after`.
pub(super) fn inbox(conn: &Connection, run: RunId, after: i64) -> Outcome<Vec<Message>> {
    let sql = "SELECT msg, ord, kind, payload, sent_at, name FROM inbox \
        WHERE run=?1 AND used_seq IS NULL AND ord>?2 ORDER BY ord";
    all(conn, sql, [run.0, after], |row| message(row, 0))
}
