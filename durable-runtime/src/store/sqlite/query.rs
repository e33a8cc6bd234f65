//! What readers ask; each a short read transaction on a connection of its own.

use super::error::{Outcome, bug};
use super::fence::ALIVE;
use super::rows;
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{Listing, Message, Page, RunFilter, Unfit, WorkerRecord};
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

/// Unread messages by run, with the counter of each: one statement sees one moment.
pub(super) fn mail(
    conn: &Connection,
    worker: Incarnation,
) -> Outcome<Vec<(RunId, i64, Vec<Message>)>> {
    // From the messages to the runs: few messages are unread, many runs may be owned.
    let letters = rows::all(
        conn,
        "SELECT w.run, w.wakes, i.msg, i.ord, i.kind, i.payload, i.sent_at \
         FROM inbox i INDEXED BY inbox_open CROSS JOIN workflow w ON w.run=i.run \
         WHERE i.used_seq IS NULL AND w.owner=?1 ORDER BY i.run, i.ord",
        [worker.0],
        |row| {
            let message = rows::message(row, 2)?;
            Ok((RunId(row.get(0)?), row.get(1)?, message))
        },
    )?;
    let mut mail: Vec<(RunId, i64, Vec<Message>)> = Vec::new();
    for (run, wakes, message) in letters {
        match mail.last_mut() {
            Some((last, _, messages)) if *last == run => messages.push(message),
            _ => mail.push((run, wakes, vec![message])),
        }
    }
    Ok(mail)
}

pub(super) fn next_due(
    conn: &Connection,
    queue: &str,
    points: &[String],
    unfit: &[Unfit],
) -> Outcome<Option<Timestamp>> {
    let points = serde_json::to_string(points).map_err(|error| bug(error.to_string()))?;
    rows::first(
        conn,
        "SELECT due_at FROM ready WHERE queue=(SELECT n FROM name WHERE text=?1) AND lane=0 \
         AND due_at IS NOT NULL \
         AND point IN (SELECT n FROM name WHERE text IN (SELECT value FROM json_each(?2))) \
         AND (point,fingerprint) NOT IN (SELECT name.n, kind.value->>1 \
           FROM json_each(?3) AS kind JOIN name ON name.text=kind.value->>0) \
         ORDER BY due_at LIMIT 1",
        params![queue, points, kinds(unfit)?],
        |row| row.get(0).map(Timestamp),
    )
}

/// Kinds of frames as the JSON pairs `[point, fingerprint]`, numbers as the table has them. A point
/// that no run stands at has no name in the database, so none of the pairs read back is NULL.
pub(super) fn kinds(unfit: &[Unfit]) -> Outcome<String> {
    let pair = |kind: &Unfit| (kind.point.clone(), kind.fingerprint.cast_signed());
    let pairs: Vec<_> = unfit.iter().map(pair).collect();
    Ok(serde_json::to_string(&pairs).map_err(|error| bug(error.to_string()))?)
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
    let mut terms = vec!["w.run<?1".to_owned()];
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
    let (run, terms) = (rows::RUN, terms.join(" AND "));
    let sql = format!("{run} WHERE {terms} ORDER BY w.run DESC LIMIT ?2");
    (sql, values)
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
