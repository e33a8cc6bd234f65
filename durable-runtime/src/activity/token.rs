//! The name of an attempt, by which it is ended from elsewhere.

use crate::hash::Fnv;
use crate::id::RunId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The first letters of every token: what it is, and how it is written.
const PREFIX: &str = "da1";

/// Names one attempt of an activity, for whoever ends it from elsewhere; see
/// [`activity::ends_later`](super::ends_later). Give it away as text or as a value of serde, where
/// it is text too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ActivityToken {
    pub(crate) run: RunId,
    /// The number of the operation in its run.
    pub(crate) op: u64,
    /// 1 for the first.
    pub(crate) attempt: u32,
}

/// The text is no [`ActivityToken`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no token of an activity, or not all of one")]
pub struct InvalidToken(String);

impl ActivityToken {
    /// Tells a token from half of one.
    fn check(&self) -> u64 {
        let mut hash = Fnv::new();
        hash.bytes(&self.run.0.to_be_bytes());
        hash.bytes(&self.op.to_be_bytes());
        hash.bytes(&self.attempt.to_be_bytes());
        hash.finish() & 0xffff
    }
}

impl fmt::Display for ActivityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, op, attempt } = self;
        write!(f, "{PREFIX}-{run}-{op}-{attempt}-{:04x}", self.check())
    }
}

impl FromStr for ActivityToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let parts: Vec<_> = text.trim().split('-').collect();
        let parsed = match parts.as_slice() {
            [PREFIX, run, op, attempt, _] => parse(run, op, attempt),
            _ => None,
        };
        // One way to write each.
        parsed
            .filter(|token| token.to_string() == text.trim())
            .ok_or_else(|| InvalidToken(text.to_owned()))
    }
}

fn parse(run: &str, op: &str, attempt: &str) -> Option<ActivityToken> {
    Some(ActivityToken {
        run: RunId(i64::from_str_radix(run, 16).ok()?),
        op: op.parse().ok()?,
        attempt: attempt.parse().ok()?,
    })
}

impl TryFrom<String> for ActivityToken {
    type Error = InvalidToken;

    fn try_from(text: String) -> Result<Self, InvalidToken> {
        text.parse()
    }
}

impl From<ActivityToken> for String {
    fn from(token: ActivityToken) -> Self {
        token.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_text_and_half_of_one_is_none() {
        let token = ActivityToken {
            run: RunId(0x1234_5678_9abc),
            op: 7,
            attempt: 2,
        };
        let text = token.to_string();
        assert_eq!(text.parse(), Ok(token));
        assert_eq!(format!(" {text}\n").parse(), Ok(token), "as it was copied");
        let json = serde_json::to_value(token).unwrap();
        assert_eq!(json, serde_json::json!(text));
        assert_eq!(
            serde_json::from_value::<ActivityToken>(json).unwrap(),
            token
        );
        for other in [
            &text[..text.len() - 1],
            &text[1..],
            &text.replacen("-7-", "-8-", 1),
            &text.replacen("-7-", "-+7-", 1),
            "",
            "order-42",
        ] {
            let error = other.parse::<ActivityToken>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("`{other}`")));
        }
    }
}
