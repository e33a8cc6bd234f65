//! `update`: sends a request to a workflow and prints the answer.

use super::failure::{Exit, Failure};
use super::json;
use super::terminal::{Format, Terminal};
use super::tree;
use crate::client::{Client, ClientError, UpdateError};
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow
    id: String,
    /// The update's name
    name: String,
    /// The request as JSON, @FILE, or - for the standard input
    #[arg(short, long, value_name = "JSON")]
    value: Option<String>,
    /// Sent again with the same message id, it counts once and has the same answer
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
    /// Do not wait for the answer
    #[arg(long)]
    no_wait: bool,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let value = match &args.value {
        Some(value) => json::read(value, "--value", term)?,
        None => Value::Null,
    };
    let handle = super::find(client, &args.id, term).await?;
    let mut update = handle.update_json(&args.name, &value);
    if let Some(id) = args.message_id {
        update = update.id(id);
    }
    let pending = update.send().await.map_err(failed)?;
    let answer = if args.no_wait {
        None
    } else {
        Some(pending.answer().await.map_err(failed)?)
    };
    match (term.format, answer) {
        (Format::Ids, _) => term.line(&args.id)?,
        (Format::Json | Format::Jsonl, answer) => {
            term.json(&serde_json::json!({
                "id": args.id,
                "update": args.name,
                "answer": answer,
            }))?;
        }
        (Format::Table, Some(answer)) => term.line(tree::inline(&answer))?,
        (Format::Table, None) => {
            term.line(format_args!("{}: update {} sent", args.id, args.name))?;
        }
    }
    Ok(Exit::Ok)
}

fn failed(error: UpdateError) -> Failure {
    match error {
        UpdateError::Client(error @ ClientError::Finished { .. }) => {
            Failure::from(error).hint("nobody will answer the update any more; nothing was sent")
        }
        UpdateError::Client(error) => error.into(),
        error @ (UpdateError::Rejected(_) | UpdateError::Unanswered { .. }) => {
            Failure::of(Exit::Error, &error)
        }
        error => Failure::of(Exit::Usage, &error),
    }
}
