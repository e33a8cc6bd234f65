//! `signal`: sends a signal to a workflow.

use super::failure::{Exit, Failure};
use super::json;
use super::terminal::{Format, Terminal};
use crate::client::{Client, ClientError, SignalError};
use serde_json::Value;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow
    id: String,
    /// The signal's name
    name: String,
    /// Its value as JSON, @FILE, or - for the standard input
    #[arg(short, long, value_name = "JSON")]
    value: Option<String>,
    /// Sent again with the same message id, it counts once
    #[arg(long, value_name = "ID")]
    message_id: Option<String>,
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
    let mut send = handle.signal_json(&args.name, &value);
    if let Some(id) = args.message_id {
        send = send.id(id);
    }
    send.await.map_err(failed)?;
    match term.format {
        Format::Ids => term.line(&args.id)?,
        Format::Json | Format::Jsonl => {
            term.json(&serde_json::json!({ "id": args.id, "signal": args.name }))?;
        }
        Format::Table => {
            term.line(format_args!("{}: signal {} sent", args.id, args.name))?;
        }
    }
    Ok(Exit::Ok)
}

fn failed(error: SignalError) -> Failure {
    match error {
        SignalError::Client(error @ ClientError::Finished { .. }) => {
            Failure::from(error).hint("nobody will take the signal any more; nothing was sent")
        }
        SignalError::Client(error) => error.into(),
        error => Failure::of(Exit::Usage, &error),
    }
}
