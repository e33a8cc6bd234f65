//! Attempts that end elsewhere: what their run is told of them, and when they have taken too long.
//!
//! ```text
//!   body says "ends later" ──▶ Progress::elsewhere, no slot ──▶ a message ends it ──▶ as any attempt
//!                                        │  ▲                 └▶ its limit passes ──▶ as any attempt
//!                                        └──┘ a message with a heartbeat
//! ```

use super::super::instance::{Decision, Instance, Outcome, Policy, Recorded};
use super::letters::Delivery;
use super::text::error_text;
use crate::activity::news::{News, Told};
use crate::codec;
use crate::id::Timestamp;
use crate::operation::{ActivityRequest, Request, TimeoutKind};
use crate::registry::{self, AttemptEnd};
use crate::store::Message;

impl Instance {
    /// Whether the attempt of this operation goes on, or ends, elsewhere.
    pub(super) fn is_elsewhere(&self, op: u64) -> bool {
        let own = self.underway(op);
        own.is_some_and(|own| own.progress.goes_on_elsewhere())
    }

    /// Whether an attempt of this operation is in progress, here or elsewhere.
    pub(super) fn goes_on(&self, op: u64) -> bool {
        self.runs(op) || self.is_elsewhere(op)
    }

    /// Whether an act may have been done.
    pub(super) fn has_begun(&self, op: u64) -> bool {
        self.underway(op).is_some_and(|own| own.begun)
    }

    /// The body has ended, and the attempt has not.
    pub(super) fn ends_elsewhere(
        &mut self,
        op: u64,
        began: Timestamp,
        now: Timestamp,
        policy: &Policy,
    ) -> Decision {
        if let Some(own) = self.underway_mut(op) {
            own.progress.elsewhere = Some(began);
            own.record = Recorded::NotYet;
        }
        self.put_down();
        self.proceed(now, policy, false)
    }

    /// Takes note of what was told of activities before this request to cancel, until then, and
    /// before the first letter that something waits for; up to the first that ends. What follows
    /// from that.
    pub(super) fn told(
        &mut self,
        cancel: Option<i64>,
        until: Option<Timestamp>,
        now: Timestamp,
        policy: &Policy,
    ) -> Option<Decision> {
        if self.news.is_empty() {
            return None;
        }
        let letter = match cancel {
            Some(_) => self.delivery_before_cancel(),
            None => self.delivery(now),
        };
        let comes_later = |message: &Message| {
            let after = |letter: &Delivery| {
                // Of two clocks the one that is behind is believed: what was sent in time counts.
                message.ord > letter.ord && message.sent_at >= letter.since
            };
            cancel.is_some_and(|cancel| message.ord > cancel)
                || until.is_some_and(|until| message.sent_at > until)
                || letter.as_ref().is_some_and(after)
        };
        let (mut end, mut heard) = (None, false);
        while end.is_none()
            && let Some(message) = self.news.pop_front()
        {
            if comes_later(&message) {
                self.news.push_front(message);
                break;
            }
            match self.concerning(&message, now) {
                Some((op, News::Beat(details))) => {
                    self.heard(op, message.sent_at.min(now), details);
                    heard = true;
                    self.heard_in(op, message.ord);
                }
                Some((op, News::Begun)) => {
                    self.began(op, message.ord);
                    heard = true;
                }
                Some((op, News::Carried(carried))) => match self.carried(op, *carried, now) {
                    Some(outcome) => {
                        end = Some((op, outcome));
                        self.taken.push(message);
                    }
                    None => {
                        self.heard_in(op, message.ord);
                        heard = true;
                    }
                },
                Some((op, news)) => {
                    end = Some((op, self.outcome(op, &news)));
                    self.taken.push(message);
                }
                // Nobody waits for it any more.
                None => self.taken.push(message),
            }
        }
        if heard {
            self.put_down();
        }
        let (op, outcome) = end?;
        Some(self.attempted(op, outcome, now, policy))
    }

    /// The operation of which this message tells, if it is about the attempt that it is at, and came
    /// in time.
    fn concerning(&self, message: &Message, now: Timestamp) -> Option<(u64, News)> {
        let op = message.name.parse().ok()?;
        let own = self.underway(op)?;
        let attempt = own.tries.failed.saturating_add(1);
        // It may have been the end: that the attempt is repeated is better than to wait for it.
        let told = codec::decode(&message.payload).unwrap_or_else(|error| Told {
            attempt,
            news: News::Unreadable(error.to_string()),
        });
        let limit = self.call_of(op)?.limit_elsewhere(&own.progress);
        // Another clock may be ahead of this one. Whoever says a heartbeat has seen that it came in time;
        // those before it may be gone.
        let at = message.sent_at.min(now);
        let beat = matches!(told.news, News::Beat(_));
        let in_time = beat || limit.is_none_or(|(limit, _)| at <= limit);
        (in_time && told.attempt == attempt).then_some((op, told.news))
    }

    /// How an attempt ends by what was told of it. What does not fit the activity's types is a
    /// failure of the attempt.
    fn outcome(&self, op: u64, news: &News) -> Outcome {
        let given = match news {
            News::Completed(value) => Ok(value.as_slice()),
            News::Failed(error) => Err(error.as_slice()),
            News::Cancelled => return Outcome::Cancelled,
            News::Unreadable(error) => {
                return Outcome::Panicked(format!("what it was told cannot be read: {error}"));
            }
            News::Beat(_) | News::Begun | News::Carried(_) => {
                unreachable!("it was looked at before")
            }
        };
        let name = self.call_of(op).map_or("", |call| call.name.as_str());
        let known = registry::activity(name).map(|def| (def.given)(given));
        match known {
            Some(Ok(end)) => Outcome::Ended(end),
            Some(Err(error)) => {
                Outcome::Panicked(format!("it was ended with what does not fit: {error}"))
            }
            // Of a test, which has a body and no types.
            None => Outcome::Ended(match given {
                Ok(value) => AttemptEnd::returned(value.to_vec()),
                Err(error) => AttemptEnd::failed(error.to_vec(), true, error_text(error)),
            }),
        }
    }

    /// The attempt that ends elsewhere and has taken too long, the longest overdue first.
    pub(super) fn late(&self, now: Timestamp) -> Option<(Timestamp, u64, TimeoutKind)> {
        let calls = self.awaited().into_iter();
        let limits = calls.filter_map(|call| {
            let Request::Activity(activity) = &call.request else {
                return None;
            };
            let own = self.underway(call.op)?;
            let (at, kind) = activity.limit_elsewhere(&own.progress)?;
            Some((at, call.op, kind))
        });
        let late = limits.filter(|(at, ..)| *at <= now);
        late.min_by_key(|(at, op, _)| (*at, *op))
    }

    /// The call of an activity that this operation is.
    pub(super) fn call_of(&self, op: u64) -> Option<&ActivityRequest> {
        let calls = self.awaited();
        let call = calls.into_iter().find(|call| call.op == op)?;
        match &call.request {
            Request::Activity(activity) => Some(activity),
            _ => None,
        }
    }
}
