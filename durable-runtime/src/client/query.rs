//! Conditions as people write them: `status = running and customer = "jane"`.
//!
//! ```text
//! any   = all ("or" all)*
//! all   = one ("and" one)*
//! one   = "not" one | "(" any ")" | field sign value
//! field = status | workflow | id | queue | started | ended | the key of an attribute | "a key"
//! sign  = "=" | "!=" | "<" | "<=" | ">" | ">=" | "^="          (^= begins with)
//! value = "text" | word | 12 | -1.5 | true | 2026-01-31 | 2026-01-31T12:00:00Z
//! ```

use crate::id::Timestamp;
use crate::store::{Attribute, Compare, Condition, Field, Phase};
use std::str::FromStr;

/// Why a text is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at `{at}`")]
pub struct InvalidCondition {
    what: String,
    at: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A name, a number, a time.
    Word(String),
    /// In quotes.
    Quoted(String),
    Sign(&'static str),
}

const SIGNS: [&str; 9] = ["!=", "<=", ">=", "^=", "=", "<", ">", "(", ")"];

struct Tokens<'a> {
    rest: &'a str,
    /// How many more comparisons there may be.
    left: usize,
}

type Parsed<T> = Result<T, InvalidCondition>;

impl FromStr for Condition {
    type Err = InvalidCondition;

    fn from_str(text: &str) -> Parsed<Self> {
        let mut tokens = Tokens {
            rest: text,
            left: COMPARISONS_MAX,
        };
        let condition = any(&mut tokens, 0)?;
        match tokens.peek()? {
            None => Ok(condition),
            Some(_) => Err(tokens.error("expected `and`, `or` or the end")),
        }
    }
}

/// How deep conditions may stand in each other.
const DEPTH_MAX: usize = 64;

/// How many comparisons a condition may have: SQLite takes no expression of more than 1,000 levels,
/// and each `and` is one.
const COMPARISONS_MAX: usize = 500;

fn any(tokens: &mut Tokens<'_>, depth: usize) -> Parsed<Condition> {
    let mut condition = all(tokens, depth)?;
    while tokens.takes("or")? {
        let other = all(tokens, depth)?;
        condition = condition.or(other);
    }
    Ok(condition)
}

fn all(tokens: &mut Tokens<'_>, depth: usize) -> Parsed<Condition> {
    let mut condition = one(tokens, depth)?;
    while tokens.takes("and")? {
        let other = one(tokens, depth)?;
        condition = condition.and(other);
    }
    Ok(condition)
}

fn one(tokens: &mut Tokens<'_>, depth: usize) -> Parsed<Condition> {
    if depth > DEPTH_MAX {
        return Err(tokens.error("too many conditions in each other"));
    }
    if tokens.takes("not")? {
        return Ok(one(tokens, depth + 1)?.not());
    }
    match tokens.next()? {
        Some(Token::Sign("(")) => {
            let inner = any(tokens, depth + 1)?;
            match tokens.next()? {
                // In brackets it is one condition, also beside others of its kind.
                Some(Token::Sign(")")) => Ok(grouped(inner)),
                _ => Err(tokens.error("expected `)`")),
            }
        }
        Some(Token::Word(field)) => comparison(tokens, &field, true),
        Some(Token::Quoted(field)) => comparison(tokens, &field, false),
        _ => Err(tokens.error("expected a field, such as `status`")),
    }
}

fn grouped(inner: Condition) -> Condition {
    match inner {
        all @ Condition::All(_) => Condition::Any(vec![all]),
        any @ Condition::Any(_) => Condition::All(vec![any]),
        one => one,
    }
}

