//! `schedule create`: a new schedule for a workflow of this binary.

use super::options::Options;
use crate::cli::failure::{Exit, Failure};
use crate::cli::terminal::{Format, Terminal};
use crate::cli::time::{absolute, relative};
use crate::cli::{json, start};
use crate::client::{self, Client};
use crate::schedule::Schedule;
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow function
    workflow: String,
    /// The schedule's id; the workflows have the time behind it
    #[arg(long)]
    id: String,
    /// The input as JSON, @FILE, or - for the standard input, as for `start`
    #[arg(short, long, value_name = "JSON")]
    input: Option<String>,
    /// The queue whose workers may run the workflows
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    #[command(flatten)]
    tags: start::Tags,
    /// Create it paused; why
    #[arg(long, value_name = "NOTE")]
    paused: Option<String>,
    #[command(flatten)]
    options: Options,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let def = crate::cli::workflow(&args.workflow)?;
    let value = match &args.input {
        Some(input) => Some(json::read(input, "--input", term)?),
        None => None,
    };
    let input = start::encode(def, value)?;
    let options = args.options.parse(term)?;
    let mut start = client::start::<Value>(client, def, args.id, Ok(input));
    if let Some(queue) = args.queue {
        start = start.queue(queue);
    }
    let start = args.tags.on(start);
    let mut create = start.on_schedule(options.apply(Schedule::default()));
    if let Some(note) = args.paused {
        create = create.paused(note);
    }
    let schedule = create.await?;
    let seen = schedule.describe().await?;
    match term.format {
        Format::Ids => term.line(&schedule)?,
        Format::Json | Format::Jsonl => term.json(&super::show::document(&seen))?,
        Format::Table => {
            let next = match seen.summary.next {
                Some(at) => format!(
                    "first at {} ({})",
                    absolute(at, &term.zone),
                    relative(at, term.now)
                ),
                None => "paused".to_owned(),
            };
            let program = &term.program;
            let text =
                format!("Created {schedule}, {next}. See it: {program} schedule show {schedule}");
            term.line(text)?;
        }
    }
    Ok(Exit::Ok)
}
