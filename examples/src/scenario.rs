//! Orders together with what is going to happen to them: the script of a demonstration.

use crate::ledger::Action;
use crate::order::{Item, Order};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;

/// One order, the trouble it runs into, and how it has to end all the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scenario {
    /// What is special about it, for people.
    pub story: String,
    /// The order.
    pub order: Order,
    /// What goes wrong at the services.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What the customer does after ordering.
    #[serde(default)]
    pub then: Then,
    /// How it has to end.
    pub ends: Ending,
}

/// What the customer does after ordering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Waits.
    #[default]
    Wait,
    /// Cancels inside the window.
    Cancel,
    /// Presses the button a second time.
    OrderAgain,
}

/// Trouble at a service, for one order and action.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Which call.
    pub at: Action,
    /// What happens to it.
    #[serde(flatten)]
    pub kind: FaultKind,
    /// To how many calls in a row.
    #[serde(default = "once")]
    pub times: u32,
}

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum FaultKind {
    /// The service answers 503 and does nothing.
    Unavailable,
    /// The service does what it is asked, and the caller gets 502 instead of the answer.
    AnswerLost,
    /// The answer takes this much longer, in milliseconds.
    Slow {
        /// How much longer.
        ms: u64,
    },
}

/// The ways in which an order can end, and what must have happened to the world by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Paid and sent.
    Delivered,
    /// Nothing could be reserved.
    OutOfStock,
    /// The card was declined; the goods are back on the shelf.
    Declined,
    /// No answer came to the charge; whatever was taken was given back, as were the goods.
    Unpaid,
    /// It could not be sent; money and goods are back.
    Undeliverable,
    /// The customer cancelled in time; the goods are back, no money was taken.
    Cancelled,
}

impl Ending {
    /// What must have taken effect, once each and in this order.
    #[must_use]
    pub fn effects(self) -> &'static [Action] {
        match self {
            Self::Delivered => &[Action::Reserve, Action::Charge, Action::SendPackage],
            Self::OutOfStock => &[],
            Self::Declined | Self::Cancelled => &[Action::Reserve, Action::Unreserve],
            Self::Unpaid => &[Action::Reserve, Action::Refund, Action::Unreserve],
            Self::Undeliverable => &[
                Action::Reserve,
                Action::Charge,
                Action::Refund,
                Action::Unreserve,
            ],
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Delivered => "delivered",
            Self::OutOfStock => "out of stock",
            Self::Declined => "declined",
            Self::Unpaid => "unpaid",
            Self::Undeliverable => "undeliverable",
            Self::Cancelled => "cancelled",
        })
    }
}

/// Goods that are always out of stock.
pub const OUT_OF_STOCK_SKU: &str = "unobtainium";
/// Cards that are always declined begin like this (as payment providers' test cards do).
pub const DECLINED_CARDS: &str = "4000";
/// No carrier goes there.
pub const UNREACHABLE_PLACE: &str = "Atlantis";

/// Reads a file of scenarios.
///
/// # Errors
/// When it cannot be read, is not such a file, or names an order twice.
pub fn load(path: &Path) -> anyhow::Result<Vec<Scenario>> {
    use anyhow::Context;
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the orders in {}", path.display()))?;
    parse(&text).with_context(|| format!("{} is not a file of orders", path.display()))
}

/// Reads scenarios from JSON.
///
/// # Errors
/// When the text is not a list of scenarios or names an order twice.
pub fn parse(json: &str) -> anyhow::Result<Vec<Scenario>> {
    let scenarios: Vec<Scenario> = serde_json::from_str(json)?;
    let mut ids = BTreeSet::new();
    for scenario in &scenarios {
        let id = &scenario.order.id;
        anyhow::ensure!(ids.insert(id), "two orders have the id {id}");
    }
    Ok(scenarios)
}

