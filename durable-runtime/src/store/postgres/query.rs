//! What readers ask; several statements of one question see one moment.

use super::condition::{self, Bound};
use super::error::Outcome;
use super::fence::ALIVE;
use super::inbox;
use super::pool::Conn;
use super::rows::{self, ATTEMPT, MESSAGE, STEP};
use super::session::{Columns, number};
use super::text::Key;
use crate::id::{Incarnation, RunId, Timestamp, WorkflowId};
use crate::store::{
    AttemptRecord, Heard, Listing, Message, Page, RunFilter, RunRecord, StepRecord, WorkerRecord,
};

pub(super) async fn find(conn: Conn, id: &WorkflowId) -> Outcome<Option<RunRecord>> {
    rows::current(&conn, id).await
}

pub(super) async fn steps(
    conn: Conn,
    run: RunId,
    after: i64,
    at_most: usize,
) -> Outcome<Vec<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=$1 AND s.seq>$2 ORDER BY s.seq LIMIT $3");
    conn.all(&sql, &[&run.0, &after, &number(at_most)], rows::step)
        .await
}

pub(super) async fn latest_step(conn: Conn, run: RunId) -> Outcome<Option<StepRecord>> {
    let sql = format!("{STEP} WHERE s.run=$1 ORDER BY s.seq DESC LIMIT 1");
    conn.first(&sql, &[&run.0], rows::step).await
}

pub(super) async fn attempts(conn: Conn, run: RunId) -> Outcome<Vec<AttemptRecord>> {
    let sql = format!("{ATTEMPT} WHERE run=$1 ORDER BY aid");
    conn.all(&sql, &[&run.0], rows::attempt).await
}

pub(super) async fn inbox(conn: Conn, run: RunId) -> Outcome<Vec<Message>> {
    let sql = format!("{MESSAGE} WHERE run=$1 AND used_seq IS NULL ORDER BY ord");
    conn.all(&sql, &[&run.0], rows::message).await
}

/// The last run of a chain of those that go on for each other; two statements, of one moment.
pub(super) async fn follow(conn: Conn, run: RunId) -> Outcome<Option<RunRecord>> {
    let last = conn
        .first(
            "WITH RECURSIVE chain(run,n) AS (SELECT run, 0 FROM @workflow WHERE run=$1 UNION ALL \
         SELECT w.next, c.n+1 FROM chain c JOIN @workflow w ON w.run=c.run \
         WHERE w.next IS NOT NULL) SELECT run FROM chain ORDER BY n DESC LIMIT 1",
            &[&run.0],
            |row| Columns::of(row).next::<i64>(),
        )
        .await?;
    let Some(last) = last else {
        return Ok(None);
    };
    let sql = format!("{} WHERE w.run=$1", rows::RUN);
    conn.first(&sql, &[&last], rows::run).await
}

pub(super) async fn reply(conn: Conn, run: RunId, msg: &str) -> Outcome<Heard> {
    let found = match inbox::heard_since(&conn, run, msg).await? {
        None => inbox::heard_before(&conn, run, msg).await?,
        found => found,
    };
    Ok(found.unwrap_or(Heard::Unknown))
}

/// A page of runs. One more than asked for tells whether there is a next page.
pub(super) async fn list(conn: Conn, filter: &RunFilter, page: Page) -> Outcome<Listing> {
    let mut bound = Bound::default();
    let before = bound.bind(page.before.map_or(i64::MAX, |run| run.0));
    let limit = bound.bind(number(page.limit).saturating_add(1));
    let (run, fits) = (rows::RUN, filtered(filter, &mut bound));
    let sql =
        format!("{run} WHERE w.run<{before} AND {fits} ORDER BY w.run DESC LIMIT {limit}::bigint");
    let mut runs = conn.all(&sql, &bound.values(), rows::run).await?;
    let more = runs.len() > page.limit;
    runs.truncate(page.limit);
    let next = runs.last().filter(|_| more).map(|last| last.run);
    Ok(Listing { runs, next })
}

pub(super) async fn count(conn: Conn, filter: &RunFilter) -> Outcome<u64> {
    let mut bound = Bound::default();
    let fits = filtered(filter, &mut bound);
    let sql =
        format!("SELECT count(*) FROM @workflow w LEFT JOIN @ready r ON r.run=w.run WHERE {fits}");
    let found = conn
        .first(&sql, &bound.values(), |row| Columns::of(row).next::<i64>())
        .await?;
    Ok(found.unwrap_or(0).unsigned_abs())
}

/// A filter as SQL, with the run's row as `w` and where it waits as `r`; what it mentions is added
/// to `bound`.
fn filtered(filter: &RunFilter, bound: &mut Bound) -> String {
    let mut terms = Vec::new();
    terms.extend(filter.phase.map(condition::phase));
    if let Some(name) = &filter.workflow {
        let name = bound.bind(Key::new(name).as_str().to_owned());
        terms.push(format!(
            "w.kind=(SELECT n FROM @name WHERE text={name}::text)"
        ));
    }
    if let Some(prefix) = &filter.id_prefix {
        terms.push(condition::id_begins(prefix, bound));
    }
    if filter.blocked {
        terms.push("r.blocked IS NOT NULL".to_owned());
    }
    if filter.paused {
        terms.push("w.paused IS NOT NULL AND w.phase=0".to_owned());
    }
    if let Some(condition) = &filter.condition {
        terms.push(condition::sql(condition, bound));
    }
    if terms.is_empty() {
        return "true".to_owned();
    }
    terms.join(" AND ")
}

pub(super) async fn workers(conn: Conn) -> Outcome<Vec<WorkerRecord>> {
    let sql = "SELECT worker, label, state, beat, lease_until, \
        (SELECT count(*) FROM @workflow w WHERE w.owner=worker.worker) \
        FROM @worker ORDER BY state<>0, worker";
    let read = |row: &_| {
        let mut row = Columns::of(row);
        Ok(WorkerRecord {
            worker: Incarnation(row.next()?),
            label: rows::text(&mut row)?.unwrap_or_default(),
            alive: row.next::<i16>()? == ALIVE,
            beat: row.next()?,
            lease_until: Timestamp(row.next()?),
            owned: row.next::<i64>()?.unsigned_abs(),
        })
    };
    conn.all(sql, &[], read).await
}
