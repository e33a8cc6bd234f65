//! From the process's arguments to its exit code.

use super::application::{self, Application};
use super::failure::{Exit, Failure};
use super::terminal::Terminal;
use super::{
    App, AppCommand, Global, STORE, Tool, ToolCommand, inspect, schedule, supervise, worker,
    workflows,
};
use crate::client::Client;
use crate::clock::{Clock as _, SystemClock};
use crate::payload::Codecs;
use crate::registry::Registry;
use clap::Parser;
use jiff::tz::TimeZone;
use std::io::{BufReader, BufWriter, IsTerminal, Write as _};
use std::path::Path;
use std::process::ExitCode;

/// Columns to assume where nobody tells.
const WIDTH: u16 = 100;

#[derive(Debug)]
enum Command {
    App(AppCommand),
    Tool(ToolCommand),
}

/// The command line of an application: call it from `main` and return what it returns.
///
/// The binary then runs its workflows (`worker`), starts them (`start`), watches and steers them
/// (`list`, `show`, `result`, `signal`, `update`, `activity`, `cancel`, `pause`,
/// `resume`, `terminate`, `delete`, `workers`), limits their queues (`queue`), starts them at times (`schedule`), lists
/// what it knows (`workflows`), looks inside one (`inspect`), and checks that it can go on with everything in flight (`check`).
#[must_use]
pub fn main() -> ExitCode {
    main_with(application::app())
}

/// The same, for an application with values and codecs.
pub(super) fn main_with(application: Application) -> ExitCode {
    match App::try_parse() {
        // Before anything runs, or is asked by a name that means two things.
        Ok(app) => match Registry::linked() {
            Ok(_) => run(&app.global, Command::App(app.command), application),
            Err(error) => failed(&Failure::of(Exit::Error, &error)),
        },
        Err(error) => usage(&error),
    }
}

/// The command line of the stand-alone `durable-runtime` binary.
#[doc(hidden)]
#[must_use]
pub fn tool_main() -> ExitCode {
    match Tool::try_parse() {
        Ok(tool) => run(
            &tool.global,
            Command::Tool(tool.command),
            application::app(),
        ),
        Err(error) => usage(&error),
    }
}

/// Help and the version are answers; everything else that clap says is a wrong usage.
fn usage(error: &clap::Error) -> ExitCode {
    // Nothing is left to be done if even this cannot be written.
    let _ = error.print();
    if error.use_stderr() {
        Exit::Usage.into()
    } else {
        Exit::Ok.into()
    }
}

fn run(global: &Global, command: Command, application: Application) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => {
            let outcome = runtime.block_on(within_terminal(global, command, application));
            // What still blocks a thread of it is what was given up: the process does not wait for that.
            runtime.shutdown_background();
            outcome
        }
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    if !failure.is_quiet() {
        let mut err = anstream::stderr();
        let _ = write!(err, "{}", failure.render());
    }
    failure.exit.into()
}

async fn within_terminal(
    global: &Global,
    command: Command,
    application: Application,
) -> Result<Exit, Failure> {
    let stdout = std::io::stdout();
    let mut term = Terminal {
        width: width(),
        interactive: stdout.is_terminal() && std::io::stdin().is_terminal(),
        out: &mut BufWriter::new(anstream::AutoStream::auto(stdout)),
        input: &mut BufReader::new(std::io::stdin()),
        format: global.output,
        now: SystemClock.now(),
        zone: TimeZone::system(),
        program: program(),
        store: global.store.clone().unwrap_or_else(|| STORE.to_owned()),
    };
    let exit = dispatch(global, command, application, &mut term).await;
    // What was written before a failure is shown before it.
    let flushed = term.out.flush();
    let exit = exit?;
    flushed?;
    Ok(exit)
}

async fn dispatch(
    global: &Global,
    command: Command,
    application: Application,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let store = global.store.as_deref();
    let Application {
        providers,
        codecs,
        propagators,
        of_activities,
        of_starts,
    } = application;
    let connect = async |create| {
        let client = connect(store, create, &codecs).await?;
        let client = client.propagators(propagators.clone());
        Ok::<_, Failure>(client.interceptors(of_starts.clone()))
    };
    match command {
        Command::App(AppCommand::Workflows(args)) => workflows::run(&args, term),
        Command::App(AppCommand::Inspect(args)) => inspect::run(&args, term),
        // It handles signals itself.
        Command::App(AppCommand::Worker(args)) => {
            let client = connect(true).await?;
            let given = worker::Given {
                providers,
                interceptors: of_activities,
            };
            let ended = worker::run(args, &client, given, term).await;
            finish(&client, ended).await
        }
        Command::App(command) => {
            let work = async {
                let client = connect(command.creates()).await?;
                finish(&client, command.run(&client, term).await).await
            };
            interruptible(work).await
        }
        // So does this one.
        Command::Tool(ToolCommand::Worker(args)) => {
            supervise::run(args, store.map(str::to_owned)).await
        }
        Command::Tool(ToolCommand::Schedule(args)) => {
            let work = async {
                let client = connect(false).await?;
                finish(&client, schedule::run_tool(args, &client, term).await).await
            };
            interruptible(work).await
        }
        Command::Tool(ToolCommand::Shared(command)) => {
            let work = async {
                let client = connect(false).await?;
                finish(&client, command.run(&client, term).await).await
            };
            interruptible(work).await
        }
    }
}

async fn finish(client: &Client, exit: Result<Exit, Failure>) -> Result<Exit, Failure> {
    let closed = client.close().await;
    let exit = exit?;
    closed?;
    Ok(exit)
}

async fn interruptible(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    tokio::select! {
        exit = work => exit,
        _ = tokio::signal::ctrl_c() => Ok(Exit::Interrupted),
    }
}

/// Opens the store. A question about a database that does not exist is more likely a wrong path
/// than a reason to create one.
async fn connect(url: Option<&str>, create: bool, codecs: &Codecs) -> Result<Client, Failure> {
    let url = url.unwrap_or(STORE);
    if let Some(path) = url.strip_prefix("sqlite://")
        && !create
        && !Path::new(path).exists()
    {
        return Err(Failure::new(Exit::Error, format!("there is no database at {path}")).hint(
            "name one with --store URL or DURABLE_STORE; starting a worker or a workflow creates it",
        ));
    }
    Ok(Client::connect_with(url, codecs).await?)
}

fn width() -> usize {
    let told = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let seen = comfy_table::Table::new().width();
    usize::from(told.or(seen).unwrap_or(WIDTH)).max(40)
}

fn program() -> String {
    let path = std::env::args_os().next().unwrap_or_default();
    let name = Path::new(&path).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}
