//! The keys of an encryption, by id.

use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use std::fmt;

/// The bytes of a key.
const KEY_BYTES: usize = 32;

/// Keys of 32 random bytes, each with an id that stands beside every value that it has encrypted,
/// readable by everybody. The first one encrypts; all decrypt. Shows the ids only.
#[derive(Clone)]
pub struct KeyRing {
    newest: String,
    keys: Vec<(String, XChaCha20Poly1305)>,
}

/// A text is no key ring. It does not repeat the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// There is no key in it.
    #[error("there is no key; write ID:KEY, the newest first, as in 2026-11:8f3c…,2026-05:01ab…")]
    Empty,
    /// A key has no id, or there is no key to an id.
    #[error("key {0} of the list is not ID:KEY, as in 2026-11:8f3c…")]
    Shape(usize),
    /// The key of this id is too short, too long, or not made of hexadecimal digits.
    #[error("the key `{0}` does not have 64 hexadecimal digits (32 bytes)")]
    Key(String),
    /// Two keys have this id.
    #[error("two keys are called `{0}`")]
    Twice(String),
}

impl KeyRing {
    /// A ring with the key that encrypts.
    #[must_use]
    pub fn new(id: impl Into<String>, key: [u8; KEY_BYTES]) -> Self {
        let newest = id.into();
        Self {
            keys: vec![(newest.clone(), XChaCha20Poly1305::new(&key.into()))],
            newest,
        }
    }

    /// One more key, for values that it has encrypted before (or, while a new one is handed out,
    /// will have on other workers).
    ///
    /// # Panics
    /// When there is a key of this id already.
    #[must_use]
    pub fn and(mut self, id: impl Into<String>, key: [u8; KEY_BYTES]) -> Self {
        let id = id.into();
        assert!(self.get(&id).is_none(), "two keys are called `{id}`");
        self.keys.push((id, XChaCha20Poly1305::new(&key.into())));
        self
    }

    /// Reads `ID:KEY,ID:KEY`, as it would stand in an environment variable: the newest first, keys
    /// as 64 hexadecimal digits.
    ///
    /// # Errors
    /// When that is not what it is.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let mut ring: Option<Self> = None;
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        for (at, part) in parts.enumerate() {
            let pair = part
                .split_once(':')
                .map(|(id, key)| (id.trim(), key.trim()));
            let (id, key) = pair
                .filter(|(id, _)| !id.is_empty())
                .ok_or(KeyRingError::Shape(at + 1))?;
            let key = from_hex(key).ok_or_else(|| KeyRingError::Key(id.to_owned()))?;
            ring = Some(match ring {
                None => Self::new(id, key),
                Some(ring) if ring.get(id).is_some() => {
                    return Err(KeyRingError::Twice(id.to_owned()));
                }
                Some(ring) => ring.and(id, key),
            });
        }
        ring.ok_or(KeyRingError::Empty)
    }

    /// The ids, the newest first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    pub(super) fn get(&self, id: &str) -> Option<&XChaCha20Poly1305> {
        let found = self.keys.iter().find(|(own, _)| own == id);
        found.map(|(_, key)| key)
    }

    pub(super) fn newest(&self) -> (&str, &XChaCha20Poly1305) {
        (&self.newest, &self.keys[0].1)
    }
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_read_from_text_and_shows_no_key() {
        let (new, old) = ("01".repeat(32), "AB".repeat(32));
        let ring = KeyRing::parse(&format!(" b:{new}, a:{old},")).unwrap();
        assert_eq!(format!("{ring:?}"), r#"["b", "a"]"#);
        assert_eq!(ring.newest().0, "b");
    }

    #[test]
    fn what_is_no_ring_is_refused_without_repeating_it() {
        let key = "01".repeat(32);
        let error = |text: &str| KeyRing::parse(text).unwrap_err();
        assert_eq!(error(" "), KeyRingError::Empty);
        assert_eq!(error(&key), KeyRingError::Shape(1));
        assert_eq!(error(&format!("a:{key},:{key}")), KeyRingError::Shape(2));
        assert_eq!(error("a:01"), KeyRingError::Key("a".into()));
        assert_eq!(
            error(&format!("a:{}", "é".repeat(32))),
            KeyRingError::Key("a".into())
        );
        assert_eq!(
            error(&format!("a:{key},a:{key}")),
            KeyRingError::Twice("a".into())
        );
    }
}
