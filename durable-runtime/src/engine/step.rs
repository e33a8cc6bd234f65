//! What happens next to a run: a function from its state and an event to a decision.
//!
//! ```text
//!            Begin                Turned(Suspended)           Attempted, Due, a cancel
//!   Loaded ────────▶ Turn ────────────────────────▶ Attempt ───────────────────────────▶ Turn
//!                     │ ▲                           or Wait                               │
//!                     │ └────────────── Due ──────── Wait ◀──────── Turned(Panicked) ─────┤
//!                     │ Turned(Finished)              │ a long pause, Turned(Blocked)     │
//!                     ▼                               ▼                                   │
//!                    Over ◀─────── Parked ────────── Park ◀───────────────────────────────┘
//! ```
//!
//! No I/O, no clock, no chance: the same state, event and time give the same decision. The caller
//! commits the writes in one batch, and only when they are on disk performs the action, so the
//! state may run ahead of the store but nothing outside does.

use super::backoff;
use super::instance::{
    Action, Cancel, Decision, Doing, Event, Instance, Outcome, Pause, Place, Policy, Unexpected,
};
use crate::codec;
use crate::frame::Checkpoint;
use crate::id::Timestamp;
use crate::machine::{Finished, Turn};
use crate::operation::{ActivityRequest, Answered, Request, Resolution, TimeoutKind};
use crate::registry::AttemptEnd;
use crate::store::{
    AttemptKind, AttemptRecord, End, Message, MessageKind, NewStep, Park, Phase, Write,
};
use serde_json::Value;

