//! The line before a queue: starts that wait for their turns, and for room.
//!
//! What the gates of `ready` mean, and how tags are made, is said in `sqlite/line.rs`; the columns are the
//! same. Whoever changes a line has taken its row ([`take`]): so those who join, those who leave and
//! those who claim come one after the other, and counts of places are those of one moment.
//!
//! Keys are in the columns as [`Key`] makes them, and go from row to row like that.

use super::claiming::{self, Fitting, fits};
use super::error::Outcome;
use super::places::{self, Shared};
use super::rows::{self, lane, plain};
use super::session::{Columns, Session, Values, number};
use super::text::Key;
use super::transact::Tx;
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{ARRIVALS_MAX, Claim, ClaimedRun, Had, NewRun, Parent, Queueing};
use std::collections::{BTreeMap, BTreeSet};

/// It is not due yet.
const LATE: i16 = 1;
/// In line for a place.
const LINE: i16 = 2;
/// In line, with a place of its parent's.
const SHARES: i16 = 3;
/// Others of its concurrency key come first.
const KEY: i16 = 4;

/// How a start waits: columns of `ready`.
#[derive(Debug, Default)]
pub(super) struct Gate<'a> {
    pub(super) kind: i16,
    pub(super) tag: Option<i64>,
    pub(super) key: Option<Key<'a>>,
    /// Its fairness key, in line.
    pub(super) fair: Option<Key<'a>>,
}

/// A start that is about to wait.
#[derive(Debug)]
struct Start<'a> {
    queue: i64,
    queueing: &'a Queueing,
    parent: Option<Parent>,
    /// Its concurrency key, unless it shares the place of one that has it.
    key: Option<&'a str>,
}

/// In which of these queues starts wait in line.
pub(super) async fn existing(conn: &Session, queues: &BTreeSet<i64>) -> Outcome<BTreeSet<i64>> {
    if queues.is_empty() {
        return Ok(BTreeSet::new());
    }
    let queues: Vec<_> = queues.iter().copied().collect();
    let sql = "SELECT queue FROM @line WHERE queue=ANY($1)";
    let found = conn
        .all(sql, &[&queues], |row| Columns::of(row).next())
        .await?;
    Ok(found.into_iter().collect())
}

/// Takes the lines of these queues, and answers whether there are any.
pub(super) async fn take(tx: &Tx, queues: &BTreeSet<i64>) -> Outcome<bool> {
    Ok(!take_all(tx, queues).await?.is_empty())
}

/// The same, and answers where there are any.
pub(super) async fn take_all(tx: &Tx, queues: &BTreeSet<i64>) -> Outcome<BTreeSet<i64>> {
    if queues.is_empty() {
        return Ok(BTreeSet::new());
    }
    let queues: Vec<_> = queues.iter().copied().collect();
    let sql = "SELECT queue FROM @line WHERE queue=ANY($1) ORDER BY queue FOR UPDATE";
    let found = tx
        .all(sql, &[&queues], |row| Columns::of(row).next())
        .await?;
    Ok(found.into_iter().collect())
}

/// Takes the lines of these queues, and begins those that are not there.
pub(super) async fn begin(tx: &Tx, queues: &BTreeSet<i64>) -> Outcome<()> {
    let all: Vec<_> = queues.iter().copied().collect();
    // The last of another line may leave it while this waits for its row.
    while take_all(tx, queues).await?.len() < queues.len() {
        let sql = "INSERT INTO @line(queue) SELECT unnest($1::bigint[]) ON CONFLICT DO NOTHING";
        tx.execute(sql, &[&all]).await?;
    }
    Ok(())
}

/// Where a start waits, in a queue with a line.
pub(super) async fn gate<'a>(tx: &Tx, queue: i64, new: &'a NewRun) -> Outcome<Gate<'a>> {
    let key = new.queueing.key().map(Key::new);
    let shared = places::shares(tx, queue, new.parent, key.as_ref().map(Key::as_str)).await?;
    let key = key.filter(|_| !shared.key);
    let start = Start {
        queue,
        queueing: &new.queueing,
        parent: new.parent,
        key: key.as_ref().map(Key::as_str),
    };
    // Others that are due and have not joined are before it.
    let before =
        "SELECT 1 FROM @ready WHERE gate=1 AND queue=$1 AND due_at<=$2 AND lane>=0 LIMIT 1";
    let waits = new.due_at > new.created_at || tx.any(before, &[&queue, &new.created_at.0]).await?;
    let (kind, tag) = if waits {
        (LATE, None)
    } else {
        start.joins(tx).await?
    };
    Ok(Gate {
        kind,
        tag,
        fair: tag.map(|_| Key::new(new.queueing.turn().0)),
        key,
    })
}

