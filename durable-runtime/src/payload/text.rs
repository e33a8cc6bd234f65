//! Coded values where a store has a column of text: why something has failed.

use super::chain::Codecs;
use super::context::Place;
use super::{CodecFailure, envelope};

/// No text of people begins with this.
const MARK: &str = "\u{1}coded:";

/// Encodes a text.
pub(super) fn encode(
    codecs: &Codecs,
    place: &Place<'_>,
    text: &str,
) -> Result<String, CodecFailure> {
    let coded = codecs.encode_bytes(place, text.as_bytes())?;
    let mut out = String::with_capacity(MARK.len() + 2 * coded.len());
    out.push_str(MARK);
    for byte in coded {
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    Ok(out)
}

/// Decodes a text. One that cannot be decoded says why.
pub(super) fn decode(codecs: &Codecs, place: &Place<'_>, text: &mut String) {
    let Some(bytes) = coded(text) else {
        return;
    };
    let plain = codecs
        .decode(place, &bytes)
        .map(|plain| plain.unwrap_or(bytes));
    *text = match plain {
        Ok(plain) => String::from_utf8_lossy(&plain).into_owned(),
        Err(error) => format!("(cannot be shown: {error})"),
    };
}

/// A text as people can be shown it: one that is coded says how.
pub(crate) fn shown(text: String) -> String {
    match coded(&text) {
        None => text,
        Some(bytes) => {
            let reason = envelope::reason(&bytes).unwrap_or_else(|| "coded".to_owned());
            format!("(cannot be shown: {reason})")
        }
    }
}

/// The coded value that a text stands for.
fn coded(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix(MARK)?.as_bytes();
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes = pairs
        .iter()
        .map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?));
    rest.is_empty().then(|| bytes.collect()).flatten()
}
