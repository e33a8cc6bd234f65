//! Conditions on runs as SQL: exactly what [`Condition::holds`] says.
//!
//! A term is true or false and never NULL, which `NOT` would keep. Texts compare byte by byte; a column
//! of text has the escapes of [`Key`], which keep equal what is equal and a beginning a beginning, and
//! change an order only between texts with a NUL or the last code point.

use super::text::Key;
use crate::store::{Attribute, Compare, Condition, Field, Phase};
use tokio_postgres::types::ToSql;

/// Values that a statement mentions by their places.
#[derive(Debug, Default)]
pub(super) struct Bound(Vec<Box<dyn ToSql + Sync + Send>>);

impl Bound {
    /// A value, as the statement mentions it.
    pub(super) fn bind(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.0.push(Box::new(value));
        format!("${}", self.0.len())
    }

    pub(super) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        let values = self.0.iter();
        values
            .map(|value| &**value as &(dyn ToSql + Sync))
            .collect()
    }
}

/// Runs in this phase.
pub(super) fn phase(phase: Phase) -> String {
    let number = phase as u8;
    // A literal, and the index's own condition with it: else `workflow_bad` is not used.
    let bad = if number >= 3 { " AND w.phase>=3" } else { "" };
    format!("(w.phase={number}{bad})")
}

/// Runs whose id begins with this.
pub(super) fn id_begins(prefix: &str, bound: &mut Bound) -> String {
    if prefix.contains('\0') {
        return "false".to_owned();
    }
    let prefix = bound.bind(prefix.to_owned());
    format!("starts_with(w.id,{prefix}::text)")
}

/// A condition as SQL, with the run's row as `w`.
pub(super) fn sql(condition: &Condition, bound: &mut Bound) -> String {
    match condition {
        Condition::All(all) => joined(all, " AND ", "true", bound),
        Condition::Any(any) => joined(any, " OR ", "false", bound),
        Condition::Not(one) => format!("NOT {}", sql(one, bound)),
        Condition::Phase(of) => phase(*of),
        Condition::Is(field, compare, with) => is(field, *compare, with, bound),
    }
}

fn joined(all: &[Condition], by: &str, none: &str, bound: &mut Bound) -> String {
    let all: Vec<_> = all.iter().map(|one| sql(one, bound)).collect();
    if all.is_empty() {
        none.to_owned()
    } else {
        format!("({})", all.join(by))
    }
}

fn is(field: &Field, compare: Compare, with: &Attribute, bound: &mut Bound) -> String {
    let name = |n| format!("(SELECT coalesce(n.whole,n.text) FROM @name n WHERE n.n={n})");
    match (field, with) {
        (Field::Id, Attribute::Text(with)) => id(compare, with, bound),
        (Field::Workflow, Attribute::Text(with)) => {
            named("w.kind", &name("w.kind"), compare, with, bound)
        }
        (Field::Queue, Attribute::Text(with)) => {
            named("w.queue", &name("w.queue"), compare, with, bound)
        }
        (Field::Started, Attribute::Time(with)) => whole("w.created_at", compare, with.0, bound),
        (Field::Ended, Attribute::Time(with)) => whole("w.finished_at", compare, with.0, bound),
        (Field::Attribute(key), with) => attribute(key, compare, with, bound),
        _ => "false".to_owned(),
    }
}

fn sign(compare: Compare) -> Option<&'static str> {
    match compare {
        Compare::Eq => Some("="),
        Compare::Lt => Some("<"),
        Compare::Le => Some("<="),
        Compare::Gt => Some(">"),
        Compare::Ge => Some(">="),
        Compare::StartsWith => None,
    }
}

fn id(compare: Compare, with: &str, bound: &mut Bound) -> String {
    match compare {
        Compare::StartsWith => id_begins(with, bound),
        Compare::Eq if with.contains('\0') => "false".to_owned(),
        Compare::Eq => format!("w.id={}::text", bound.bind(with.to_owned())),
        compare => bytes("convert_to(w.id,'UTF8')", compare, with.as_bytes(), bound),
    }
}

