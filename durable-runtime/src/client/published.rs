//! Reading what a workflow has published, without any of its code.

use super::describe::{checkpoint, unreadable};
use super::{Client, ClientError, Handle};
use crate::Durable;
use crate::codec;
use crate::id::WorkflowId;
use crate::operation::Published;
use crate::payload::envelope;
use std::collections::BTreeMap;

impl<R> Handle<R> {
    /// What the workflow has published under this name, as of its last checkpoint or its end; `None`
    /// before it has. Asks none of its code, so it works while no worker runs.
    ///
    /// # Errors
    /// When there is no such workflow, the value is no `T`, or the store has failed.
    pub async fn published<T: Durable>(
        &self,
        value: Published<T>,
    ) -> Result<Option<T>, ClientError> {
        let all = published(self.client(), self.id(), false).await?;
        let found = all.get(value.name()).map(|bytes| codec::decode(bytes));
        let found = found.transpose();
        found.map_err(|source| unreadable(self.id(), "a published value", source))
    }

    /// All that the workflow has published, as JSON, by name; nothing where a codec that is not
    /// here has encoded it.
    ///
    /// # Errors
    /// When there is no such workflow, a value is damaged, or the store has failed.
    pub async fn published_json(&self) -> Result<BTreeMap<String, serde_json::Value>, ClientError> {
        let all = published(self.client(), self.id(), true).await?.into_iter();
        let json = all.map(|(name, bytes)| Ok((name, codec::to_json(&bytes)?)));
        let json: Result<_, codec::Error> = json.collect();
        json.map_err(|source| unreadable(self.id(), "a published value", source))
    }
}

/// Each value encoded.
async fn published(
    client: &Client,
    id: &WorkflowId,
    skip_coded: bool,
) -> Result<BTreeMap<String, Vec<u8>>, ClientError> {
    let record = client.record(id).await?;
    let skipped = |bytes: &Vec<u8>| skip_coded && envelope::is_coded(bytes);
    if record.published.as_ref().is_some_and(skipped) {
        return Ok(BTreeMap::new());
    }
    if let Some(bytes) = record.published {
        return codec::decode(&bytes)
            .map_err(|source| unreadable(id, "the published values", source));
    }
    let latest = client.store().latest_step(record.run).await?;
    let frame = latest.and_then(|step| step.frame);
    let frame = frame.filter(|bytes| !skipped(bytes));
    frame.map_or(Ok(BTreeMap::new()), |bytes| {
        Ok(checkpoint(id, &bytes)?.published)
    })
}
