//! What a run in memory waits for: its attempts, the time, mail, and the end of its worker.

use super::super::attempts::News;
use super::super::instance::Event;
use super::super::life::Stage;
use super::super::mailbox::Mail;
use super::Run;
use crate::clock::{Busy, Sleeping};
use crate::id::Timestamp;

/// A sleep in progress.
pub(super) struct Pause(Sleeping);

impl std::fmt::Debug for Pause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pause")
    }
}

impl Run {
    pub(super) fn pause_until(&mut self, until: Option<Timestamp>) {
        if self.pause.as_ref().map(|(at, _)| *at) != until {
            let sleep = |at| (at, Pause(self.life.clock.sleep_until(at)));
            self.pause = until.map(sleep);
        }
    }

    /// Waits for what is under way, for mail, or to be told to let go. Whoever comes often does not
    /// keep the others out: mail gives way to them each other time, and an attempt that has ended to
    /// what was due by then.
    pub(super) async fn wait(&mut self) -> Event {
        let mut stage = self.life.stage.clone();
        let released = if self.attempts.is_empty() {
            Stage::Drain
        } else {
            Stage::Stop
        };
        // What is under way has guards or a deadline of its own.
        self.busy = None;
        let (pause, attempts) = (&mut self.pause, &mut self.attempts);
        let by = pause.as_ref().map(|(at, _)| *at);
        let (mailbox, gives_way) = (&*self.mailbox, self.read_mail);
        let due = async {
            match pause {
                Some((_, Pause(sleeping))) => sleeping.await,
                None => std::future::pending().await,
            }
        };
        let mut last = None;
        let (event, busy) = tokio::select! {
            biased;
            mail = mailbox.take(), if !gives_way => mailed(mail, false),
            // An error means that the life is over; it ends the same way.
            _ = stage.wait_for(|stage| *stage >= released) => {
                (Event::Release, self.life.clock.busy())
            }
            (op, news) = attempts.news(by) => match news {
                News::Beat(busy) => (Event::Beat, busy),
                News::Ended(end) => {
                    last = end.beat.map(|beat| (op, beat));
                    (Event::Attempted(op, end.outcome), end.busy)
                }
            },
            // What came before it goes first.
            busy = due => match mailbox.try_take() {
                Some(mail) => (mailed(mail, true).0, busy),
                None => (Event::Due, busy),
            },
            mail = mailbox.take(), if gives_way => mailed(mail, false),
        };
        self.read_mail = matches!(event, Event::Mail { .. });
        if matches!(event, Event::Due | Event::Mail { due: true, .. }) {
            self.pause = None;
        }
        let others = match &event {
            // Of those that are stopped now, too.
            Event::Beat | Event::Release => self.attempts.take_beats(),
            _ => Vec::new(),
        };
        for (op, (at, details)) in last.into_iter().chain(others) {
            self.instance.heard(op, at, details);
        }
        self.busy = Some(busy);
        event
    }
}

fn mailed(mail: Mail, due: bool) -> (Event, Busy) {
    let Mail {
        wakes,
        messages,
        busy,
    } = mail;
    let event = Event::Mail {
        wakes,
        messages,
        due,
    };
    (event, busy)
}
