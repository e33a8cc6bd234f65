//! `result`: what a workflow returned.

use super::failure::{Exit, Failure};
use super::plain::plain_json;
use super::terminal::{Format, Terminal};
use super::time;
use crate::client::{Client, Handle};
use crate::store::Phase;
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow's id
    id: String,
    /// Wait until it has ended
    #[arg(short, long)]
    wait: bool,
    /// Wait at most this long, such as 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    timeout: Option<Duration>,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let handle: Handle<Value> = super::find(client, &args.id, term).await?;
    if !args.wait && args.timeout.is_none() {
        let phase = handle.describe().await?.summary.phase;
        if phase == Phase::Running {
            return Err(still_running(&handle, "has not ended yet", term));
        }
    }
    let wait = print(&handle, term.format);
    let ended = match args.timeout {
        Some(limit) => tokio::time::timeout(limit, wait).await,
        None => Ok(wait.await),
    };
    match ended {
        Ok(Ok((exit, text))) => {
            term.raw(text)?;
            Ok(exit)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => {
            let limit = time::span(args.timeout.unwrap_or_default());
            let what = format!("has not ended within {limit}");
            Err(still_running(&handle, &what, term))
        }
    }
}

fn still_running(handle: &Handle<Value>, what: &str, term: &Terminal<'_>) -> Failure {
    Failure::new(Exit::Error, format!("workflow `{handle}` {what}")).hint(format!(
        "`{program} result {handle} --wait` waits for it, `{program} show {handle}` tells where it is",
        program = term.program,
    ))
}

/// Waits for the end and makes the text to show.
async fn print(handle: &Handle<Value>, format: Format) -> Result<(Exit, String), Failure> {
    let outcome = handle.outcome().await?;
    let exit = match outcome.phase {
        Phase::Completed | Phase::Continued | Phase::Running => Exit::Ok,
        Phase::Failed | Phase::Cancelled | Phase::Terminated | Phase::TimedOut => {
            Exit::WorkflowFailed
        }
    };
    let output = match outcome.output {
        // Also the return value of a failed workflow is an answer; the exit code tells.
        Some(_) => Some(handle.result_json().await?),
        None => None,
    };
    let document = json!({
        "id": handle.id(),
        "phase": outcome.phase,
        "output": output,
        "error": outcome.error,
    });
    let text = match format {
        Format::Ids => handle.to_string(),
        Format::Json => format!("{document:#}"),
        Format::Jsonl => document.to_string(),
        Format::Table => match (output, outcome.error) {
            (Some(output), _) => plain_json(&format!("{output:#}")),
            (None, reason) => {
                let reason = reason.unwrap_or_else(|| "no reason given".into());
                let what = format!("workflow `{handle}` was {}: {reason}", outcome.phase);
                return Err(Failure::new(Exit::WorkflowFailed, what));
            }
        },
    };
    Ok((exit, text))
}
