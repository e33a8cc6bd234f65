//! Encryption.

use super::context::ENCRYPTION;
use super::keys::KeyRing;
use super::{CodecFailure, Coded, Context, PayloadCodec};
use chacha20poly1305::XNonce;
use chacha20poly1305::aead::{Aead as _, Payload};

/// Of a random nonce of 192 bits no two are ever the same.
const NONCE_BYTES: usize = 24;

/// Encrypts values with XChaCha20-Poly1305, under the newest key of a [`KeyRing`]. Behind the
/// feature `encryption`.
///
/// A value is bound to its place: the workflow, its run, what it is of it, and the id of the key.
/// Moved to another place, or changed, it does not decrypt. An older value of the same place does:
/// who can write to the database can put back what stood there before.
#[derive(Clone, Debug)]
pub struct Encryption {
    keys: KeyRing,
}

impl Encryption {
    /// An encryption with these keys.
    #[must_use]
    pub fn new(keys: KeyRing) -> Self {
        Self { keys }
    }
}

/// What is authenticated with a value.
fn bound(context: &Context<'_>, key: &str) -> Vec<u8> {
    let mut bytes = context.associated_data();
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

impl PayloadCodec for Encryption {
    fn name(&self) -> &'static str {
        ENCRYPTION
    }

    fn encode(&self, context: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        let (id, key) = self.keys.newest();
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|error| CodecFailure::new(format!("no randomness for a nonce: {error}")))?;
        let payload = Payload {
            msg: plain,
            aad: &bound(context, id),
        };
        let sealed = key.encrypt(&XNonce::from(nonce), payload);
        let sealed =
            sealed.map_err(|_| CodecFailure::new("a value is too large to be encrypted"))?;
        Ok(Some(Coded {
            key: id.to_owned(),
            bytes: [&nonce[..], &sealed].concat(),
        }))
    }

    fn decode(
        &self,
        context: &Context<'_>,
        key: &str,
        coded: &[u8],
    ) -> Result<Vec<u8>, CodecFailure> {
        let Some(cipher) = self.keys.get(key) else {
            let known: Vec<_> = self.keys.ids().map(|id| format!("`{id}`")).collect();
            return Err(CodecFailure::new(format!(
                "which is not in the key ring here ({})",
                known.join(", ")
            )));
        };
        let changed = || {
            CodecFailure::new(
                "and does not decrypt: it was changed, or stood elsewhere, or the key is another one of the same id",
            )
        };
        let (nonce, sealed) = coded
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(changed)?;
        let payload = Payload {
            msg: sealed,
            aad: &bound(context, key),
        };
        let plain = cipher.decrypt(&XNonce::from(*nonce), payload);
        plain.map_err(|_| changed())
    }
}
