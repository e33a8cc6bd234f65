//! Rows to records.
//!
//! A function here reads the columns that the constant beside it selects, from the left to the right.

use super::error::{Outcome, bug};
use super::names::{name, name_of};
use super::session::{Columns, Session, Values, foreign};
use super::text::Text;
use crate::codec;
use crate::id::{Incarnation, RunId, ScheduleId, Timestamp, WorkflowId};
use crate::store::{
    AttemptOf, AttemptRecord, Heard, Message, MessageKind, Parent, ParentClose, Paused, Phase,
    Reply, ReplyStage, RunRecord, RunState, Scheduled, StepRecord,
};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

/// The columns of [`run`], with the run's row as `w`.
pub(super) const RUN: &str = concat!(
    "SELECT w.run, w.id, ",
    name_of!("w.kind"),
    ", ",
    name_of!("w.queue"),
    ", w.phase, w.owner, r.run IS NOT NULL, r.due_at, r.blocked, w.paused, w.paused_at, w.seq, \
     w.created_at, w.finished_at, w.input, w.output, w.error, w.parent, w.parent_op, \
     w.parent_close, w.reports, w.terms, w.schedule, w.schedule_at, w.last_result, w.tags, \
     w.queueing, w.placed IS NOT NULL, w.published \
     FROM @workflow w LEFT JOIN @ready r ON r.run=w.run "
);

/// The columns of [`step`], with the step's row as `s`.
pub(super) const STEP: &str = concat!(
    "SELECT s.seq, ",
    name_of!("s.label"),
    ", s.at, s.result, s.frame FROM @step s "
);

/// The columns of [`attempt`].
pub(super) const ATTEMPT: &str =
    "SELECT run, kind, number, attempt, at, error, next_at FROM @attempt ";

/// The columns of [`message`].
pub(super) const MESSAGE: &str =
    "SELECT coalesce(whole,msg), ord, kind, name, payload, sent_at FROM @inbox ";

pub(super) fn run(row: &Row) -> Outcome<RunRecord> {
    let mut row = Columns::of(row);
    let row = &mut row;
    let (run, id) = (RunId(row.next()?), id(row)?);
    let (workflow, queue) = (name(row)?, name(row)?);
    let phase = phase(row.next()?)?;
    let state = state(row, phase)?;
    let paused = paused(row)?.filter(|_| phase == Phase::Running);
    Ok(RunRecord {
        run,
        id,
        workflow,
        queue,
        phase,
        state,
        paused,
        seq: row.next()?,
        created_at: Timestamp(row.next()?),
        finished_at: time(row)?,
        input: row.next()?,
        output: row.next()?,
        error: text(row)?,
        parent: parent(row)?,
        terms: plain(row)?,
        scheduled: scheduled(row)?,
        tags: plain(row)?,
        queueing: plain(row)?,
        placed: row.next()?,
        published: row.next()?,
    })
}

pub(super) fn phase(number: i16) -> Outcome<Phase> {
    let phases = [
        Phase::Running,
        Phase::Completed,
        Phase::Continued,
        Phase::Failed,
        Phase::Cancelled,
        Phase::Terminated,
        Phase::TimedOut,
    ];
    let found = phases
        .into_iter()
        .find(|phase| small(*phase as u8) == number);
    found.ok_or_else(|| foreign(format_args!("the phase {number}")))
}

/// A number of an enum as a `smallint`.
pub(super) fn small(number: u8) -> i16 {
    i16::from(number)
}

/// The column `lane`.
pub(super) fn lane(lane: i64) -> Outcome<i16> {
    i16::try_from(lane).map_err(|_| bug(format!("lane {lane}")).into())
}

/// The column of an id.
pub(super) fn id(row: &mut Columns<'_>) -> Outcome<WorkflowId> {
    let id: String = row.next()?;
    WorkflowId::new(id).map_err(|error| bug(error.to_string()).into())
}

