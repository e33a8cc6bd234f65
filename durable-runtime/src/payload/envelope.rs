//! How a coded value says of itself how it was coded.
//!
//! ```text
//!   d3 01  count  { len codec  len key }*  bytes      coded by these, in this order
//!   d3 00  len reason  coded value                    could not be decoded here; only in memory
//! ```
//!
//! `count` is a byte, the lengths are of two bytes, the lowest first. No plain value begins with
//! `d3`: encoded values begin with `d1` and `d2`, checkpoints with `DFR`. Texts may, and are marked otherwise.

use super::CodecFailure;

/// The first byte of what is coded.
const MARK: u8 = 0xd3;
const CODED: u8 = 1;
const STUCK: u8 = 0;

/// How many codecs may be in a chain.
pub(super) const CODECS_MAX: usize = 16;

/// One codec in an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layer<'a> {
    pub(super) codec: &'a str,
    pub(super) key: &'a str,
    /// How much of the envelope stands before it.
    pub(super) at: usize,
}

/// A coded value in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened<'a> {
    /// In the order in which they were applied.
    pub(super) layers: Vec<Layer<'a>>,
    pub(super) body: &'a [u8],
    /// The coded value as a whole.
    pub(super) whole: &'a [u8],
}

/// The beginning of an envelope.
pub(super) fn begin() -> Vec<u8> {
    vec![MARK, CODED, 0]
}

/// One codec more.
pub(super) fn add(header: &mut Vec<u8>, codec: &str, key: &str) -> Result<(), CodecFailure> {
    for text in [codec, key] {
        let len = u16::try_from(text.len());
        let len =
            len.map_err(|_| CodecFailure::new(format!("{codec}: the id of a key is too long")))?;
        header.extend_from_slice(&len.to_le_bytes());
        header.extend_from_slice(text.as_bytes());
    }
    header[2] += 1;
    Ok(())
}

/// Whether a value is coded.
pub(crate) fn is_coded(bytes: &[u8]) -> bool {
    bytes.first() == Some(&MARK)
}

/// Takes a coded value apart.
pub(super) fn open(bytes: &[u8]) -> Result<Opened<'_>, CodecFailure> {
    let mut rest = Rest(bytes.get(2..).unwrap_or_default());
    match bytes {
        [MARK, CODED, ..] => {}
        [MARK, STUCK, ..] => {
            rest.text()?;
            // One reason is enough: more of them are somebody's attempt to exhaust the stack.
            if rest.0.starts_with(&[MARK, STUCK]) {
                return Err(damaged());
            }
            return open(rest.0);
        }
        [MARK, version, ..] => {
            return Err(CodecFailure::new(format!(
                "its envelope has layout {version}, this binary knows layout {CODED}"
            )));
        }
        _ => return Err(damaged()),
    }
    let count = rest.take(1)?[0];
    let mut layers = Vec::with_capacity(usize::from(count).min(CODECS_MAX));
    for _ in 0..count {
        let at = bytes.len() - rest.0.len();
        layers.push(Layer {
            codec: rest.text()?,
            key: rest.text()?,
            at,
        });
    }
    Ok(Opened {
        layers,
        body: rest.0,
        whole: bytes,
    })
}

/// A coded value with the reason why it cannot be decoded here.
pub(super) fn stuck(coded: &[u8], reason: &str) -> Vec<u8> {
    // Cut where it is too long; it is for people.
    let mut end = reason.len().min(usize::from(u16::MAX));
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let reason = &reason.as_bytes()[..end];
    let len = u16::try_from(end).unwrap_or(u16::MAX);
    [&[MARK, STUCK], &len.to_le_bytes()[..], reason, coded].concat()
}

/// Why a value cannot be read as it is, if it is coded.
pub(crate) fn reason(bytes: &[u8]) -> Option<String> {
    if !is_coded(bytes) {
        return None;
    }
    if let [MARK, STUCK, rest @ ..] = bytes
        && let Ok(reason) = Rest(rest).text()
    {
        return Some(reason.to_owned());
    }
    Some(match open(bytes) {
        Ok(opened) => described(&opened.layers),
        Err(error) => error.to_string(),
    })
}

/// How a value is coded: ``encrypted with key `k1` ``.
pub(super) fn described(layers: &[Layer<'_>]) -> String {
    let one = |layer: &Layer<'_>| match (layer.codec, layer.key) {
        (super::context::ENCRYPTION, key) => format!("encrypted with key `{key}`"),
        (codec, "") => format!("encoded by `{codec}`"),
        (codec, key) => format!("encoded by `{codec}` with key `{key}`"),
    };
    // The last one decides what can be read at all.
    layers.last().map_or_else(|| "coded".to_owned(), one)
}

fn damaged() -> CodecFailure {
    CodecFailure::new("its envelope is damaged")
}

struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], CodecFailure> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    fn text(&mut self) -> Result<&'a str, CodecFailure> {
        let len = self.take(2)?;
        let len = u16::from_le_bytes([len[0], len[1]]);
        std::str::from_utf8(self.take(len.into())?).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut header = begin();
        add(&mut header, "zstd", "").unwrap();
        add(&mut header, super::super::context::ENCRYPTION, "k1").unwrap();
        [header, vec![7, 8]].concat()
    }

    #[test]
    fn an_envelope_comes_apart_as_it_was_made() {
        let bytes = sample();
        let opened = open(&bytes).unwrap();
        let codecs: Vec<_> = opened.layers.iter().map(|l| (l.codec, l.key)).collect();
        assert_eq!(codecs, [("zstd", ""), ("xchacha20poly1305", "k1")]);
        assert_eq!(opened.body, [7, 8]);
        assert_eq!(reason(&bytes).unwrap(), "encrypted with key `k1`");
    }

    #[test]
    fn a_reason_can_be_read_and_taken_off() {
        let bytes = stuck(&sample(), "no such key");
        assert_eq!(reason(&bytes).unwrap(), "no such key");
        assert_eq!(open(&bytes).unwrap().body, [7, 8]);
    }

    #[test]
    fn damaged_envelopes_say_so_at_every_length() {
        let bytes = sample();
        for len in 1..bytes.len() - 2 {
            assert!(open(&bytes[..len]).is_err(), "{len} bytes");
            assert!(reason(&bytes[..len]).is_some(), "{len} bytes");
        }
        let newer = open(&[MARK, 2, 0]).unwrap_err().to_string();
        assert_eq!(
            newer,
            "its envelope has layout 2, this binary knows layout 1"
        );
    }

    #[test]
    fn plain_values_are_not_coded() {
        assert!(!is_coded(&crate::codec::encode("text").unwrap()));
        assert!(!is_coded(
            &crate::codec::from_json(&serde_json::json!({})).unwrap()
        ));
        assert!(!is_coded(b"DFR\x01"));
        assert!(!is_coded(b""));
    }
}
