//! `durable-runtime worker -- ./app …`: keeps worker processes of an application running.
//!
//! ```text
//!   supervisor ──spawn──▶ ./app worker ──crash──▶ wait (1 s, 2 s, 4 s … 1 min) ──spawn──▶ …
//!       │ SIGTERM or SIGINT
//!       └──SIGTERM──▶ every worker drains ──after the grace period──▶ SIGKILL
//! ```
//!
//! Each worker leads a process group of its own, so that Ctrl-C in a terminal reaches the
//! supervisor alone and every worker is asked exactly once.

mod backoff;
mod output;
mod process;

#[cfg(all(test, unix))]
mod tests;

use super::failure::{Exit, Failure};
use super::interrupts::Requests;
use super::time;
use backoff::Policy;
use process::{End, Event, Order, Process};
use std::ffi::OsString;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How many worker processes
    #[arg(short = 'n', long, default_value_t = 1, value_name = "N",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    processes: u16,
    /// How long workers may take to stop before they are killed
    #[arg(long, default_value = "30s", value_name = "DURATION", value_parser = time::parse)]
    grace: Duration,
    /// Give up when a worker has failed this often without running for a minute in between
    #[arg(long, default_value_t = 10, value_name = "N")]
    max_failures: u32,
    /// The application and its arguments; `worker` is added if there are none
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// What to run, and how to keep it running.
#[derive(Clone, Debug)]
struct Plan {
    program: OsString,
    args: Vec<OsString>,
    /// Given to the workers as DURABLE_STORE.
    store: Option<String>,
    processes: u16,
    grace: Duration,
    policy: Policy,
}

pub(crate) async fn run(args: Args, store: Option<String>) -> Result<Exit, Failure> {
    let mut signals = Requests::listen()?;
    let (ask, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move { while ask.send(signals.next().await).is_ok() {} });
    let (reports, events) = mpsc::unbounded_channel();
    let printer = tokio::spawn(output::print(events));
    let outcome = supervise(plan(args, store), requests, reports).await;
    // It ends when the last process has been reported.
    let _ = printer.await;
    match outcome {
        Ok(()) => Ok(Exit::Ok),
        Err(reason) => Err(Failure::new(Exit::Error, "gave up").because(reason)),
    }
}

fn plan(args: Args, store: Option<String>) -> Plan {
    let mut command = args.command.into_iter();
    let program = command.next().unwrap_or_default();
    let mut rest: Vec<_> = command.collect();
    if rest.is_empty() {
        rest.push("worker".into());
    }
    Plan {
        program,
        args: rest,
        store,
        processes: args.processes,
        grace: args.grace,
        policy: Policy {
            failures_max: args.max_failures,
            ..Policy::default()
        },
    }
}

/// Runs until a request to stop arrives (a second one kills) or a worker cannot be kept running.
/// `Err` says why it gave up.
async fn supervise(
    plan: Plan,
    mut requests: mpsc::UnboundedReceiver<&'static str>,
    reports: mpsc::UnboundedSender<Event>,
) -> Result<(), String> {
    let (order, orders) = watch::channel(Order::Run);
    let mut processes = JoinSet::new();
    for slot in 1..=plan.processes {
        let process = Process::new(slot, plan.clone(), orders.clone(), reports.clone());
        processes.spawn(process.keep());
    }
    let mut gave_up = None;
    loop {
        tokio::select! {
            Some(name) = requests.recv() => {
                let next = match *order.borrow() {
                    Order::Run => Order::Drain,
                    Order::Drain | Order::Kill => Order::Kill,
                };
                let _ = reports.send(Event::Stopping { name, order: next });
                order.send_replace(next);
            }
            ended = processes.join_next() => match ended {
                Some(Ok(End::Stopped)) => {}
                Some(Ok(End::GaveUp(reason))) => {
                    gave_up.get_or_insert(reason);
                    order.send_if_modified(|order| {
                        let first = *order == Order::Run;
                        if first {
                            *order = Order::Drain;
                        }
                        first
                    });
                }
                Some(Err(error)) => {
                    gave_up.get_or_insert(format!("internal error: {error}"));
                    order.send_replace(Order::Kill);
                }
                None => break,
            }
        }
    }
    gave_up.map_or(Ok(()), Err)
}
