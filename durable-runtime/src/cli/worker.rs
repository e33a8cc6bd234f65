//! `worker`: runs the workflows and activities of this binary until it is told to stop.

use super::application::Provider;
use super::failure::{Exit, Failure};
use super::interrupts::Requests;
use super::queue::set::parse_rate;
use super::style::{BOLD, DIM, GOOD, WARN, paint};
use super::terminal::Terminal;
use super::time;
use crate::client::{Client, DEFAULT_QUEUE};
use crate::engine::{ActivityLimits, Health, Worker, WorkerOptions};
use crate::interception::ActivityInterceptors;
use crate::registry;
use crate::store::Rate;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The queue whose workflows it runs
    #[arg(short, long, value_name = "NAME", default_value = DEFAULT_QUEUE)]
    queue: String,
    /// How long it counts as alive without a sign of life; then others take over
    #[arg(long, value_name = "DURATION", value_parser = lease, default_value = "15s")]
    lease: Duration,
    /// How long running activities may go on after a request to stop
    #[arg(long, value_name = "DURATION", value_parser = time::parse, default_value = "10s")]
    grace: Duration,
    /// How many activities run at the same time
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_activities: u32,
    /// How many attempts of an activity run at the same time
    #[arg(long, value_name = "ACTIVITY=N", value_parser = at_most)]
    at_most: Vec<(String, usize)>,
    /// How many attempts of an activity begin in a period, such as mail=10/s
    #[arg(long, value_name = "ACTIVITY=N/PERIOD", value_parser = rate)]
    rate: Vec<(String, Rate)>,
    /// Delete workflows so long after their end, such as 30d [default: never]
    #[arg(long, value_name = "DURATION", value_parser = time::parse)]
    retention: Option<Duration>,
    /// Keep the checkpoints of workflows that have ended, for inspection
    #[arg(long)]
    keep_frames: bool,
    /// Serve metrics for Prometheus at http://ADDRESS/metrics, such as 127.0.0.1:9000
    #[arg(long, value_name = "ADDRESS")]
    metrics: Option<SocketAddr>,
}

fn at_most(text: &str) -> Result<(String, usize), String> {
    let (activity, count) = named(text, "charge=4")?;
    match count.parse() {
        Ok(0) => Err("0 would begin nothing".to_owned()),
        Ok(count) => Ok((activity, count)),
        Err(_) => Err(format!("`{count}` is no number of attempts")),
    }
}

fn rate(text: &str) -> Result<(String, Rate), String> {
    let (activity, rate) = named(text, "mail=10/s")?;
    Ok((activity, parse_rate(rate, "", "")?))
}

fn named<'a>(text: &'a str, example: &str) -> Result<(String, &'a str), String> {
    let named = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, limit) =
        named.ok_or_else(|| format!("write an activity and its limit: {example}"))?;
    Ok((name.to_owned(), limit))
}

/// The limits of single activities, by name.
fn limits(args: &Args) -> BTreeMap<String, ActivityLimits> {
    let mut limits: BTreeMap<String, ActivityLimits> = BTreeMap::new();
    for (activity, count) in &args.at_most {
        limits.entry(activity.clone()).or_default().at_most = Some(*count);
    }
    for (activity, rate) in &args.rate {
        limits.entry(activity.clone()).or_default().rate = Some(*rate);
    }
    limits
}

fn lease(text: &str) -> Result<Duration, String> {
    let lease = time::parse(text)?;
    if lease < Duration::from_secs(1) {
        return Err("a lease lasts at least 1s".to_owned());
    }
    Ok(lease)
}

/// What the application gives to its workers.
#[derive(Default)]
pub(super) struct Given {
    pub(super) providers: Vec<Provider>,
    pub(super) interceptors: ActivityInterceptors,
}

