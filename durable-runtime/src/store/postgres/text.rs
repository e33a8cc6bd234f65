//! Text as PostgreSQL takes it: without NUL, and not too long for an index.
//!
//! Every text of a user goes through [`Text`] or [`Key`], in both directions. PostgreSQL refuses NUL in
//! a text, so a mark stands for it; and no row of an index may have more than a third of a page, so a
//! [`Key`] that is longer than [`KEY_BYTES_MAX`] has its beginning and its digest instead. Both are
//! one-to-one, so that equal columns are equal texts.

use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::error::Error;
use std::fmt::Write;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

/// What no text begins a character with that people write: the last code point, which is none.
const MARK: char = '\u{10ffff}';

/// Behind the mark: a NUL, the mark itself, and the digest of a text that is too long for an index.
const NUL: char = '0';
const MARK_ITSELF: char = '1';
const DIGEST: char = '2';

/// The longest text that is in an index as it is, in bytes. Two of them fit into one row of it.
const KEY_BYTES_MAX: usize = 512;

/// How much is left of a longer one, for people.
const KEY_BEGINNING: usize = 128;

/// A text in a column that no index has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

/// A text in a column that an index has. It can only be read back where `whole` is stored beside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a>(Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl<'a> Key<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        if text.len() <= KEY_BYTES_MAX {
            return Self(escaped(text));
        }
        let mut end = KEY_BEGINNING;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut key = escaped(&text[..end]).into_owned();
        key.extend([MARK, DIGEST]);
        for byte in Sha256::digest(text.as_bytes()) {
            // Writing to a text cannot fail.
            let _ = write!(key, "{byte:02x}");
        }
        Self(Cow::Owned(key))
    }

    /// What is stored beside the key of a text that is too long.
    pub(super) fn whole(text: &str) -> Option<Text<'_>> {
        (text.len() > KEY_BYTES_MAX).then(|| Text::from(text))
    }

    /// As it is stored.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', MARK]) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match char {
            '\0' => safe.extend([MARK, NUL]),
            MARK => safe.extend([MARK, MARK_ITSELF]),
            char => safe.push(char),
        }
    }
    Cow::Owned(safe)
}

/// What [`escaped`] has made of it.
pub(super) fn restored(safe: &str) -> Result<String, String> {
    if !safe.contains(MARK) {
        return Ok(safe.to_owned());
    }
    let mut text = String::with_capacity(safe.len());
    let mut chars = safe.chars();
    while let Some(char) = chars.next() {
        if char != MARK {
            text.push(char);
            continue;
        }
        match chars.next() {
            Some(NUL) => text.push('\0'),
            Some(MARK_ITSELF) => text.push(MARK),
            _ => return Err(format!("{safe:?} is no whole text")),
        }
    }
    Ok(text)
}

impl ToSql for Text<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        escaped(&self.0).as_ref().to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <&str as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl ToSql for Key<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.as_ref().to_sql(ty, out)
    }

    fn accepts(ty: &Type) -> bool {
        <&str as ToSql>::accepts(ty)
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Text<'static> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        let safe = <&str as FromSql>::from_sql(ty, raw)?;
        Ok(Self(Cow::Owned(restored(safe)?)))
    }

    fn accepts(ty: &Type) -> bool {
        <&str as FromSql>::accepts(ty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn what_postgresql_refuses_comes_back() {
        for text in [
            "",
            "order",
            "\0",
            "a\0b\0",
            "\u{10ffff}",
            "\u{10ffff}0\0",
            "ü\0",
        ] {
            let safe = escaped(text);
            assert!(!safe.contains('\0'), "{safe:?}");
            assert_eq!(restored(&safe).as_deref(), Ok(text));
        }
        assert!(matches!(escaped("order"), Cow::Borrowed(_)));
        assert!(restored(Key::new(&"x".repeat(1000)).as_str()).is_err());
    }

    #[test]
    fn long_keys_are_short_and_told_apart() {
        let long = |last: char| {
            let mut text = "ü\0".repeat(400);
            text.push(last);
            text
        };
        let (a, b, at_most) = (long('a'), long('b'), "x".repeat(KEY_BYTES_MAX));
        let texts = [&*a, &*b, "a", "a\0", "\u{10ffff}", &*at_most];
        let keys: BTreeSet<_> = texts.iter().map(|text| Key::new(text)).collect();
        assert_eq!(keys.len(), texts.len());
        for key in &keys {
            assert!(key.as_str().len() <= KEY_BYTES_MAX, "{key:?}");
        }
        assert_eq!(Key::new(&a), Key::new(&a.clone()));
        // The key of a long one is the text of no other.
        let key = Key::new(&a).as_str().to_owned();
        assert_ne!(Key::new(&key).as_str(), key);
        assert_eq!(Key::whole(&at_most), None);
        assert_eq!(Key::whole(&a), Some(Text::from(&*a)));
    }
}
