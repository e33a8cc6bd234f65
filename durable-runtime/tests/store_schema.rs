//! `docs/store-schema.md` describes the schema as it is.

mod store_kit;

use rusqlite::Connection;

const DOCUMENT: &str = include_str!("../../docs/store-schema.md");

/// Tables and indexes with their definitions, layout and comments aside.
fn schema(conn: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let mut statement = conn.prepare(sql).expect("a schema");
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)));
    rows.expect("a schema")
        .map(|row| row.expect("a row"))
        .map(|(name, sql)| (name, normal(&sql)))
        .collect()
}

/// One space between words; none that SQLite leaves before what `ALTER TABLE` adds.
fn normal(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace(" ,", ",").replace(" )", ")")
}

#[tokio::test]
async fn the_document_describes_the_live_schema() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("orders.db");
    let _store = store_kit::open(&path).await;
    let live = Connection::open(&path).expect("a database");

    let (_, rest) = DOCUMENT.split_once("```sql\n").expect("a block of SQL");
    let (ddl, rest) = rest.split_once("```").expect("its end");
    let documented = Connection::open_in_memory().expect("a database");
    documented.execute_batch(ddl).expect("the block is SQL");
    assert_eq!(schema(&live), schema(&documented));

    let number = |pragma: &str| live.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let mark = number("PRAGMA application_id").expect("a number");
    assert!(DOCUMENT.contains(&format!("{mark:#x}")), "{mark:#x}");
    let version = number("PRAGMA user_version").expect("a number");
    assert!(DOCUMENT.contains(&format!("now {version}.")), "{version}");
    // Every index is said to serve something.
    for (name, sql) in schema(&live) {
        if sql.contains(" INDEX ") {
            assert!(rest.contains(&format!("`{name}`")), "what is {name} for?");
        }
    }
}
