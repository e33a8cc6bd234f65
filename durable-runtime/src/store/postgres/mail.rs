//! What workers are told: the unread messages of their runs.

use super::error::Outcome;
use super::pool::Conn;
use super::session::{Columns, Values};
use super::{query, rows};
use crate::id::{Incarnation, RunId};
use crate::store::Message;

/// The runs that have unread messages and of which a worker is told: it owns them, or has owned them until
/// another start took their ids. Goes through both side by side, each time to the first that the
/// other may have: what others own or wait for costs no more than there are runs here. Ordered as the
/// indexes are, lest the planner read all runs from there on.
const TOLD: &str = "WITH RECURSIVE told(run,hit) AS (SELECT $1::bigint, false UNION ALL \
     SELECT own.run, own.run=unread.run FROM told, \
     LATERAL (SELECT i.run FROM @inbox i WHERE i.used_seq IS NULL AND i.run>=CASE WHEN told.hit \
       THEN least(told.run,$3::bigint-1)+1 ELSE told.run END ORDER BY i.run LIMIT 1) AS unread, \
     LATERAL (SELECT min(run) AS run FROM ((SELECT CASE WHEN w.owner=$2 THEN w.run END AS run \
         FROM @workflow w WHERE w.owner IS NOT NULL AND (w.owner,w.run)>=($2,unread.run) \
         ORDER BY w.owner, w.run LIMIT 1) UNION ALL \
       (SELECT CASE WHEN w.evicted=$2 THEN w.run END FROM @workflow w WHERE w.evicted IS NOT NULL \
         AND (w.evicted,w.run)>=($2,unread.run) ORDER BY w.evicted, w.run LIMIT 1)) AS first) AS own \
     WHERE own.run IS NOT NULL AND NOT (told.hit AND told.run=$3))";

/// Unread messages by run, with the counter of each; one statement, which sees one moment.
pub(super) async fn mail(
    conn: Conn,
    worker: Incarnation,
    known: &[(RunId, i64)],
) -> Outcome<Vec<(RunId, i64, Vec<Message>)>> {
    let (runs, ords): (Vec<_>, Vec<_>) = known.iter().map(|(run, ord)| (run.0, *ord)).unzip();
    let sql = format!(
        "{TOLD} SELECT w.run, w.wakes, i.msg, i.ord, i.kind, i.name, i.payload, i.sent_at \
         FROM told JOIN @workflow w ON w.run=told.run \
         LEFT JOIN unnest($4::bigint[],$5::bigint[]) AS k(run,ord) ON k.run=told.run \
         CROSS JOIN LATERAL (SELECT coalesce(whole,msg) AS msg, ord, kind, name, payload, sent_at \
           FROM @inbox WHERE run=told.run AND used_seq IS NULL AND ord>coalesce(k.ord,$1) \
           ORDER BY ord) AS i WHERE told.hit ORDER BY w.run, i.ord"
    );
    let values: Values<'_> = &[&i64::MIN, &worker.0, &i64::MAX, &runs, &ords];
    let unread = conn
        .all(&sql, values, |row| {
            let mut row = Columns::of(row);
            let (run, wakes) = (RunId(row.next()?), row.next::<i64>()?);
            Ok((run, wakes, rows::message_of(&mut row)?))
        })
        .await?;
    let mut mail = Vec::<(RunId, i64, Vec<Message>)>::new();
    for (run, wakes, message) in unread {
        match mail.last_mut() {
            Some((last, _, messages)) if *last == run => messages.push(message),
            _ => mail.push((run, wakes, vec![message])),
        }
    }
    Ok(mail)
}

/// The counter and the unread messages of one run, if the worker is told of them; of one moment.
pub(super) async fn mail_of(
    conn: Conn,
    worker: Incarnation,
    run: RunId,
) -> Outcome<Option<(i64, Vec<Message>)>> {
    let sql = "SELECT wakes FROM @workflow WHERE run=$1 AND (owner=$2 OR evicted=$2)";
    let wakes = conn
        .first(sql, &[&run.0, &worker.0], |row| Columns::of(row).next())
        .await?;
    let Some(wakes) = wakes else { return Ok(None) };
    Ok(Some((wakes, query::inbox(conn, run).await?)))
}
