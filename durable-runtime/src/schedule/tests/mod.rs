//! Times and decisions, without a store.

mod dst;
mod overlap;
mod passing;
mod times;

use super::Times;
use super::policy::Schedule;
use crate::id::{ScheduleId, Timestamp};

fn at(text: &str) -> Timestamp {
    let at: jiff::Timestamp = text.parse().expect("a time");
    Timestamp(at.as_millisecond())
}

fn id() -> ScheduleId {
    ScheduleId::new("nightly").expect("a valid id")
}

fn times(schedule: &Schedule) -> Times {
    schedule.times().expect("a valid schedule")
}

/// The next times after an instant, in the schedule's zone.
fn next(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let zone = jiff::tz::TimeZone::get(&schedule.zone).expect("a zone");
    let times = times(schedule);
    let all = std::iter::successors(times.next(at(after)), |last| times.next(*last));
    let text = |at: Timestamp| {
        let at = jiff::Timestamp::from_millisecond(at.0).expect("in range");
        let zoned = at.to_zoned(zone.clone());
        zoned.strftime("%m-%d %H:%M %:z").to_string()
    };
    all.take(count).map(text).collect()
}
