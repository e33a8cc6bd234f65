//! An append-only file of every call that the outside services received: the witness in the end.
//!
//! One JSON object per line. A line is written when a call arrives, in the same critical section
//! in which its effect is decided, so the order of lines is the order of effects.

use durable_runtime::clock::{Clock, SystemClock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use tokio::sync::broadcast;

/// What a service can be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Inventory: set goods aside.
    Reserve,
    /// Payment: take money.
    Charge,
    /// Shipping: hand over a package.
    SendPackage,
    /// Payment: give the money back.
    Refund,
    /// Inventory: put the goods back.
    Unreserve,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Reserve,
        Self::Charge,
        Self::SendPackage,
        Self::Refund,
        Self::Unreserve,
    ];

    /// The service that does it.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::Reserve | Self::Unreserve => Service::Inventory,
            Self::Charge | Self::Refund => Service::Payment,
            Self::SendPackage => Service::Shipping,
        }
    }

    /// Its name: that of the activity, and the path at the service.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Charge => "charge",
            Self::SendPackage => "send_package",
            Self::Refund => "refund",
            Self::Unreserve => "unreserve",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// An outside service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// Knows what is in stock.
    Inventory,
    /// Takes and returns money.
    Payment,
    /// Carries packages.
    Shipping,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inventory, Self::Payment, Self::Shipping];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Inventory => "inventory",
            Self::Payment => "payment",
            Self::Shipping => "shipping",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a call changed in the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It was done.
    Applied,
    /// It had been done under the same idempotency key; the caller got the first answer again.
    Replayed,
    /// It was refused and will be refused again.
    Refused,
    /// The service was out of order; nothing was done.
    Unavailable,
}

/// A call as a service received it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// When it arrived, in milliseconds since the Unix epoch.
    pub at: i64,
    /// What was asked; this also tells which service was asked.
    pub action: Action,
    /// For which order.
    pub order: String,
    /// The idempotency key that the caller sent.
    pub key: String,
    /// Which attempt it is, as the caller counts.
    pub attempt: u32,
    /// The id of the process that called.
    pub worker: u32,
    /// What it changed.
    pub effect: Effect,
    /// Whether the answer was withheld after the effect: the caller sees an error.
    pub answer_lost: bool,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's text.
    pub answer: String,
}

/// The open file, and a feed of what is written to it.
#[derive(Debug)]
pub struct Ledger {
    file: File,
    feed: broadcast::Sender<Call>,
}

/// How many calls a slow reader of the feed may lag behind before it misses some.
const FEED_CALLS_MAX: usize = 65_536;

impl Ledger {
    /// Creates the file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = File::options().append(true).create_new(true).open(path)?;
        let (feed, _) = broadcast::channel(FEED_CALLS_MAX);
        Ok(Self { file, feed })
    }

    /// Appends one call.
    pub fn append(&mut self, call: Call) -> io::Result<()> {
        let mut line = serde_json::to_vec(&call)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        // Nobody listening is fine: the file is what counts.
        let _ = self.feed.send(call);
        Ok(())
    }

    /// A feed of the calls from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Call> {
        self.feed.subscribe()
    }

    /// Reads a ledger back.
    pub fn read(path: &Path) -> io::Result<Vec<Call>> {
        let lines = BufReader::new(File::open(path)?).lines();
        lines
            .map(|line| serde_json::from_str(&line?).map_err(io::Error::from))
            .collect()
    }
}

/// The process ids that occur in a ledger.
#[must_use]
pub fn workers(calls: &[Call]) -> BTreeSet<u32> {
    calls.iter().map(|call| call.worker).collect()
}

/// Now, in milliseconds since the Unix epoch: by the clock of the workers on this machine.
#[must_use]
pub fn now_ms() -> i64 {
    SystemClock.now().0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_read_back_in_order_and_fed_to_listeners() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger.jsonl");
        let mut ledger = Ledger::create(&path).unwrap();
        let mut feed = ledger.subscribe();
        let calls: Vec<_> = Action::ALL
            .into_iter()
            .map(|action| Call {
                at: now_ms(),
                action,
                order: "order-1".into(),
                key: format!("1/{action}"),
                attempt: 1,
                worker: 7,
                effect: Effect::Applied,
                answer_lost: false,
                status: 200,
                answer: "{\"quote\":\"\\\"\"}\n".into(),
            })
            .collect();
        for call in &calls {
            ledger.append(call.clone()).unwrap();
        }
        assert_eq!(Ledger::read(&path).unwrap(), calls);
        assert_eq!(workers(&calls), BTreeSet::from([7]));
        for call in calls {
            assert_eq!(feed.try_recv().unwrap(), call);
        }
        assert!(Ledger::create(&path).is_err(), "a ledger is never replaced");
    }
}