fn comparison(tokens: &mut Tokens<'_>, field: &str, known: bool) -> Parsed<Condition> {
    let Some(left) = tokens.left.checked_sub(1) else {
        let what = format!("more than {COMPARISONS_MAX} comparisons in one condition");
        return Err(InvalidCondition {
            what,
            at: field.to_owned(),
        });
    };
    tokens.left = left;
    let (compare, not) = match tokens.next()? {
        Some(Token::Sign("=")) => (Compare::Eq, false),
        Some(Token::Sign("!=")) => (Compare::Eq, true),
        Some(Token::Sign("<")) => (Compare::Lt, false),
        Some(Token::Sign("<=")) => (Compare::Le, false),
        Some(Token::Sign(">")) => (Compare::Gt, false),
        Some(Token::Sign(">=")) => (Compare::Ge, false),
        Some(Token::Sign("^=")) => (Compare::StartsWith, false),
        _ => return Err(tokens.error("expected `=`, `!=`, `<`, `<=`, `>`, `>=` or `^=`")),
    };
    let before = tokens.rest;
    let value = match tokens.next()? {
        Some(Token::Word(word)) => value(word),
        Some(Token::Quoted(text)) => Attribute::Text(text),
        _ => return Err(tokens.error("expected a value")),
    };
    let failed = |what: &str| InvalidCondition {
        what: what.to_owned(),
        at: before.trim_start().to_owned(),
    };
    let text = |value: Attribute| match value {
        Attribute::Text(text) => Attribute::Text(text),
        other => Attribute::Text(other.to_string()),
    };
    let condition = match field {
        "status" if known => match (compare, value) {
            (Compare::Eq, Attribute::Text(word)) => Condition::Phase(
                phase(&word).ok_or_else(|| failed(&format!("no status, expected {PHASES}")))?,
            ),
            _ => return Err(failed(&format!("a status is = or != one of {PHASES}"))),
        },
        "id" if known => Condition::Is(Field::Id, compare, text(value)),
        "workflow" if known => Condition::Is(Field::Workflow, compare, text(value)),
        "queue" if known => Condition::Is(Field::Queue, compare, text(value)),
        "started" | "ended" if known => {
            if !matches!(value, Attribute::Time(_)) {
                let what = "no time, expected one like 2026-01-31 or 2026-01-31T12:00:00Z";
                return Err(failed(what));
            }
            let field = if field == "started" {
                Field::Started
            } else {
                Field::Ended
            };
            Condition::Is(field, compare, value)
        }
        key => Condition::Is(Field::Attribute(key.to_owned()), compare, value),
    };
    Ok(if not { condition.not() } else { condition })
}

const PHASES: &str = "running, completed, continued, failed, cancelled, terminated, timed-out";

fn phase(word: &str) -> Option<Phase> {
    Some(match word {
        "running" => Phase::Running,
        "completed" => Phase::Completed,
        "continued" => Phase::Continued,
        "failed" => Phase::Failed,
        "cancelled" => Phase::Cancelled,
        "terminated" => Phase::Terminated,
        "timed-out" => Phase::TimedOut,
        _ => return None,
    })
}

/// A value without quotes: whatever it looks like.
pub(crate) fn value(word: String) -> Attribute {
    let begins = word.trim_start_matches(['-', '+']);
    let number = begins.starts_with(|c: char| c.is_ascii_digit());
    if let Ok(int) = word.parse() {
        Attribute::Int(int)
    } else if let (true, Ok(float)) = (number, word.parse()) {
        Attribute::Float(float)
    } else if word == "true" || word == "false" {
        Attribute::Bool(word == "true")
    } else if let Some(at) = time(&word) {
        Attribute::Time(at)
    } else {
        Attribute::Text(word)
    }
}

/// A day (in UTC), or a moment with a zone.
fn time(word: &str) -> Option<Timestamp> {
    if let Ok(at) = word.parse::<jiff::Timestamp>() {
        return Some(Timestamp(at.as_millisecond()));
    }
    let day = word.parse::<jiff::civil::Date>().ok()?;
    let at = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp(at.as_millisecond()))
}

