//! Names that rows repeat, kept once and mentioned by number.

use super::error::Outcome;
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

/// How many names the writer remembers before it starts afresh. Names come from source code, so
/// thousands are already unusual; queues may be made up at run time, so there is a limit.
const NAMES_MAX: usize = 16_384;

/// The numbers of names that are known to be in the database.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<String, i64>);

impl Names {
    /// The number of a name, which is written first if it is new.
    pub(super) fn intern(&mut self, conn: &Connection, text: &str) -> Outcome<i64> {
        if let Some(n) = self.0.get(text) {
            return Ok(*n);
        }
        let n = match find(conn, text)? {
            Some(n) => n,
            None => conn
                .prepare_cached("INSERT INTO name(text) VALUES(?1)")?
                .insert([text])?,
        };
        if self.0.len() >= NAMES_MAX {
            self.0.clear();
        }
        self.0.insert(text.to_owned(), n);
        Ok(n)
    }

    /// Forgets all: a transaction that may have written names was rolled back.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

fn find(conn: &Connection, text: &str) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT n FROM name WHERE text=?1")?
        .query_row([text], |row| row.get(0))
        .optional()
}
