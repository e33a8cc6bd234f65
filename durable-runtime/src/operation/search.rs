//! What runs are found by, and notes about them: typed keys, used at the start, in the workflow
//! and by whoever looks for it.

use crate::Durable;
use crate::codec;
use crate::id::Timestamp;
use crate::machine::current;
use crate::store::{Attribute, Compare, Condition, Field, MemoValue, Tags};
use std::marker::PhantomData;
use std::time::{SystemTime, UNIX_EPOCH};

/// A search attribute: a key by which runs are found, and the type of its values (`String`, `i64`,
/// `f64`, `bool` or [`SystemTime`]).
///
/// ```
/// # use durable_runtime::prelude::*;
/// const CUSTOMER: SearchKey<String> = SearchKey::new("customer");
/// const PARCELS: SearchKey<i64> = SearchKey::new("parcels");
///
/// #[workflow]
/// async fn ship_parcels(parcels: u32) -> Result<(), Error> {
///     for left in (1..=parcels).rev() {
///         PARCELS.set(left);
///         sleep(Duration::from_millis(1)).await?;
///     }
///     PARCELS.clear();
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = durable_runtime::store::open("memory://").await?;
/// # let worker = durable_runtime::Worker::new(store, Default::default());
/// # let client = worker.client();
/// # tokio::spawn(worker.run(std::future::pending()));
/// let handle = start_ship_parcels(&client, "ship-1", 2).attribute(CUSTOMER, "jane").await?;
/// handle.result().await??;
/// let found = client.find(CUSTOMER.eq("jane").and(PARCELS.gt(0).not())).await?;
/// assert_eq!(found.workflows[0].id.as_str(), "ship-1");
/// # Ok(())
/// # }
/// ```
pub struct SearchKey<T> {
    key: &'static str,
    value: PhantomData<fn(T) -> T>,
}

/// A type of values that runs are found by.
pub trait SearchValue: sealed::Sealed {
    /// The value as a store keeps it.
    #[doc(hidden)]
    fn into_attribute(self) -> Attribute;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! search_value {
    ($($ty:ty, $value:ident => $attribute:expr;)*) => {$(
        impl sealed::Sealed for $ty {}
        impl SearchValue for $ty {
            fn into_attribute(self) -> Attribute {
                let $value = self;
                $attribute
            }
        }
    )*};
}

search_value! {
    String, text => Attribute::Text(text);
    i64, int => Attribute::Int(int);
    f64, float => Attribute::Float(float);
    bool, bool => Attribute::Bool(bool);
    SystemTime, at => Attribute::Time(timestamp(at));
}

/// Whole milliseconds, rounded down.
fn timestamp(at: SystemTime) -> Timestamp {
    let millis = match at.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()),
        Err(before) => {
            let before = before.duration().as_nanos().div_ceil(1_000_000);
            i64::try_from(before).map(|before| -before)
        }
    };
    Timestamp(millis.unwrap_or(i64::MAX))
}

impl<T: SearchValue> SearchKey<T> {
    /// An attribute of this key.
    ///
    /// # Panics
    /// If the key is empty or contains control characters; in a `const`, when it is compiled.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self {
            key: super::named::checked(key),
            value: PhantomData,
        }
    }

    /// Its key.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        self.key
    }

    /// In a workflow: sets the attribute of this run, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn set(&self, value: impl Into<T>) {
        let value = value.into().into_attribute();
        current::set_attribute(self.key, Some(value));
    }

    /// In a workflow: removes the attribute from this run, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn clear(&self) {
        current::set_attribute(self.key, None);
    }

    /// Runs whose attribute is this.
    pub fn eq(&self, value: impl Into<T>) -> Condition {
        self.is(Compare::Eq, value.into())
    }

    /// Runs whose attribute is less.
    pub fn lt(&self, value: impl Into<T>) -> Condition {
        self.is(Compare::Lt, value.into())
    }

    /// Runs whose attribute is this or less.
    pub fn le(&self, value: impl Into<T>) -> Condition {
        self.is(Compare::Le, value.into())
    }

    /// Runs whose attribute is greater.
    pub fn gt(&self, value: impl Into<T>) -> Condition {
        self.is(Compare::Gt, value.into())
    }

    /// Runs whose attribute is this or greater.
    pub fn ge(&self, value: impl Into<T>) -> Condition {
        self.is(Compare::Ge, value.into())
    }

    fn is(&self, compare: Compare, value: T) -> Condition {
        let field = Field::Attribute(self.key.to_owned());
        Condition::Is(field, compare, value.into_attribute())
    }
}

impl<T: SearchValue> SearchKey<T> {
    /// Sets it at a start.
    pub(crate) fn tag(self, tags: &mut Tags, value: impl Into<T>) {
        let value = value.into().into_attribute();
        tags.attributes.insert(self.key().to_owned(), value);
    }
}

impl<T: Durable> Memo<T> {
    /// Notes a value at a start.
    pub(crate) fn tag(self, tags: &mut Tags, value: &T) -> Result<(), codec::Error> {
        let value = MemoValue(codec::encode(value)?);
        tags.memo.insert(self.name().to_owned(), value);
        Ok(())
    }
}

impl SearchKey<String> {
    /// Runs whose attribute begins with this.
    pub fn starts_with(&self, prefix: impl Into<String>) -> Condition {
        self.is(Compare::StartsWith, prefix.into())
    }
}

impl<T> Clone for SearchKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for SearchKey<T> {}

impl<T> std::fmt::Debug for SearchKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SearchKey").field(&self.key).finish()
    }
}

/// A value that is noted about a run, for people and tools: a name, and the type of the value.
/// Runs are not found by it. Set at the start by [`Start::memo`](crate::client::Start::memo) or in
/// the workflow; read by [`Handle::memo`](crate::client::Handle::memo).
pub struct Memo<T> {
    name: &'static str,
    value: PhantomData<fn(T) -> T>,
}

super::named::named!(Memo, "A value");

impl<T: Durable> Memo<T> {
    /// In a workflow: sets the value, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn set(&self, value: &T) {
        current::set_memo(self.name, Some(value));
    }

    /// In a workflow: removes the value, as of the next await or the end.
    ///
    /// # Panics
    /// Outside of a workflow.
    pub fn clear(&self) {
        current::set_memo::<T>(self.name, None);
    }
}
