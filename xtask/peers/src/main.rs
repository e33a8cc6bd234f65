//! Orders on other systems: `durable-peers NAME IN_FLIGHT MILLISECONDS FOLDER [POSTGRES]`.
//!
//! Places orders for so long, so many in flight, and prints as JSON how long each took.

mod dbos_orders;
mod durare_orders;
mod duroxide_orders;
mod order;
mod place;

use anyhow::{Context, bail};
use place::Done;
use serde::Serialize;
use std::path::PathBuf;
use std::time::Duration;

/// What is asked for.
struct Asked {
    in_flight: usize,
    window: Duration,
    folder: PathBuf,
    postgres: Option<String>,
}

/// What is printed.
#[derive(Serialize)]
struct Printed {
    settings: String,
    nanos: u64,
    latencies: Vec<u64>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut next = |what| args.next().with_context(|| format!("{what} is missing"));
    let peer = next("the name of a peer")?;
    let asked = Asked {
        in_flight: next("how many in flight")?.parse()?,
        window: Duration::from_millis(next("milliseconds")?.parse()?),
        folder: next("a folder")?.into(),
        postgres: args.next(),
    };
    let (settings, done) = match peer.as_str() {
        "duroxide" => duroxide_orders::run(&asked).await?,
        "durare" => durare_orders::run(&asked, durare_orders::Commit::Normal).await?,
        "durare FULL" => durare_orders::run(&asked, durare_orders::Commit::Full).await?,
        "dbos" => dbos_orders::run(&asked).await?,
        other => bail!("no peer is called `{other}`"),
    };
    let Done { latencies, took } = done;
    let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let printed = Printed {
        settings,
        nanos: nanos(took),
        latencies: latencies.into_iter().map(nanos).collect(),
    };
    println!("{}", serde_json::to_string(&printed)?);
    // What is still under way is not waited for.
    std::process::exit(0)
}

/// The version of a dependency, from the lock file.
fn version(package: &str) -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let name = format!("name = \"{package}\"\nversion = \"");
    let at = lock.find(&name).map(|at| at + name.len());
    let version = at.and_then(|at| lock[at..].split('"').next());
    version.unwrap_or("of unknown version")
}