/// Makes `count` scenarios up, each time the same ones for the same `rng`: of ten orders about
/// six end well, and most meet some trouble on the way.
#[must_use]
pub fn generate(rng: &mut Rng, count: usize) -> Vec<Scenario> {
    (1..=count).map(|number| made_up(rng, number)).collect()
}

fn made_up(rng: &mut Rng, number: usize) -> Scenario {
    let ends = match rng.u32(0..10) {
        0 => Ending::Declined,
        1 => Ending::Undeliverable,
        2 => Ending::Cancelled,
        // Now and then an article is sold out.
        3 if rng.bool() => Ending::OutOfStock,
        _ => Ending::Delivered,
    };
    let sku = if ends == Ending::OutOfStock {
        OUT_OF_STOCK_SKU
    } else {
        "tea"
    };
    let card = if ends == Ending::Declined {
        format!("{DECLINED_CARDS} 0000 0000 0002")
    } else {
        "4242 4242 4242 4242".to_owned()
    };
    let address = if ends == Ending::Undeliverable {
        UNREACHABLE_PLACE.to_owned()
    } else {
        format!("{} Main Street", rng.u32(1..1_000))
    };
    let order = Order {
        id: format!("order-{number:05}"),
        customer: format!("customer {number}"),
        items: vec![Item {
            sku: sku.to_owned(),
            quantity: rng.u32(1..5),
            price_cents: rng.u64(100..10_000),
        }],
        card,
        address,
        // One that will be cancelled leaves time to do so, outages included.
        cancellation_window_ms: if ends == Ending::Cancelled {
            20_000
        } else {
            rng.u64(200..3_000)
        },
    };
    Scenario {
        story: "made up".to_owned(),
        order,
        faults: made_up_faults(rng),
        then: match ends {
            Ending::Cancelled => Then::Cancel,
            _ if rng.u32(0..10) == 0 => Then::OrderAgain,
            _ => Then::Wait,
        },
        ends,
    }
}

/// At most two failed calls for each action, well below the activities' limit of attempts.
fn made_up_faults(rng: &mut Rng) -> Vec<Fault> {
    let mut faults = Vec::new();
    for at in Action::ALL {
        let kind = match rng.u32(0..8) {
            0 => FaultKind::Unavailable,
            1 => FaultKind::AnswerLost,
            2 => FaultKind::Slow {
                ms: rng.u64(100..1_000),
            },
            _ => continue,
        };
        faults.push(Fault {
            at,
            kind,
            times: rng.u32(1..3),
        });
    }
    faults
}

fn once() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_orders_that_ship_with_the_example_show_every_ending_and_trouble() {
        let scenarios = parse(include_str!("../data/orders.json")).unwrap();
        assert!(scenarios.len() >= 12);
        let endings: BTreeSet<_> = scenarios.iter().map(|s| s.ends).collect();
        assert_eq!(endings.len(), 6);
        assert!(scenarios.iter().any(|s| s.then == Then::Cancel));
        assert!(scenarios.iter().any(|s| s.then == Then::OrderAgain));
        let faults = || scenarios.iter().flat_map(|s| &s.faults);
        assert!(faults().any(|f| f.kind == FaultKind::Unavailable));
        assert!(faults().any(|f| f.kind == FaultKind::AnswerLost));
        assert!(faults().any(|f| matches!(f.kind, FaultKind::Slow { .. })));
    }

    #[test]
    fn an_id_that_occurs_twice_is_refused() {
        let mut scenarios = generate(&mut Rng::with_seed(1), 2);
        scenarios[1].order.id = scenarios[0].order.id.clone();
        let error = parse(&serde_json::to_string(&scenarios).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "two orders have the id order-00001");
    }

    #[test]
    fn the_same_seed_makes_the_same_orders_up() {
        let make = |seed| generate(&mut Rng::with_seed(seed), 200);
        assert_eq!(make(7), make(7));
        assert_ne!(make(7), make(8));
        let endings: BTreeSet<_> = make(7).iter().map(|s| s.ends).collect();
        assert_eq!(endings.len(), 5);
    }
}
