//! Worker processes that are started again whenever they die, and the means to make them die.
//!
//! ```text
//!   Supervisor ──signal──▶ keeper of slot 1 ──▶ process (its 1st, 2nd, … life)
//!              ◀──Event─── keeper of slot 2 ──▶ process
//! ```

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// How to start a worker process.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Variables added to its environment.
    pub variables: Vec<(String, String)>,
    /// Where each slot's output goes (`worker-1.log`, …).
    pub logs: PathBuf,
}

/// What can be done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGKILL: gone at once, in the middle of whatever it does.
    Kill,
    /// SIGTERM: asked to finish in good order. Where there are no signals: `Kill`.
    Terminate,
    /// SIGSTOP: frozen. Where there are no signals: nothing.
    Stop,
    /// SIGCONT: goes on as if no time had passed. Where there are no signals: nothing.
    Continue,
}

/// Something happened to a process.
#[derive(Clone, Debug)]
pub enum Event {
    /// It started.
    Started {
        /// Its slot, from 0.
        slot: usize,
        /// 1 for the first process in that slot.
        life: u32,
        /// Its id.
        pid: u32,
    },
    /// It ended.
    Ended {
        /// Its slot.
        slot: usize,
        /// Its id.
        pid: u32,
        /// How.
        status: ExitStatus,
    },
    /// It cannot be kept alive; nobody tries any more.
    GaveUp {
        /// Its slot.
        slot: usize,
        /// Why.
        reason: String,
    },
}

/// A process that ends within this time without having been asked to did not really start.
const SHORT_LIFE: Duration = Duration::from_secs(1);
/// After so many short lives in a row the supervisor gives up.
const SHORT_LIVES_MAX: u32 = 8;
/// How long a worker may take to finish in good order before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// The keeper of some worker processes. Dropping it kills them.
#[derive(Debug)]
pub struct Supervisor {
    keepers: JoinSet<()>,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    commands: mpsc::UnboundedSender<Asked>,
    pid: Arc<Mutex<Option<u32>>>,
}

#[derive(Debug)]
enum Asked {
    Signal(Signal),
    Finish,
}

impl Supervisor {
    /// Starts `count` processes, and each again whenever it ends.
    #[must_use]
    pub fn start(count: usize, launch: &Launch) -> (Self, mpsc::UnboundedReceiver<Event>) {
        let (events, receiver) = mpsc::unbounded_channel();
        let mut keepers = JoinSet::new();
        let slots = (0..count)
            .map(|slot| {
                let (commands, asked) = mpsc::unbounded_channel();
                let pid = Arc::new(Mutex::new(None));
                let keeper = Keeper {
                    slot,
                    launch: launch.clone(),
                    asked,
                    events: events.clone(),
                    pid: pid.clone(),
                };
                keepers.spawn(keeper.keep());
                Slot { commands, pid }
            })
            .collect();
        (Self { keepers, slots }, receiver)
    }

    /// How many processes are kept.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    /// The id of the process in `slot`, if there is one just now.
    #[must_use]
    pub fn pid(&self, slot: usize) -> Option<u32> {
        *self.slots[slot]
            .pid
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a signal to the process in `slot`.
    pub fn signal(&self, slot: usize, signal: Signal) {
        // A slot that was given up has nobody to signal.
        let _ = self.slots[slot].commands.send(Asked::Signal(signal));
    }

    /// Lets all processes finish in good order (or kills them if they take too long).
    pub async fn finish(mut self) {
        for slot in &self.slots {
            let _ = slot.commands.send(Asked::Finish);
        }
        while self.keepers.join_next().await.is_some() {}
    }
}

/// Keeps one slot occupied.
struct Keeper {
    slot: usize,
    launch: Launch,
    asked: mpsc::UnboundedReceiver<Asked>,
    events: mpsc::UnboundedSender<Event>,
    pid: Arc<Mutex<Option<u32>>>,
}

/// How a process's life ended.
struct Life {
    pid: u32,
    status: ExitStatus,
    /// Somebody had sent it a signal.
    signalled: bool,
    /// It is not to be started again.
    last: bool,
}

impl Keeper {
    async fn keep(mut self) {
        let mut short_lives = 0;
        for life in 1.. {
            let started = Instant::now();
            let ended = match self.live(life).await {
                Ok(ended) => ended,
                Err(error) => return self.give_up(error.to_string()),
            };
            self.tell(Event::Ended {
                slot: self.slot,
                pid: ended.pid,
                status: ended.status,
            });
            if ended.last {
                return;
            }
            if ended.signalled || started.elapsed() >= SHORT_LIFE {
                short_lives = 0;
                continue;
            }
            short_lives += 1;
            if short_lives == SHORT_LIVES_MAX {
                let log = self.log_path();
                return self.give_up(format!(
                    "it ends as soon as it starts ({}); see {}",
                    ended.status,
                    log.display()
                ));
            }
            tokio::time::sleep(Duration::from_millis(50) * short_lives).await;
        }
    }

