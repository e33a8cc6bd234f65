//! What readers ask; each a short read transaction on a connection of its own.

use super::error::{Outcome, bug};
use super::fence::ALIVE;
use super::{inbox, line, rows, tags};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{Heard, Listing, Message, Page, RunFilter, RunRecord, Unfit, WorkerRecord};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use std::collections::BTreeMap;

/// The first run from this one on that has unread messages.
pub(super) const UNREAD: &str = "SELECT run FROM inbox INDEXED BY inbox_open \
    WHERE used_seq IS NULL AND run>=?1 ORDER BY run LIMIT 1";

/// The first run from this one on whose messages a worker is told: it owns it, or has owned it until
/// another start took its id. With its counter.
pub(super) const TOLD: &str = "SELECT * FROM (SELECT run, wakes FROM workflow INDEXED BY workflow_owned \
      WHERE owner=?1 AND run>=?2 ORDER BY run LIMIT 1) \
    UNION ALL SELECT * FROM (SELECT run, wakes FROM workflow INDEXED BY workflow_evicted \
      WHERE evicted=?1 AND run>=?2 ORDER BY run LIMIT 1) ORDER BY run LIMIT 1";

/// Unread messages by run, with the counter of each. Goes through the runs with unread messages and
/// those of the worker side by side, each time to the first that the other may have: what others own
/// or wait for costs no more than there are runs here, and messages that are known cost nothing.
pub(super) fn mail(
    conn: &Connection,
    worker: Incarnation,
    known: &BTreeMap<RunId, i64>,
) -> Outcome<Vec<(RunId, i64, Vec<Message>)>> {
    let moment = conn.unchecked_transaction()?;
    let (mut mail, mut from) = (Vec::new(), i64::MIN);
    while let Some(unread) = rows::first(&moment, UNREAD, [from], |row| row.get::<_, i64>(0))? {
        let told = rows::first(&moment, TOLD, [worker.0, unread], |row| {
            Ok((row.get::<_, i64>(0)?, row.get(1)?))
        })?;
        let Some((run, wakes)) = told else { break };
        if run > unread {
            from = run;
            continue;
        }
        let after = known.get(&RunId(run)).copied().unwrap_or(i64::MIN);
        let messages = rows::inbox(&moment, RunId(run), after)?;
        if !messages.is_empty() {
            mail.push((RunId(run), wakes, messages));
        }
        let Some(next) = run.checked_add(1) else {
            break;
        };
        from = next;
    }
    Ok(mail)
}

/// The counter and the unread messages of one run, if the worker is told of them.
pub(super) fn mail_of(
    conn: &Connection,
    worker: Incarnation,
    run: RunId,
) -> Outcome<Option<(i64, Vec<Message>)>> {
    let moment = conn.unchecked_transaction()?;
    let wakes = rows::first(
        &moment,
        "SELECT wakes FROM workflow WHERE run=?1 AND (owner=?2 OR evicted=?2)",
        [run.0, worker.0],
        |row| row.get(0),
    )?;
    let Some(wakes) = wakes else { return Ok(None) };
    Ok(Some((wakes, rows::inbox(&moment, run, i64::MIN)?)))
}

pub(super) fn reply(conn: &Connection, run: RunId, msg: &str) -> Outcome<Heard> {
    let found = rows::first(
        conn,
        "WITH RECURSIVE chain(run) AS (SELECT ?1 UNION \
         SELECT w.next FROM chain c JOIN workflow w ON w.run=c.run WHERE w.next IS NOT NULL) \
         SELECT i.msg, i.stage, i.reply FROM chain c JOIN inbox i ON i.run=c.run AND i.msg=?2",
        params![run.0, msg],
        rows::reply,
    )?;
    let found = match found {
        None => inbox::heard_before(conn, run, msg)?,
        found => found,
    };
    Ok(found.unwrap_or(Heard::Unknown))
}

