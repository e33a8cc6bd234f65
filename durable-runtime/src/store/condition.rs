//! Conditions on runs: which ones a list shows.

use super::records::{Phase, RunRecord};
use super::tags::Attribute;
use crate::id::Timestamp;
use std::cmp::Ordering;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// The application's id, as text.
    Id,
    /// The workflow's persistent name, as text.
    Workflow,
    /// The queue, as text.
    Queue,
    /// When the run was started.
    Started,
    /// When it ended.
    Ended,
    /// The search attribute of this key.
    Attribute(String),
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// A text that begins with this one.
    StartsWith,
}

/// A condition on runs. A comparison with what a run does not have, or has of another kind, is
/// false.
///
/// ```
/// # use durable_runtime::store::{Condition, Phase};
/// # use durable_runtime::operation::SearchKey;
/// const CUSTOMER: SearchKey<String> = SearchKey::new("customer");
/// const CENTS: SearchKey<i64> = SearchKey::new("cents");
///
/// let large = CUSTOMER.eq("jane").and(CENTS.ge(100_000)).and(Condition::Phase(Phase::Running));
/// assert_eq!(large, r#"customer = "jane" and cents >= 100000 and status = running"#.parse().unwrap());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All of them are true.
    All(Vec<Condition>),
    /// One of them is true.
    Any(Vec<Condition>),
    /// It is false.
    Not(Box<Condition>),
    /// The run is in this phase of its life.
    Phase(Phase),
    /// A comparison.
    Is(Field, Compare, Attribute),
}

impl Condition {
    /// Both are true.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match self {
            Self::All(mut all) => {
                all.push(other);
                Self::All(all)
            }
            one => Self::All(vec![one, other]),
        }
    }

    /// One of both is true.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Any(mut any) => {
                any.push(other);
                Self::Any(any)
            }
            one => Self::Any(vec![one, other]),
        }
    }

    /// It is false.
    #[must_use]
    #[expect(clippy::should_implement_trait, reason = "reads as `and` and `or` do")]
    pub fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Runs of this workflow.
    #[must_use]
    pub fn workflow(name: impl Into<String>) -> Self {
        Self::Is(Field::Workflow, Compare::Eq, Attribute::Text(name.into()))
    }

    /// Ids that begin with this.
    #[must_use]
    pub fn id_starts_with(prefix: impl Into<String>) -> Self {
        let prefix = Attribute::Text(prefix.into());
        Self::Is(Field::Id, Compare::StartsWith, prefix)
    }

    /// Runs that were started at this time or later.
    #[must_use]
    pub fn started_since(at: Timestamp) -> Self {
        Self::Is(Field::Started, Compare::Ge, Attribute::Time(at))
    }

    /// Runs that ended at this time or later.
    #[must_use]
    pub fn ended_since(at: Timestamp) -> Self {
        Self::Is(Field::Ended, Compare::Ge, Attribute::Time(at))
    }

    /// Whether it is true of a run.
    #[must_use]
    pub fn holds(&self, run: &RunRecord) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(run)),
            Self::Any(any) => any.iter().any(|one| one.holds(run)),
            Self::Not(one) => !one.holds(run),
            Self::Phase(phase) => run.phase == *phase,
            Self::Is(field, compare, with) => {
                let text = |text: &str| Some(Attribute::Text(text.to_owned()));
                let own = match field {
                    Field::Id => text(run.id.as_str()),
                    Field::Workflow => text(&run.workflow),
                    Field::Queue => text(&run.queue),
                    Field::Started => Some(Attribute::Time(run.created_at)),
                    Field::Ended => run.finished_at.map(Attribute::Time),
                    Field::Attribute(key) => run.tags.attributes.get(key).cloned(),
                };
                own.is_some_and(|own| compare.holds(&own, with))
            }
        }
    }
}

impl Compare {
    fn holds(self, own: &Attribute, with: &Attribute) -> bool {
        if self == Self::StartsWith {
            return match (own, with) {
                (Attribute::Text(own), Attribute::Text(with)) => own.starts_with(with.as_str()),
                _ => false,
            };
        }
        own.compare(with).is_some_and(|ordering| match self {
            Self::Eq => ordering == Ordering::Equal,
            Self::Lt => ordering == Ordering::Less,
            Self::Le => ordering != Ordering::Greater,
            Self::Gt => ordering == Ordering::Greater,
            Self::Ge => ordering != Ordering::Less,
            Self::StartsWith => false,
        })
    }
}
