//! What the code of a workflow says beside its operations: values that it publishes, and answers to
//! updates.

use super::cx::Cx;
use crate::codec;
use crate::codec::limits::PAYLOAD_BYTES_MAX;
use crate::id::RunId;
use crate::store::{Attribute, MemoValue, Reply, ReplyStage, TagChanges};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a turn has said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aside {
    /// All published values by name, each encoded, once the function has returned. Before that they
    /// stand in the checkpoint.
    pub published: BTreeMap<String, Vec<u8>>,
    /// Answers to messages, each with the run that took the message.
    pub replies: Vec<(RunId, Reply)>,
    /// What changes in the run's attributes and memo.
    pub tags: TagChanges,
}

impl Cx {
    pub(super) fn publish<T: Serialize>(&self, name: &str, value: &T) {
        match encoded(value) {
            Ok(value) => {
                let mut shared = self.shared();
                shared.aside.published.insert(name.to_owned(), value);
            }
            Err(error) => self.block(Some("a published value"), &error),
        }
    }

    pub(super) fn reply<T: Serialize>(&self, run: RunId, msg: &str, stage: ReplyStage, value: &T) {
        match encoded(value) {
            Ok(payload) => {
                let msg = msg.to_owned();
                let reply = Reply {
                    msg,
                    stage,
                    payload,
                };
                self.shared().aside.replies.push((run, reply));
            }
            Err(error) => self.block(Some("the answer to an update"), &error),
        }
    }

    pub(super) fn set_attribute(&self, key: &str, value: Option<Attribute>) {
        let mut shared = self.shared();
        shared.aside.tags.attributes.insert(key.to_owned(), value);
    }

    pub(super) fn set_memo<T: Serialize>(&self, name: &str, value: Option<&T>) {
        match value.map(encoded).transpose() {
            Ok(note) => {
                let mut shared = self.shared();
                shared
                    .aside
                    .tags
                    .memo
                    .insert(name.to_owned(), note.map(MemoValue));
            }
            Err(error) => self.block(Some("a memo"), &error),
        }
    }

    /// What this turn has said; the published values too if the function is `over`.
    pub(super) fn take_aside(&self, over: bool) -> Aside {
        let mut shared = self.shared();
        if over {
            return std::mem::take(&mut shared.aside);
        }
        Aside {
            published: BTreeMap::new(),
            replies: std::mem::take(&mut shared.aside.replies),
            tags: std::mem::take(&mut shared.aside.tags),
        }
    }
}

fn encoded<T: Serialize>(value: &T) -> Result<Vec<u8>, codec::Error> {
    let bytes = codec::encode(value)?;
    if bytes.len() > PAYLOAD_BYTES_MAX {
        return Err(codec::Error::custom(format_args!(
            "it has {} bytes, the limit is {PAYLOAD_BYTES_MAX}; store it elsewhere and give a key",
            bytes.len()
        )));
    }
    Ok(bytes)
}
