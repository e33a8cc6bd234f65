//! The attempt that a body is in.

use super::cancellation::Cancellation;
use super::live::{Live, SaidEnd};
use super::token::ActivityToken;
use super::transact::Transacts;
use crate::Durable;
use crate::codec;
use crate::codec::limits::PAYLOAD_BYTES_MAX;
use crate::id::RunId;
use crate::propagation::Headers;
use serde::Serialize;
use std::sync::Arc;

/// What an activity's body may ask, and say, about the attempt it is in. Cheap to clone; a clone in
/// another task or thread is the same attempt.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ActivityContext {
    /// The same in every attempt of one call: `run/seq`. Another run has other keys, also one that
    /// tries the same workflow again; see [`Start::retry`](crate::client::Start::retry).
    pub idempotency_key: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The id of the workflow that called.
    pub workflow_id: String,
    token: ActivityToken,
    pub(super) live: Arc<Live>,
    /// The way to the store's transaction, if there is one.
    pub(super) transacts: Option<Arc<dyn Transacts>>,
    /// What goes along with the workflow; see [`crate::propagation`].
    pub headers: Arc<Headers>,
}

impl ActivityContext {
    pub(crate) fn new(token: ActivityToken, workflow_id: String, live: Arc<Live>) -> Self {
        Self {
            idempotency_key: format!("{}/{}", token.run, token.op),
            attempt: token.attempt,
            workflow_id,
            token,
            headers: Arc::default(),
            live,
            transacts: None,
        }
    }

    /// The same, of an attempt that may take part in the store's transaction.
    pub(crate) fn with_transacts(self, transacts: Arc<dyn Transacts>) -> Self {
        let transacts = Some(transacts);
        Self { transacts, ..self }
    }

    pub(crate) fn with_headers(self, headers: Headers) -> Self {
        let headers = Arc::new(headers);
        Self { headers, ..self }
    }

    /// One that belongs to no workflow: nobody hears what is said.
    pub(crate) fn nowhere(idempotency_key: String, attempt: u32) -> Self {
        let (run, op) = (RunId(0), 0);
        let token = ActivityToken { run, op, attempt };
        Self {
            idempotency_key,
            ..Self::new(token, String::new(), Arc::default())
        }
    }

    /// The name of this attempt, for whoever ends it; see [`activity::token`](super::token()).
    #[must_use]
    pub fn token(&self) -> ActivityToken {
        self.token
    }

    pub(super) fn ends_later(&self) {
        self.live.end(SaidEnd::Later);
    }

    /// Says that the attempt is alive, and how far it has come; see
    /// [`activity::heartbeat`](super::heartbeat).
    ///
    /// # Panics
    /// As that does.
    pub fn heartbeat<T: Serialize>(&self, details: &T) {
        let bytes = match codec::encode(details) {
            Ok(bytes) => bytes,
            Err(error) => panic!("the details of a heartbeat cannot be encoded: {error}"),
        };
        assert!(
            bytes.len() <= PAYLOAD_BYTES_MAX,
            "the details of a heartbeat have {} bytes, the limit is {PAYLOAD_BYTES_MAX}",
            bytes.len()
        );
        self.live.beat(bytes);
    }

    /// The details of the last heartbeat of this call; see
    /// [`activity::heartbeat_details`](super::heartbeat_details).
    #[must_use]
    pub fn heartbeat_details<T: Durable>(&self) -> Option<T> {
        let bytes = self.live.details()?;
        match codec::decode(&bytes) {
            Ok(details) => Some(details),
            Err(error) => {
                let (key, workflow) = (&self.idempotency_key, &self.workflow_id);
                tracing::warn!(key, workflow, %error, "the details of a heartbeat do not fit");
                None
            }
        }
    }

    /// Whether this attempt is to stop; see [`activity::cancellation`](super::cancellation).
    #[must_use]
    pub fn cancellation(&self) -> Cancellation {
        Cancellation::new(&self.live)
    }
}
