//! Codecs in a row, applied one after the other.

use super::context::{Context, Place};
use super::envelope;
use super::store::CodedStore;
use super::{CodecFailure, PayloadCodec};
use crate::machine::panic_message;
use crate::store::Store;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The codecs of an application, in the order in which they are applied when something is stored:
/// compress first, then encrypt. Cheap to clone.
///
/// Give the same to everybody who works on a store: [`over`](Self::over) makes the store that
/// [`Worker::new`](crate::Worker::new) and [`Client::new`](crate::Client::new) are given;
/// [`Client::connect_with`](crate::Client::connect_with) and
/// [`Application::codecs`](crate::Application::codecs) do it themselves.
///
/// ```
/// # #[cfg(all(feature = "zstd", feature = "encryption"))]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use durable_runtime::payload::{Codecs, Encryption, KeyRing, Zstd};
///
/// let keys = KeyRing::new("2026-11", [7; 32]).and("2026-05", [5; 32]);
/// let codecs = Codecs::new().with(Zstd::default()).with(Encryption::new(keys));
/// # Ok(())
/// # }
/// # #[cfg(not(all(feature = "zstd", feature = "encryption")))]
/// # fn main() {}
/// ```
#[derive(Clone, Debug, Default)]
pub struct Codecs {
    chain: Vec<Arc<dyn PayloadCodec>>,
    /// Those that decode only.
    retired: Vec<Arc<dyn PayloadCodec>>,
}

impl Codecs {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, applied to what those before it give.
    ///
    /// # Panics
    /// When there is one of its name already, and at the 17th.
    #[must_use]
    pub fn with(mut self, codec: impl PayloadCodec) -> Self {
        self.check(&codec);
        self.chain.push(Arc::new(codec));
        self
    }

    /// One that nothing is encoded by any more, for values from before.
    ///
    /// # Panics
    /// As [`with`](Self::with) does.
    #[must_use]
    pub fn retired(mut self, codec: impl PayloadCodec) -> Self {
        self.check(&codec);
        self.retired.push(Arc::new(codec));
        self
    }

    fn check(&self, codec: &impl PayloadCodec) {
        let name = codec.name();
        assert!(self.find(name).is_none(), "two codecs are called `{name}`");
        assert!(self.chain.len() < envelope::CODECS_MAX, "too many codecs");
    }

    /// The same store for who works with plain values: they are encoded on their way in, and
    /// decoded on their way out. Without codecs it is the store itself.
    #[must_use]
    pub fn over(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        if self.chain.is_empty() && self.retired.is_empty() {
            return store;
        }
        Arc::new(CodedStore::new(store, self.clone()))
    }

    fn find(&self, name: &str) -> Option<&dyn PayloadCodec> {
        let mut all = self.chain.iter().chain(&self.retired);
        all.find(|codec| codec.name() == name).map(AsRef::as_ref)
    }

    /// Encodes a value for a place. What could not be decoded is not encoded on top of that.
    pub(super) fn encode(&self, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, CodecFailure> {
        if let Some(reason) = envelope::reason(plain) {
            return Err(CodecFailure::new(format!(
                "a value that could not be decoded is not stored again: {reason}"
            )));
        }
        self.encode_bytes(place, plain)
    }

    /// Encodes any bytes, whatever they begin with.
    pub(super) fn encode_bytes(
        &self,
        place: &Place<'_>,
        plain: &[u8],
    ) -> Result<Vec<u8>, CodecFailure> {
        let mut header = envelope::begin();
        let mut coded = None;
        for codec in &self.chain {
            let context = Context {
                place,
                before: &header,
            };
            let bytes = coded.as_deref().unwrap_or(plain);
            let done = contained(codec.name(), || codec.encode(&context, bytes))?;
            if let Some(done) = done {
                envelope::add(&mut header, codec.name(), &done.key)?;
                coded = Some(done.bytes);
            }
        }
        header.extend_from_slice(coded.as_deref().unwrap_or(plain));
        Ok(header)
    }

    /// Decodes a value of a place; one that is not coded stays as it is.
    pub(super) fn decode(
        &self,
        place: &Place<'_>,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, CodecFailure> {
        if !envelope::is_coded(bytes) {
            return Ok(None);
        }
        let opened = envelope::open(bytes)?;
        let mut body = None;
        for (done, layer) in opened.layers.iter().enumerate().rev() {
            let described = || envelope::described(&opened.layers[..=done]);
            let codec = self
                .find(layer.codec)
                .ok_or_else(|| self.unknown(&described()))?;
            // As it was when this codec was applied.
            let mut header = opened.whole[..layer.at].to_vec();
            header[2] = u8::try_from(done).unwrap_or(u8::MAX);
            let context = Context {
                place,
                before: &header,
            };
            let coded = body.as_deref().unwrap_or(opened.body);
            let plain = contained(layer.codec, || codec.decode(&context, layer.key, coded));
            body = Some(
                plain.map_err(|error| CodecFailure::new(format!("{}, {error}", described())))?,
            );
        }
        Ok(Some(body.unwrap_or_else(|| opened.body.to_vec())))
    }

    fn unknown(&self, described: &str) -> CodecFailure {
        let known: Vec<_> = self
            .chain
            .iter()
            .chain(&self.retired)
            .map(|codec| codec.name())
            .collect();
        CodecFailure::new(format!(
            "{described}, which is not among the codecs here ({})",
            known.join(", ")
        ))
    }
}

/// A codec that panics has failed.
fn contained<T>(
    name: &str,
    act: impl FnOnce() -> Result<T, CodecFailure>,
) -> Result<T, CodecFailure> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let message = panic_message(&*panic);
        Err(CodecFailure::new(format!(
            "the codec `{name}` panicked: {message}"
        )))
    })
}

#[cfg(test)]
mod tests;