impl Start<'_> {
    /// Where it waits once it is due.
    async fn joins(&self, tx: &Tx) -> Outcome<(i16, Option<i64>)> {
        if let Some(key) = self.key {
            let per_key = places::settings(tx, self.queue).await?.0.per_key;
            let behind = places::behind(tx, self.queue, key).await?.is_some();
            let limit = self.queueing.key_limit(per_key);
            if behind || places::of_key(tx, self.queue, key).await? >= limit {
                return Ok((KEY, None));
            }
        }
        self.stands(tx).await
    }

    /// Its place in line.
    async fn stands(&self, tx: &Tx) -> Outcome<(i16, Option<i64>)> {
        let Shared { place, .. } = places::shares(tx, self.queue, self.parent, None).await?;
        let gate = if place { SHARES } else { LINE };
        let last = "SELECT r.tag, w.queueing FROM @ready r JOIN @workflow w ON w.run=r.run \
            WHERE r.queue=$1 AND r.lane=$2 AND r.fkey=$3 AND r.tag IS NOT NULL \
            ORDER BY r.tag DESC LIMIT 1";
        let tag = tag(tx, (self.queue, last), self.queue, self.queueing).await?;
        Ok((gate, Some(tag)))
    }
}

/// The end of a line, for this one. `last` finds the last of a key (3) in a lane (2) of the queue (1):
/// its tag, and what is said of its turn.
pub(super) async fn tag(
    tx: &Tx,
    (queue, last): (i64, &str),
    line: i64,
    queueing: &Queueing,
) -> Outcome<i64> {
    let (lane, key) = (lane(queueing.lane())?, Key::new(queueing.turn().0));
    let last = tx
        .first(last, &[&queue, &lane, &key], |row| {
            let mut row = Columns::of(row);
            let tag = row.next()?;
            Ok(plain::<Queueing>(&mut row)?.had(tag).next)
        })
        .await?;
    let sql = "SELECT greatest($4::bigint, \
        (SELECT tag FROM @fair WHERE queue=$1 AND lane=$2 AND key=$3), \
        (SELECT tag FROM @served WHERE queue=$1 AND lane=$2))";
    let values = [&line as _, &lane as _, &key as _, &last.unwrap_or(0) as _];
    let tag = tx
        .first(sql, &values, |row| Columns::of(row).next())
        .await?;
    Ok(tag.unwrap_or(0))
}

/// Lets starts join the line whose time has come.
async fn arrive(tx: &Tx, queue: i64, now: Timestamp) -> Outcome<()> {
    let sql = "SELECT run FROM @ready WHERE gate=1 AND queue=$1 AND due_at<=$2 AND lane>=0 \
        ORDER BY due_at, run LIMIT $3";
    let values = [&queue as _, &now.0 as _, &number(ARRIVALS_MAX) as _];
    let due: Vec<i64> = tx.all(sql, &values, |row| Columns::of(row).next()).await?;
    for run in due {
        moves(tx, queue, run, true).await?;
    }
    Ok(())
}

/// Gives a start that waits another way to wait: where it waits once it is due, or its place in line.
async fn moves(tx: &Tx, queue: i64, run: i64, joins: bool) -> Outcome<()> {
    let waits = tx
        .first(
            "SELECT w.queueing, r.ckey, w.parent, w.parent_op, w.parent_close, w.reports \
             FROM @ready r JOIN @workflow w ON w.run=r.run WHERE r.run=$1",
            &[&run],
            |row| {
                let mut row = Columns::of(row);
                let (queueing, key) = (plain::<Queueing>(&mut row)?, row.next()?);
                Ok((queueing, key, rows::parent(&mut row)?))
            },
        )
        .await?;
    let waits: Option<(Queueing, Option<String>, Option<Parent>)> = waits;
    let Some((queueing, key, parent)) = waits else {
        return Ok(());
    };
    let start = Start {
        queue,
        queueing: &queueing,
        parent,
        key: key.as_deref(),
    };
    let (gate, tag) = if joins {
        start.joins(tx).await?
    } else {
        start.stands(tx).await?
    };
    let fair = Key::new(queueing.turn().0);
    let sql = "UPDATE @ready SET gate=$2, tag=$3, fkey=$4 WHERE run=$1 AND lane>=0";
    tx.execute(sql, &[&run, &gate, &tag, &fair]).await?;
    Ok(())
}