/// The last run of a chain of continued ones.
pub(super) fn follow(conn: &Connection, run: RunId) -> Outcome<Option<RunRecord>> {
    let moment = conn.unchecked_transaction()?;
    let last = rows::first(
        &moment,
        "WITH RECURSIVE chain(run,n) AS (SELECT run, 0 FROM workflow WHERE run=?1 UNION ALL \
         SELECT w.next, c.n+1 FROM chain c JOIN workflow w ON w.run=c.run \
         WHERE w.next IS NOT NULL) SELECT run FROM chain ORDER BY n DESC LIMIT 1",
        [run.0],
        |row| row.get(0).map(RunId),
    )?;
    last.map(|run| rows::run_by_number(&moment, run))
        .transpose()
}

/// Which waiting runs a worker can go on with, as JSON for a statement.
#[derive(Debug)]
pub(super) struct Fitting {
    pub(super) points: String,
    /// Pairs `[point, fingerprint]`, numbers as the table has them. A point that no run stands at
    /// has no name in the database, so none of the pairs read back is NULL.
    pub(super) unfit: String,
}

impl Fitting {
    pub(super) fn new(points: &[String], unfit: &[Unfit]) -> Outcome<Self> {
        let pair = |kind: &Unfit| (kind.point.clone(), kind.fingerprint.cast_signed());
        let unfit: Vec<_> = unfit.iter().map(pair).collect();
        Ok(Self {
            points: serde_json::to_string(points).map_err(|error| bug(error.to_string()))?,
            unfit: serde_json::to_string(&unfit).map_err(|error| bug(error.to_string()))?,
        })
    }
}

/// All lanes, as rows.
const LANES: &str = "(0),(1),(2),(3),(4)";

/// Holds for what fits, with [`Fitting::points`] as `?2` and [`Fitting::unfit`] as `?3`.
pub(super) const FITS: &str = "\
    point IN (SELECT n FROM name WHERE text IN (SELECT value FROM json_each(?2))) \
    AND (point,fingerprint) NOT IN (SELECT name.n, kind.value->>1 \
      FROM json_each(?3) AS kind JOIN name ON name.text=kind.value->>0)";

/// The number of a queue that somebody has named before.
pub(super) fn queue(conn: &Connection, name: &str) -> Outcome<Option<i64>> {
    rows::first(conn, "SELECT n FROM name WHERE text=?1", [name], |row| {
        row.get(0)
    })
}

pub(super) fn next_due(
    conn: &Connection,
    queue: &str,
    (points, unfit): (&[String], &[Unfit]),
    now: Timestamp,
) -> Outcome<Option<Timestamp>> {
    let Some(queue) = self::queue(conn, queue)? else {
        return Ok(None);
    };
    let of = Fitting::new(points, unfit)?;
    let sql = format!(
        "SELECT min(due_at) FROM (SELECT (SELECT due_at FROM ready \
           WHERE queue=?1 AND gate=0 AND lane=lanes.column1 AND due_at IS NOT NULL AND {FITS} \
           ORDER BY due_at LIMIT 1) AS due_at FROM (VALUES {LANES}) AS lanes)"
    );
    let open = rows::first(conn, &sql, params![queue, of.points, of.unfit], |row| {
        Ok(row.get::<_, Option<i64>>(0)?.map(Timestamp))
    })?;
    let starts = if line::exists(conn, queue)? {
        line::next_due(conn, queue, &of, now)?
    } else {
        None
    };
    Ok(open.flatten().into_iter().chain(starts).min())
}

/// How many runs wait for a worker of this queue, up to so many.
pub(super) fn depth(
    conn: &Connection,
    queue: i64,
    now: Timestamp,
    at_most: usize,
) -> Outcome<usize> {
    let sql = format!(
        "SELECT count(*) FROM (\
           SELECT 1 FROM (VALUES {LANES}) AS lanes CROSS JOIN ready INDEXED BY ready_due \
             WHERE queue=?1 AND lane=lanes.column1 AND due_at<=?2 AND gate=0 AND blocked IS NULL \
           UNION ALL SELECT 1 FROM ready INDEXED BY ready_late \
             WHERE queue=?1 AND due_at<=?2 AND gate=1 AND lane>=0 \
           UNION ALL SELECT 1 FROM ready INDEXED BY ready_line \
             WHERE queue=?1 AND gate IN (2,3) AND lane>=0 AND tag IS NOT NULL LIMIT ?3)"
    );
    let values = params![queue, now.0, super::limit(at_most)];
    let found = rows::first(conn, &sql, values, |row| row.get::<_, i64>(0))?;
    Ok(found
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(0))
}

