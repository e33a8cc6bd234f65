//! Times and policies on the command line.

use super::OverlapArg;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::cli::time;
use crate::schedule::Schedule;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// A cron expression such as "0 2 * * MON-FRI" or @daily; may be repeated
    #[arg(long, value_name = "EXPR")]
    cron: Vec<String>,
    /// An interval such as 15m or 1d, counted from the Unix epoch; may be repeated
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    every: Vec<Duration>,
    /// Moves the times of the intervals by this much
    #[arg(long, value_name = "DURATION", value_parser = time::parse, requires = "every")]
    offset: Option<Duration>,
    /// The time zone of the cron expressions, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,
    /// Not before this time
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Not after this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Start up to this much later
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    jitter: Option<Duration>,
    /// While a workflow of an earlier time runs [default: skip]
    #[arg(long, value_enum, value_name = "POLICY")]
    overlap: Option<OverlapArg>,
    /// A time that nobody noticed for longer is missed [default: 365d]
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    catch_up: Option<Duration>,
    /// Pause when a workflow has failed
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pause_on_failure: Option<bool>,
    /// Start this many by time and then no more
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
}

impl Options {
    /// Fails here if a time cannot be read.
    pub(super) fn parse(self, term: &Terminal<'_>) -> Result<Parsed, Failure> {
        let instant = |name: &str, text: &Option<String>| {
            let read = |text: &String| time::instant(text, &term.zone);
            let wrong = |why| Failure::usage(format!("{name} is no time")).because(why);
            text.as_ref().map(read).transpose().map_err(wrong)
        };
        Ok(Parsed {
            from: instant("--from", &self.from)?,
            until: instant("--until", &self.until)?,
            options: self,
        })
    }
}

/// Options whose times have been read.
#[derive(Debug)]
pub(super) struct Parsed {
    options: Options,
    from: Option<crate::id::Timestamp>,
    until: Option<crate::id::Timestamp>,
}

/// A change of a schedule, if an option names one.
type Change<'a> = Option<Box<dyn FnOnce(Schedule) -> Schedule + 'a>>;

fn change<'a, T: 'a>(
    value: Option<T>,
    apply: impl FnOnce(Schedule, T) -> Schedule + 'a,
) -> Change<'a> {
    let value = value?;
    Some(Box::new(move |schedule| apply(schedule, value)))
}

impl Parsed {
    /// Changes what is named. Times, if any are, take the place of all that there were.
    pub(super) fn apply(&self, mut schedule: Schedule) -> Schedule {
        let Options {
            cron,
            every,
            offset,
            zone,
            jitter,
            overlap,
            catch_up,
            pause_on_failure,
            limit,
            ..
        } = &self.options;
        if !cron.is_empty() || !every.is_empty() {
            schedule = schedule.at_no_times();
        }
        for expression in cron {
            schedule = schedule.or_cron(expression);
        }
        for interval in every {
            schedule = schedule.or_every(*interval);
            if let Some(offset) = offset {
                schedule = schedule.offset(*offset);
            }
        }
        let changes = [
            change(zone.clone(), Schedule::zone),
            change(self.from, Schedule::from),
            change(self.until, Schedule::until),
            change(*jitter, Schedule::jitter),
            change(*overlap, |s, overlap| s.overlap(overlap.into())),
            change(*catch_up, Schedule::catch_up),
            change(*pause_on_failure, Schedule::pause_on_failure),
            change(*limit, Schedule::limit),
        ];
        let changes = changes.into_iter().flatten();
        changes.fold(schedule, |schedule, change| change(schedule))
    }
}
