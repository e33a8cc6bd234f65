//! Codecs for what users store: bytes are compressed, encrypted, or whatever else, on their way
//! into a store, and made readable again on their way out.
//!
//! ```text
//!   engine, client ── plain bytes ──▶ Codecs::over(store) ── coded bytes ──▶ store
//!                                        zstd ─▶ encryption ─▶       (back: the other way round)
//! ```
//!
//! Nothing above the wrapper knows of codecs, and nothing below it sees a user's value. What is
//! coded: inputs, results, checkpoints, answers, notes of activities, errors, signals, updates and
//! their answers, memos, published values, and schedules. What a store must read itself is not:
//! ids, names, labels, queues, search attributes, the reasons of cancellations and of blocks.
//!
//! A coded value says of itself how it was coded (`envelope`), so codecs may be added, and taken
//! off new values, at any time. One that cannot be decoded here stays as it is: the run is blocked
//! with the reason, and goes on where it can be.

mod chain;
mod context;
#[cfg(feature = "encryption")]
mod encryption;
pub(crate) mod envelope;
#[cfg(feature = "encryption")]
mod keys;
mod store;
pub(crate) mod text;
#[cfg(feature = "zstd")]
mod zstd;

pub use chain::Codecs;
pub use context::{Column, Context};
#[cfg(feature = "encryption")]
pub use encryption::Encryption;
#[cfg(feature = "encryption")]
pub use keys::{KeyRing, KeyRingError};
#[cfg(feature = "zstd")]
pub use zstd::Zstd;

/// Changes the bytes of users' values on their way into a store, and back.
///
/// ```
/// use durable_runtime::payload::{Coded, CodecFailure, Codecs, Context, PayloadCodec};
///
/// /// Turns every bit around. No protection, but an example.
/// #[derive(Debug)]
/// struct Inverted;
///
/// impl PayloadCodec for Inverted {
///     fn name(&self) -> &'static str {
///         "inverted"
///     }
///     fn encode(&self, _: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
///         let bytes = plain.iter().map(|byte| !byte).collect();
///         Ok(Some(Coded { key: String::new(), bytes }))
///     }
///     fn decode(&self, _: &Context<'_>, _: &str, coded: &[u8]) -> Result<Vec<u8>, CodecFailure> {
///         Ok(coded.iter().map(|byte| !byte).collect())
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let codecs = Codecs::new().with(Inverted);
/// let store = codecs.over(durable_runtime::store::open("memory://").await?);
/// # Ok(())
/// # }
/// ```
pub trait PayloadCodec: std::fmt::Debug + Send + Sync + 'static {
    /// Its name. It is stored with every value, so it never changes.
    fn name(&self) -> &'static str;

    /// Encodes a value; `None` leaves it as it is.
    ///
    /// # Errors
    /// When it cannot. A run whose value that is is blocked with the reason.
    fn encode(&self, context: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure>;

    /// Decodes what [`encode`](Self::encode) gave, with the same context and the same key.
    ///
    /// # Errors
    /// When it cannot. A run whose value that is is blocked with the reason.
    fn decode(
        &self,
        context: &Context<'_>,
        key: &str,
        coded: &[u8],
    ) -> Result<Vec<u8>, CodecFailure>;
}

/// An encoded value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coded {
    /// The id of the key, the dictionary, or whatever else is needed to decode it, readable by
    /// everybody; empty if there is no such thing.
    pub key: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// Why a value was not encoded or decoded, for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CodecFailure(String);

impl CodecFailure {
    /// A failure with this text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
