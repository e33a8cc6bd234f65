//! What comes after an instant: bounds, joins, offsets, jitter, and what is refused.

use super::super::policy::{InvalidSchedule, Schedule};
use super::{at, id, next, times};
use crate::id::{ScheduleId, Timestamp};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn expressions_have_five_or_six_fields_or_a_name() {
    let first = |cron: &str| next(&Schedule::cron(cron), "2026-11-27T11:31:32.500Z", 2).join(", ");
    assert_eq!(first("0 2 * * *"), "11-28 02:00 +00:00, 11-29 02:00 +00:00");
    assert_eq!(
        first("33 11 * * *"),
        "11-27 11:33 +00:00, 11-28 11:33 +00:00"
    );
    assert_eq!(
        first("0 9 * * MON-FRI"),
        "11-30 09:00 +00:00, 12-01 09:00 +00:00"
    );
    assert_eq!(first("@hourly"), "11-27 12:00 +00:00, 11-27 13:00 +00:00");
    assert_eq!(first("@monthly"), "12-01 00:00 +00:00, 01-01 00:00 +00:00");
    assert_eq!(
        first("0 0 29 2 *"),
        "02-29 00:00 +00:00, 02-29 00:00 +00:00"
    );
    assert_eq!(first("0 0 L * *"), "11-30 00:00 +00:00, 12-31 00:00 +00:00");
    let seconds = times(&Schedule::cron("*/20 * * * * *"));
    let second = at("2026-11-27T11:31:32.500Z");
    assert_eq!(seconds.next(second), Some(at("2026-11-27T11:31:40Z")));
    let on_time = at("2026-11-27T11:31:40Z");
    assert_eq!(seconds.next(on_time), Some(at("2026-11-27T11:32:00Z")));
}

#[test]
fn intervals_count_from_the_epoch_with_their_offset() {
    let after = "2026-11-27T11:31:32.500Z";
    let fives = Schedule::every(HOUR).offset(Duration::from_secs(300));
    assert_eq!(
        next(&fives, after, 2),
        ["11-27 12:05 +00:00", "11-27 13:05 +00:00"]
    );
    let odd = times(&Schedule::every(Duration::from_millis(1_500)));
    assert_eq!(odd.next(Timestamp(0)), Some(Timestamp(1_500)));
    assert_eq!(odd.next(Timestamp(-1)), Some(Timestamp(0)));
    assert_eq!(odd.next(Timestamp(i64::MAX)), None);
}

#[test]
fn several_are_joined_and_a_common_time_counts_once() {
    let joined = Schedule::cron("0 */2 * * *")
        .or_cron("30 1 * * *")
        .or_every(HOUR);
    let expected = [
        "11-27 01:00 +00:00",
        "11-27 01:30 +00:00",
        "11-27 02:00 +00:00",
        "11-27 03:00 +00:00",
    ];
    assert_eq!(next(&joined, "2026-11-27T00:30:00Z", 4), expected);
    assert_eq!(joined.to_string(), "0 */2 * * * or 30 1 * * * or every 1h");
}

#[test]
fn bounds_are_included() {
    let bounded = Schedule::every(HOUR)
        .from(at("2026-11-27T10:00:00Z"))
        .until(at("2026-11-27T12:00:00Z"));
    let expected = [
        "11-27 10:00 +00:00",
        "11-27 11:00 +00:00",
        "11-27 12:00 +00:00",
    ];
    assert_eq!(next(&bounded, "2026-01-01T00:00:00Z", 9), expected);
}

#[test]
fn what_is_wrong_is_said() {
    let now = at("2026-11-27T11:31:32Z");
    let says = |schedule: Schedule| schedule.check(now).expect_err("wrong").to_string();
    let text = says(Schedule::cron("0 25 * * *"));
    assert!(
        text.starts_with("`0 25 * * *` is no cron expression: "),
        "{text}"
    );
    assert!(text.ends_with("@monthly"), "{text}");
    let text = says(Schedule::cron("0 2 * * *").zone("Europe/Berln"));
    assert!(text.contains("no time zone `Europe/Berln`"), "{text}");
    let refused = |schedule: Schedule, error| assert_eq!(schedule.check(now), Err(error));
    refused(Schedule::default(), InvalidSchedule::Empty);
    refused(
        Schedule::every(Duration::from_millis(999)),
        InvalidSchedule::Interval,
    );
    refused(
        Schedule::cron("0 2 * * *").offset(HOUR),
        InvalidSchedule::Offset,
    );
    refused(Schedule::cron("0 0 30 2 *"), InvalidSchedule::Never);
    refused(Schedule::every(HOUR).until(now), InvalidSchedule::Never);
    refused(
        Schedule::every(HOUR).catch_up(Duration::from_secs(9)),
        InvalidSchedule::CatchUp,
    );
}

