//! `queue set`: limits of a queue.

use crate::cli::failure::Failure;
use crate::cli::time;
use crate::store::{QueueChange, Rate};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The queue's name
    name: String,
    /// How many runs may be under way at a time, or none for no limit
    #[arg(long, value_name = "N", value_parser = limit)]
    concurrency: Option<Limit>,
    /// How many of each concurrency key, whatever their starts say, or none to leave it to them
    #[arg(long, value_name = "N", value_parser = limit)]
    per_key: Option<Limit>,
    /// How many begin in a period, such as 100/s, 5/m, 1000/h or 10/30s, or none for no limit
    #[arg(long, value_name = "N/PERIOD", value_parser = parse)]
    rate: Option<RateArg>,
    /// How many at once after a while without any [default: as many as in a period]
    #[arg(long, value_name = "N", requires = "rate", value_parser = clap::value_parser!(u32).range(1..))]
    burst: Option<u32>,
    #[command(flatten)]
    activities: OfActivities,
}

/// The same for activities of workflows of other queues.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_field_names, reason = "they name the options")]
struct OfActivities {
    /// How many activities of workflows of other queues may be carried out at a time, or none
    #[arg(long, value_name = "N", value_parser = limit)]
    activity_concurrency: Option<Limit>,
    /// How many of those of each concurrency key, whatever their calls say, or none
    #[arg(long, value_name = "N", value_parser = limit)]
    activity_per_key: Option<Limit>,
    /// How many attempts of those begin in a period, or none for no limit
    #[arg(long, value_name = "N/PERIOD", value_parser = parse)]
    activity_rate: Option<RateArg>,
    /// How many attempts at once after a while without any [default: as many as in a period]
    #[arg(
        long, value_name = "N", requires = "activity_rate",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    activity_burst: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Limit(Option<u32>);

#[derive(Clone, Copy, Debug)]
struct RateArg(Option<Rate>);

impl Args {
    pub(super) fn change(self) -> Result<(String, QueueChange), Failure> {
        let Self {
            name,
            concurrency,
            per_key,
            rate,
            burst,
            activities,
        } = self;
        let limit = |own: Option<Limit>| own.map(|Limit(limit)| limit);
        let change = QueueChange {
            concurrency: limit(concurrency),
            per_key: limit(per_key),
            rate: rate.map(|rate| with_burst(rate, burst)),
            activity_concurrency: limit(activities.activity_concurrency),
            activity_per_key: limit(activities.activity_per_key),
            activity_rate: activities
                .activity_rate
                .map(|rate| with_burst(rate, activities.activity_burst)),
            paused: None,
        };
        if change == QueueChange::default() {
            return Err(Failure::usage("nothing is to be set").hint(
                "name --concurrency, --per-key or --rate, or one for activities: \
                 --activity-concurrency, --activity-per-key or --activity-rate",
            ));
        }
        Ok((name, change))
    }
}

fn with_burst(RateArg(rate): RateArg, burst: Option<u32>) -> Option<Rate> {
    rate.map(|rate| Rate {
        burst: burst.unwrap_or(rate.burst),
        ..rate
    })
}

fn limit(text: &str) -> Result<Limit, String> {
    match text {
        "none" => Ok(Limit(None)),
        _ => match text.parse() {
            Ok(0) => Err("0 would begin nothing: `queue pause` does that".to_owned()),
            Ok(limit) => Ok(Limit(Some(limit))),
            Err(_) => Err("neither a number nor `none`".to_owned()),
        },
    }
}

fn parse(text: &str) -> Result<RateArg, String> {
    if text == "none" {
        return Ok(RateArg(None));
    }
    parse_rate(text, ": `queue pause` does that", ", or `none`").map(|rate| RateArg(Some(rate)))
}

/// Reads `100/s` or `10/30s`. What is said of a rate of nothing, and of what is no rate, ends so.
pub(in crate::cli) fn parse_rate(text: &str, zero: &str, other: &str) -> Result<Rate, String> {
    let (count, period) = text
        .split_once('/')
        .ok_or_else(|| format!("write a number and a period, such as 100/s{other}"))?;
    let count: u32 = match count.trim().parse() {
        Ok(0) => return Err(format!("0 would begin nothing{zero}")),
        Ok(count) => count,
        Err(_) => return Err(format!("`{count}` is no number of starts")),
    };
    let period = period.trim();
    let digits = period.starts_with(|c: char| c.is_ascii_digit());
    let period = if digits {
        period.to_owned()
    } else {
        format!("1{period}")
    };
    let period = time::parse(&period)?;
    if period < Duration::from_millis(1) {
        return Err("the period is at least 1ms".to_owned());
    }
    Ok(Rate::new(count, period))
}

/// As it is written.
pub(super) fn rate(rate: &Rate) -> String {
    let units = [(1, "s"), (60, "m"), (3600, "h"), (86_400, "d")];
    let unit = units
        .into_iter()
        .find(|(seconds, _)| rate.period == Duration::from_secs(*seconds));
    let period = unit.map_or_else(|| time::span(rate.period), |(_, unit)| unit.to_owned());
    format!("{}/{period}", rate.count)
}