/// A text that is NULL where there is none.
pub(super) fn text(row: &mut Columns<'_>) -> Outcome<Option<String>> {
    let text = row.next::<Option<Text<'static>>>()?;
    Ok(text.map(|text| text.0.into_owned()))
}

/// A time that is NULL where there is none.
pub(super) fn time(row: &mut Columns<'_>) -> Outcome<Option<Timestamp>> {
    Ok(row.next::<Option<i64>>()?.map(Timestamp))
}

/// Encoded data that is NULL where there is nothing of it.
pub(super) fn plain<T: Default + DeserializeOwned>(row: &mut Columns<'_>) -> Outcome<T> {
    match row.next::<Option<&[u8]>>()? {
        Some(bytes) => codec::decode(bytes).map_err(foreign),
        None => Ok(T::default()),
    }
}

/// What [`plain`] reads: NULL for what is the default.
pub(super) fn encoded<T: Default + PartialEq + serde::Serialize>(value: &T) -> Option<Vec<u8>> {
    (*value != T::default()).then(|| codec::encode_plain(value))
}

/// The columns `owner`, whether there is a row of `ready`, and its `due_at` and `blocked`.
fn state(row: &mut Columns<'_>, phase: Phase) -> Outcome<RunState> {
    let owner: Option<i64> = row.next()?;
    let (ready, due_at, blocked) = (row.next::<bool>()?, time(row)?, text(row)?);
    Ok(match (phase, owner, ready, blocked, due_at) {
        (Phase::Running, Some(owner), ..) => RunState::Owned(Incarnation(owner)),
        (Phase::Running, None, true, Some(reason), _) => RunState::Blocked(reason),
        (Phase::Running, None, true, None, Some(at)) => RunState::Waiting(at),
        (Phase::Running, None, true, None, None) => RunState::Idle,
        // Excluded by the protocol; shown rather than hidden, should it ever be.
        (Phase::Running, None, false, ..) => {
            RunState::Blocked("neither owned nor waiting: its `ready` row is missing".into())
        }
        _ => RunState::Finished,
    })
}

/// The columns `paused, paused_at`.
fn paused(row: &mut Columns<'_>) -> Outcome<Option<Paused>> {
    let (reason, at) = (text(row)?, time(row)?);
    Ok(reason.map(|reason| Paused {
        at: at.unwrap_or_default(),
        reason,
    }))
}

/// The columns `parent, parent_op, parent_close, reports`.
pub(super) fn parent(row: &mut Columns<'_>) -> Outcome<Option<Parent>> {
    let (run, op): (Option<i64>, Option<i64>) = (row.next()?, row.next()?);
    let (by, reports): (Option<i16>, Option<bool>) = (row.next()?, row.next()?);
    let (Some(run), Some(op), Some(number), Some(reports)) = (run, op, by, reports) else {
        return Ok(None);
    };
    Ok(Some(Parent {
        run: RunId(run),
        op: op.cast_unsigned(),
        close: self::close(number)?,
        reports,
    }))
}

pub(super) fn close(number: i16) -> Outcome<ParentClose> {
    let close = ParentClose::from_number(i64::from(number));
    close.ok_or_else(|| foreign(format_args!("the policy {number}")))
}

/// The columns `schedule, schedule_at, last_result`.
fn scheduled(row: &mut Columns<'_>) -> Outcome<Option<Scheduled>> {
    let (schedule, at, last_result) = (row.next::<Option<String>>()?, time(row)?, row.next()?);
    let Some(schedule) = schedule else {
        return Ok(None);
    };
    Ok(Some(Scheduled {
        schedule: ScheduleId::new(schedule).map_err(|error| bug(error.to_string()))?,
        at: at.unwrap_or_default(),
        last_result,
    }))
}

pub(super) fn step(row: &Row) -> Outcome<StepRecord> {
    step_of(&mut Columns::of(row))
}

