//! `activity`: ends an attempt of an activity from elsewhere, or says that it is alive.

use super::failure::{Exit, Failure};
use super::json;
use super::terminal::{Format, Terminal};
use crate::activity::ActivityToken;
use crate::client::{Client, CompletionError};
use serde_json::{Value, json};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// End an attempt with the value that the activity gives
    Complete(Complete),
    /// End an attempt with an error; it is tried again by its retry policy
    Fail(Fail),
    /// Say that an attempt is alive; prints whether it is to stop
    Heartbeat(Heartbeat),
    /// End an attempt as cancelled
    Cancelled(One),
}

#[derive(Debug, clap::Args)]
struct One {
    /// The token that the attempt has given away (`show` prints it too)
    token: ActivityToken,
}

#[derive(Debug, clap::Args)]
struct Complete {
    #[command(flatten)]
    of: One,
    /// The value as JSON, @FILE, or - for the standard input
    #[arg(short, long, value_name = "JSON", default_value = "null")]
    value: String,
}

#[derive(Debug, clap::Args)]
struct Fail {
    #[command(flatten)]
    of: One,
    /// The error as JSON, @FILE, or - for the standard input
    #[arg(short, long, value_name = "JSON")]
    error: String,
}

#[derive(Debug, clap::Args)]
struct Heartbeat {
    #[command(flatten)]
    of: One,
    /// How far it has come, as JSON, @FILE, or - for the standard input
    #[arg(short, long, value_name = "JSON", default_value = "null")]
    details: String,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let (token, done, stop) = match args.command {
        Command::Complete(Complete { of, value }) => {
            let value = json::read(&value, "--value", term)?;
            let done = client.activity(of.token).complete_json(&value).await;
            (of.token, "completed", done.map(|()| None))
        }
        Command::Fail(Fail { of, error }) => {
            let error = json::read(&error, "--error", term)?;
            let done = client.activity(of.token).fail_json(&error).await;
            (of.token, "failed", done.map(|()| None))
        }
        Command::Cancelled(of) => {
            let done = client.activity(of.token).cancelled().await;
            (of.token, "cancelled", done.map(|()| None))
        }
        Command::Heartbeat(Heartbeat { of, details }) => {
            let details = json::read(&details, "--details", term)?;
            let stop = client.activity(of.token).heartbeat_json(&details).await;
            (of.token, "heard", stop.map(Some))
        }
    };
    answer(token, done, stop.map_err(|error| failed(&error))?, term)?;
    Ok(Exit::Ok)
}

fn answer(
    token: ActivityToken,
    done: &str,
    stop: Option<bool>,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    match term.format {
        Format::Ids => term.line(token),
        Format::Json | Format::Jsonl => {
            let mut answer = json!({ "token": token, "done": done });
            if let Some(stop) = stop {
                answer["cancelled"] = Value::Bool(stop);
            }
            term.json(&answer)
        }
        Format::Table => {
            let stop = match stop {
                Some(true) => "; it is to stop",
                Some(false) => "; it may go on",
                None => "",
            };
            term.line(format_args!("{token}: {done}{stop}"))
        }
    }
}

fn failed(error: &CompletionError) -> Failure {
    let (exit, hint) = match error {
        CompletionError::Unknown(_) => (
            Exit::NotFound,
            "is it from another database? name that with --store URL or DURABLE_STORE",
        ),
        CompletionError::AlreadyCompleted(_) => {
            (Exit::Conflict, "the first one counts; nothing was sent")
        }
        CompletionError::Over { .. } | CompletionError::Ended { .. } => (
            Exit::Conflict,
            "nothing was sent; `show` prints the token of an attempt that waits",
        ),
        CompletionError::WrongType { .. } => (
            Exit::Usage,
            "give the JSON of the type in the activity's return type; nothing was sent",
        ),
        _ => return Failure::of(Exit::Error, error),
    };
    Failure::of(exit, error).hint(hint)
}
