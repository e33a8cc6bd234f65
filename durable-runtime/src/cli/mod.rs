//! The command line: what [`crate::main`] makes of an application binary, and the stand-alone
//! `durable-runtime` tool.
//!
//! ```text
//!   application binary: worker start workflows inspect check ─┐
//!                                                             ├─ list show result signal update activity cancel pause … workers
//!   durable-runtime:    worker -- ./app …                    ─┘
//! ```
//!
//! Commands speak through [`Client`], never to a store's tables, and print only here. Each one is
//! a file with its arguments and a `run`.

mod activity;
mod application;
mod cancel;
mod check;
mod delete;
mod entry;
mod failure;
mod inspect;
mod interrupts;
mod json;
mod list;
mod pause;
mod plain;
#[cfg(feature = "prometheus")]
mod prometheus;
mod queue;
mod result;
mod resume;
mod schedule;
mod show;
mod signal;
mod start;
mod stop;
mod style;
mod suggest;
mod supervise;
mod terminal;
mod terminate;
mod time;
mod tree;
mod update;
mod view;
mod waits;
mod worker;
mod workers;
mod workflows;

#[cfg(test)]
mod tests;

pub use application::{Application, app};
pub use entry::{main, tool_main};

use crate::client::{Client, ClientError, Handle};
use crate::registry::{self, WorkflowDef};
use failure::{Exit, Failure};
use serde_json::Value;
use terminal::{Format, Terminal};

/// The store of those who name none.
const STORE: &str = "sqlite://durable.db";

/// What every command understands.
#[derive(Debug, clap::Args)]
struct Global {
    /// The database [default: sqlite://durable.db]
    #[arg(
        long,
        global = true,
        env = "DURABLE_STORE",
        value_name = "URL",
        hide_env_values = true
    )]
    store: Option<String>,
    /// How to write answers
    #[arg(short, long, global = true, value_enum, default_value_t)]
    output: Format,
}

/// Runs, watches and steers durable workflows.
#[derive(Debug, clap::Parser)]
#[command(disable_help_subcommand = true)]
struct App {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: AppCommand,
}

#[derive(Debug, clap::Subcommand)]
enum AppCommand {
    /// Run workflows and activities until SIGTERM or Ctrl-C
    Worker(worker::Args),
    /// Start a workflow
    Start(start::Args),
    #[command(flatten)]
    Shared(SharedCommand),
    /// Create, list and steer schedules, which start workflows at times
    Schedule(schedule::AppArgs),
    /// Show the workflows that this binary can run, with their awaits and saved locals
    Workflows(workflows::Args),
    /// Show why each await of a workflow saves what it saves, and the graph of its awaits
    Inspect(inspect::Args),
    /// Check that this binary can go on with every running workflow; exits with 1 if not
    Check(check::Args),
}

/// Watches and steers durable workflows, and supervises workers.
#[derive(Debug, clap::Parser)]
#[command(version, disable_help_subcommand = true)]
struct Tool {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: ToolCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ToolCommand {
    /// Run worker processes of an application and keep them running
    Worker(supervise::Args),
    #[command(flatten)]
    Shared(SharedCommand),
    /// List and steer schedules, which start workflows at times
    Schedule(schedule::ToolArgs),
}

/// What needs no application code.
#[derive(Debug, clap::Subcommand)]
enum SharedCommand {
    /// List workflows, newest first
    List(list::Args),
    /// Show where a workflow is, what it holds and what it has done
    Show(show::Args),
    /// Print what a workflow returned; exits with 6 if it did not complete
    Result(result::Args),
    /// Send a signal to a workflow
    Signal(signal::Args),
    /// Send a request to a workflow and print the answer
    Update(update::Args),
    /// End an activity that was begun here and ends elsewhere, by its token
    Activity(activity::Args),
    /// Ask workflows to stop; they clean up first
    Cancel(cancel::Args),
    /// Let workflows rest: they take no further step until they are resumed
    Pause(pause::Args),
    /// Let workflows go on that were paused, or blocked for killing workers
    Resume(resume::Args),
    /// End workflows at once, without running their code
    Terminate(terminate::Args),
    /// Remove ended workflows, and all that is on record of them
    Delete(delete::Args),
    /// List worker processes
    Workers(workers::Args),
    /// List queues, set their limits, pause and resume them
    Queue(queue::Args),
}

impl AppCommand {
    /// Whether it makes sense on a database that does not exist yet.
    fn creates(&self) -> bool {
        match self {
            Self::Start(_) | Self::Worker(_) => true,
            Self::Schedule(args) => args.creates(),
            _ => false,
        }
    }

    async fn run(self, client: &Client, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
        match self {
            Self::Worker(args) => worker::run(args, client, worker::Given::default(), term).await,
            Self::Start(args) => start::run(args, client, term).await,
            Self::Shared(command) => command.run(client, term).await,
            Self::Schedule(args) => schedule::run_app(args, client, term).await,
            Self::Workflows(args) => workflows::run(&args, term),
            Self::Inspect(args) => inspect::run(&args, term),
            Self::Check(args) => check::run(args, client, term).await,
        }
    }
}

impl SharedCommand {
    async fn run(self, client: &Client, term: &mut Terminal<'_>) -> Result<Exit, Failure> {
        match self {
            Self::List(args) => list::run(args, client, term).await,
            Self::Show(args) => show::run(args, client, term).await,
            Self::Result(args) => result::run(args, client, term).await,
            Self::Signal(args) => signal::run(args, client, term).await,
            Self::Update(args) => update::run(args, client, term).await,
            Self::Activity(args) => activity::run(args, client, term).await,
            Self::Cancel(args) => cancel::run(args, client, term).await,
            Self::Pause(args) => pause::run(args, client, term).await,
            Self::Resume(args) => resume::run(args, client, term).await,
            Self::Terminate(args) => terminate::run(args, client, term).await,
            Self::Delete(args) => delete::run(args, client, term).await,
            Self::Workers(args) => workers::run(args, client, term).await,
            Self::Queue(args) => queue::run(args, client, term).await,
        }
    }
}

/// The workflow with this id, or a failure that says how to find it.
async fn find(client: &Client, id: &str, term: &Terminal<'_>) -> Result<Handle<Value>, Failure> {
    match client.handle(id).await {
        Err(error @ ClientError::NotFound(_)) => {
            Err(Failure::from(error).hint(format!("`{} list` shows which there are", term.program)))
        }
        other => Ok(other?),
    }
}

/// The workflow function of this binary with this name.
fn workflow(name: &str) -> Result<&'static WorkflowDef, Failure> {
    registry::workflow(name).ok_or_else(|| {
        if registry::is_unnamed(name) {
            let what = "is generic or changes what it is lent, so it runs inside others only";
            return Failure::usage(format!("`{name}` {what}"))
                .hint("name a workflow that awaits it".to_owned());
        }
        let known = registry::application().map(|def| def.name);
        Failure::usage(format!("this binary has no workflow `{name}`"))
            .hint(suggest::hint(name, known))
    })
}
