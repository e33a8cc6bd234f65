//! Clocks that go forward and back: the skipped and the repeated hour, in three zones.

use super::super::policy::Schedule;
use super::next;

/// The times of an expression around a change of the clocks.
#[track_caller]
fn around(zone: &str, cron: &str, after: &str, expected: &[&str]) {
    let schedule = Schedule::cron(cron).zone(zone);
    assert_eq!(next(&schedule, after, expected.len()), expected, "{cron}");
}

#[test]
fn berlin_goes_forward() {
    let spring = |cron: &str, expected: &[&str]| {
        around("Europe/Berlin", cron, "2026-03-28T22:59:00Z", expected);
    };
    spring("30 1 * * *", &["03-29 01:30 +01:00", "03-30 01:30 +02:00"]);
    // Between two and three there is nothing: a fixed time comes at the end of the gap, once.
    spring("30 2 * * *", &["03-29 03:00 +02:00", "03-30 02:30 +02:00"]);
    spring(
        "0,30 2 * * *",
        &["03-29 03:00 +02:00", "03-30 02:00 +02:00"],
    );
    spring("0 3 * * *", &["03-29 03:00 +02:00", "03-30 03:00 +02:00"]);
    // By elapsed time.
    spring(
        "30 * * * *",
        &[
            "03-29 00:30 +01:00",
            "03-29 01:30 +01:00",
            "03-29 03:30 +02:00",
        ],
    );
    spring(
        "*/30 2 * * *",
        &["03-30 02:00 +02:00", "03-30 02:30 +02:00"],
    );
    spring("@daily", &["03-29 00:00 +01:00", "03-30 00:00 +02:00"]);
}

#[test]
fn berlin_goes_back() {
    let autumn = |cron: &str, expected: &[&str]| {
        around("Europe/Berlin", cron, "2026-10-24T21:59:00Z", expected);
    };
    // The hour from two to three comes twice: a fixed time is the first.
    autumn("30 2 * * *", &["10-25 02:30 +02:00", "10-26 02:30 +01:00"]);
    autumn("0 3 * * *", &["10-25 03:00 +01:00", "10-26 03:00 +01:00"]);
    autumn(
        "0 1-3 * * *",
        &[
            "10-25 01:00 +02:00",
            "10-25 02:00 +02:00",
            "10-25 03:00 +01:00",
        ],
    );
    // By elapsed time.
    autumn(
        "30 * * * *",
        &[
            "10-25 00:30 +02:00",
            "10-25 01:30 +02:00",
            "10-25 02:30 +02:00",
            "10-25 02:30 +01:00",
            "10-25 03:30 +01:00",
        ],
    );
}

#[test]
fn new_york_goes_forward_and_back() {
    let zone = "America/New_York";
    let (spring, autumn) = ("2026-03-08T05:30:00Z", "2026-11-01T04:30:00Z");
    around(
        zone,
        "15 2 * * *",
        spring,
        &["03-08 03:00 -04:00", "03-09 02:15 -04:00"],
    );
    around(
        zone,
        "15 1 * * *",
        autumn,
        &["11-01 01:15 -04:00", "11-02 01:15 -05:00"],
    );
    around(
        zone,
        "*/30 * * * *",
        autumn,
        &[
            "11-01 01:00 -04:00",
            "11-01 01:30 -04:00",
            "11-01 01:00 -05:00",
            "11-01 01:30 -05:00",
            "11-01 02:00 -05:00",
        ],
    );
    around(
        zone,
        "0 12 * * SUN",
        spring,
        &["03-08 12:00 -04:00", "03-15 12:00 -04:00"],
    );
}

#[test]
fn lord_howe_moves_by_half_an_hour() {
    let zone = "Australia/Lord_Howe";
    let (spring, autumn) = ("2026-10-03T15:00:00Z", "2026-04-04T14:00:00Z");
    around(
        zone,
        "15 2 * * *",
        spring,
        &["10-04 02:30 +11:00", "10-05 02:15 +11:00"],
    );
    around(
        zone,
        "30 2 * * *",
        spring,
        &["10-04 02:30 +11:00", "10-05 02:30 +11:00"],
    );
    around(
        zone,
        "45 1 * * *",
        autumn,
        &["04-05 01:45 +11:00", "04-06 01:45 +10:30"],
    );
    around(
        zone,
        "*/15 * * * *",
        autumn,
        &[
            "04-05 01:15 +11:00",
            "04-05 01:30 +11:00",
            "04-05 01:45 +11:00",
            "04-05 01:30 +10:30",
            "04-05 01:45 +10:30",
            "04-05 02:00 +10:30",
        ],
    );
}

#[test]
fn an_interval_knows_no_zones() {
    let hourly = Schedule::every(std::time::Duration::from_secs(3600)).zone("Europe/Berlin");
    assert_eq!(
        next(&hourly, "2026-10-25T00:00:00Z", 3),
        [
            "10-25 02:00 +01:00",
            "10-25 03:00 +01:00",
            "10-25 04:00 +01:00"
        ]
    );
}