/// A column with the number of a name, and that name.
fn named(number: &str, name: &str, compare: Compare, with: &str, bound: &mut Bound) -> String {
    if compare == Compare::Eq {
        let with = bound.bind(Key::new(with).as_str().to_owned());
        // One that nobody has written has no number.
        return format!("coalesce({number}=(SELECT n FROM @name WHERE text={with}::text),false)");
    }
    let own = format!("convert_to({name},'UTF8')");
    bytes(&own, compare, super::text::escaped(with).as_bytes(), bound)
}

fn whole(own: &str, compare: Compare, with: i64, bound: &mut Bound) -> String {
    sign(compare).map_or_else(
        || "false".to_owned(),
        |sign| format!("coalesce({own}{sign}{}::bigint,false)", bound.bind(with)),
    )
}

fn bytes(own: &str, compare: Compare, with: &[u8], bound: &mut Bound) -> String {
    let with = format!("{}::bytea", bound.bind(with.to_vec()));
    match sign(compare) {
        Some(sign) => format!("{own}{sign}{with}"),
        None => format!("substring({own},1,length({with}))={with}"),
    }
}

/// Attributes are looked for in their own table, by an index.
fn attribute(key: &str, compare: Compare, with: &Attribute, bound: &mut Bound) -> String {
    let kind = match with {
        Attribute::Text(_) => 0,
        Attribute::Int(_) | Attribute::Float(_) => 1,
        Attribute::Bool(_) => 2,
        Attribute::Time(_) => 3,
    };
    let Some(holds) = held(compare, with, bound) else {
        return "false".to_owned();
    };
    let key = bound.bind(Key::new(key).as_str().to_owned());
    format!(
        "(w.run IN (SELECT run FROM @attribute WHERE \
         key=(SELECT n FROM @name WHERE text={key}::text) AND kind={kind} AND ({holds})))"
    )
}

/// Holds for rows of the same kind of value; `None` if for none.
fn held(compare: Compare, with: &Attribute, bound: &mut Bound) -> Option<String> {
    let sign = sign(compare);
    match with {
        Attribute::Text(text) => Some(held_text(compare, text, bound)),
        Attribute::Bool(bool) => Some(format!("int{}{}", sign?, i64::from(*bool))),
        Attribute::Time(at) => Some(format!("int{}{}::bigint", sign?, bound.bind(at.0))),
        Attribute::Int(with) => {
            let own = format!("int{}{}::bigint", sign?, bound.bind(*with));
            let float = floats(compare, *with).map(|(sign, with)| {
                format!(" OR float{sign}{}::double precision", bound.bind(with))
            });
            Some(own + &float.unwrap_or_default())
        }
        Attribute::Float(with) if with.is_nan() => None,
        Attribute::Float(with) => {
            let own = format!("float{}{}::double precision", sign?, bound.bind(*with));
            let int = ints(compare, *with)
                .map(|(sign, with)| format!(" OR int{sign}{}::bigint", bound.bind(with)));
            Some(own + &int.unwrap_or_default())
        }
    }
}

/// The index has the beginnings of texts, which are in the same order or equal.
fn held_text(compare: Compare, text: &str, bound: &mut Bound) -> String {
    let with = format!("{}::bytea", bound.bind(text.as_bytes().to_vec()));
    let (own, beginning) = ("substring(bytes,1,512)", format!("substring({with},1,512)"));
    match compare {
        Compare::Eq => format!("{own}={beginning} AND bytes={with}"),
        Compare::Lt => format!("{own}<={beginning} AND bytes<{with}"),
        Compare::Le => format!("{own}<={beginning} AND bytes<={with}"),
        Compare::Gt => format!("{own}>={beginning} AND bytes>{with}"),
        Compare::Ge => format!("{own}>={beginning} AND bytes>={with}"),
        Compare::StartsWith => {
            format!("{own}>={beginning} AND substring(bytes,1,length({with}))={with}")
        }
    }
}