/// One of this key, as its column has it, has ended: those behind it join the line, as many as may.
pub(super) async fn freed(tx: &Tx, queue: i64, key: &str) -> Outcome<()> {
    take(tx, &[queue].into()).await?;
    let per_key = places::settings(tx, queue).await?.0.per_key;
    while let Some((run, queueing)) = places::behind(tx, queue, key).await? {
        if places::of_key(tx, queue, key).await? >= queueing.key_limit(per_key) {
            break;
        }
        moves(tx, queue, run, false).await?;
    }
    Ok(())
}

/// A start that may be claimed, in the order of turns.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    pub(super) had: Had,
    pub(super) run: RunId,
    shares: bool,
}

/// A claim in a queue with a line, which it has taken.
pub(super) async fn claim(
    tx: &Tx,
    worker: Incarnation,
    queue: i64,
    of: &Fitting,
    claim: &Claim,
) -> Outcome<Vec<ClaimedRun>> {
    let open = loop {
        let open = claiming::open(tx, queue, of, claim).await?;
        if !any_strays(tx, queue, &open).await? {
            break open;
        }
    };
    let starts = first(tx, queue, of, claim.now, claim.limit).await?;
    // In one lane, what has begun goes on before anything else begins.
    let mut due = Vec::with_capacity(open.len() + starts.len());
    due.extend(open.into_iter().map(|(run, lane)| (run, lane, None)));
    for turn in starts {
        due.push((turn.run, lane(turn.had.lane)?, Some(turn)));
    }
    due.sort_by_key(|(_, lane, _)| *lane);
    due.truncate(claim.limit);
    let turns: Vec<_> = due.iter().filter_map(|(.., turn)| turn.clone()).collect();
    place(tx, queue, &turns, claim.now).await?;
    let due: Vec<_> = due.into_iter().map(|(run, lane, _)| (run, lane)).collect();
    let claimed = claiming::claim_all(tx, worker, queue, (of, claim.now), &due).await?;
    served(tx, queue, &turns).await?;
    Ok(claimed)
}

/// The first in line, of those that somebody can run and that there is room for. The rows of these
/// runs are taken.
pub(super) async fn first(
    tx: &Tx,
    queue: i64,
    of: &Fitting,
    now: Timestamp,
    limit: usize,
) -> Outcome<Vec<Turn>> {
    arrive(tx, queue, now).await?;
    let (settings, mut filled) = places::settings(tx, queue).await?;
    if let Some(empty) = settings.rate.and_then(|rate| rate.emptied(filled, now)) {
        filled = empty;
        fill(tx, queue, filled).await?;
    }
    let running = places::taken(tx, queue, &settings).await?;
    let room = settings.room(running, filled, now).min(limit);
    let mut turns = in_line(tx, queue, of, LINE, room).await?;
    turns.extend(in_line(tx, queue, of, SHARES, limit).await?);
    turns.sort_unstable_by_key(|turn| (turn.had.lane, turn.had.tag, turn.run));
    Ok(turns)
}

/// Those that others have taken (somebody sends to them, or lets them rest) are left for the next
/// claim.
async fn in_line(tx: &Tx, queue: i64, of: &Fitting, gate: i16, limit: usize) -> Outcome<Vec<Turn>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let sql = concat!(
        "SELECT r.run, r.tag, w.queueing FROM @ready r JOIN @workflow w ON w.run=r.run \
         WHERE r.queue=$1 AND r.gate=$5 AND r.lane>=0 AND r.tag IS NOT NULL AND ",
        fits!(),
        " AND w.phase=0 AND w.owner IS NULL AND w.paused IS NULL \
         ORDER BY r.lane, r.tag, r.run LIMIT $6 FOR NO KEY UPDATE OF w SKIP LOCKED"
    );
    let limit = number(limit);
    let values: Values<'_> = &[&queue, &of.points, &of.unfit, &of.prints, &gate, &limit];
    tx.all(sql, values, |row| {
        let mut row = Columns::of(row);
        let (run, tag) = (RunId(row.next()?), row.next()?);
        Ok(Turn {
            run,
            had: plain::<Queueing>(&mut row)?.had(tag),
            shares: gate == SHARES,
        })
    })
    .await
}