pub(super) fn step_of(row: &mut Columns<'_>) -> Outcome<StepRecord> {
    Ok(StepRecord {
        seq: row.next()?,
        label: name(row)?,
        at: Timestamp(row.next()?),
        result: row.next()?,
        frame: row.next()?,
    })
}

pub(super) fn attempt(row: &Row) -> Outcome<AttemptRecord> {
    let mut row = Columns::of(row);
    let run = RunId(row.next()?);
    let (kind, number): (i16, i64) = (row.next()?, row.next()?);
    let of = match kind {
        0 => AttemptOf::Activity {
            op: number.cast_unsigned(),
        },
        1 => AttemptOf::Workflow { seq: number },
        other => return Err(foreign(format_args!("an attempt of kind {other}"))),
    };
    let attempt: i64 = row.next()?;
    Ok(AttemptRecord {
        run,
        of,
        attempt: u32::try_from(attempt).map_err(|_| foreign(format_args!("attempt {attempt}")))?,
        at: Timestamp(row.next()?),
        error: text(&mut row)?.unwrap_or_default(),
        next_at: Timestamp(row.next()?),
    })
}

/// The columns `kind` and `number` of an attempt.
pub(super) fn tried(of: AttemptOf) -> (i16, i64) {
    match of {
        AttemptOf::Activity { op } => (0, op.cast_signed()),
        AttemptOf::Workflow { seq } => (1, seq),
    }
}

pub(super) fn message(row: &Row) -> Outcome<Message> {
    message_of(&mut Columns::of(row))
}

pub(super) fn message_of(row: &mut Columns<'_>) -> Outcome<Message> {
    let (msg, ord) = (text(row)?.unwrap_or_default(), row.next()?);
    let kinds = [
        MessageKind::Cancel,
        MessageKind::Terminate,
        MessageKind::Signal,
        MessageKind::ChildEnded,
        MessageKind::Update,
        MessageKind::Pause,
        MessageKind::Resume,
        MessageKind::Activity,
    ];
    let number: i16 = row.next()?;
    let kind = kinds.into_iter().find(|kind| small(*kind as u8) == number);
    Ok(Message {
        msg,
        ord,
        kind: kind.ok_or_else(|| foreign(format_args!("a message of kind {number}")))?,
        name: text(row)?.unwrap_or_default(),
        payload: row.next()?,
        sent_at: Timestamp(row.next()?),
    })
}

/// The unread messages of several runs, each in its order.
pub(super) async fn inboxes(conn: &Session, runs: Values<'_>) -> Outcome<Vec<(RunId, Message)>> {
    let sql = "SELECT run, coalesce(whole,msg), ord, kind, name, payload, sent_at FROM @inbox \
        WHERE run=ANY($1) AND used_seq IS NULL ORDER BY run, ord";
    conn.all(sql, runs, |row| {
        let mut row = Columns::of(row);
        Ok((RunId(row.next()?), message_of(&mut row)?))
    })
    .await
}

/// What was said of a message: the columns `msg`, `stage` and `reply`.
pub(super) fn reply(row: &Row) -> Outcome<Heard> {
    let mut row = Columns::of(row);
    let msg = text(&mut row)?.unwrap_or_default();
    let Some(number) = row.next::<Option<i16>>()? else {
        return Ok(Heard::Nothing);
    };
    let stage = ReplyStage::from_number(i64::from(number));
    Ok(Heard::Reply(Reply {
        msg,
        stage: stage.ok_or_else(|| foreign(format_args!("the stage {number}")))?,
        payload: row.next::<Option<Vec<u8>>>()?.unwrap_or_default(),
    }))
}

/// The current run of an id.
pub(super) async fn current(conn: &Session, id: &WorkflowId) -> Outcome<Option<RunRecord>> {
    let sql = format!("{RUN} WHERE w.id=$1 AND w.current");
    conn.first(&sql, &[&id.as_str()], run).await
}