/// Which floating-point numbers compare so with an integer; `None`: none.
fn floats(compare: Compare, with: i64) -> Option<(&'static str, f64)> {
    #[expect(clippy::cast_precision_loss, reason = "what is lost is looked at")]
    let near = with as f64;
    // Exact: no `f64` of an integer of 64 bits is beyond 128.
    #[expect(clippy::cast_possible_truncation, reason = "within the limits")]
    let exact = near as i128;
    let with = i128::from(with);
    let (below, above) = match exact.cmp(&with) {
        std::cmp::Ordering::Equal => return Some((sign(compare)?, near)),
        std::cmp::Ordering::Less => (near, near.next_up()),
        std::cmp::Ordering::Greater => (near.next_down(), near),
    };
    match compare {
        Compare::Lt | Compare::Le => Some(("<=", below)),
        Compare::Gt | Compare::Ge => Some((">=", above)),
        Compare::Eq | Compare::StartsWith => None,
    }
}

/// Which integers compare so with a floating-point number that is one; `None`: none.
fn ints(compare: Compare, with: f64) -> Option<(&'static str, i64)> {
    // A conversion saturates, far beyond all integers of 64 bits.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let (floor, ceil) = (with.floor() as i128, with.ceil() as i128);
    let at_most = |bound: i128| {
        let least = i128::from(i64::MIN);
        (bound >= least).then(|| ("<=", i64::try_from(bound).unwrap_or(i64::MAX)))
    };
    let at_least = |bound: i128| {
        let most = i128::from(i64::MAX);
        (bound <= most).then(|| (">=", i64::try_from(bound).unwrap_or(i64::MIN)))
    };
    match compare {
        Compare::Lt => at_most(ceil.saturating_sub(1)),
        Compare::Le => at_most(floor),
        Compare::Gt => at_least(floor.saturating_add(1)),
        Compare::Ge => at_least(ceil),
        Compare::Eq if floor == ceil => Some(("=", i64::try_from(floor).ok()?)),
        Compare::Eq | Compare::StartsWith => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering;

    const SIGNS: [(Compare, &[Ordering]); 5] = [
        (Compare::Eq, &[Ordering::Equal]),
        (Compare::Lt, &[Ordering::Less]),
        (Compare::Le, &[Ordering::Less, Ordering::Equal]),
        (Compare::Gt, &[Ordering::Greater]),
        (Compare::Ge, &[Ordering::Greater, Ordering::Equal]),
    ];

    fn holds(found: Option<(&str, Option<Ordering>)>) -> bool {
        found.is_some_and(|(sign, order)| {
            SIGNS.iter().any(|(compare, orders)| {
                self::sign(*compare) == Some(sign)
                    && order.is_some_and(|order| orders.contains(&order))
            })
        })
    }

    #[test]
    fn bounds_of_numbers_of_the_other_kind_are_exact() {
        let most = 9_007_199_254_740_993;
        let ints = [
            0,
            1,
            -1,
            2,
            most,
            -most,
            most - 1,
            most + 1,
            i64::MAX,
            i64::MIN,
            i64::MAX - 1,
        ];
        let mut floats = vec![0.0, -0.0, 0.5, -0.5, 1.0, -1.5, 1e300, -1e300];
        floats.extend([
            f64::INFINITY,
            f64::NEG_INFINITY,
            9_223_372_036_854_775_808.0,
        ]);
        floats.extend([-9_223_372_036_854_775_808.0, 9_007_199_254_740_992.0]);
        for int in ints {
            for float in floats.iter().copied() {
                let expected = Attribute::Int(int).compare(&Attribute::Float(float));
                for (compare, orders) in SIGNS {
                    let said = expected.is_some_and(|order| orders.contains(&order));
                    let found = super::ints(compare, float);
                    let found = found.map(|(sign, bound)| (sign, Some(int.cmp(&bound))));
                    assert_eq!(holds(found), said, "{int} {compare:?} {float}");
                    let said = expected.is_some_and(|order| orders.contains(&order.reverse()));
                    let found = super::floats(compare, int);
                    let found = found.map(|(sign, bound)| (sign, float.partial_cmp(&bound)));
                    assert_eq!(holds(found), said, "{float} {compare:?} {int}");
                }
            }
        }
    }
}
