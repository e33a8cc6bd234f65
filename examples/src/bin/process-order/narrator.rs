//! Tells what happens as it happens: one line for each event.

use crate::killer::{Kill, Moment};
use anstyle::{AnsiColor, Style};
use durable_examples::customer::{News, What};
use durable_examples::ledger::{Action, Call, Effect};
use durable_examples::supervisor::Event;
use durable_runtime::store::Phase;
use std::collections::BTreeSet;
use std::time::Instant;
use tokio::sync::broadcast;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Where the news comes from.
pub(crate) struct Sources {
    pub(crate) calls: broadcast::Receiver<Call>,
    pub(crate) workers: UnboundedReceiver<Event>,
    pub(crate) customers: UnboundedReceiver<News>,
    pub(crate) kills: UnboundedReceiver<Kill>,
}

/// What the narrator has seen that neither the ledger nor the store knows.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The moments at which the worker was killed.
    pub(crate) kills: Vec<Moment>,
    /// Orders whose second start was refused.
    pub(crate) refused_twice: BTreeSet<String>,
    /// Orders that were cancelled inside their window.
    pub(crate) cancelled: BTreeSet<String>,
}

/// A running narrator.
pub(crate) struct Narrator {
    task: JoinHandle<Seen>,
    end: oneshot::Sender<()>,
}

impl Narrator {
    /// Begins to listen and to print.
    pub(crate) fn start(mut sources: Sources) -> Self {
        let (end, mut ending) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut voice = Voice {
                began: Instant::now(),
                seen: Seen::default(),
            };
            loop {
                // In this order: a kill is told before the end that it causes.
                tokio::select! {
                    biased;
                    Some(kill) = sources.kills.recv() => voice.killed(&kill),
                    Some(event) = sources.workers.recv() => voice.worker(&event),
                    Ok(call) = sources.calls.recv() => voice.called(&call),
                    Some(news) = sources.customers.recv() => voice.customer(news),
                    _ = &mut ending => return voice.seen,
                    else => return voice.seen,
                }
            }
        });
        Self { task, end }
    }

    /// Tells the rest and says what was seen.
    pub(crate) async fn finish(self) -> Seen {
        // It may have nothing left to listen to and be gone.
        let _ = self.end.send(());
        self.task.await.unwrap_or_default()
    }
}

const PLAIN: Style = Style::new();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default();
const TROUBLE: Style = AnsiColor::Yellow.on_default();
const AGAIN: Style = AnsiColor::Cyan.on_default();
const DEATH: Style = AnsiColor::Red.on_default().bold();

struct Voice {
    began: Instant,
    seen: Seen,
}

impl Voice {
    fn say(&self, who: &str, style: Style, what: &str) {
        let at = self.began.elapsed().as_secs_f64();
        anstream::println!("{FAINT}{at:>6.2}s{FAINT:#}  {who:<10}  {style}{what}{style:#}");
    }

    fn killed(&mut self, kill: &Kill) {
        let doing = match kill.moment {
            Moment::During(Action::Reserve) => "is being reserved",
            Moment::During(Action::Charge) => "is being charged",
            Moment::During(Action::SendPackage) => "is being sent",
            Moment::During(Action::Refund) => "is being refunded",
            Moment::During(Action::Unreserve) => "is being put back on the shelf",
            Moment::InWindow => "waits in its cancellation window",
        };
        let text = format!("kill -9 {} while {} {doing}", kill.pid, kill.order);
        self.say("✗ worker", DEATH, &text);
        self.seen.kills.push(kill.moment);
    }

    fn worker(&self, event: &Event) {
        match event {
            Event::Started { life: 1, pid, .. } => {
                self.say("worker", PLAIN, &format!("process {pid} starts"));
            }
            Event::Started { pid, .. } => {
                let text = format!("process {pid} starts and takes over where the dead one was");
                self.say("worker", PLAIN, &text);
            }
            // A death by signal was announced by the killer.
            Event::Ended { status, .. } if status.code().is_none() => {}
            Event::Ended { pid, status, .. } => {
                self.say("worker", PLAIN, &format!("process {pid} ends ({status})"));
            }
            Event::GaveUp { reason, .. } => self.say("worker", DEATH, reason),
        }
    }

    fn called(&self, call: &Call) {
        let attempt = match call.attempt {
            1 => String::new(),
            n => format!(" (attempt {n})"),
        };
        let (style, result) = match call.effect {
            Effect::Applied if call.answer_lost => (
                TROUBLE,
                format!("{} – but the answer gets lost", call.answer),
            ),
            Effect::Applied => (PLAIN, call.answer.clone()),
            Effect::Replayed => (
                AGAIN,
                format!("{} – same key: done before, not done again", call.answer),
            ),
            Effect::Refused => (TROUBLE, format!("refused: {}", call.answer)),
            Effect::Unavailable => (TROUBLE, format!("503: {}", call.answer)),
        };
        let (service, action) = (call.action.service(), call.action);
        let text = format!("{service:<9}  {action:<12}  {result}{attempt}");
        self.say(&call.order, style, &text);
    }

    fn customer(&mut self, news: News) {
        let (style, text) = match news.what {
            What::Placed => (PLAIN, "placed; from here on it cannot get lost".to_owned()),
            What::SecondRefused => {
                self.seen.refused_twice.insert(news.order.clone());
                (PLAIN, "placed again: refused, already started".to_owned())
            }
            What::CancelAsked => {
                self.seen.cancelled.insert(news.order.clone());
                (PLAIN, "the customer cancels".to_owned())
            }
            What::Ended { phase, reason } => {
                // A cancellation says it all.
                let reason = reason.filter(|_| phase != Phase::Cancelled);
                let reason = reason.map(|reason| format!(": {reason}"));
                (GOOD, format!("✔ {phase}{}", reason.unwrap_or_default()))
            }
        };
        self.say(&news.order, style, &text);
    }
}