/// Gives those whose turn it is their places.
pub(super) async fn place(tx: &Tx, queue: i64, turns: &[Turn], now: Timestamp) -> Outcome<()> {
    if turns.is_empty() {
        return Ok(());
    }
    let runs: Vec<_> = turns.iter().map(|turn| turn.run.0).collect();
    let shares: Vec<_> = turns.iter().map(|turn| turn.shares).collect();
    let sql = "UPDATE @workflow w SET placed=CASE WHEN t.shares THEN 2 ELSE 1 END \
        FROM unnest($1::bigint[],$2::boolean[]) AS t(run,shares) WHERE w.run=t.run";
    tx.execute(sql, &[&runs, &shares]).await?;
    let begun = turns.iter().filter(|turn| !turn.shares).count();
    let (settings, filled) = places::settings(tx, queue).await?;
    if let Some(rate) = settings.rate
        && begun > 0
    {
        fill(tx, queue, rate.take(filled, now, begun)).await?;
    }
    Ok(())
}

async fn fill(tx: &Tx, queue: i64, filled: i64) -> Outcome<()> {
    let sql = "UPDATE @queue SET filled=$2 WHERE queue=$1";
    tx.execute(sql, &[&queue, &filled]).await?;
    Ok(())
}

/// Notes how far a line has been served, and from where on the keys of these turns go on.
pub(super) async fn advance(
    tx: &Tx,
    line: i64,
    turns: impl IntoIterator<Item = Had>,
) -> Outcome<()> {
    let mut lanes = BTreeMap::<i64, (i64, BTreeMap<String, i64>)>::new();
    // Those that came back have had their turns before.
    for had in turns.into_iter().filter(|had| had.tag >= 0) {
        let (tag, keys) = lanes.entry(had.lane).or_default();
        *tag = had.tag.max(*tag);
        let next = keys.entry(had.key).or_default();
        *next = had.next.max(*next);
    }
    for (lane, (tag, keys)) in lanes {
        let lane = rows::lane(lane)?;
        let sql = "INSERT INTO @served AS s (queue,lane,tag) VALUES($1,$2,$3) \
            ON CONFLICT(queue,lane) DO UPDATE SET tag=greatest(s.tag,excluded.tag) RETURNING tag";
        let served = tx
            .first(sql, &[&line, &lane, &tag], |row| Columns::of(row).next())
            .await?;
        let served = served.unwrap_or(tag);
        // A key that has had nothing behind this begins here again.
        let past = "DELETE FROM @fair WHERE queue=$1 AND lane=$2 AND tag<=$3";
        tx.execute(past, &[&line, &lane, &served]).await?;
        let next = || keys.iter().filter(|(_, next)| **next > served);
        let (keys, tags): (Vec<_>, Vec<_>) =
            next().map(|(key, next)| (Key::new(key), *next)).unzip();
        let sql = "INSERT INTO @fair AS f (queue,lane,key,tag) \
            SELECT $1,$2,* FROM unnest($3::text[],$4::bigint[]) \
            ON CONFLICT(queue,lane,key) DO UPDATE SET tag=greatest(f.tag,excluded.tag)";
        tx.execute(sql, &[&line, &lane, &keys, &tags]).await?;
    }
    Ok(())
}