/// How much of an error is kept for people, in bytes; the error itself is kept whole, encoded.
const ERROR_BYTES_MAX: usize = 4096;

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
            (doing, Event::Mail { wakes, messages }) => {
                self.wakes = wakes;
                self.note(messages);
                self.doing = doing;
                self.read_mail(now, policy)
            }
            (Doing::Loaded, Event::Begin) | (Doing::Wait(_), Event::Due | Event::Release) => {
                self.proceed(now, policy)
            }
            (Doing::Turn(given), Event::Turned(turn)) => {
                self.turned(given.as_ref(), turn, now, policy)
            }
            (Doing::Attempt, Event::Attempted(outcome)) => self.attempted(outcome, now, policy),
            (Doing::Attempt, Event::Release) => self.park(Some(now), None),
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
                        self.cancel = Cancel::Requested;
                    }
                }
                MessageKind::Terminate => {
                    let reason = String::from_utf8_lossy(&message.payload).into_owned();
                    self.terminate.get_or_insert(reason);
                }
            }
        }
    }

    fn read_mail(&mut self, now: Timestamp, policy: &Policy) -> Decision {
        let cancelled = self.cancel == Cancel::Requested;
        match &self.doing {
            // Its end, or what follows it, takes the messages into account.
            Doing::Turn(_) => carry_on(),
            _ if self.terminate.is_some() => self.terminated(now, policy),
            Doing::Park => self.proceed(now, policy),
            Doing::Attempt | Doing::Wait(Pause::Timer | Pause::Retry) if cancelled => {
                self.turn(Some(Resolution::Cancelled))
            }
            _ => carry_on(),
        }
    }

    /// Decides what to do at the place where the run is.
    fn proceed(&mut self, now: Timestamp, policy: &Policy) -> Decision {
        if self.terminate.is_some() {
            return self.terminated(now, policy);
        }
        let heal = self.resume_at.filter(|at| *at > now);
        let (request, answer) = match &self.place {
            Place::Unfit(_, reason) => {
                let reason = reason.clone();
                return self.park(None, Some(reason));
            }
            Place::Fresh(_) => (None, None),
            Place::At(_) => self.call().map_or((None, None), |call| {
                (Some(call.request.clone()), call.answer.clone())
            }),
        };
        let fresh = matches!(self.place, Place::Fresh(_));
        match request {
            _ if fresh || answer.is_some() => match heal {
                Some(at) => self.pause(at, Pause::Heal, now, policy),
                None if policy.draining && self.carry.is_empty() => self.park(Some(now), None),
                None => self.turn(answer),
            },
            // Never parked with a later time: it would sleep on a message that it has seen.
            _ if self.cancel == Cancel::Requested => {
                if policy.draining {
                    self.park(Some(now), None)
                } else {
                    self.turn(Some(Resolution::Cancelled))
                }
            }
            Some(Request::Timer { due }) if due > now => self.pause(due, Pause::Timer, now, policy),
            _ if policy.draining => self.park(Some(heal.unwrap_or(now)), None),
            Some(Request::Timer { .. }) => self.turn(Some(Resolution::Fired)),
            Some(Request::Activity(call)) => self.attempt(&call, now, policy),
            None => self.park(
                None,
                Some("it awaits nothing that this version knows".into()),
            ),
        }
    }

    fn attempt(&mut self, call: &ActivityRequest, now: Timestamp, policy: &Policy) -> Decision {
        if deadline(call).is_some_and(|deadline| deadline <= now) {
            return self.turn(Some(Resolution::TimedOut(TimeoutKind::ScheduleToClose)));
        }
        match self.resume_at.filter(|at| *at > now) {
            Some(at) => self.pause(at, Pause::Retry, now, policy),
            None => self.act(
                Action::Attempt(self.failures.saturating_add(1)),
                Doing::Attempt,
            ),
        }
    }

    fn attempted(&mut self, outcome: Outcome, now: Timestamp, policy: &Policy) -> Decision {
        match outcome {
            Outcome::Unfit(reason) => self.park(None, Some(reason)),
            Outcome::Ended(AttemptEnd {
                resolution,
                retryable,
                error,
            }) => {
                if matches!(resolution, Resolution::Returned(_)) {
                    return self.turn(Some(resolution));
                }
                let error = error.unwrap_or_else(|| "failed".to_owned());
                self.failed(resolution, retryable, error, now, policy)
            }
            Outcome::Panicked(message) => {
                let error = format!("panicked: {message}");
                self.failed(Resolution::Panicked(message), true, error, now, policy)
            }
            Outcome::TimedOut(kind) => {
                let again = kind == TimeoutKind::StartToClose;
                let error = format!("timed out ({kind:?})");
                self.failed(Resolution::TimedOut(kind), again, error, now, policy)
            }
        }
    }

    /// A failed attempt of the activity: another one follows, or the code is given the failure.
    fn failed(
        &mut self,
        resolution: Resolution,
        retryable: bool,
        error: String,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        let Some(call) = self.activity().filter(|_| retryable) else {
            self.record_attempt(AttemptKind::Activity, error, now, now);
            return self.turn(Some(resolution));
        };
        let (retry, failures) = (&call.options.retry, self.failures.saturating_add(1));
        let next = backoff::next_attempt(retry, failures, now, deadline(call), self.seed());
        self.record_attempt(AttemptKind::Activity, error, now, next.unwrap_or(now));
        match next {
            Some(at) => self.pause(at, Pause::Retry, now, policy),
            None => self.turn(Some(resolution)),
        }
    }

    fn turned(
        &mut self,
        given: Option<&Resolution>,
        turn: Turn,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        let end = match turn {
            Turn::Suspended(mut checkpoint) => {
                checkpoint.cancelled = self.cancel == Cancel::Told;
                return match checkpoint.encode() {
                    Ok(bytes) => {
                        self.record_step(given, Some((checkpoint, bytes)), now);
                        self.proceed(now, policy)
                    }
                    Err(error) => {
                        self.keep_answer(given, now);
                        self.park(
                            None,
                            Some(format!("await {}: {error}", checkpoint.frame.label)),
                        )
                    }
                };
            }
            Turn::Finished(finished) => match self.end(finished, now, policy) {
                Ok(end) => end,
                Err(reason) => {
                    self.keep_answer(given, now);
                    return self.park(None, Some(reason));
                }
            },
            Turn::Panicked(message) => {
                self.keep_answer(given, now);
                let at = backoff::next_heal(self.failures.saturating_add(1), now);
                self.record_attempt(AttemptKind::Workflow, message, now, at);
                return self.pause(at, Pause::Heal, now, policy);
            }
            Turn::Blocked(blocked) => {
                self.keep_answer(given, now);
                return self.park(None, Some(blocked.to_string()));
            }
        };
        self.record_step(given, None, now);
        self.carry.push(Write::End(End {
            seq: self.seq,
            ..end
        }));
        self.act(Action::Leave, Doing::Over)
    }

    /// The end of a run whose function returned.
    fn end(&self, finished: Finished, now: Timestamp, policy: &Policy) -> Result<End, String> {
        let output = finished
            .output
            .map_err(|error| format!("its return value cannot be encoded: {error}"))?;
        let phase = match (finished.failed, self.cancel) {
            (false, _) => Phase::Completed,
            (true, Cancel::Told) => Phase::Cancelled,
            (true, Cancel::None | Cancel::Requested) => Phase::Failed,
        };
        Ok(End {
            run: self.run,
            phase,
            error: finished.failed.then(|| shortened(error_text(&output))),
            output: Some(output),
            seq: self.seq,
            at: now,
            keep_frames: policy.keep_frames,
        })
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
        }));
        self.act(Action::Leave, Doing::Over)
    }

    /// Gives the code an answer.
    fn turn(&mut self, answer: Option<Resolution>) -> Decision {
        if answer == Some(Resolution::Cancelled) {
            self.cancel = Cancel::Told;
        }
        self.doing = Doing::Turn(answer.clone());
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
        Decision {
            writes,
            action: Action::Turn(answer),
        }
    }

    /// Waits in memory, or in the store if it takes long or the worker shuts down.
    fn pause(&mut self, at: Timestamp, pause: Pause, now: Timestamp, policy: &Policy) -> Decision {
        if policy.draining || now.until(at) > policy.park_after {
            self.park(Some(at), None)
        } else {
            self.act(Action::Wait(at), Doing::Wait(pause))
        }
    }

    fn park(&mut self, due_at: Option<Timestamp>, blocked: Option<String>) -> Decision {
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
            due_at,
            blocked,
        }));
        self.act(Action::Park, Doing::Park)
    }

    fn act(&mut self, action: Action, doing: Doing) -> Decision {
        self.doing = doing;
        Decision {
            writes: std::mem::take(&mut self.carry),
            action,
        }
    }

    /// Records the answer to the last await, and the next one (`None`: the function returned).
    fn record_step(
        &mut self,
        given: Option<&Resolution>,
        next: Option<(Checkpoint, Vec<u8>)>,
        now: Timestamp,
    ) {
        // An answer that was kept in the frame stands in the step that kept it.
        let kept = self.call().is_some_and(|call| call.answer.is_some());
        let op = self.call().map_or(0, |call| call.op);
        self.seq += 1;
        self.failures = 0;
        self.resume_at = None;
        let told = self.cancel == Cancel::Told;
        let (checkpoint, bytes) = next.unzip();
        self.carry.push(Write::Step(NewStep {
            run: self.run,
            seq: self.seq,
            label: checkpoint
                .as_ref()
                .map_or_else(String::new, |checkpoint| checkpoint.frame.label.clone()),
            at: now,
            result: given.filter(|_| !kept).map(|answer| encoded(op, answer)),
            frame: bytes,
            consumed: if told {
                std::mem::take(&mut self.unread)
            } else {
                Vec::new()
            },
        }));
        if let Some(checkpoint) = checkpoint {
            self.place = Place::At(checkpoint);
        }
    }

    /// Records an answer that the code could not take yet, so that the operation is not repeated.
    fn keep_answer(&mut self, given: Option<&Resolution>, now: Timestamp) {
        let Some(call) = self.call() else { return };
        if call.answer.is_some() || given.is_none() {
            return;
        }
        let (op, Place::At(mut checkpoint)) = (call.op, self.place.clone()) else {
            return;
        };
        checkpoint.cancelled = self.cancel == Cancel::Told;
        if let Some(call) = checkpoint.call_mut(op) {
            call.answer = given.cloned();
        }
        // If both together are too large, the operation will be repeated after all.
        if let Ok(bytes) = checkpoint.encode() {
            self.record_step(given, Some((checkpoint, bytes)), now);
        }
    }

    fn record_attempt(
        &mut self,
        kind: AttemptKind,
        error: String,
        now: Timestamp,
        next_at: Timestamp,
    ) {
        self.failures = self.failures.saturating_add(1);
        self.resume_at = Some(next_at);
        self.carry.push(Write::Attempt(AttemptRecord {
            run: self.run,
            seq: self.seq,
            attempt: self.failures,
            kind,
            at: now,
            error: shortened(error),
            next_at,
        }));
    }

    /// What jitter is drawn from: differs between runs and steps, is the same after a restart.
    fn seed(&self) -> u64 {
        self.run.0.cast_unsigned() ^ self.seq.cast_unsigned().rotate_left(32)
    }
}

