//! Attributes and memos, at the start and read from outside.

use super::describe::unreadable;
use super::{Client, ClientError, Found, Handle, Start, coded};
use crate::Durable;
use crate::codec;
use crate::operation::{Memo, SearchKey, SearchValue};
use crate::store::{Attribute, Condition, MemoValue, Page, RunFilter, StoreError};
use std::collections::BTreeMap;

/// How many workflows [`Client::find`] gives.
const FOUND_MAX: usize = 1_000;

impl<R> Start<R> {
    /// Sets a search attribute, by which the workflow is found. Runs that go on in its place keep
    /// it.
    pub fn attribute<T: SearchValue>(self, key: SearchKey<T>, value: impl Into<T>) -> Self {
        let value = value.into().into_attribute();
        self.raw_attribute(key.key(), value)
    }

    pub(crate) fn raw_attribute(mut self, key: impl Into<String>, value: Attribute) -> Self {
        self.tags.attributes.insert(key.into(), value);
        self
    }

    /// Notes a value about the workflow. Runs that go on in its place keep it.
    pub fn memo<T: Durable>(self, memo: Memo<T>, value: &T) -> Self {
        self.raw_memo(memo.name(), codec::encode(value))
    }

    /// A value that cannot be encoded is told of as an input that cannot.
    pub(crate) fn raw_memo(
        mut self,
        name: impl Into<String>,
        value: Result<Vec<u8>, codec::Error>,
    ) -> Self {
        match value {
            Ok(value) => drop(self.tags.memo.insert(name.into(), MemoValue(value))),
            Err(error) => self.input = Err(error),
        }
        self
    }
}

impl<R> Handle<R> {
    /// What is noted about the workflow under this name.
    ///
    /// # Errors
    /// When there is no such workflow, the value is no `T`, or the store has failed.
    pub async fn memo<T: Durable>(&self, memo: Memo<T>) -> Result<Option<T>, ClientError> {
        let record = self.client().record(self.id()).await?;
        let note = record.tags.memo.get(memo.name());
        let value = note.map(|note| codec::decode(&note.0)).transpose();
        value.map_err(|source| unreadable(self.id(), "a memo", source))
    }

    /// All that is noted about the workflow, as JSON, by name.
    ///
    /// # Errors
    /// When there is no such workflow, a value is damaged, or the store has failed.
    pub async fn memo_json(&self) -> Result<BTreeMap<String, serde_json::Value>, ClientError> {
        let memo = self.client().record(self.id()).await?.tags.memo;
        let json = memo.into_iter();
        let json = json.map(|(name, note)| Ok((name, coded::json(&note.0)?)));
        let json: Result<_, codec::Error> = json.collect();
        json.map_err(|source| unreadable(self.id(), "a memo", source))
    }
}

impl Client {
    /// Runs of which a condition is true, newest first: the first thousand. More of them come page
    /// by page from [`list`](Self::list).
    ///
    /// # Errors
    /// When the store has failed.
    pub async fn find(&self, condition: Condition) -> Result<Found, StoreError> {
        let filter = RunFilter {
            condition: Some(condition),
            ..RunFilter::default()
        };
        let page = Page {
            before: None,
            limit: FOUND_MAX,
        };
        self.list(filter, page).await
    }
}
