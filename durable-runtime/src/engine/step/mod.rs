//! What happens next to a run: a function from its state and an event to a decision.
//!
//! ```text
//!            Begin          Turned(Suspended)          an answer: Attempted, Due, a cancel
//!   Loaded ────────▶ Turn ────────────────────▶ Work ─────────────────────────────────────▶ Turn
//!                    │ ▲                        │  ▲ │
//!                    │ └───── Due, an answer ── Heal │ all that runs is over, and what is left
//!                    │            ▲               │  │ takes long
//!                    │            └ Turned(Panicked) ▼
//!                    ├─ Turned(Blocked) ───────▶ Park ── Parked ─▶ Over
//!                    └─ Turned(Finished) ────────────────────────▶ Over
//! ```
//!
//! All operations of a checkpoint are under way together: their attempts run side by side, the
//! earliest timer or pause is waited for. The first that has an answer ends the wait with one turn
//! and one step; those that the next checkpoint still waits for are not disturbed by it.
//!
//! No I/O, no clock, no chance: the same state, event and time give the same decision. The caller
//! commits the writes in one batch, and only when they are on disk performs the action, so the
//! state may run ahead of the store but nothing outside does. Attempts that the state no longer
//! counts as running ([`Instance::runs`]) are stopped before that.

mod attempts;
mod children;
mod continued;
mod elsewhere;
mod letters;
mod pause;
mod progress;
mod queued;
mod terms;
mod text;
mod turned;
mod work;

pub(super) use children::Asking;
pub(super) use queued::token;

use super::instance::{
    Action, Cancel, Decision, Doing, Event, Instance, Place, Policy, Unexpected,
};
use super::undecoded;
use crate::frame::Call;
use crate::id::Timestamp;
use crate::operation::{Answered, Resolution};
use crate::store::{End, Message, MessageKind, Park, Phase, Write};

impl Instance {
    /// Takes note of an event and decides what follows.
    pub(super) fn decide(
        &mut self,
        event: Event,
        now: Timestamp,
        policy: &Policy,
    ) -> Result<Decision, Unexpected> {
        let doing = std::mem::replace(&mut self.doing, Doing::Over);
        Ok(match (doing, event) {
            (doing @ (Doing::Loaded | Doing::Over), event @ Event::Mail { .. }) => {
                return Err(self.unexpected(doing, &event));
            }
            (doing, event @ Event::Mail { due: true, .. })
                if !matches!(doing, Doing::Work | Doing::Heal) =>
            {
                return Err(self.unexpected(doing, &event));
            }
            (
                doing,
                Event::Mail {
                    wakes,
                    messages,
                    due,
                },
            ) => {
                let rested = self.paused;
                self.wakes = wakes;
                self.note(messages);
                self.doing = doing;
                self.read_mail(rested, now, policy, due)
            }
            (Doing::Loaded, Event::Begin) => self.proceed(now, policy, false),
            (Doing::Work | Doing::Heal, Event::Due) => self.proceed(now, policy, true),
            (Doing::Work | Doing::Heal, Event::Release) => self.release(now, policy),
            (doing @ (Doing::Work | Doing::Heal), Event::Attempted(op, outcome)) => {
                if !self.runs(op) {
                    return Err(self.unexpected(doing, &Event::Attempted(op, outcome)));
                }
                self.attempted(op, outcome, now, policy)
            }
            (doing @ (Doing::Work | Doing::Heal), Event::Beat) => {
                self.put_down();
                self.act(Action::Continue, doing)
            }
            (Doing::Turn(given), Event::Turned(turn, aside)) => {
                self.turned(&given, turn, aside, now, policy)
            }
            (Doing::Park, Event::Parked) => self.act(Action::Leave, Doing::Over),
            (Doing::Park, Event::Woken { wakes }) => {
                self.wakes = wakes;
                self.act(Action::ReadInbox, Doing::Park)
            }
            (doing, event) => return Err(self.unexpected(doing, &event)),
        })
    }

    fn unexpected(&mut self, doing: Doing, event: &Event) -> Unexpected {
        let error = Unexpected {
            doing: format!("{doing:?}"),
            event: format!("{event:?}"),
        };
        self.doing = doing;
        error
    }

    /// Takes note of messages; those noted before change nothing.
    pub(super) fn note(&mut self, messages: Vec<Message>) {
        for message in messages {
            if message.ord <= self.last_ord {
                continue;
            }
            self.last_ord = message.ord;
            match message.kind {
                MessageKind::Cancel => {
                    self.unread.push(message.ord);
                    if self.cancel == Cancel::None {
                        self.cancel = Cancel::Requested(message.sent_at);
                    }
                }
                MessageKind::Signal
                | MessageKind::ChildEnded
                | MessageKind::Update
                | MessageKind::Activity => match undecoded::message(&message) {
                    Some(reason) => drop(self.undecoded.get_or_insert(reason)),
                    None if message.kind == MessageKind::Activity => self.news.push_back(message),
                    None => self.letters.push_back(message),
                },
                MessageKind::Terminate => {
                    let reason = String::from_utf8_lossy(&message.payload).into_owned();
                    self.terminate.get_or_insert(reason);
                }
                MessageKind::Pause | MessageKind::Resume => {
                    self.nudges.push(message.ord);
                    self.paused = message.kind == MessageKind::Pause;
                }
            }
        }
    }

