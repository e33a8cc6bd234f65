//! What every transaction begins with.

use crate::store_kit::{Worker, new_run};
use durable_runtime::store::{self, FenceError, StoreError, Written};
use postgres_for_tests::{execute, is_there, schema};
use std::cell::Cell;

/// Another process has frozen, or was cut off, in a transaction that holds the worker's row.
#[tokio::test(flavor = "multi_thread")]
async fn who_stands_still_in_a_transaction_is_not_waited_for() {
    if !is_there() {
        return;
    }
    let schema = schema();
    let url = format!("{}&patience=50", schema.url);
    let store = store::open(&url).await.expect("a store");
    let mut worker = Worker::register(&*store, 1).await;
    let frozen = "BEGIN; SELECT * FROM @worker FOR UPDATE; SELECT pg_sleep(3); ROLLBACK";
    let (ended, mut busy) = (Cell::new(false), 0);
    let frozen = async {
        execute(frozen, &schema).await;
        ended.set(true);
    };
    let commits = async {
        while !ended.get() {
            match store.commit(worker.fence, [].into()).await {
                Ok(_) => worker.fence.beat += 1,
                Err(FenceError::Store(StoreError::Busy(_))) => busy += 1,
                Err(other) => panic!("{other}"),
            }
        }
    };
    tokio::join!(frozen, commits);
    assert!(busy > 10, "it was told {busy} times to come again");
    let after = store.commit(worker.fence, [].into()).await;
    assert_eq!(after, Ok(vec![]), "nothing of what was refused has counted");
}

/// A role that has it otherwise would have what is acknowledged lost with the server.
#[tokio::test]
async fn what_a_role_has_as_its_default_makes_nothing_less_durable() {
    if !is_there() {
        return;
    }
    let schema = schema();
    let url = format!("{}&options=-csynchronous_commit%3Doff", schema.url);
    let store = store::open(&url).await.expect("a store");
    let watch = "CREATE FUNCTION @watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
           IF current_setting('synchronous_commit')<>'on'
             OR current_setting('lock_timeout')<>'4s'
             OR current_setting('idle_in_transaction_session_timeout')<>'4s' THEN
             RAISE EXCEPTION '%', current_setting('synchronous_commit');
           END IF;
           RETURN NEW;
         END $$;
         CREATE TRIGGER watch BEFORE INSERT ON @workflow FOR EACH ROW EXECUTE FUNCTION @watch()";
    execute(watch, &schema).await;
    assert_eq!(store.start(new_run(1, None)).await, Ok(Written::Started));
}
