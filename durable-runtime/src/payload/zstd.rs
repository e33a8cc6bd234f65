//! Compression.

use super::{CodecFailure, Coded, Context, PayloadCodec};
use crate::store::limits::VALUE_BYTES_MAX;
use std::io::Read as _;

/// A frame that wants a larger window is refused: 2^24 bytes, as large as a value.
const WINDOW_LOG_MAX: u32 = 24;

/// Compresses values with Zstandard. Small ones, and those that do not become smaller, stay as
/// they are. Behind the feature `zstd`.
///
/// Put it before an encryption: what is encrypted does not become smaller. Compressed, the length
/// of a value tells something about what is in it; leave it out where somebody who sees lengths
/// may choose a part of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zstd {
    level: i32,
    min_bytes: usize,
    max_bytes: usize,
}

impl Default for Zstd {
    /// Level 3, from 1 KiB on, and values of up to 16 MiB.
    fn default() -> Self {
        Self {
            level: 3,
            min_bytes: 1024,
            max_bytes: VALUE_BYTES_MAX,
        }
    }
}

impl Zstd {
    /// How hard it tries, from 1 (fast) to 19 (small); others count as the nearest of these.
    #[must_use]
    pub fn level(self, level: i32) -> Self {
        Self {
            level: level.clamp(1, 19),
            ..self
        }
    }

    /// Values of fewer bytes stay as they are.
    #[must_use]
    pub fn min_bytes(self, min_bytes: usize) -> Self {
        Self { min_bytes, ..self }
    }

    /// What would become larger than this is not decompressed: a few bytes can say that they are
    /// a terabyte.
    #[must_use]
    pub fn max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }
}

impl PayloadCodec for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn encode(&self, _: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        if plain.len() < self.min_bytes || plain.len() > self.max_bytes {
            return Ok(None);
        }
        let bytes = ::zstd::bulk::compress(plain, self.level)
            .map_err(|error| CodecFailure::new(format!("zstd: {error}")))?;
        let key = String::new();
        Ok((bytes.len() < plain.len()).then_some(Coded { key, bytes }))
    }

    fn decode(&self, _: &Context<'_>, _: &str, coded: &[u8]) -> Result<Vec<u8>, CodecFailure> {
        let damaged = |error| CodecFailure::new(format!("and does not decompress: {error}"));
        let mut decoder = ::zstd::stream::read::Decoder::with_buffer(coded).map_err(damaged)?;
        decoder.window_log_max(WINDOW_LOG_MAX).map_err(damaged)?;
        let mut plain = Vec::new();
        let limit = u64::try_from(self.max_bytes)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        decoder
            .take(limit)
            .read_to_end(&mut plain)
            .map_err(damaged)?;
        if plain.len() > self.max_bytes {
            return Err(CodecFailure::new(format!(
                "and decompresses to more than {} bytes",
                self.max_bytes
            )));
        }
        Ok(plain)
    }
}

#[cfg(test)]
mod tests {
    use super::super::context::{Column, Place};
    use super::*;

    fn with<T>(act: impl FnOnce(&Context<'_>) -> T) -> T {
        let place = Place::new("w", None, Column::Input);
        act(&Context {
            place: &place,
            before: &[],
        })
    }

    #[test]
    fn large_values_become_smaller_and_come_back() {
        let plain = b"durable ".repeat(1000);
        let coded = with(|at| Zstd::default().encode(at, &plain))
            .unwrap()
            .unwrap();
        assert!(
            coded.bytes.len() < plain.len() / 10,
            "{}",
            coded.bytes.len()
        );
        assert_eq!(
            with(|at| Zstd::default().decode(at, "", &coded.bytes)),
            Ok(plain)
        );
    }

    #[test]
    fn what_does_not_become_smaller_stays() {
        let small = b"durable ".repeat(10);
        assert_eq!(with(|at| Zstd::default().encode(at, &small)), Ok(None));
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        })
        .take(4096)
        .collect();
        assert_eq!(with(|at| Zstd::default().encode(at, &noise)), Ok(None));
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let bomb = ::zstd::bulk::compress(&vec![0; 64 << 20], 19).unwrap();
        assert!(bomb.len() < 10_000);
        let answer = with(|at| Zstd::default().decode(at, "", &bomb)).unwrap_err();
        assert_eq!(
            answer.to_string(),
            "and decompresses to more than 16777216 bytes"
        );
    }

    #[test]
    fn damaged_bytes_are_an_error() {
        let coded = ::zstd::bulk::compress(&[1; 5000], 3).unwrap();
        for len in 0..coded.len() {
            let answer = with(|at| Zstd::default().decode(at, "", &coded[..len]));
            assert!(answer.as_ref() != Ok(&vec![1; 5000]), "{len} bytes");
        }
    }
}
