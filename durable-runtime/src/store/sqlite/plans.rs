//! What statements that run all the time cost: which index each uses, and how many steps SQLite takes
//! beside many runs of others.

use super::{SqliteOptions, connect, inbox, owner, query};
use crate::id::{Incarnation, RunId};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn database() -> (Connection, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let conn = connect::writer(&folder.path().join("plans.db"), &SqliteOptions::default());
    (conn.expect("a new database"), folder)
}

#[test]
fn each_statement_goes_by_its_index() {
    let (conn, _folder) = database();
    for (sql, indexes) in [
        (query::UNREAD, &["inbox_open (run>?)"] as &[&str]),
        (
            query::TOLD,
            &[
                "workflow_owned (owner=? AND rowid>?)",
                "workflow_evicted (evicted=? AND rowid>?)",
            ],
        ),
        (owner::LATE, &["worker_alive"]),
        (
            owner::FORGET,
            &[
                "worker_gone (lease_until<?)",
                "workflow_owned (owner=?)",
                "task_held (worker=?)",
            ],
        ),
        (inbox::MAY_BE_FULL, &["inbox_open (run=?)"]),
    ] {
        let mut statement = conn
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .expect("a plan");
        let mut values = statement.parameter_count();
        while values > 0 {
            statement.raw_bind_parameter(values, 1).expect("a value");
            values -= 1;
        }
        let mut rows = statement.raw_query();
        let mut plan = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            plan.push(row.get::<_, String>("detail").expect("a text"));
        }
        for index in indexes {
            assert!(
                plan.iter().any(|step| step.contains(index)),
                "{index}: {plan:#?}"
            );
        }
        // Nothing is sorted, but the one row of each half of `TOLD`.
        let sorts = plan.iter().filter(|step| step.contains("TEMP B-TREE"));
        let rows = if sql == query::TOLD { 2 } else { 0 };
        assert_eq!(sorts.count(), rows, "{plan:#?}");
    }
}

/// The steps that SQLite takes.
fn steps<T>(conn: &mut Connection, work: impl FnOnce(&Connection) -> T) -> (u64, T) {
    let count = Arc::new(AtomicU64::new(0));
    let counting = Arc::clone(&count);
    let each = move || {
        counting.fetch_add(1, Ordering::Relaxed);
        false
    };
    conn.progress_handler(1, Some(each)).expect("a handler");
    let done = work(conn);
    conn.progress_handler(0, None::<fn() -> bool>)
        .expect("no handler");
    (count.load(Ordering::Relaxed), done)
}

#[test]
fn a_look_for_mail_is_as_long_as_what_is_owned() {
    let (mut conn, _folder) = database();
    // Waiting runs, and those of another worker, each with an unread message; five are ours, and
    // three of them have one. A sixth was ours until another start took its id.
    conn.execute_batch(
        "WITH RECURSIVE n(run) AS (SELECT 1 UNION ALL SELECT run+1 FROM n WHERE run<4000) \
         INSERT INTO workflow(run,id,kind,queue,created_at,input,owner,evicted,wakes) \
         SELECT run, 'w'||run, 1, 1, 0, x'', \
           CASE WHEN run%1000=7 OR run=2 THEN 1 WHEN run%2=0 THEN 2 END, iif(run=9,1,NULL), 1 FROM n;
         INSERT INTO inbox(run,msg,ord,kind,payload,sent_at) \
         SELECT run, 'm', 1, 2, x'00', 0 FROM workflow WHERE run NOT IN (2,1007);",
    )
    .expect("rows");
    let known = BTreeMap::from([(RunId(7), 1)]);
    let look = |conn: &Connection| query::mail(conn, Incarnation(1), &known).expect("readable");
    let (mine, mail) = steps(&mut conn, look);
    let runs: Vec<_> = mail.iter().map(|(run, ..)| run.0).collect();
    assert_eq!(runs, [9, 2007, 3007]);
    assert!(mine < 2_000, "{mine} steps");
    // The other way round: many of its own, and nothing unread among them.
    conn.execute("DELETE FROM inbox WHERE run>10", [])
        .expect("a change");
    let look =
        |conn: &Connection| query::mail(conn, Incarnation(2), &BTreeMap::new()).expect("readable");
    let (other, mail) = steps(&mut conn, look);
    assert_eq!(mail.len(), 4);
    assert!(other < 2_000, "{other} steps");
    assert!(
        mine > 50 && other > 50,
        "the steps are counted: {mine}, {other}"
    );
}
