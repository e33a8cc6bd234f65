//! What `cancel`, `pause`, `resume`, `terminate` and `delete` have in common: several ids, a reason, and a question.

use super::failure::{Exit, Failure};
use super::plain::plain;
use super::terminal::{Format, Terminal};
use crate::client::{Client, ClientError, Handle};
use serde_json::{Value, json};
use std::io::BufRead;

#[derive(Debug, clap::Args)]
pub(crate) struct Ids {
    /// The workflows' ids; - reads them from the standard input, one per line
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Targets {
    #[command(flatten)]
    pub(crate) ids: Ids,
    /// Why; it is kept with the workflow
    #[arg(short, long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Targets {
    pub(crate) fn reason(&self, default: &str) -> String {
        self.reason.clone().unwrap_or_else(|| default.to_owned())
    }
}

impl Ids {
    pub(crate) fn names(&self) -> String {
        match self.ids.as_slice() {
            [id] if id == "-" => "the workflows on the standard input".to_owned(),
            [id] => format!("`{id}`"),
            ids => format!("{} workflows", ids.len()),
        }
    }

    fn read(&self, input: &mut (dyn BufRead + Send)) -> Result<Vec<String>, Failure> {
        let mut ids = Vec::new();
        for id in &self.ids {
            if id == "-" {
                for line in input.lines() {
                    let line = line?;
                    if !line.trim().is_empty() {
                        ids.push(line.trim().to_owned());
                    }
                }
            } else {
                ids.push(id.clone());
            }
        }
        Ok(ids)
    }
}

/// Asks a person; without one, the command itself is the answer.
pub(crate) fn agreed(question: &str, term: &mut Terminal<'_>) -> Result<bool, Failure> {
    if !term.interactive {
        return Ok(true);
    }
    write!(term.out, "{} [y/N] ", plain(question))?;
    term.out.flush()?;
    let mut answer = String::new();
    term.input.read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Does `act` to each target. One that fails does not stop the others; the first failure decides
/// the exit code.
pub(crate) async fn each(
    targets: &Ids,
    client: &Client,
    term: &mut Terminal<'_>,
    done: &str,
    act: impl AsyncFn(&Handle<Value>) -> Result<(), ClientError>,
) -> Result<Exit, Failure> {
    let ids = targets.read(term.input)?;
    let alone = ids.len() == 1;
    let mut exit = Exit::Ok;
    for id in ids {
        let outcome = match super::find(client, &id, term).await {
            Ok(handle) => act(&handle).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match outcome {
            Ok(()) => report(&id, done, None, term)?,
            Err(failure) if alone => return Err(failure),
            Err(failure) => {
                report(&id, "failed", Some(&failure.message.join(": ")), term)?;
                if exit == Exit::Ok {
                    exit = failure.exit;
                }
            }
        }
    }
    Ok(exit)
}

fn report(
    id: &str,
    done: &str,
    error: Option<&str>,
    term: &mut Terminal<'_>,
) -> Result<(), Failure> {
    match term.format {
        Format::Ids if error.is_none() => term.line(id),
        Format::Ids => Ok(()),
        Format::Json | Format::Jsonl => {
            term.line(json!({ "id": id, "done": error.is_none(), "error": error }))
        }
        Format::Table => match error {
            None => term.line(format_args!("{id}: {done}")),
            Some(error) => term.line(format_args!("{id}: {done}: {error}")),
        },
    }
}