    /// `rested`: it was paused before. `due`: what was waited for is due.
    fn read_mail(&mut self, rested: bool, now: Timestamp, policy: &Policy, due: bool) -> Decision {
        match &self.doing {
            // Its end, or what follows it, takes the messages into account.
            Doing::Turn(_) => carry_on(),
            _ if self.terminate.is_some() => self.terminated(now, policy),
            _ if self.undecoded.is_some() => self.proceed(now, policy, due),
            Doing::Park => self.proceed(now, policy, due),
            _ if rested || self.paused => self.proceed(now, policy, due),
            Doing::Work => self.read_mail_at_work(now, policy, due),
            _ if due => self.proceed(now, policy, due),
            _ => carry_on(),
        }
    }

    fn read_mail_at_work(&mut self, now: Timestamp, policy: &Policy, due: bool) -> Decision {
        if let Some(sent_at) = self.cancel_sent()
            && let Some(decision) = self.cancelled(sent_at, now, policy)
        {
            return decision;
        }
        if due || self.asks_children() || !self.news.is_empty() || self.delivery(now).is_some() {
            return self.proceed(now, policy, due);
        }
        self.act(Action::Continue, Doing::Work)
    }

    /// Decides what to do at the place where the run is. `due`: what was waited for is due.
    fn proceed(&mut self, now: Timestamp, policy: &Policy, due: bool) -> Decision {
        if self.terminate.is_some() {
            return self.terminated(now, policy);
        }
        if self.undecoded.is_some() {
            return self.park(None, self.undecoded.clone());
        }
        if self.paused {
            return self.rest(now);
        }
        if let Some(reason) = self.out_of_time(now) {
            return self.timed_out(reason, now, policy);
        }
        let calls = match &self.place {
            Place::Unfit(_, reason) => {
                let reason = reason.clone();
                return self.park(None, Some(reason));
            }
            Place::Fresh(_) => Vec::new(),
            Place::At(checkpoint) => checkpoint.calls(),
        };
        let fresh = matches!(self.place, Place::Fresh(_));
        if !fresh && calls.is_empty() {
            let reason = "it awaits nothing that this version knows".to_owned();
            return self.park(None, Some(reason));
        }
        if let Some(next) = self.successor(&calls, now, policy) {
            return self.continued(next, now, policy);
        }
        let idle = !self.any_runs();
        if let Some(at) = self.code.next_at.filter(|at| *at > now) {
            return self.heal(at, now, policy);
        }
        if fresh || calls.iter().any(|call| call.answer.is_some()) {
            if policy.draining && idle && self.carry.is_empty() {
                return self.park(Some(now), None);
            }
            return self.turn(Vec::new());
        }
        if let Some(sent_at) = self.cancel_sent() {
            // Never parked with a later time: it would sleep on a message that it has seen.
            if policy.draining && idle {
                return self.park(Some(now), None);
            }
            if let Some(decision) = self.cancelled(sent_at, now, policy) {
                return decision;
            }
        }
        self.work(now, policy, due)
    }

    /// Nothing new begins until the code is given another try.
    fn heal(&mut self, at: Timestamp, now: Timestamp, policy: &Policy) -> Decision {
        if self.paused {
            return self.rest(now);
        }
        if !self.any_runs() && (policy.draining || now.until(at) > policy.park_after) {
            return self.park(Some(at), None);
        }
        let wait = Action::Work {
            begin: Vec::new(),
            until: Some(at),
        };
        self.act(wait, Doing::Heal)
    }

