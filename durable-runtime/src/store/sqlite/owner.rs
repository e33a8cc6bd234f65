//! How runs change owners: claim, death, takeover, retirement.

use super::db::Db;
use super::error::{Outcome, bug};
use super::fence::{ALIVE, DEAD, RETIRED};
use super::query::{FITS, Fitting};
use super::{connect, fence, limit, line, notes, query, rows, tasks};
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{
    Claim, ClaimedRun, Fence, NewWorker, Unblock, WORKER_KEPT, WORKERS_FORGOTTEN_MAX,
};
use rusqlite::params;

pub(super) fn register(db: &Db, new: &NewWorker) -> Outcome<()> {
    let points = serde_json::to_string(&new.points).map_err(|error| bug(error.to_string()))?;
    let inserted = db
        .conn
        .prepare_cached(
            "INSERT INTO worker(worker,lease_until,label,points,schema) VALUES(?1,?2,?3,?4,?5) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            new.worker.0,
            new.lease_until.0,
            new.label,
            points,
            connect::schema_version()
        ])?;
    match inserted {
        1 => Ok(()),
        _ => Err(bug(format!("worker {} is registered already", new.worker)).into()),
    }
}

/// Ends a worker's life in good order, if it lives.
pub(super) fn retire(db: &mut Db, worker: Incarnation) -> Outcome<()> {
    let retired = db
        .conn
        .prepare_cached("UPDATE worker SET state=?2 WHERE worker=?1 AND state=?3")?
        .execute([worker.0, RETIRED, ALIVE])?;
    if retired > 0 {
        db.news.noteworthy();
    }
    tasks::release(db, worker)
}

pub(super) fn claim(db: &Db, fence: Fence, claim: &Claim, limit: i64) -> Outcome<Vec<ClaimedRun>> {
    fence::pass(db, fence)?;
    let Some(queue) = query::queue(&db.conn, &claim.queue)? else {
        return Ok(Vec::new());
    };
    let of = Fitting::new(&claim.points, &claim.unfit)?;
    // The index has this order: nothing is sorted, and no more is read than is taken.
    let sql = format!(
        "SELECT run, lane FROM ready WHERE queue=?1 AND gate=0 AND lane IN (0,1,2,3,4) \
         AND due_at<=?5 AND {FITS} ORDER BY lane, due_at LIMIT ?4"
    );
    let values = params![queue, of.points, of.unfit, limit, claim.now.0];
    let open = rows::all(&db.conn, &sql, values, |row| {
        Ok((RunId(row.get(0)?), row.get(1)?))
    })?;
    if !line::exists(&db.conn, queue)? {
        return claim_all(db, fence, open.into_iter().map(|(run, _)| run));
    }
    let starts = line::first(db, queue, &of, claim.now, claim.limit)?;
    // In one lane, what has begun goes on before anything else begins.
    let mut due: Vec<_> = open
        .into_iter()
        .map(|(run, lane)| (run, lane, None))
        .collect();
    due.extend(
        starts
            .into_iter()
            .map(|turn| (turn.run, turn.had.lane, Some(turn))),
    );
    due.sort_by_key(|(_, lane, _)| *lane);
    due.truncate(claim.limit);
    let turns: Vec<_> = due.iter().filter_map(|(.., turn)| turn.clone()).collect();
    line::place(db, queue, &turns, claim.now)?;
    let claimed = claim_all(db, fence, due.iter().map(|(run, ..)| *run))?;
    line::served(db, queue, &turns)?;
    Ok(claimed)
}