pub(crate) async fn run(
    mut args: Args,
    client: &Client,
    with: Given,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let mut requests = Requests::listen()?;
    log();
    let _metrics = metrics(&mut args).await?;
    banner(&args, term)?;
    let options = WorkerOptions {
        activities: limits(&args),
        queue: args.queue,
        lease: args.lease,
        shutdown_grace: args.grace,
        max_activities: args.max_activities as usize,
        keep_frames: args.keep_frames,
        retention: args.retention,
        ..WorkerOptions::default()
    };
    let mut worker = Worker::new(client.shared_store(), options)
        .propagating(client)
        .interceptors(with.interceptors);
    for provide in with.providers {
        worker = provide().await?(worker);
    }
    let health = tokio::spawn(tell(worker.link().health()));
    let (stop, stopped) = oneshot::channel();
    let work = worker.run(async {
        // A sender that is gone has no more to say than one that has spoken.
        let _ = stopped.await;
    });
    let signals = async {
        let name = requests.next().await;
        say(&format!(
            "{name}: finishing what runs; a second signal stops at once"
        ));
        let _ = stop.send(());
        requests.next().await
    };
    let ended = tokio::select! {
        ended = work => ended,
        name = signals => {
            say(&paint(WARN, format!("{name} again: stopping at once; nothing recorded is lost")));
            return Ok(Exit::Interrupted);
        }
    };
    health.abort();
    ended.map_err(|error| Failure::of(Exit::Error, &error))?;
    say("stopped");
    Ok(Exit::Ok)
}

/// Opens the endpoint, whose address may be chosen by the system.
#[cfg(feature = "prometheus")]
async fn metrics(args: &mut Args) -> Result<Option<super::prometheus::Endpoint>, Failure> {
    let Some(address) = args.metrics else {
        return Ok(None);
    };
    let open = super::prometheus::open(address).await?;
    args.metrics = Some(open.address);
    Ok(Some(open))
}

#[cfg(not(feature = "prometheus"))]
#[expect(
    clippy::unused_async,
    reason = "it waits where there is something to open"
)]
async fn metrics(args: &mut Args) -> Result<Option<()>, Failure> {
    match args.metrics {
        None => Ok(None),
        Some(_) => Err(
            Failure::new(Exit::Usage, "this program is built without metrics")
                .hint("durable-runtime = { features = [\"prometheus\"] } in its Cargo.toml"),
        ),
    }
}

fn banner(args: &Args, term: &mut Terminal<'_>) -> Result<(), Failure> {
    let (pid, program) = (std::process::id(), &term.program);
    let title = format!("{} worker, pid {pid}", paint(BOLD, program));
    term.line(title)?;
    let mut workflows: Vec<_> = registry::application().map(|def| def.name).collect();
    let mut activities: Vec<_> = registry::activities().map(|def| def.name).collect();
    workflows.sort_unstable();
    activities.sort_unstable();
    let list = |names: Vec<&str>| {
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    for (name, value) in [
        ("store", term.store.clone()),
        ("queue", args.queue.clone()),
        ("workflows", list(workflows)),
        ("activities", list(activities)),
        ("lease", time::span(args.lease)),
    ]
    .into_iter()
    .chain(
        args.metrics
            .map(|at| ("metrics", format!("http://{at}/metrics"))),
    ) {
        let name = paint(DIM, format!("{name:<10}"));
        term.line(format_args!("  {name}  {value}"))?;
    }
    Ok(term.out.flush()?)
}

/// Tells when the worker begins to work, and when the store gets into or out of trouble.
async fn tell(mut health: watch::Receiver<Health>) {
    let mut first = true;
    while health.changed().await.is_ok() {
        let now = health.borrow_and_update().clone();
        match now {
            Health::Well if first => say(&paint(GOOD, "ready; Ctrl-C stops it in good order")),
            Health::Well => say(&paint(GOOD, "the store is well again")),
            Health::StoreTrouble(why) => say(&paint(WARN, format!("the store: {why}"))),
            Health::Stopping | Health::Stopped => {}
        }
        first = false;
    }
}

/// A line beside the log. A closed terminal must not stop the worker.
fn say(text: &str) {
    let mut err = anstream::stderr();
    let _ = writeln!(err, "{text}");
}

/// Shows what is logged, at the levels of RUST_LOG (such as `info` or `my_app=debug`). A
/// subscriber that the application has installed is left alone.
fn log() {
    use std::io::IsTerminal as _;
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let levels = std::env::var("RUST_LOG").ok();
    let levels = levels
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO));
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(colours);
    let _ = tracing_subscriber::registry()
        .with(levels)
        .with(lines)
        .try_init();
}