/// Nothing changes.
fn carry_on() -> Decision {
    Decision {
        writes: Vec::new(),
        action: Action::Continue,
    }
}

/// When all attempts together have taken too long.
pub(super) fn deadline(call: &ActivityRequest) -> Option<Timestamp> {
    call.options
        .schedule_to_close
        .map(|limit| call.begun.after(limit))
}

/// An error for people, cut to a length that is no burden.
fn shortened(mut text: String) -> String {
    if text.len() > ERROR_BYTES_MAX {
        let cut = (0..=ERROR_BYTES_MAX)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(cut.unwrap_or(0));
        text.push('…');
    }
    text
}

/// Answers as they are stored; its value has been measured when it was made.
fn encoded(op: u64, answer: &Resolution) -> Vec<u8> {
    let answered = Answered {
        op,
        answer: answer.clone(),
    };
    let mut bytes = Vec::new();
    codec::encode_into(&mut bytes, &[answered]).expect("a resolution is flat");
    bytes
}

/// The error of a function's encoded return value, for people.
fn error_text(output: &[u8]) -> String {
    match codec::to_json(output) {
        Ok(Value::Object(mut map)) => match map.remove("Err") {
            Some(Value::String(text)) => text,
            // The shape of `durable_runtime::Error` and of many others.
            Some(error) => match error.get("message").and_then(Value::as_str) {
                Some(message) => message.to_owned(),
                None => error.to_string(),
            },
            None => Value::Object(map).to_string(),
        },
        Ok(value) => value.to_string(),
        Err(error) => format!("(the error cannot be shown: {error})"),
    }
}