fn claim_all(
    db: &Db,
    fence: Fence,
    due: impl ExactSizeIterator<Item = RunId>,
) -> Outcome<Vec<ClaimedRun>> {
    let mut claimed = Vec::with_capacity(due.len());
    for run in due {
        db.conn
            .prepare_cached("DELETE FROM ready WHERE run=?1")?
            .execute([run.0])?;
        let counters = rows::first(
            &db.conn,
            "UPDATE workflow SET owner=?2, epoch=epoch+1, claim_seq=seq, strikes=0 \
             WHERE run=?1 AND owner IS NULL AND phase=0 RETURNING wakes, strikes",
            [run.0, fence.worker.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if let Some(counters) = counters {
            claimed.push(load(db, run, counters)?);
        }
    }
    Ok(claimed)
}

/// All that a new owner needs to go on. The counter was read before, the inbox is read here.
fn load(db: &Db, run: RunId, (wakes, strikes): (i64, u32)) -> Outcome<ClaimedRun> {
    Ok(ClaimedRun {
        run: rows::run_by_number(&db.conn, run)?,
        wakes,
        strikes,
        attempts: rows::open_attempts(&db.conn, run)?,
        notes: notes::of(&db.conn, run)?,
        inbox: rows::inbox(&db.conn, run, i64::MIN)?,
        latest: rows::latest_step(&db.conn, run)?,
    })
}

/// Those who live and are late; there are few who live.
pub(super) const LATE: &str = "UPDATE worker INDEXED BY worker_alive SET state=?2 \
    WHERE state=0 AND lease_until<?1";

/// Those who are gone and own nothing.
pub(super) const FORGET: &str = "DELETE FROM worker WHERE worker IN (\
    SELECT g.worker FROM worker g INDEXED BY worker_gone WHERE g.state<>0 AND g.lease_until<?1 \
    AND NOT EXISTS(SELECT 1 FROM workflow w WHERE w.owner=g.worker) \
    AND NOT EXISTS(SELECT 1 FROM task t WHERE t.worker=g.worker) LIMIT ?2)";

pub(super) fn mark_dead(db: &mut Db, now: Timestamp) -> Outcome<Vec<Incarnation>> {
    db.conn.prepare_cached(LATE)?.execute([now.0, DEAD])?;
    tasks::lose(db)?;
    let kept_until = now
        .0
        .saturating_sub(i64::try_from(WORKER_KEPT.as_millis()).unwrap_or(i64::MAX));
    db.conn
        .prepare_cached(FORGET)?
        .execute([kept_until, limit(WORKERS_FORGOTTEN_MAX)])?;
    // Jumps from owner to owner through the index instead of reading every owned run.
    rows::all(
        &db.conn,
        "WITH RECURSIVE o(owner) AS ( \
           SELECT (SELECT min(owner) FROM workflow WHERE owner IS NOT NULL) \
           UNION ALL \
           SELECT (SELECT min(w.owner) FROM workflow w WHERE w.owner>o.owner) FROM o \
           WHERE o.owner IS NOT NULL) \
         SELECT o.owner FROM o LEFT JOIN worker ON worker.worker=o.owner \
         WHERE o.owner IS NOT NULL AND (worker.state IS NULL OR worker.state<>?1)",
        [ALIVE],
        |row| row.get(0).map(Incarnation),
    )
}

pub(super) fn take_over(
    db: &Db,
    fence: Fence,
    from: Incarnation,
    limit: i64,
) -> Outcome<Vec<ClaimedRun>> {
    fence::pass(db, fence)?;
    let sql = "SELECT state FROM worker WHERE worker=?1";
    let state = rows::first(&db.conn, sql, [from.0], |row| row.get(0))?.unwrap_or(DEAD);
    if state == ALIVE {
        return Err(bug(format!("worker {from} is alive")).into());
    }
    let sql = "SELECT run FROM workflow WHERE owner=?1 ORDER BY run LIMIT ?2";
    let runs = rows::all(&db.conn, sql, [from.0, limit], |row| row.get(0).map(RunId))?;
    let mut taken = Vec::with_capacity(runs.len());
    for run in runs {
        // `seq` is brought up to date, because strikes and later claims compare with it.
        let counters = rows::first(
            &db.conn,
            "UPDATE workflow SET owner=?2, epoch=epoch+1, seq=latest.seq, claim_seq=latest.seq, \
             strikes=iif(claim_seq<>latest.seq, 0, strikes+?4) \
             FROM (SELECT coalesce(max(seq),0) AS seq FROM step WHERE run=?1) AS latest \
             WHERE run=?1 AND owner=?3 RETURNING wakes, strikes",
            [run.0, fence.worker.0, from.0, i64::from(state == DEAD)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if let Some(counters) = counters {
            taken.push(load(db, run, counters)?);
        }
    }
    Ok(taken)
}

pub(super) fn unblock(db: &mut Db, points: &[Unblock], now: Timestamp) -> Outcome<usize> {
    let mut unblocked = 0;
    for Unblock { point, fingerprint } in points {
        unblocked += db
            .conn
            .prepare_cached(
                "UPDATE ready SET blocked=NULL, due_at=?3 WHERE blocked IS NOT NULL AND held=0 \
                 AND point=(SELECT n FROM name WHERE text=?1) \
                 AND (?2 IS NULL OR fingerprint=?2)",
            )?
            .execute(params![point, fingerprint.map(u64::cast_signed), now.0])?;
    }
    if unblocked > 0 {
        db.news.noteworthy();
    }
    Ok(unblocked)
}