    async fn live(&mut self, life: u32) -> io::Result<Life> {
        let mut child = self.spawn()?;
        let pid = child.id().unwrap_or_default();
        self.set_pid(Some(pid));
        self.tell(Event::Started {
            slot: self.slot,
            life,
            pid,
        });
        let mut signalled = false;
        let (status, last) = loop {
            let asked = tokio::select! {
                status = child.wait() => break (status?, false),
                asked = self.asked.recv() => asked,
            };
            match asked {
                Some(Asked::Signal(signal)) => {
                    signalled |= matches!(signal, Signal::Kill | Signal::Terminate);
                    send(&mut child, signal)?;
                }
                Some(Asked::Finish) | None => break (finish(&mut child).await?, true),
            }
        };
        self.set_pid(None);
        Ok(Life {
            pid,
            status,
            signalled,
            last,
        })
    }

    fn spawn(&self) -> io::Result<Child> {
        let log = File::options()
            .append(true)
            .create(true)
            .open(self.log_path())?;
        Command::new(&self.launch.program)
            .args(&self.launch.args)
            .envs(self.launch.variables.iter().cloned())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
    }

    fn log_path(&self) -> PathBuf {
        let name = format!("worker-{}.log", self.slot + 1);
        self.launch.logs.join(name)
    }

    fn set_pid(&self, pid: Option<u32>) {
        *self.pid.lock().unwrap_or_else(PoisonError::into_inner) = pid;
    }

    fn give_up(&self, reason: String) {
        self.set_pid(None);
        self.tell(Event::GaveUp {
            slot: self.slot,
            reason,
        });
    }

    fn tell(&self, event: Event) {
        // Nobody has to listen.
        let _ = self.events.send(event);
    }
}

async fn finish(child: &mut Child) -> io::Result<ExitStatus> {
    // A frozen process would not even hear that it is asked to finish.
    send(child, Signal::Continue)?;
    send(child, Signal::Terminate)?;
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        return status;
    }
    child.start_kill()?;
    child.wait().await
}

#[cfg(unix)]
fn send(child: &mut Child, signal: Signal) -> io::Result<()> {
    use rustix::process::{Pid, Signal as Unix, kill_process};
    // The id is there, and not another process's, until the child has been waited for.
    let raw = child.id().and_then(|id| i32::try_from(id).ok());
    let Some(pid) = raw.and_then(Pid::from_raw) else {
        return Ok(());
    };
    let signal = match signal {
        Signal::Kill => Unix::KILL,
        Signal::Terminate => Unix::TERM,
        Signal::Stop => Unix::STOP,
        Signal::Continue => Unix::CONT,
    };
    Ok(kill_process(pid, signal)?)
}

#[cfg(not(unix))]
fn send(child: &mut Child, signal: Signal) -> io::Result<()> {
    match signal {
        Signal::Kill | Signal::Terminate => child.start_kill(),
        Signal::Stop | Signal::Continue => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn launch(dir: &tempfile::TempDir, script: &str) -> Launch {
        Launch {
            program: "/bin/sh".into(),
            args: vec!["-c".into(), script.into()],
            variables: vec![("GREETING".into(), "hello".into())],
            logs: dir.path().to_owned(),
        }
    }

    async fn started(events: &mut mpsc::UnboundedReceiver<Event>) -> (u32, u32) {
        loop {
            if let Event::Started { life, pid, .. } = events.recv().await.unwrap() {
                return (life, pid);
            }
        }
    }

    #[tokio::test]
    async fn a_process_that_is_killed_is_started_again() {
        let dir = tempfile::tempdir().unwrap();
        let launch = launch(&dir, "echo $GREETING; exec sleep 1000");
        let (supervisor, mut events) = Supervisor::start(1, &launch);
        let first = started(&mut events).await;
        supervisor.signal(0, Signal::Kill);
        let second = started(&mut events).await;
        assert_eq!((first.0, second.0), (1, 2));
        assert_ne!(first.1, second.1);
        assert_eq!(supervisor.pid(0), Some(second.1));
        supervisor.finish().await;
        assert!(matches!(events.recv().await, Some(Event::Ended { .. })));
        assert!(events.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_frozen_process_can_be_finished() {
        let dir = tempfile::tempdir().unwrap();
        let (supervisor, mut events) = Supervisor::start(1, &launch(&dir, "exec sleep 1000"));
        started(&mut events).await;
        supervisor.signal(0, Signal::Stop);
        supervisor.finish().await;
    }

    #[tokio::test]
    async fn a_process_that_cannot_live_is_given_up_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        let (_supervisor, mut events) = Supervisor::start(1, &launch(&dir, "exit 3"));
        let reason = loop {
            if let Event::GaveUp { reason, .. } = events.recv().await.unwrap() {
                break reason;
            }
        };
        assert!(reason.contains("exit status: 3"), "{reason}");
        assert!(reason.contains("worker-1.log"), "{reason}");
    }
}
