//! The order of `xtask/src/bench/workload/order.rs`, once more.

use serde::{Deserialize, Serialize};

/// An order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub id: String,
    pub customer: String,
    pub address: String,
    pub amount: u64,
}

/// What every step answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Slip {
    order: String,
    reference: String,
    note: String,
}

impl Order {
    /// The `number`-th order.
    pub fn new(number: usize) -> Self {
        Self {
            id: format!("order-{number:09}"),
            customer: "Ada Lovelace, 12 St James's Square, London".to_owned(),
            address: "The Analytical Engine Company, Dorset Street 1, London W1".to_owned(),
            amount: 4_200,
        }
    }

    pub fn reserve(&self) -> Slip {
        self.slip("reserved; ")
    }

    pub fn charge(&self) -> Slip {
        self.slip("charged;  ")
    }

    pub fn send_package(&self) -> Slip {
        self.slip("sent;     ")
    }

    fn slip(&self, note: &str) -> Slip {
        Slip {
            order: self.id.clone(),
            reference: "5f0c1de2-8a55-4e0e-9b7e-d0f1c2a3b4c5".to_owned(),
            note: note.repeat(6),
        }
    }
}
