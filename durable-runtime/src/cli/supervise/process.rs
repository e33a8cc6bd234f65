//! One supervised process: started, watched, started again, and stopped in good order.

use super::super::interrupts::{self, Force};
use super::Plan;
use super::backoff::Backoff;
use super::output;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// The exit code of a wrong command line; trying again would not mend it.
const USAGE: i32 = 2;

/// What all processes are told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Keep running.
    Run,
    /// Stop in good order.
    Drain,
    /// Stop now.
    Kill,
}

/// What happened, for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    Started {
        slot: u16,
        pid: u32,
    },
    Ended {
        slot: u16,
        status: ExitStatus,
        ran: Duration,
    },
    Restarting {
        slot: u16,
        delay: Duration,
    },
    Stopping {
        name: &'static str,
        order: Order,
    },
    Killing {
        slot: u16,
    },
    Line {
        slot: u16,
        to_stderr: bool,
        text: Vec<u8>,
    },
}

/// Why a process is not kept running any more.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Stopped,
    GaveUp(String),
}

pub(super) struct Process {
    slot: u16,
    plan: Plan,
    orders: watch::Receiver<Order>,
    reports: mpsc::UnboundedSender<Event>,
}

impl Process {
    pub(super) fn new(
        slot: u16,
        plan: Plan,
        orders: watch::Receiver<Order>,
        reports: mpsc::UnboundedSender<Event>,
    ) -> Self {
        Self {
            slot,
            plan,
            orders,
            reports,
        }
    }

    pub(super) async fn keep(mut self) -> End {
        let mut backoff = Backoff::new(self.plan.policy);
        loop {
            let mut child = match self.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let program = self.plan.program.display();
                    return End::GaveUp(format!("cannot run {program}: {error}"));
                }
            };
            let began = Instant::now();
            let status = tokio::select! {
                status = child.wait() => status,
                () = until(&mut self.orders, Order::Drain) => {
                    let status = self.stop(&mut child).await;
                    self.ended(status.ok(), began);
                    return End::Stopped;
                }
            };
            let status = match status {
                Ok(status) => status,
                Err(error) => return End::GaveUp(format!("cannot watch a worker: {error}")),
            };
            self.ended(Some(status), began);
            if status.code() == Some(USAGE) {
                return End::GaveUp(format!(
                    "worker {} was called wrongly ({status})",
                    self.slot
                ));
            }
            let Some(delay) = backoff.ended(began.elapsed()) else {
                let (slot, times) = (self.slot, self.plan.policy.failures_max);
                return End::GaveUp(format!(
                    "worker {slot} failed too often in a row ({times}), the last time with {status}"
                ));
            };
            self.report(Event::Restarting {
                slot: self.slot,
                delay,
            });
            tokio::select! {
                () = tokio::time::sleep(delay) => {}
                () = until(&mut self.orders, Order::Drain) => return End::Stopped,
            }
        }
    }

    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.plan.program);
        command
            .args(&self.plan.args)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        if let Some(store) = &self.plan.store {
            command.env("DURABLE_STORE", store);
        }
        #[cfg(unix)]
        command.process_group(0);
        // One worker speaks for itself, colours included; several are told apart by a prefix.
        let prefixed = self.plan.processes > 1;
        if prefixed {
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        }
        let mut child = command.spawn()?;
        self.report(Event::Started {
            slot: self.slot,
            pid: child.id().unwrap_or_default(),
        });
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(output::forward(
                stdout,
                self.slot,
                false,
                self.reports.clone(),
            ));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(output::forward(
                stderr,
                self.slot,
                true,
                self.reports.clone(),
            ));
        }
        Ok(child)
    }

    /// Asks the process to stop, and kills it if it does not or if there is no time.
    async fn stop(&mut self, child: &mut Child) -> io::Result<ExitStatus> {
        if *self.orders.borrow() == Order::Drain {
            interrupts::send(child, Force::Ask);
            tokio::select! {
                status = child.wait() => return status,
                () = tokio::time::sleep(self.plan.grace) => {}
                () = until(&mut self.orders, Order::Kill) => {}
            }
        }
        self.report(Event::Killing { slot: self.slot });
        interrupts::send(child, Force::Kill);
        child.wait().await
    }

    fn ended(&self, status: Option<ExitStatus>, began: Instant) {
        if let Some(status) = status {
            self.report(Event::Ended {
                slot: self.slot,
                status,
                ran: began.elapsed(),
            });
        }
    }

    fn report(&self, event: Event) {
        // Nobody may be listening any more; the process is what matters.
        let _ = self.reports.send(event);
    }
}

/// Waits for this order or a stricter one.
async fn until(orders: &mut watch::Receiver<Order>, wanted: Order) {
    let strict = |order: &Order| match wanted {
        Order::Run => true,
        Order::Drain => *order != Order::Run,
        Order::Kill => *order == Order::Kill,
    };
    // A supervisor that is gone wants nothing to run.
    let _ = orders.wait_for(strict).await;
}
