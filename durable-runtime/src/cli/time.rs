//! Times and durations as people write and read them.

use crate::id::Timestamp;
use jiff::tz::TimeZone;
use jiff::{Span, SpanRelativeTo};
use std::time::Duration;

/// RFC 3339 in UTC with milliseconds, for machines.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => format!("{at:.3}"),
        // Beyond the years that calendars know; a timer may well say "never" like that.
        Err(_) => at.0.to_string(),
    }
}

/// Date, time and zone, for people.
pub(crate) fn absolute(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S %Z")
            .to_string(),
        Err(_) => "never".to_owned(),
    }
}

/// Time of day, for rows that are close together.
pub(crate) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at
            .to_zoned(zone.clone())
            .strftime("%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => "never".to_owned(),
    }
}

/// `3m ago` or `in 3m`.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        format!("in {}", span(now.until(at)))
    } else {
        format!("{} ago", span(at.until(now)))
    }
}

/// A duration with its two largest units.
pub(crate) fn span(duration: Duration) -> String {
    let millis = duration.as_millis();
    let seconds = duration.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        () if millis < 1000 => format!("{millis}ms"),
        () if seconds < 10 => format!("{seconds}.{}s", millis % 1000 / 100),
        () if minutes == 0 => format!("{seconds}s"),
        () if hours == 0 => two(minutes, "m", seconds % 60, "s"),
        () if days == 0 => two(hours, "h", minutes % 60, "m"),
        () => two(days, "d", hours % 24, "h"),
    }
}

fn two(large: u64, large_unit: &str, small: u64, small_unit: &str) -> String {
    if small == 0 {
        format!("{large}{large_unit}")
    } else {
        format!("{large}{large_unit} {small}{small_unit}")
    }
}

/// Reads `30s`, `1h 30m`, `2 days`; a day has 24 hours.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let advice = "write a duration such as 30s, 5m, 1h 30m or 2d";
    let span: Span = text.parse().map_err(|_| advice.to_owned())?;
    let duration = span
        .to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| advice.to_owned())?;
    Duration::try_from(duration).map_err(|_| "a duration cannot be negative".to_owned())
}

/// Reads an instant: `2026-11-27T02:00:00Z`, or date and time of day in this zone.
pub(crate) fn instant(text: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let advice = || {
        "write a time such as 2026-11-27, \"2026-11-27 02:00\" or 2026-11-27T02:00:00Z".to_owned()
    };
    let at = match text.parse::<jiff::Timestamp>() {
        Ok(at) => at,
        Err(_) => {
            let civil: jiff::civil::DateTime = text.parse().map_err(|_| advice())?;
            let zoned = civil.to_zoned(zone.clone()).map_err(|_| advice())?;
            zoned.timestamp()
        }
    };
    Ok(Timestamp(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_show_their_two_largest_units() {
        let shown = |millis| span(Duration::from_millis(millis));
        assert_eq!(shown(0), "0ms");
        assert_eq!(shown(999), "999ms");
        assert_eq!(shown(1_250), "1.2s");
        assert_eq!(shown(59_999), "59s");
        assert_eq!(shown(60_000), "1m");
        assert_eq!(shown(3_599_000), "59m 59s");
        assert_eq!(shown(90_000_000), "1d 1h");
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        assert_eq!(parse("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(parse("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(parse("2 days"), Ok(Duration::from_secs(172_800)));
        assert!(parse("soon").unwrap_err().contains("30s"));
        assert!(parse("-5s").unwrap_err().contains("negative"));
    }

    #[test]
    fn instants_are_read_with_or_without_a_zone() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let read = |text: &str| instant(text, &zone).map(rfc3339);
        let night = Ok("2026-11-27T01:00:00.000Z".to_owned());
        assert_eq!(read("2026-11-27 02:00"), night);
        assert_eq!(read("2026-11-27T02:00:00+01:00"), night);
        assert_eq!(
            read("2026-11-27"),
            Ok("2026-11-26T23:00:00.000Z".to_owned())
        );
        assert!(
            read("yesterday")
                .unwrap_err()
                .contains("2026-11-27T02:00:00Z")
        );
    }

    #[test]
    fn times_outside_the_calendar_do_not_panic() {
        assert_eq!(absolute(Timestamp(i64::MAX), &TimeZone::UTC), "never");
        assert_eq!(rfc3339(Timestamp(1_500)), "1970-01-01T00:00:01.500Z");
    }
}
