//! What the services know and decide: no network, no clock, every effect at most once per key.

use crate::ledger::{Action, Call, Effect, Ledger, Service};
use crate::order::Item;
use crate::scenario::{DECLINED_CARDS, FaultKind, OUT_OF_STOCK_SKU, Scenario, UNREACHABLE_PLACE};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The body of a request; every service reads what concerns it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The order it is about.
    pub order: String,
    /// What to reserve.
    pub items: Vec<Item>,
    /// The card to charge.
    pub card: String,
    /// The sum to charge.
    pub cents: u64,
    /// Where to send the package.
    pub address: String,
}

/// Who asks, as the headers of the request tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// `Idempotency-Key`: the same in every attempt of one call.
    pub key: String,
    /// `Attempt`: from 1.
    pub attempt: u32,
    /// `Worker`: the id of the calling process.
    pub worker: u32,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Done; the number of the reservation, payment, package, …
    Done(String),
    /// No, and asking again would not help.
    Refused(String),
    /// Not now.
    Unavailable(String),
}

impl Answer {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Done(_) => 200,
            Self::Refused(_) => 422,
            Self::Unavailable(_) => 503,
        }
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Done(text) | Self::Refused(text) | Self::Unavailable(text) => text,
        }
    }
}

/// The state of the three services.
#[derive(Debug)]
pub struct World {
    ledger: Ledger,
    rng: Rng,
    latency_ms: RangeInclusive<u64>,
    /// What will go wrong with the next calls.
    faults: BTreeMap<(String, Action), VecDeque<FaultKind>>,
    /// What was answered under each idempotency key. This is all it takes to honour them.
    answered: BTreeMap<(Action, String), Answer>,
    /// Orders whose reservation or charge was undone. A late request for one of them (its caller
    /// may have died long ago) must not do it again.
    undone: BTreeSet<(Service, String)>,
    numbers: u64,
}

impl World {
    /// Services at which the faults of `scenarios` are going to happen, and whose answers take
    /// `latency_ms` (at random, from `rng`).
    #[must_use]
    pub fn new(
        ledger: Ledger,
        scenarios: &[Scenario],
        rng: Rng,
        latency_ms: RangeInclusive<u64>,
    ) -> Self {
        let mut faults: BTreeMap<_, VecDeque<_>> = BTreeMap::new();
        for scenario in scenarios {
            for fault in &scenario.faults {
                let calls = faults
                    .entry((scenario.order.id.clone(), fault.at))
                    .or_default();
                calls.extend((0..fault.times).map(|_| fault.kind));
            }
        }
        Self {
            ledger,
            rng,
            latency_ms,
            faults,
            answered: BTreeMap::new(),
            undone: BTreeSet::new(),
            numbers: 0,
        }
    }

