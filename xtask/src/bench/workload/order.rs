//! The workload: an order with three activities that do nothing, on about 150 bytes of data.

use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Order {
    pub(in crate::bench) id: String,
    pub(in crate::bench) customer: String,
    pub(in crate::bench) address: String,
    pub(in crate::bench) amount: u64,
}

/// What every step answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::bench) struct Slip {
    order: String,
    reference: String,
    note: String,
}

impl Order {
    /// The `number`-th order.
    pub(in crate::bench) fn new(number: usize) -> Self {
        Self {
            id: format!("order-{number:09}"),
            customer: "Ada Lovelace, 12 St James's Square, London".to_owned(),
            address: "The Analytical Engine Company, Dorset Street 1, London W1".to_owned(),
            amount: 4_200,
        }
    }
}

fn slip(order: &Order, note: &str) -> Slip {
    Slip {
        order: order.id.clone(),
        reference: "5f0c1de2-8a55-4e0e-9b7e-d0f1c2a3b4c5".to_owned(),
        note: note.repeat(6),
    }
}

#[activity(name = "bench_reserve")]
async fn reserve(order: &Order) -> Slip {
    slip(order, "reserved; ")
}

#[activity(name = "bench_charge")]
async fn charge(order: &Order) -> Slip {
    slip(order, "charged;  ")
}

#[activity(name = "bench_send_package")]
async fn send_package(order: &Order) -> Slip {
    slip(order, "sent;     ")
}

/// Three awaits.
#[workflow]
pub(in crate::bench) async fn bench_order(order: Order) -> Result<Slip, Error> {
    reserve(&order).await?;
    charge(&order).await?;
    Ok(send_package(&order).await?)
}
