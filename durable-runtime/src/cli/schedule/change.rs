//! What changes a schedule: update, pause, resume, trigger, back-fill, delete.

use super::options::Options;
use super::{OverlapArg, find, report};
use crate::cli::failure::{Exit, Failure};
use crate::cli::stop::agreed;
use crate::cli::terminal::Terminal;
use crate::cli::time;
use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(super) struct UpdateArgs {
    /// The schedule's id
    id: String,
    #[command(flatten)]
    options: Options,
}

#[derive(Debug, clap::Args)]
pub(super) struct NoteArgs {
    /// The schedule's id
    id: String,
    /// Why; it is kept with the schedule
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    note: String,
}

#[derive(Debug, clap::Args)]
pub(super) struct TriggerArgs {
    /// The schedule's id
    id: String,
    /// While a workflow of an earlier time runs [default: that of the schedule]
    #[arg(long, value_enum, value_name = "POLICY")]
    overlap: Option<OverlapArg>,
}

#[derive(Debug, clap::Args)]
pub(super) struct BackfillArgs {
    /// The schedule's id
    id: String,
    /// From this time on, such as 2026-11-01, "2026-11-01 02:00" or 2026-11-01T02:00:00Z
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Up to this time [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// How these workflows go with each other and with others
    #[arg(long, value_enum, value_name = "POLICY", default_value = "buffer-all")]
    overlap: OverlapArg,
}

#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// The schedule's id
    id: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) async fn update(
    args: UpdateArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let options = args.options.parse(term)?;
    let schedule = find(client, &args.id, term).await?;
    schedule.update(|schedule| options.apply(schedule)).await?;
    report(&schedule, "updated", term)
}

pub(super) async fn pause(
    args: NoteArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let schedule = find(client, &args.id, term).await?;
    schedule.pause(args.note).await?;
    report(&schedule, "paused", term)
}

pub(super) async fn resume(
    args: NoteArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let schedule = find(client, &args.id, term).await?;
    schedule.resume(args.note).await?;
    report(&schedule, "resumed", term)
}

pub(super) async fn trigger(
    args: &TriggerArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let schedule = find(client, &args.id, term).await?;
    match args.overlap {
        Some(overlap) => schedule.trigger_with(overlap.into()).await?,
        None => schedule.trigger().await?,
    }
    report(&schedule, "triggered", term)
}

pub(super) async fn backfill(
    args: &BackfillArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let instant = |name: &str, text: &str| {
        let read = time::instant(text, &term.zone);
        read.map_err(|why| Failure::usage(format!("{name} is no time")).because(why))
    };
    let from = instant("--from", &args.from)?;
    let until = match &args.until {
        Some(text) => instant("--until", text)?,
        None => term.now,
    };
    let schedule = find(client, &args.id, term).await?;
    schedule.backfill(from, until, args.overlap.into()).await?;
    report(&schedule, "back-fill requested", term)
}

pub(super) async fn delete(
    args: &DeleteArgs,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let schedule = find(client, &args.id, term).await?;
    let question = format!("Delete the schedule `{schedule}`? `pause` keeps it.");
    if !args.yes && !agreed(&question, term)? {
        return Err(Failure::new(Exit::Error, "nothing was deleted"));
    }
    schedule.delete().await?;
    report(&schedule, "deleted", term)
}