#[test]
fn jitter_stays_before_the_next_time_and_is_the_same_everywhere() {
    let schedule = Schedule::every(HOUR).jitter(HOUR * 3);
    let (times, id) = (times(&schedule), id());
    let mut seen = Vec::new();
    let mut cursor = at("2026-11-27T00:00:00Z");
    for _ in 0..500 {
        let due = times.due(&id, cursor).expect("it goes on");
        assert!(
            due.time <= due.at && due.at.0 < due.time.0 + 3_600_000,
            "{due:?}"
        );
        assert_eq!(times.due(&id, cursor), Some(due));
        seen.push(due.at.0 - due.time.0);
        cursor = due.time;
    }
    // It is spread, and another schedule has another.
    let mean = seen.iter().sum::<i64>() / 500;
    assert!((1_500_000..2_100_000).contains(&mean), "{mean}");
    seen.sort_unstable();
    seen.dedup();
    assert!(seen.len() > 490, "{}", seen.len());
    let other = ScheduleId::new("nightly-2").expect("valid");
    assert_ne!(times.due(&other, cursor), times.due(&id, cursor));
    // The format is stored nowhere, but two versions at work must agree.
    let small = Schedule::every(HOUR)
        .jitter(Duration::from_secs(60))
        .times();
    let due = small.expect("valid").due(&id, at("2026-11-27T00:00:00Z"));
    assert_eq!(
        due.expect("it goes on").at.0 - at("2026-11-27T01:00:00Z").0,
        33_986
    );
}

/// Random schedules, zones and instants: the next time is later, nothing lies between, and the
/// times do not depend on where one begins to count.
#[test]
fn the_next_time_is_later_and_nothing_lies_between() {
    let mut dice = 0x9E37_79B9_7F4A_7C15_u64;
    let mut roll = |sides: i64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        i64::try_from(dice >> 1).expect("63 bits") % sides
    };
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/St_Johns",
        "Asia/Kathmandu",
    ];
    for round in 0..400 {
        let pick = |n: i64, texts: [&str; 4]| texts[usize::try_from(n).expect("small")].to_owned();
        let minute = pick(roll(4), ["*", "*/7", "15", "0,30,59"]);
        let hour = pick(roll(4), ["*", "*/3", "2", "1-3"]);
        let day = pick(roll(4), ["*", "*", "1,15", "L"]);
        let weekday = pick(roll(4), ["*", "*", "MON-FRI", "SUN"]);
        let zone = zones[usize::try_from(roll(6)).expect("small")];
        let mut schedule = Schedule::cron(format!("{minute} {hour} {day} * {weekday}")).zone(zone);
        if roll(3) == 0 {
            let every = Duration::from_secs(roll(100_000).unsigned_abs() + 1);
            schedule = schedule.or_every(every).offset(HOUR);
        }
        let times = times(&schedule);
        // About a change of the clocks in 2026, as often as not.
        let changes = [
            "2026-03-29T01:00:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-03T15:30:00Z",
        ];
        let near = at(changes[usize::try_from(roll(3)).expect("small")]);
        let mut after = Timestamp(near.0 - 90_000_000 + roll(180_000_000));
        for _ in 0..30 {
            let next = times.next(after).expect("it goes on");
            let says = format!("round {round}: {schedule} after {after:?}: {next:?}");
            assert!(next > after, "{says}");
            let between = Timestamp(after.0 + roll(next.0 - after.0));
            assert_eq!(times.next(between), Some(next), "{says}, from {between:?}");
            assert_eq!(times.next(Timestamp(next.0 - 1)), Some(next), "{says}");
            after = next;
        }
    }
}
