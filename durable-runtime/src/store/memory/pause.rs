//! Runs that operators let rest.

use super::run::Place;
use super::state::State;
use crate::id::{RunId, Timestamp};
use crate::store::{MessageKind, NewMessage, Paused};

impl State {
    /// Lets a run rest; one that rests already does so for the reason given first.
    pub(super) fn pause(&mut self, number: RunId, message: &NewMessage) {
        let Some(run) = self.runs.get_mut(&number) else {
            return;
        };
        if run.row.paused.is_some() {
            return;
        }
        run.row.paused = Some(Paused {
            at: message.sent_at,
            reason: String::from_utf8_lossy(&message.payload).into_owned(),
        });
        self.leave_line(number);
        self.rest_tasks(number, true);
        self.nudge(number, MessageKind::Pause, message.sent_at);
    }

    /// Lets a run go on that was paused.
    pub(super) fn lift(&mut self, number: RunId, at: Timestamp) {
        let run = self.runs.get_mut(&number);
        if run.is_some_and(|run| run.row.paused.take().is_some()) {
            self.leave_line(number);
            self.rest_tasks(number, false);
            self.nudge(number, MessageKind::Resume, at);
        }
    }

    /// Lets a run go on that was paused, or that has killed its workers.
    pub(super) fn resume(&mut self, number: RunId, at: Timestamp) {
        self.lift(number, at);
        let place = self.runs.get(&number).map(|run| &run.row.place);
        if matches!(place, Some(Place::Ready(ready)) if ready.held) {
            self.wake(number, at, true);
        }
    }

    /// Tells the owner of a run what has changed in the run's row. The counter names the message.
    fn nudge(&mut self, number: RunId, kind: MessageKind, sent_at: Timestamp) {
        let run = self.runs.get(&number);
        let Some(run) = run.filter(|run| run.row.place.owner().is_some()) else {
            return;
        };
        let message = NewMessage {
            msg: format!("nudge/{}", run.row.wakes + 1),
            kind,
            name: String::new(),
            payload: Vec::new(),
            sent_at,
            unread_max: None,
        };
        self.put_message(number, message);
    }
}
