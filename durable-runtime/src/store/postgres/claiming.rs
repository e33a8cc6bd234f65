//! Claims: a worker takes runs that are due, with all that it needs to go on with them.

use super::error::{Outcome, bug};
use super::names::{name_of, numbers_of};
use super::pool::Conn;
use super::rows::{self, ATTEMPT, RUN};
use super::session::{Columns, Session, number};
use super::transact::Tx;
use super::{line, notes};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{Claim, ClaimedRun, Unfit};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Which waiting runs a worker can go on with: points by number, and pairs of a point and a fingerprint
/// that it cannot.
#[derive(Debug, Default)]
pub(super) struct Fitting {
    pub(super) points: Vec<i64>,
    pub(super) unfit: Vec<i64>,
    pub(super) prints: Vec<i64>,
}

impl Fitting {
    /// `of` gives the number of a name. One that nobody has written is a name of nothing.
    pub(super) fn new(
        points: &[String],
        unfit: &[Unfit],
        of: impl Fn(&str) -> Option<i64>,
    ) -> Self {
        let mut fitting = Self {
            points: points.iter().filter_map(|point| of(point)).collect(),
            ..Self::default()
        };
        for kind in unfit {
            if let Some(point) = of(&kind.point) {
                fitting.unfit.push(point);
                fitting.prints.push(kind.fingerprint.cast_signed());
            }
        }
        fitting
    }
}

/// Holds for a row `r` of `ready` that fits, with the fields of [`Fitting`] as `$2`, `$3` and `$4`.
macro_rules! fits {
    () => {
        "r.point=ANY($2) AND (r.point,r.fingerprint) NOT IN \
         (SELECT * FROM unnest($3::bigint[],$4::bigint[]))"
    };
}

pub(super) use fits;

/// The lanes that claims look at, one by one and in this order: the index has each of them by time.
macro_rules! lanes {
    () => {
        "(VALUES (0::smallint),(1::smallint),(2::smallint),(3::smallint),(4::smallint)) AS l(lane)"
    };
}

/// All names of a claim.
pub(super) fn names(claim: &Claim) -> Vec<Cow<'_, str>> {
    let points = claim.points.iter();
    let unfit = claim.unfit.iter().map(|kind| &kind.point);
    let names = points.chain(unfit).chain([&claim.queue]);
    names.map(|name| Cow::Borrowed(name.as_str())).collect()
}

/// Gives `worker` runs that are due.
pub(super) async fn claim(tx: Tx, worker: Incarnation, claim: &Claim) -> Outcome<Vec<ClaimedRun>> {
    let queue = tx.name(&claim.queue)?;
    let of = Fitting::new(&claim.points, &claim.unfit, |name| tx.name(name).ok());
    // The line is taken before any run, and both are asked for in one go.
    let lines = [queue].into();
    let (line, open) = tokio::join!(biased; line::take(&tx, &lines), open(&tx, queue, &of, claim));
    // A statement that has failed has ended the transaction, whether its answer is needed or not.
    let (line, open) = (line?, open?);
    if !line {
        return claim_all(&tx, worker, queue, (&of, claim.now), &open).await;
    }
    line::claim(&tx, worker, queue, &of, claim).await
}

/// Runs that are due and stand in no line, the first of them, with the lane of each. Their rows are
/// taken; those that somebody else has just now are left to it.
pub(super) async fn open(
    tx: &Tx,
    queue: i64,
    of: &Fitting,
    claim: &Claim,
) -> Outcome<Vec<(RunId, i16)>> {
    // Lane by lane, and no further than to the last that is taken: no row is locked in vain.
    let sql = concat!(
        "SELECT d.run, d.lane FROM ",
        lanes!(),
        " CROSS JOIN LATERAL (SELECT r.run, r.lane FROM @ready r JOIN @workflow w ON w.run=r.run \
         WHERE r.queue=$1 AND r.gate=0 AND r.lane=l.lane AND r.due_at<=$5 AND ",
        fits!(),
        " AND w.owner IS NULL AND w.phase=0 ORDER BY r.due_at \
         LIMIT $6 FOR NO KEY UPDATE OF w SKIP LOCKED) AS d LIMIT $6"
    );
    tx.all(
        sql,
        &[
            &queue,
            &of.points,
            &of.unfit,
            &of.prints,
            &claim.now.0,
            &number(claim.limit),
        ],
        |row| {
            let mut row = Columns::of(row);
            Ok((RunId(row.next()?), row.next()?))
        },
    )
    .await
}

/// Makes `worker` the owner of those of these runs, whose rows are taken, that still wait as they did
/// when they were found: somebody may have claimed and parked one in between.
pub(super) async fn claim_all(
    tx: &Tx,
    worker: Incarnation,
    queue: i64,
    (of, now): (&Fitting, Timestamp),
    due: &[(RunId, i16)],
) -> Outcome<Vec<ClaimedRun>> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let runs: Vec<_> = due.iter().map(|(run, _)| run.0).collect();
    let sql = concat!(
        "WITH waited AS (DELETE FROM @ready r WHERE r.run=ANY($6) AND r.queue=$1 AND r.lane>=0 \
           AND (r.gate=0 AND r.due_at<=$5 OR r.gate IN (2,3)) AND ",
        fits!(),
        " RETURNING r.run) \
         UPDATE @workflow w SET owner=$7, epoch=epoch+1, claim_seq=seq, strikes=0 FROM waited \
         WHERE w.run=waited.run AND w.owner IS NULL AND w.phase=0 RETURNING w.run, w.wakes, w.strikes"
    );
    let claimed = tx
        .all(
            sql,
            &[
                &queue, &of.points, &of.unfit, &of.prints, &now.0, &runs, &worker.0,
            ],
            counters,
        )
        .await?;
    let mut claimed = load(tx, &claimed).await?;
    let place = |run: RunId| due.iter().position(|(due, _)| *due == run);
    claimed.sort_by_key(|claimed| place(claimed.run.run));
    Ok(claimed)
}