/// Notes whose turns are over, once their rows are gone; the last one takes the line with it.
pub(super) async fn served(tx: &Tx, queue: i64, turns: &[Turn]) -> Outcome<()> {
    advance(tx, queue, turns.iter().map(|turn| turn.had.clone())).await?;
    let settings = places::settings(tx, queue).await?.0;
    if !settings.of_starts().is_default() {
        return Ok(());
    }
    let waits = "SELECT 1 WHERE EXISTS(SELECT 1 FROM @ready WHERE tag IS NOT NULL AND queue=$1) \
         OR EXISTS(SELECT 1 FROM @ready WHERE gate=1 AND queue=$1) \
         OR EXISTS(SELECT 1 FROM @ready WHERE ckey IS NOT NULL AND gate>1 AND queue=$1)";
    if !tx.any(waits, &[&queue]).await? {
        forget(tx, queue).await?;
        let sql = "DELETE FROM @line WHERE queue=$1";
        tx.execute(sql, &[&queue]).await?;
    }
    Ok(())
}

/// Forgets whose turn it is.
pub(super) async fn forget(tx: &Tx, queue: i64) -> Outcome<()> {
    for sql in [
        "DELETE FROM @served WHERE queue=$1",
        "DELETE FROM @fair WHERE queue=$1",
    ] {
        tx.execute(sql, &[&queue]).await?;
    }
    Ok(())
}

/// Under other settings, lets those join who wait for a start without a line. If the limit of a key is
/// another, all join anew; else those in line keep their turns.
pub(super) async fn rearrange(tx: &Tx, queue: i64, of_keys: bool) -> Outcome<()> {
    if of_keys {
        forget(tx, queue).await?;
    }
    let sql = "UPDATE @ready r SET gate=1, tag=NULL WHERE queue=$1 AND ($2 AND gate>0 \
        OR gate=0 AND blocked IS NULL AND EXISTS(SELECT 1 FROM @workflow w \
          WHERE w.run=r.run AND w.seq=0 AND w.placed IS NULL))";
    tx.execute(sql, &[&queue, &of_keys]).await?;
    Ok(())
}

/// Whether some of these due runs have not begun and have missed that there are limits now: whoever
/// started one has not seen the line. They are to join it.
async fn any_strays(tx: &Tx, queue: i64, due: &[(RunId, i16)]) -> Outcome<bool> {
    let settings = places::settings(tx, queue).await?.0;
    if due.is_empty() || settings.of_starts().is_default() {
        return Ok(false);
    }
    let due: Vec<_> = due.iter().map(|(run, _)| run.0).collect();
    let sql = "UPDATE @ready r SET gate=1 FROM @workflow w WHERE r.run=ANY($1) AND r.queue=$2 \
        AND r.gate=0 AND r.blocked IS NULL AND w.run=r.run AND w.seq=0 AND w.placed IS NULL";
    Ok(tx.execute(sql, &[&due, &queue]).await? > 0)
}

/// From when the first in line, or the first that is to join it, may be claimed.
pub(super) async fn next_due(
    conn: &Session,
    queue: i64,
    of: &Fitting,
    now: Timestamp,
) -> Outcome<Option<Timestamp>> {
    let (settings, filled) = places::settings(conn, queue).await?;
    let running = places::taken(conn, queue, &settings).await?;
    let in_line = match settings.opens(running, filled, now) {
        None => None,
        Some(opens) => {
            let due = first_due(conn, queue, of, LINE).await?;
            due.map(|due| due.max(opens))
        }
    };
    let sql =
        "SELECT due_at FROM @ready WHERE gate=1 AND queue=$1 AND lane>=0 ORDER BY due_at LIMIT 1";
    let late = conn
        .first(sql, &[&queue], |row| rows::time(&mut Columns::of(row)))
        .await?;
    let shares = first_due(conn, queue, of, SHARES).await?;
    Ok([in_line, shares, late.flatten()]
        .into_iter()
        .flatten()
        .min())
}

async fn first_due(
    conn: &Session,
    queue: i64,
    of: &Fitting,
    gate: i16,
) -> Outcome<Option<Timestamp>> {
    let sql = concat!(
        "SELECT r.due_at FROM @ready r WHERE r.queue=$1 AND r.gate=$5 AND r.lane>=0 \
         AND r.tag IS NOT NULL AND ",
        fits!(),
        " ORDER BY r.lane, r.tag, r.run LIMIT 1"
    );
    let values: Values<'_> = &[&queue, &of.points, &of.unfit, &of.prints, &gate];
    let due = conn
        .first(sql, values, |row| rows::time(&mut Columns::of(row)))
        .await?;
    Ok(due.flatten())
}
