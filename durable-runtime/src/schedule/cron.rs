//! A cron expression in a time zone, and its two ways through a change of the clocks.
//!
//! ```text
//!              01:30        02:30          03:30          clocks go forward at two
//!   30 2 * * *   │ ─────────▶ ✕ ─▶ 03:00                  fixed: at the end of the gap
//!   30 * * * *   ●            ✕              ●            by elapsed time: not there
//!
//!              02:30  02:30  03:30                        clocks go back at three
//!   30 2 * * *   ●                                        fixed: once, the first time
//!   30 * * * *   ●      ●      ●                          by elapsed time: again
//! ```

use super::policy::InvalidSchedule;
use croner::Cron;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};

/// An expression, ready to be counted.
#[derive(Debug)]
pub(super) struct Expression {
    cron: Cron,
    /// It names times of the day, without a wild card in seconds, minutes and hours.
    fixed: bool,
}

impl Expression {
    pub(super) fn new(text: &str) -> Result<Self, InvalidSchedule> {
        let cron: Cron = text.parse().map_err(|error| InvalidSchedule::Cron {
            expression: text.to_owned(),
            why: reason(&error),
        })?;
        let times = [
            &cron.pattern.seconds,
            &cron.pattern.minutes,
            &cron.pattern.hours,
        ];
        Ok(Self {
            fixed: times.iter().all(|field| !field.from_wildcard),
            cron,
        })
    }

    /// The first time after a whole second. `None`: there is none for thousands of years.
    pub(super) fn next(&self, after: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        if !self.fixed {
            let after = after.to_zoned(zone.clone());
            let next = self.cron.find_next_occurrence(&after, false).ok()?;
            return Some(next.timestamp());
        }
        // What the clocks show and what it means keep their order, so the search begins with what
        // they show now.
        let mut shown = zone.to_datetime(after);
        loop {
            shown = self.next_shown(shown)?;
            let meant = meaning(shown, zone)?;
            if meant > after {
                return Some(meant);
            }
        }
    }

    /// The next time of the expression on clocks that nobody changes.
    fn next_shown(&self, after: DateTime) -> Option<DateTime> {
        let after = after.to_zoned(TimeZone::UTC).ok()?;
        let next = self.cron.find_next_occurrence(&after, false).ok()?;
        Some(next.datetime())
    }
}

/// When clocks show this for the first time; the end of the gap, if they never do.
fn meaning(shown: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(shown).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(shown).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(shown).ok(),
        AmbiguousOffset::Gap { after, .. } => {
            let earlier = after.to_timestamp(shown).ok()?;
            let change = zone.following(earlier).next()?;
            Some(change.timestamp())
        }
    }
}

/// An error of the parser, to be read within a sentence.
fn reason(error: &croner::errors::CronError) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(": ").map_or(text.as_str(), |(_, why)| why);
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