    /// The ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// A call arrives: its effect takes place and is written down. Answers what the caller is
    /// told, and after how long.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn receive(
        &mut self,
        at: i64,
        action: Action,
        caller: Caller,
        asked: &Asked,
    ) -> std::io::Result<(Answer, Duration)> {
        let fault = self
            .faults
            .get_mut(&(asked.order.clone(), action))
            .and_then(VecDeque::pop_front);
        let (effect, answer) = if fault == Some(FaultKind::Unavailable) {
            let answer = Answer::Unavailable(format!("{} is out of order", action.service()));
            (Effect::Unavailable, answer)
        } else {
            self.decide(action, &caller.key, asked)
        };
        let answer_lost = fault == Some(FaultKind::AnswerLost);
        self.ledger.append(Call {
            at,
            action,
            order: asked.order.clone(),
            key: caller.key,
            attempt: caller.attempt,
            worker: caller.worker,
            effect,
            answer_lost,
            status: if answer_lost { 502 } else { answer.status() },
            answer: answer.text().to_owned(),
        })?;
        let mut latency = self.rng.u64(self.latency_ms.clone());
        if let Some(FaultKind::Slow { ms }) = fault {
            latency += ms;
        }
        let told = if answer_lost {
            Answer::Unavailable("the connection broke".to_owned())
        } else {
            answer
        };
        Ok((told, Duration::from_millis(latency)))
    }

    fn decide(&mut self, action: Action, key: &str, asked: &Asked) -> (Effect, Answer) {
        let known = (action, key.to_owned());
        if let Some(answer) = self.answered.get(&known) {
            let effect = match answer {
                Answer::Done(_) => Effect::Replayed,
                Answer::Refused(_) | Answer::Unavailable(_) => Effect::Refused,
            };
            return (effect, answer.clone());
        }
        let (effect, answer) = match self.objection(action, asked) {
            Some(reason) => (Effect::Refused, Answer::Refused(reason)),
            None => (Effect::Applied, Answer::Done(self.apply(action, asked))),
        };
        self.answered.insert(known, answer.clone());
        (effect, answer)
    }

    fn objection(&self, action: Action, asked: &Asked) -> Option<String> {
        let undone = |service| self.undone.contains(&(service, asked.order.clone()));
        match action {
            Action::Reserve if undone(Service::Inventory) => Some("was given back".to_owned()),
            Action::Charge if undone(Service::Payment) => Some("was refunded".to_owned()),
            Action::Reserve => asked
                .items
                .iter()
                .any(|item| item.sku == OUT_OF_STOCK_SKU)
                .then(|| format!("{OUT_OF_STOCK_SKU} is out of stock")),
            Action::Charge => asked
                .card
                .starts_with(DECLINED_CARDS)
                .then(|| "the card was declined".to_owned()),
            Action::SendPackage => asked
                .address
                .contains(UNREACHABLE_PLACE)
                .then(|| format!("no carrier goes to {UNREACHABLE_PLACE}")),
            Action::Refund | Action::Unreserve => None,
        }
    }

    fn apply(&mut self, action: Action, asked: &Asked) -> String {
        self.numbers += 1;
        let prefix = match action {
            Action::Reserve => "R",
            Action::Charge => "P",
            Action::SendPackage => "T",
            Action::Refund | Action::Unreserve => {
                self.undone.insert((action.service(), asked.order.clone()));
                "U"
            }
        };
        format!("{prefix}-{:04}", self.numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Ending, Fault, Then};

    fn world(faults: Vec<Fault>) -> (tempfile::TempDir, World) {
        let dir = tempfile::tempdir().unwrap();
        let ledger = Ledger::create(&dir.path().join("ledger")).unwrap();
        let order = serde_json::from_str(
            r#"{"id":"o","customer":"","items":[],"card":"4242","address":"here"}"#,
        );
        let scenario = Scenario {
            story: String::new(),
            order: order.unwrap(),
            faults,
            then: Then::Wait,
            ends: Ending::Delivered,
        };
        let world = World::new(ledger, &[scenario], Rng::with_seed(1), 1..=2);
        (dir, world)
    }

    fn ask(world: &mut World, action: Action, key: &str, asked: &Asked) -> (Effect, Answer) {
        let mut feed = world.ledger().subscribe();
        let caller = Caller {
            key: key.to_owned(),
            attempt: 1,
            worker: 1,
        };
        let (answer, _) = world.receive(0, action, caller, asked).unwrap();
        (feed.try_recv().unwrap().effect, answer)
    }

    fn order() -> Asked {
        Asked {
            order: "o".into(),
            ..Asked::default()
        }
    }

    #[test]
    fn one_key_has_one_effect_and_one_answer() {
        let (_dir, mut world) = world(Vec::new());
        let first = ask(&mut world, Action::Charge, "k1", &order());
        assert_eq!(first.0, Effect::Applied);
        let again = ask(&mut world, Action::Charge, "k1", &order());
        assert_eq!(again, (Effect::Replayed, first.1.clone()));
        // Another key is another charge: the services do not hide a caller that changes keys.
        let other = ask(&mut world, Action::Charge, "k2", &order());
        assert_eq!(other.0, Effect::Applied);
        assert_ne!(other.1, first.1);
        // And another action under the same key is another call.
        assert_eq!(
            ask(&mut world, Action::SendPackage, "k1", &order()).0,
            Effect::Applied
        );
    }

    #[test]
    fn faults_happen_as_often_as_planned() {
        let fault = |kind, times| Fault {
            at: Action::Reserve,
            kind,
            times,
        };
        let (_dir, mut world) = world(vec![
            fault(FaultKind::Unavailable, 2),
            fault(FaultKind::AnswerLost, 1),
        ]);
        for _ in 0..2 {
            let (effect, answer) = ask(&mut world, Action::Reserve, "k", &order());
            assert_eq!(effect, Effect::Unavailable);
            assert_eq!(answer.status(), 503);
        }
        let (effect, told) = ask(&mut world, Action::Reserve, "k", &order());
        assert_eq!(effect, Effect::Applied);
        assert_eq!(told.status(), 503);
        let (effect, answer) = ask(&mut world, Action::Reserve, "k", &order());
        assert_eq!(effect, Effect::Replayed);
        assert_eq!(answer, Answer::Done("R-0001".into()));
    }

    #[test]
    fn refusals_change_nothing_and_stay() {
        let (_dir, mut world) = world(Vec::new());
        let asked = Asked {
            card: "4000 1".into(),
            address: "1 Main Street, Atlantis".into(),
            items: vec![Item {
                sku: OUT_OF_STOCK_SKU.into(),
                quantity: 1,
                price_cents: 1,
            }],
            ..order()
        };
        for action in [Action::Reserve, Action::Charge, Action::SendPackage] {
            for _ in 0..2 {
                let (effect, answer) = ask(&mut world, action, "k", &asked);
                assert_eq!((effect, answer.status()), (Effect::Refused, 422));
            }
        }
    }

    #[test]
    fn what_was_undone_is_not_done_by_a_late_request() {
        let (_dir, mut world) = world(Vec::new());
        ask(&mut world, Action::Refund, "k2", &order());
        let (effect, answer) = ask(&mut world, Action::Charge, "k1", &order());
        assert_eq!(effect, Effect::Refused);
        assert_eq!(answer, Answer::Refused("was refunded".into()));
        assert_eq!(
            ask(&mut world, Action::Reserve, "k3", &order()).0,
            Effect::Applied
        );
    }
}
