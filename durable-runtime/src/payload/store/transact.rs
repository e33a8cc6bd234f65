//! What an activity gives in the store's transaction: encoded there, before it is recorded.

use super::{read, write};
use crate::id::WorkflowId;
use crate::payload::chain::Codecs;
use crate::payload::envelope;
use crate::store::{Note, Record, StoreError, Transacted, Work};
use std::sync::{Arc, Mutex, PoisonError};

/// The codecs of one record.
pub(super) struct Coded {
    codecs: Codecs,
    id: WorkflowId,
    record: Record,
    /// Why what the work gave could not be encoded.
    refused: Arc<Mutex<Option<StoreError>>>,
}

impl Coded {
    pub(super) fn new(codecs: Codecs, id: WorkflowId, record: Record) -> Self {
        Self {
            codecs,
            id,
            record,
            refused: Arc::default(),
        }
    }

    /// The work, with what it gives encoded. What cannot be encoded is as if it had given nothing.
    pub(super) fn around(&self, work: Work) -> Work {
        let (codecs, id, record) = (self.codecs.clone(), self.id.clone(), self.record);
        let refused = self.refused.clone();
        Arc::new(move |tx| {
            let mut note = Note {
                run: record.run,
                op: record.note,
                body: work(tx)?,
                consumed: Vec::new(),
            };
            match write::note(&codecs, &id, &mut note) {
                Ok(()) => Some(note.body),
                Err(error) => {
                    *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    None
                }
            }
        })
    }

    /// What has become of it, decoded.
    pub(super) fn read(&self, done: Transacted) -> Result<Transacted, StoreError> {
        let refused = self.refused.lock();
        let refused = refused.unwrap_or_else(PoisonError::into_inner).take();
        let value = match (done, refused) {
            (Transacted::Done(value), _) => value,
            (Transacted::Undone, Some(error)) => return Err(error),
            (other, _) => return Ok(other),
        };
        let mut notes = [(self.record.note, value)];
        read::notes(&self.codecs, (&self.id, self.record.run), &mut notes);
        let [(_, value)] = notes;
        match envelope::reason(&value) {
            Some(reason) => Err(StoreError::Codec(reason)),
            None => Ok(Transacted::Done(value)),
        }
    }
}