/// The columns `run`, `wakes` and `strikes` of a run that has a new owner.
pub(super) fn counters(row: &tokio_postgres::Row) -> Outcome<(RunId, (i64, u32))> {
    let mut row = Columns::of(row);
    let (run, wakes) = (RunId(row.next()?), row.next()?);
    let strikes: i64 = row.next()?;
    Ok((run, (wakes, u32::try_from(strikes).unwrap_or(u32::MAX))))
}

/// All that a new owner needs to go on. The counters were read before, the inboxes are read here.
pub(super) async fn load(
    conn: &Session,
    owned: &[(RunId, (i64, u32))],
) -> Outcome<Vec<ClaimedRun>> {
    if owned.is_empty() {
        return Ok(Vec::new());
    }
    let runs: Vec<_> = owned.iter().map(|(run, _)| run.0).collect();
    let runs: &[&(dyn tokio_postgres::types::ToSql + Sync)] = &[&runs];
    let records = format!("{RUN} WHERE w.run=ANY($1)");
    let attempts = format!("{ATTEMPT} WHERE run=ANY($1) AND NOT settled ORDER BY aid");
    let latest = concat!(
        "SELECT t.run, s.seq, ",
        name_of!("s.label"),
        ", s.at, s.result, s.frame FROM unnest($1::bigint[]) AS t(run) CROSS JOIN LATERAL \
         (SELECT * FROM @step s WHERE s.run=t.run ORDER BY s.seq DESC LIMIT 1) AS s"
    );
    // They are sent one behind the other, and answered together.
    let (records, attempts, notes, inboxes, latest) = tokio::try_join!(
        conn.all(&records, runs, rows::run),
        conn.all(&attempts, runs, rows::attempt),
        notes::of_all(conn, runs),
        rows::inboxes(conn, runs),
        conn.all(latest, runs, |row| {
            let mut row = Columns::of(row);
            Ok((RunId(row.next()?), rows::step_of(&mut row)?))
        }),
    )?;
    let (mut notes, mut inboxes) = (by_run(notes), by_run(inboxes));
    let mut attempts = by_run(attempts.into_iter().map(|attempt| (attempt.run, attempt)));
    let mut latest: BTreeMap<_, _> = latest.into_iter().collect();
    let mut records: BTreeMap<_, _> = records.into_iter().map(|run| (run.run, run)).collect();
    let mut loaded = Vec::with_capacity(owned.len());
    for (run, (wakes, strikes)) in owned {
        let record = records.remove(run);
        let mut notes: Vec<(u64, _)> = notes.remove(run).unwrap_or_default();
        notes.sort_by_key(|(op, _)| op.cast_signed());
        loaded.push(ClaimedRun {
            run: record.ok_or_else(|| bug(format!("run {run} vanished")))?,
            wakes: *wakes,
            strikes: *strikes,
            attempts: attempts.remove(run).unwrap_or_default(),
            notes,
            inbox: inboxes.remove(run).unwrap_or_default(),
            latest: latest.remove(run),
        });
    }
    Ok(loaded)
}

fn by_run<T>(all: impl IntoIterator<Item = (RunId, T)>) -> BTreeMap<RunId, Vec<T>> {
    let mut by_run = BTreeMap::<_, Vec<T>>::new();
    for (run, one) in all {
        by_run.entry(run).or_default().push(one);
    }
    by_run
}

/// When the first run that fits becomes due; those in line are asked for apart.
pub(super) async fn next_due(
    conn: Conn,
    queue: &str,
    (points, unfit): (&[String], &[Unfit]),
    now: Timestamp,
) -> Outcome<Option<Timestamp>> {
    let names = points.iter().chain(unfit.iter().map(|kind| &kind.point));
    let names = names.map(String::as_str).chain([queue]);
    let numbers = numbers_of(&conn, names).await?;
    let Some(queue) = numbers.get(queue).copied() else {
        return Ok(None);
    };
    let of = Fitting::new(points, unfit, |name| numbers.get(name).copied());
    let sql = concat!(
        "SELECT min(d.due_at) FROM ",
        lanes!(),
        " CROSS JOIN LATERAL (SELECT r.due_at FROM @ready r WHERE r.queue=$1 AND r.gate=0 \
         AND r.lane=l.lane AND r.due_at IS NOT NULL AND ",
        fits!(),
        " ORDER BY r.due_at LIMIT 1) AS d"
    );
    let values: super::session::Values<'_> = &[&queue, &of.points, &of.unfit, &of.prints];
    let open = conn
        .first(sql, values, |row| rows::time(&mut Columns::of(row)))
        .await?
        .flatten();
    let lines = line::existing(&conn, &[queue].into()).await?;
    let in_line = if lines.is_empty() {
        None
    } else {
        line::next_due(&conn, queue, &of, now).await?
    };
    Ok(open.into_iter().chain(in_line).min())
}
