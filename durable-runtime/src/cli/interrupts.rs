//! The signals that ask a process to stop, and sending them to others.

use std::io;

/// Waits for requests to stop: SIGTERM, SIGINT (Ctrl-C).
#[derive(Debug)]
pub(crate) struct Requests {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Requests {
    /// From here on these signals no longer end the process by themselves.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Returns at the next signal, with its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

#[cfg(not(unix))]
impl Requests {
    /// From here on Ctrl-C no longer ends the process by itself.
    #[expect(clippy::unnecessary_wraps, reason = "it can fail on other systems")]
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Returns at the next request, with its name.
    pub(crate) async fn next(&mut self) -> &'static str {
        match tokio::signal::ctrl_c().await {
            Ok(()) => "Ctrl-C",
            Err(_) => std::future::pending().await,
        }
    }
}

/// How hard to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Force {
    /// SIGTERM.
    Ask,
    /// SIGKILL.
    Kill,
}

/// Signals the process group that a child leads. A group that has gone is no error.
#[cfg(unix)]
pub(crate) fn send(child: &mut tokio::process::Child, force: Force) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let leader = child.id().and_then(|id| i32::try_from(id).ok());
    let Some(group) = leader.and_then(Pid::from_raw) else {
        return;
    };
    let signal = match force {
        Force::Ask => Signal::TERM,
        Force::Kill => Signal::KILL,
    };
    // It fails only if nobody is left to be told.
    let _ = kill_process_group(group, signal);
}

/// Ends a child; there is no way to ask.
#[cfg(not(unix))]
pub(crate) fn send(child: &mut tokio::process::Child, _: Force) {
    let _ = child.start_kill();
}
