//! `start`: starts a workflow of this binary from the command line.

use super::failure::{Exit, Failure};
use super::json;
use super::suggest;
use super::terminal::{Format, Terminal};
use super::time;
use crate::client::{self, Client, StartError};
use crate::codec;
use crate::registry::WorkflowDef;
use crate::store::{Attribute, OnConflict, Reuse};
use serde_json::{Map, Value};
use std::time::Duration;

/// What a workflow is found by, and what is noted about it.
#[derive(Debug, clap::Args)]
pub(super) struct Tags {
    /// A search attribute: a number, true, false, a time, or text (in quotes if it looks like one of
    /// the others)
    #[arg(long, value_name = "KEY=VALUE", value_parser = attribute)]
    attribute: Vec<(String, Attribute)>,
    /// A note about it, as JSON
    #[arg(long, value_name = "NAME=JSON", value_parser = memo)]
    memo: Vec<(String, Value)>,
}

impl Tags {
    pub(super) fn on<R>(self, start: client::Start<R>) -> client::Start<R> {
        let attributes = self.attribute.into_iter();
        let start = attributes.fold(start, |start, (key, value)| start.raw_attribute(key, value));
        let memo = self.memo.into_iter();
        memo.fold(start, |start, (name, value)| {
            start.raw_memo(name, codec::from_json(&value))
        })
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The workflow function
    workflow: String,
    /// The id; starting the same id twice starts one workflow
    #[arg(long)]
    id: String,
    /// The input as JSON, @FILE, or - for the standard input: the value itself if the workflow has
    /// one parameter, an object by parameter name if it has several
    #[arg(short, long, value_name = "JSON")]
    input: Option<String>,
    /// The queue whose workers may run it
    #[arg(long, value_name = "NAME")]
    queue: Option<String>,
    /// From 1, the first, to 5, the last; 3 by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=5))]
    priority: Option<u8>,
    /// For whom it runs: starts of several keys begin in turn
    #[arg(long, value_name = "KEY")]
    fairness: Option<String>,
    /// How many turns its key has while one of weight 1 has one
    #[arg(
        long,
        value_name = "WEIGHT",
        default_value_t = 1.0,
        requires = "fairness"
    )]
    weight: f64,
    /// What it has in common with others of its queue that are not to run all at a time
    #[arg(long, value_name = "KEY")]
    concurrency_key: Option<String>,
    /// How many of its concurrency key may be under way at a time, itself included
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        requires = "concurrency_key"
    )]
    key_limit: u32,
    /// How long it may take, with all runs that go on in its place, such as 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    execution_timeout: Option<Duration>,
    /// How long one run of it may take
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    run_timeout: Option<Duration>,
    #[command(flatten)]
    tags: Tags,
    /// A header that goes along to its activities and children
    #[arg(long, value_name = "NAME=VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// If a workflow of this id runs
    #[arg(long, value_enum, value_name = "POLICY", default_value_t)]
    on_conflict: ConflictArg,
    /// If a workflow of this id has ended
    #[arg(long, value_enum, value_name = "POLICY", default_value_t)]
    reuse: ReuseArg,
    /// Begin this much later, such as 30s or 5m
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    delay: Option<Duration>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum ConflictArg {
    /// Refuse, and change nothing
    #[default]
    Fail,
    /// Take the one that runs
    UseExisting,
    /// Terminate the one that runs, and start anew
    TerminateExisting,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum ReuseArg {
    /// Refuse, and change nothing
    #[default]
    Reject,
    /// Start anew unless the last one completed
    IfFailed,
    /// Start anew
    Allow,
}

impl From<ConflictArg> for OnConflict {
    fn from(arg: ConflictArg) -> Self {
        match arg {
            ConflictArg::Fail => Self::Fail,
            ConflictArg::UseExisting => Self::UseExisting,
            ConflictArg::TerminateExisting => Self::TerminateExisting,
        }
    }
}

impl From<ReuseArg> for Reuse {
    fn from(arg: ReuseArg) -> Self {
        match arg {
            ReuseArg::Reject => Self::Reject,
            ReuseArg::IfFailed => Self::IfFailed,
            ReuseArg::Allow => Self::Allow,
        }
    }
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let def = super::workflow(&args.workflow)?;
    let value = match &args.input {
        Some(input) => Some(json::read(input, "--input", term)?),
        None => None,
    };
    let input = encode(def, value)?;
    let mut start = client::start::<Value>(client, def, args.id, Ok(input))
        .on_conflict(args.on_conflict.into())
        .reuse(args.reuse.into());
    if let Some(queue) = args.queue {
        start = start.queue(queue);
    }
    if let Some(priority) = args.priority {
        start = start.priority(priority);
    }
    if let Some(key) = args.fairness {
        start = start.fairness(key, args.weight);
    }
    if let Some(key) = args.concurrency_key {
        start = start.concurrency_key(key, args.key_limit);
    }
    for (name, value) in args.header {
        start = start.header(name, value);
    }
    start = args.tags.on(start);
    if let Some(limit) = args.execution_timeout {
        start = start.execution_timeout(limit);
    }
    if let Some(limit) = args.run_timeout {
        start = start.run_timeout(limit);
    }
    if let Some(delay) = args.delay {
        start = start.delay(delay);
    }
    let handle = start.await.map_err(|error| failed(&error, &term.program))?;
    match term.format {
        Format::Ids => term.line(handle.id())?,
        Format::Json | Format::Jsonl => term.json(&serde_json::json!({
            "id": handle.id(),
            "workflow": def.name,
            "run": handle.run().to_string(),
        }))?,
        Format::Table => {
            let (name, program) = (def.name, &term.program);
            let began = match args.on_conflict {
                ConflictArg::UseExisting => format!("{name} runs"),
                _ => format!("Started {name}"),
            };
            let text = format!("{began} as {handle}. See it: {program} show {handle}");
            term.line(text)?;
        }
    }
    Ok(Exit::Ok)
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn attribute(text: &str) -> Result<(String, Attribute), String> {
    let (key, value) = pair(text)?;
    let quoted = value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let value = match quoted {
        Some(text) => Attribute::Text(text.to_owned()),
        None => client::attribute(value.to_owned()),
    };
    Ok((key, value))
}

fn memo(text: &str) -> Result<(String, Value), String> {
    let (name, value) = pair(text)?;
    let value = serde_json::from_str(value).map_err(|error| format!("no JSON: {error}"))?;
    Ok((name, value))
}

fn pair(text: &str) -> Result<(String, &str), String> {
    let (key, value) = text.split_once('=').ok_or("there is no `=` in it")?;
    Ok((key.to_owned(), value))
}

/// Makes the map of arguments and checks it against the types of this binary.
pub(super) fn encode(def: &WorkflowDef, value: Option<Value>) -> Result<Vec<u8>, Failure> {
    let args = match (def.params, value) {
        ([], None) => Map::new(),
        ([], Some(Value::Object(map))) if map.is_empty() => map,
        ([], Some(_)) => {
            return Err(misfit(def)
                .because("it takes no parameters")
                .hint("leave --input out"));
        }
        ([param], Some(value)) => Map::from_iter([((*param).to_owned(), value)]),
        (params, Some(Value::Object(map))) => by_name(def, params, map)?,
        (_, Some(_)) => {
            return Err(misfit(def).because("it is not an object").hint(shape(def)));
        }
        (_, None) => return Err(misfit(def).because("it is missing").hint(shape(def))),
    };
    let bytes = codec::from_json(&Value::Object(args)).map_err(|e| misfit(def).because(e))?;
    (def.check_input)(&bytes).map_err(|error| misfit(def).because(error).hint(shape(def)))?;
    Ok(bytes)
}

fn by_name(
    def: &WorkflowDef,
    params: &[&str],
    map: Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    match map.keys().find(|key| !params.contains(&key.as_str())) {
        Some(unknown) => Err(misfit(def)
            .because(format!("there is no parameter `{unknown}`"))
            .hint(suggest::hint(unknown, params.iter().copied()))),
        None => Ok(map),
    }
}

fn misfit(def: &WorkflowDef) -> Failure {
    Failure::usage(format!("the input does not fit workflow `{}`", def.name))
}

fn shape(def: &WorkflowDef) -> String {
    match def.params {
        [] => "leave --input out".to_owned(),
        [param] => format!("--input takes the value of its one parameter, `{param}`"),
        params => {
            let fields: Vec<_> = params.iter().map(|p| format!("\"{p}\": …")).collect();
            format!("--input takes an object: {{{}}}", fields.join(", "))
        }
    }
}

fn failed(error: &StartError<Value>, program: &str) -> Failure {
    match error {
        StartError::AlreadyStarted(handle) => Failure::of(Exit::Conflict, error).hint(format!(
            "nothing was changed; `{program} show {handle}` tells where it is, and --on-conflict \
             and --reuse start all the same"
        )),
        StartError::IdTaken { .. } => Failure::of(Exit::Conflict, error).hint("choose another id"),
        StartError::InvalidId(_)
        | StartError::Input(_)
        | StartError::TooLarge { .. }
        | StartError::Priority(_)
        | StartError::Signal(_)
        | StartError::Update(_) => Failure::of(Exit::Usage, error),
        StartError::Store(error) => error.clone().into(),
        StartError::Full(error) => error.clone().into(),
        StartError::Refused(_) => Failure::of(Exit::Error, error),
        StartError::Ambiguous(error) => Failure::of(Exit::Error, error),
    }
}