impl Tokens<'_> {
    fn error(&self, what: &str) -> InvalidCondition {
        let at = self.rest.trim_start();
        let at = if at.is_empty() { "the end" } else { at };
        InvalidCondition {
            what: what.to_owned(),
            at: at.to_owned(),
        }
    }

    fn peek(&self) -> Parsed<Option<Token>> {
        let (rest, left) = (self.rest, self.left);
        Tokens { rest, left }.next()
    }

    /// Takes a keyword, if it comes next.
    fn takes(&mut self, keyword: &str) -> Parsed<bool> {
        let comes = matches!(self.peek()?, Some(Token::Word(word)) if word == keyword);
        if comes {
            self.next()?;
        }
        Ok(comes)
    }

    fn next(&mut self) -> Parsed<Option<Token>> {
        self.rest = self.rest.trim_start();
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        if let Some(sign) = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign)) {
            self.rest = &self.rest[sign.len()..];
            return Ok(Some(Token::Sign(sign)));
        }
        if first == '"' || first == '\'' {
            return self.quoted(first).map(Some);
        }
        let word = |c: char| c.is_alphanumeric() || "._-+:/@".contains(c);
        let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
        if end == 0 {
            return Err(self.error("unexpected character"));
        }
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(Some(Token::Word(word.to_owned())))
    }

    /// A backslash takes the next character as it is.
    fn quoted(&mut self, quote: char) -> Parsed<Token> {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + 1..];
                return Ok(Token::Quoted(text));
            }
            let c = if c == '\\' {
                chars.next().map(|(_, c)| c)
            } else {
                Some(c)
            };
            text.extend(c);
        }
        Err(self.error("a quote is not closed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Condition {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn attribute(key: &str, compare: Compare, value: Attribute) -> Condition {
        Condition::Is(Field::Attribute(key.into()), compare, value)
    }

    #[test]
    fn and_binds_closer_than_or_and_not_than_both() {
        let (a, b, c) = (
            || Condition::Phase(Phase::Running),
            || Condition::workflow("buy"),
            || Condition::id_starts_with("x"),
        );
        let cases = [
            (
                "status = running or workflow = buy and id ^= x",
                a().or(b().and(c())),
            ),
            (
                "status=running and workflow=buy or id^=x",
                a().and(b()).or(c()),
            ),
            (
                "not status = running and workflow = buy",
                a().not().and(b()),
            ),
            ("status != running", a().not()),
            ("not (status = running)", a().not()),
            (
                "workflow = buy and id ^= x and status = running",
                b().and(c()).and(a()),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(parsed(text), expected, "{text}");
        }
    }

    #[test]
    fn values_are_what_they_look_like() {
        let noon = Timestamp(1_769_860_800_000);
        for (text, value) in [
            ("12", Attribute::Int(12)),
            ("-1.5", Attribute::Float(-1.5)),
            ("true", Attribute::Bool(true)),
            ("\"12\"", Attribute::Text("12".into())),
            (r#""a \"b\" \\""#, Attribute::Text(r#"a "b" \"#.into())),
            (
                "jane.doe@example.org",
                Attribute::Text("jane.doe@example.org".into()),
            ),
            ("2026-01-31T12:00:00Z", Attribute::Time(noon)),
            ("2026-01-31T13:00:00+01:00", Attribute::Time(noon)),
            (
                "2026-01-31",
                Attribute::Time(Timestamp(noon.0 - 12 * 3_600_000)),
            ),
            ("inf", Attribute::Text("inf".into())),
        ] {
            let expected = attribute("x", Compare::Ge, value);
            assert_eq!(parsed(&format!("x >= {text}")), expected, "{text}");
        }
        // A key of an attribute that is also a field.
        let expected = attribute("status", Compare::Eq, Attribute::Int(1));
        assert_eq!(parsed("\"status\" = 1"), expected);
        let five = Attribute::Text("5".into());
        assert_eq!(
            parsed("id = 5"),
            Condition::Is(Field::Id, Compare::Eq, five)
        );
    }

    #[test]
    fn what_is_wrong_is_said_where_it_is() {
        let deep = "(".repeat(1_000);
        for (text, expected) in [
            ("", "expected a field, such as `status` at `the end`"),
            (
                "status",
                "expected `=`, `!=`, `<`, `<=`, `>`, `>=` or `^=` at `the end`",
            ),
            (
                "status = asleep",
                "no status, expected running, completed, continued, failed, cancelled, terminated, timed-out at `asleep`",
            ),
            (
                "status > running and x = 1",
                "a status is = or != one of running, completed, continued, failed, cancelled, terminated, timed-out at `running and x = 1`",
            ),
            (
                "started > yesterday",
                "no time, expected one like 2026-01-31 or 2026-01-31T12:00:00Z at `yesterday`",
            ),
            ("a = 1 b = 2", "expected `and`, `or` or the end at `b = 2`"),
            ("(a = 1", "expected `)` at `the end`"),
            ("a = 'x", "a quote is not closed at `'x`"),
            (
                "a = 1 and",
                "expected a field, such as `status` at `the end`",
            ),
            ("a ~ 1", "unexpected character at `~ 1`"),
        ] {
            let error = text.parse::<Condition>().unwrap_err().to_string();
            assert_eq!(error, expected, "{text}");
        }
        assert!(deep.parse::<Condition>().is_err());
        let many = |count| vec!["a = 1"; count].join(" and ");
        assert!(many(500).parse::<Condition>().is_ok());
        let error = many(501).parse::<Condition>().unwrap_err().to_string();
        assert_eq!(error, "more than 500 comparisons in one condition at `a`");
    }
}
