//! PostgreSQL as a server: who may open what, what it does not take, and connections that it ends.

use crate::store_kit::{id, message, new_run};
use durable_runtime::id::RunId;
use durable_runtime::store::{self, NewRun, Store, StoreError, Told, Written};
use postgres_for_tests::{Schema, execute, is_there, schema};
use std::sync::Arc;

/// Each test in a runtime of its own, if there is a server.
fn with_server<F: Future<Output = ()>>(test: impl FnOnce(Schema) -> F) {
    if is_there() {
        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(2).enable_all().build();
        runtime.expect("a runtime").block_on(test(schema()));
    }
}

async fn open(schema: &Schema) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&schema.url).await
}

async fn opened(schema: &Schema) -> Arc<dyn Store> {
    open(schema).await.expect("a store")
}

fn waiting(run: i64) -> NewRun {
    new_run(run, None)
}

#[test]
fn of_many_that_open_a_new_database_one_makes_the_tables() {
    with_server(|schema| async move {
        let schema = Arc::new(schema);
        let open = |_| {
            let schema = Arc::clone(&schema);
            tokio::spawn(async move { opened(&schema).await })
        };
        let all: Vec<_> = (0..8).map(open).collect();
        for (run, store) in (1..).zip(all) {
            let store = store.await.expect("no panic");
            assert_eq!(store.start(waiting(run)).await, Ok(Written::Started));
        }
        let again = opened(&schema).await;
        assert!(again.find(&id(8)).await.is_ok_and(|run| run.is_some()));
    });
}

#[test]
fn a_newer_schema_is_refused_and_left() {
    with_server(|schema| async move {
        let (store, other) = (opened(&schema).await, opened(&schema).await);
        execute("UPDATE @meta SET value=99 WHERE key='version'", &schema).await;
        let refused = open(&schema).await.expect_err("a newer one");
        let text = refused.to_string();
        assert!(
            text.contains("has version 99") && text.contains("use the newer program"),
            "{text}"
        );
        // Whoever has it open writes nothing any more.
        let refused = store.start(waiting(1)).await;
        assert_eq!(refused, Err(StoreError::Outdated { found: 99, own: 1 }));
        assert_eq!(other.find(&id(1)).await, Ok(None));
        execute("UPDATE @meta SET value=1 WHERE key='version'", &schema).await;
        assert_eq!(store.start(waiting(1)).await, Ok(Written::Started));
    });
}

#[test]
fn a_schema_of_something_else_is_refused_and_left() {
    for table in [
        "orders(n int)",
        "meta(key text, value text)",
        "meta(key text, value bigint)",
    ] {
        with_server(|schema| async move {
            execute(
                &format!("CREATE SCHEMA {}; CREATE TABLE @{table}", schema.name),
                &schema,
            )
            .await;
            let refused = open(&schema).await.expect_err("of something else");
            assert!(
                refused.to_string().contains("holds something else"),
                "{refused}"
            );
            // There is nothing but that table.
            let name = table.split('(').next().expect("a name");
            execute(
                &format!("DROP TABLE @{name}; DROP SCHEMA {} RESTRICT", schema.name),
                &schema,
            )
            .await;
        });
    }
}

#[test]
fn texts_that_postgresql_does_not_take_come_back() {
    with_server(|schema| async move {
        let store = opened(&schema).await;
        // Incompressible, and too long for an index.
        let long = |seed: u64| {
            let mut dice = fastrand::Rng::with_seed(seed);
            let text: String = (0..900).map(|_| dice.char('\u{0}'..'\u{ffff}')).collect();
            format!("{text}\0")
        };
        let new = NewRun {
            workflow: long(1),
            ..waiting(1)
        };
        assert_eq!(store.start(new.clone()).await, Ok(Written::Started));
        let other = NewRun {
            workflow: long(2),
            ..waiting(2)
        };
        assert_eq!(store.start(other.clone()).await, Ok(Written::Started));
        for new in [&new, &other] {
            let found = store
                .find(&new.id)
                .await
                .expect("readable")
                .expect("it is there");
            assert_eq!(found.workflow, new.workflow);
        }
        let told = |msg: String| {
            let message = message(&msg);
            store.tell(RunId(1), message)
        };
        for (msg, expected) in [
            (long(3), Told::Accepted),
            (long(3), Told::Repeated),
            (long(4), Told::Accepted),
            ("\0".to_owned(), Told::Accepted),
            ("\0".to_owned(), Told::Repeated),
        ] {
            assert_eq!(told(msg).await, Ok(expected));
        }
        let inbox = store.inbox(RunId(1)).await.expect("readable");
        let ids: Vec<_> = inbox.into_iter().map(|message| message.msg).collect();
        assert_eq!(ids, [long(3), long(4), "\0".to_owned()]);
    });
}

#[test]
fn a_call_finds_another_connection_where_its_own_was_ended() {
    with_server(|mut schema| async move {
        // So that no other one is ended.
        schema.url = format!("{}&application_name={}", schema.url, schema.name);
        let store = opened(&schema).await;
        for run in 1..5 {
            assert_eq!(store.start(waiting(run)).await, Ok(Written::Started));
            assert!(store.find(&id(run)).await.is_ok_and(|run| run.is_some()));
            let all = format!(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name='{}'",
                schema.name
            );
            execute(&all, &schema).await;
        }
    });
}