    /// All that is under way ends with a cancellation, in one turn. A letter, or an end from
    /// elsewhere, that came before it goes first, and so does what was due by then, however late all
    /// of it is seen. What is shielded is not disturbed, nor is what the
    /// store is doing just now or may have done, and an activity or a child may want to be waited
    /// for; if there is nothing else, the cancellation waits for that (`None`).
    fn cancelled(
        &mut self,
        sent_at: Timestamp,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Decision> {
        let cancel = self.unread.first().copied().unwrap_or(i64::MIN);
        // Another clock may be ahead of this one.
        let by = sent_at.min(now);
        let over = self.expired(by).map(|(at, _)| at);
        if let Some(decision) = self.told(Some(cancel), over, now, policy) {
            return Some(decision);
        }
        let (letter, expired) = (self.delivery_before_cancel(), self.expired(by));
        if let Some(decision) = self.first_of(letter, expired, by, now, policy) {
            return Some(decision);
        }
        let children = self.open().into_iter();
        let children = children.filter(|call| call.request.asks_child());
        let children: Vec<_> = children.map(|call| call.op).collect();
        if self.are_to_be_asked(&children) {
            // First, since the code may drop what it waits for when it hears of the cancellation.
            return None;
        }
        let open = self.open().into_iter();
        let (waited_for, others): (Vec<_>, Vec<_>) = open.partition(|call| {
            call.request.waits_for_child()
                || self.goes_on(call.op) && call.request.is_waited_for()
                || call.request.is_act() && self.has_begun(call.op)
        });
        let cancelled = |call: &Call| Answered {
            op: call.op,
            answer: Resolution::Cancelled,
        };
        let answers: Vec<_> = others.into_iter().map(cancelled).collect();
        let asked: Vec<_> = waited_for.into_iter().map(|call| call.op).collect();
        self.ask_to_stop(&asked, now);
        if answers.is_empty() {
            if asked.iter().any(|op| self.is_elsewhere(*op)) {
                // Whoever ends it reads that there.
                self.put_down();
            }
            return None;
        }
        // They are not told again after this step, nor by another worker.
        self.put_down();
        self.cancel = Cancel::Told;
        Some(self.turn(answers))
    }

    /// What has no answer and a cancellation reaches.
    fn open(&self) -> Vec<&Call> {
        let exposed = match &self.place {
            Place::At(checkpoint) => checkpoint.exposed_calls(),
            Place::Fresh(_) | Place::Unfit(..) => Vec::new(),
        };
        let open = exposed.into_iter().filter(|call| call.answer.is_none());
        open.collect()
    }

    /// Gives the code these answers, after those that were kept for it.
    fn turn(&mut self, answers: Vec<Answered>) -> Decision {
        for answered in &answers {
            self.set_running(answered.op, false);
        }
        let mut given = self.kept();
        given.extend(answers);
        // A start and a last failed attempt join the commit that the turn ends with.
        let step = self
            .carry
            .iter()
            .any(|write| matches!(write, Write::Step(_)));
        let writes = if step {
            std::mem::take(&mut self.carry)
        } else {
            Vec::new()
        };
        self.doing = Doing::Turn(given);
        Decision {
            writes,
            action: Action::Turn,
        }
    }

    /// The answers that are kept in the checkpoint.
    fn kept(&self) -> Vec<Answered> {
        let Place::At(checkpoint) = &self.place else {
            return Vec::new();
        };
        // Nearly always: all operations without an answer are listed.
        let calls = checkpoint.calls();
        let kept = |call: &Call| {
            let answer = call.answer.clone()?;
            Some(Answered {
                op: call.op,
                answer,
            })
        };
        calls.into_iter().filter_map(kept).collect()
    }

    fn release(&mut self, now: Timestamp, policy: &Policy) -> Decision {
        if self.any_runs() {
            return self.park(Some(now), None);
        }
        self.proceed(now, policy, true)
    }

    fn park(&mut self, due_at: Option<Timestamp>, blocked: Option<String>) -> Decision {
        self.stop_all();
        self.put_down();
        let fingerprint = match &self.place {
            Place::At(checkpoint) => checkpoint.frame.fingerprint,
            Place::Fresh(_) | Place::Unfit(..) => 0,
        };
        self.carry.push(Write::Park(Park {
            run: self.run,
            wakes: self.wakes,
            seq: self.seq,
            queue: self.queue.clone(),
            point: format!("{}/{}", self.workflow, self.label()),
            fingerprint,
            due_at: earlier(due_at, self.terms.ends_by()),
            held: self.held && blocked.is_some(),
            blocked,
        }));
        self.act(Action::Park, Doing::Park)
    }

    fn terminated(&mut self, now: Timestamp, policy: &Policy) -> Decision {
        self.carry.push(Write::End(End {
            run: self.run,
            phase: Phase::Terminated,
            output: None,
            error: self.terminate.clone(),
            seq: self.seq,
            at: now,
            keep_frames: policy.keep_frames,
            published: self.published(),
            followed: false,
        }));
        self.leave()
    }

    fn leave(&mut self) -> Decision {
        self.stop_all();
        self.act(Action::Leave, Doing::Over)
    }

    fn act(&mut self, mut action: Action, doing: Doing) -> Decision {
        if let Action::Work { until, .. } = &mut action
            && !self.paused
        {
            *until = earlier(*until, self.terms.ends_by());
        }
        self.doing = doing;
        Decision {
            writes: std::mem::take(&mut self.carry),
            action,
        }
    }

    fn any_runs(&self) -> bool {
        self.ops.iter().any(|own| own.running)
    }

    fn set_running(&mut self, op: u64, running: bool) {
        if let Ok(at) = self.ops.binary_search_by_key(&op, |own| own.op) {
            self.ops[at].running = running;
        }
    }

    fn stop_all(&mut self) {
        for own in &mut self.ops {
            own.running = false;
        }
    }
}

fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

/// Nothing changes.
fn carry_on() -> Decision {
    Decision {
        writes: Vec::new(),
        action: Action::Continue,
    }
}
