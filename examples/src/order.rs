//! Orders and what comes of them: plain data, shared by the workflow, the services and the audit.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A customer's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The shop's number for it; also the id of its workflow.
    pub id: String,
    /// Who ordered.
    pub customer: String,
    /// What was ordered.
    pub items: Vec<Item>,
    /// The number of the card that pays.
    pub card: String,
    /// Where the package goes.
    pub address: String,
    /// For how long the customer may still cancel, in milliseconds. Half an hour in a shop; short
    /// here so that the story is told in seconds.
    #[serde(default = "Order::default_window_ms")]
    pub cancellation_window_ms: u64,
}

/// A line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The article.
    pub sku: String,
    /// How many of it.
    pub quantity: u32,
    /// The price of one, in cents.
    pub price_cents: u64,
}

impl Order {
    /// For how long the customer may still cancel.
    #[must_use]
    pub fn cancellation_window(&self) -> Duration {
        Duration::from_millis(self.cancellation_window_ms)
    }

    /// The sum to pay, in cents.
    #[must_use]
    pub fn total_cents(&self) -> u64 {
        let line = |item: &Item| item.price_cents.saturating_mul(item.quantity.into());
        self.items.iter().map(line).fold(0, u64::saturating_add)
    }

    fn default_window_ms() -> u64 {
        1_500
    }
}

/// Goods set aside for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The warehouse's number.
    pub id: String,
    /// The order.
    pub order: String,
}

/// Money taken for an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// The payment provider's number.
    pub id: String,
    /// The order.
    pub order: String,
    /// How much, in cents.
    pub cents: u64,
}

/// A package on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// The carrier's number.
    pub id: String,
    /// The order.
    pub order: String,
}

/// What the customer gets in the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order.
    pub order: String,
    /// What was paid, in cents.
    pub cents: u64,
    /// The number of the payment.
    pub payment: String,
    /// The number with which the package can be followed.
    pub tracking: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_counts_every_line() {
        let item = |quantity, price_cents| Item {
            sku: "tea".into(),
            quantity,
            price_cents,
        };
        let mut order: Order = serde_json::from_str(
            r#"{"id":"1","customer":"Ada","items":[],"card":"4242","address":"London"}"#,
        )
        .unwrap();
        assert_eq!(order.total_cents(), 0);
        assert_eq!(order.cancellation_window(), Duration::from_millis(1_500));
        order.items = vec![item(2, 450), item(1, 1_999)];
        assert_eq!(order.total_cents(), 2_899);
    }
}
