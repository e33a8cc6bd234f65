//! Names that rows repeat, kept once and mentioned by number.
//!
//! All names that a call writes are in its arguments. They are written before its transaction, in one of
//! their own: a name stays, whatever becomes of the call, and no transaction waits for the names of
//! another one.

use super::error::{Outcome, bug};
use super::session::{Columns, Session};
use super::text::{Key, Text};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many names a process remembers before it starts afresh. Names come from source code, so
/// thousands are already unusual; queues may be made up at run time, so there is a limit.
const NAMES_MAX: usize = 16_384;

/// The numbers of names that are known to be in the database.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<HashMap<String, i64>>);

/// The numbers of the names of one call.
#[derive(Debug, Default)]
pub(super) struct Numbers(HashMap<String, i64>);

impl Numbers {
    /// The number of a name of the call.
    pub(super) fn of(&self, name: &str) -> Outcome<i64> {
        let found = self.0.get(name).copied();
        found.ok_or_else(|| bug(format!("{name:?} was not among the names of the call")).into())
    }
}

impl Names {
    fn known(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        // Nothing in here panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all: the database may be another one now.
    pub(super) fn forget(&self) {
        self.known().clear();
    }

    /// The numbers of these names, which are written first if they are new.
    pub(super) async fn intern(&self, conn: &Session, names: &[Cow<'_, str>]) -> Outcome<Numbers> {
        let (mut numbers, mut new) = (HashMap::new(), BTreeMap::new());
        {
            let known = self.known();
            for name in names.iter().map(|name| &**name).collect::<BTreeSet<&str>>() {
                match known.get(name) {
                    Some(n) => drop(numbers.insert(name.to_owned(), *n)),
                    None => drop(new.insert(Key::new(name), name)),
                }
            }
        }
        if new.is_empty() {
            return Ok(Numbers(numbers));
        }
        let mut found = find(conn, &new).await?;
        if found.len() < new.len() {
            let missing = new
                .iter()
                .filter(|(key, _)| !found.contains_key(key.as_str()));
            let (keys, whole): (Vec<_>, Vec<_>) =
                missing.map(|(key, name)| (key, Key::whole(name))).unzip();
            conn.execute(
                "INSERT INTO @name(text,whole) SELECT * FROM unnest($1::text[],$2::text[]) \
                 ON CONFLICT DO NOTHING",
                &[&keys, &whole],
            )
            .await?;
            found = find(conn, &new).await?;
        }
        let mut known = self.known();
        if known.len() + new.len() > NAMES_MAX {
            known.clear();
        }
        for (key, name) in new {
            let n = found.get(key.as_str()).copied();
            let n = n.ok_or_else(|| bug(format!("the name {name:?} vanished")))?;
            known.insert(name.to_owned(), n);
            numbers.insert(name.to_owned(), n);
        }
        Ok(Numbers(numbers))
    }
}

async fn find(conn: &Session, new: &BTreeMap<Key<'_>, &str>) -> Outcome<HashMap<String, i64>> {
    let keys: Vec<_> = new.keys().collect();
    let sql = "SELECT text, n FROM @name WHERE text=ANY($1)";
    let found = conn
        .all(sql, &[&keys], |row| {
            let mut row = Columns::of(row);
            Ok((row.next::<String>()?, row.next()?))
        })
        .await?;
    Ok(found.into_iter().collect())
}

/// A name as SQL, by its number in this column.
macro_rules! name_of {
    ($n:literal) => {
        concat!(
            "(SELECT coalesce(n.whole,n.text) FROM @name n WHERE n.n=",
            $n,
            ")"
        )
    };
}
pub(super) use name_of;

/// The number of a name that somebody has written before.
pub(super) async fn number_of(conn: &Session, name: &str) -> Outcome<Option<i64>> {
    let sql = "SELECT n FROM @name WHERE text=$1";
    conn.first(sql, &[&Key::new(name)], |row| Columns::of(row).next())
        .await
}

/// The numbers of those of these names that somebody has written before.
pub(super) async fn numbers_of<'a>(
    conn: &Session,
    names: impl Iterator<Item = &'a str>,
) -> Outcome<HashMap<&'a str, i64>> {
    let names: BTreeMap<_, _> = names.map(|name| (Key::new(name), name)).collect();
    let found = find(conn, &names).await?;
    let number = |(key, name): (Key<'_>, _)| Some((name, *found.get(key.as_str())?));
    Ok(names.into_iter().filter_map(number).collect())
}

/// The column of [`name_of`].
pub(super) fn name(row: &mut Columns<'_>) -> Outcome<String> {
    Ok(row.next::<Text<'static>>()?.0.into_owned())
}