/// A page of runs. One more than asked for tells whether there is a next page.
pub(super) fn list(conn: &Connection, filter: &RunFilter, page: Page) -> Outcome<Listing> {
    let (sql, values) = list_statement(filter, page);
    let mut runs = rows::all(conn, &sql, params_from_iter(values), rows::run)?;
    let more = runs.len() > page.limit;
    runs.truncate(page.limit);
    let next = runs.last().filter(|_| more).map(|last| last.run);
    Ok(Listing { runs, next })
}

fn list_statement(filter: &RunFilter, page: Page) -> (String, Vec<Value>) {
    let before = page.before.map_or(i64::MAX, |run| run.0);
    let limit = i64::try_from(page.limit).unwrap_or(i64::MAX);
    let mut values = vec![Value::from(before), Value::from(limit.saturating_add(1))];
    let (run, fits) = (rows::RUN, filtered(filter, &mut values));
    let sql = format!("{run} WHERE w.run<?1 AND {fits} ORDER BY w.run DESC LIMIT ?2");
    (sql, values)
}

pub(super) fn count(conn: &Connection, filter: &RunFilter) -> Outcome<u64> {
    let mut values = Vec::new();
    let fits = filtered(filter, &mut values);
    let sql =
        format!("SELECT count(*) FROM workflow w LEFT JOIN ready r ON r.run=w.run WHERE {fits}");
    let found = rows::first(conn, &sql, params_from_iter(values), |row| {
        row.get::<_, i64>(0)
    })?;
    Ok(found.unwrap_or(0).unsigned_abs())
}

/// A filter as SQL, with the run's row as `w` and where it waits as `r`; what it mentions is added
/// to `values`.
fn filtered(filter: &RunFilter, values: &mut Vec<Value>) -> String {
    let mut terms = Vec::new();
    if let Some(phase) = filter.phase {
        // A literal, and the index's own condition with it: else `workflow_bad` is not used.
        let phase = phase as i64;
        terms.push(format!("w.phase={phase}"));
        terms.extend((phase >= 3).then(|| "w.phase>=3".to_owned()));
    }
    if let Some(name) = &filter.workflow {
        values.push(Value::from(name.clone()));
        let n = values.len();
        terms.push(format!("w.kind=(SELECT n FROM name WHERE text=?{n})"));
    }
    if let Some(prefix) = &filter.id_prefix {
        values.push(Value::from(prefix.clone()));
        let n = values.len();
        terms.push(format!("substr(w.id,1,length(?{n}))=?{n}"));
    }
    if filter.blocked {
        terms.push("r.blocked IS NOT NULL".to_owned());
    }
    if filter.paused {
        terms.push("w.paused IS NOT NULL AND w.phase=0".to_owned());
    }
    if let Some(condition) = &filter.condition {
        terms.push(tags::sql(condition, values));
    }
    if terms.is_empty() {
        return "1".to_owned();
    }
    terms.join(" AND ")
}

pub(super) fn workers(conn: &Connection) -> Outcome<Vec<WorkerRecord>> {
    rows::all(
        conn,
        "SELECT worker, label, state, beat, lease_until, \
         (SELECT count(*) FROM workflow w WHERE w.owner=worker.worker) \
         FROM worker ORDER BY state<>?1, worker",
        [ALIVE],
        |row| {
            Ok(WorkerRecord {
                worker: Incarnation(row.get(0)?),
                label: row.get(1)?,
                alive: row.get::<_, i64>(2)? == ALIVE,
                beat: row.get(3)?,
                lease_until: Timestamp(row.get(4)?),
                owned: row.get::<_, i64>(5)?.unsigned_abs(),
            })
        },
    )
}
