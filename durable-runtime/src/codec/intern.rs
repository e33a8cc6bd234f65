//! Text that lives as long as the process, for types that hold `&'static str` constants.
//!
//! Each distinct text is kept once and never freed, up to [`INTERNED_BYTES_MAX`] in total. Only
//! types that insist on a borrow get here (see [`super::decode`]), so the table holds what programs
//! have as constants. The limit is for the case in which someone stores data in a `&'static str`.

use super::Error;
use crate::codec::limits::INTERNED_BYTES_MAX;
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

static TABLE: RwLock<Table> = RwLock::new(Table::new(INTERNED_BYTES_MAX));

/// The text `text`, for ever.
pub(super) fn text(text: &str) -> Result<&'static str, Error> {
    let kept = bytes(text.as_bytes())?;
    std::str::from_utf8(kept).map_err(Error::custom)
}

/// The bytes `bytes`, for ever.
pub(super) fn bytes(bytes: &[u8]) -> Result<&'static [u8], Error> {
    let table = TABLE.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = table.kept.get(bytes) {
        return Ok(kept);
    }
    drop(table);
    let mut table = TABLE.write().unwrap_or_else(PoisonError::into_inner);
    table.keep(bytes)
}

struct Table {
    kept: BTreeSet<&'static [u8]>,
    /// Bytes that may still be kept.
    room: usize,
}

impl Table {
    const fn new(room: usize) -> Self {
        Self {
            kept: BTreeSet::new(),
            room,
        }
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<&'static [u8], Error> {
        if let Some(kept) = self.kept.get(bytes) {
            return Ok(kept);
        }
        self.room = self.room.checked_sub(bytes.len()).ok_or_else(|| {
            Error::custom(format_args!(
                "more than {INTERNED_BYTES_MAX} bytes of distinct text were decoded as \
                 `&'static` borrows; use `String` or `Vec<u8>` for data"
            ))
        })?;
        let kept: &'static [u8] = Box::leak(bytes.into());
        self.kept.insert(kept);
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_text_is_kept_once() {
        let (a, b) = (text("a constant"), text("a constant"));
        assert_eq!(a.unwrap().as_ptr(), b.unwrap().as_ptr());
    }

    #[test]
    fn a_full_table_refuses_new_text_and_still_gives_the_old() {
        let mut table = Table::new(5);
        assert_eq!(table.keep(b"abc"), Ok(&b"abc"[..]));
        assert!(table.keep(b"def").is_err());
        assert_eq!(table.keep(b"abc"), Ok(&b"abc"[..]));
        assert_eq!(table.keep(b"de"), Ok(&b"de"[..]));
    }
}
