use durable_runtime::prelude::*;
use durable_runtime::testing::{Failure, TestEnv};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
struct Order;
#[derive(Debug, Serialize, Deserialize)]
struct Payment;
#[derive(Debug, Serialize, Deserialize)]
enum PaymentError {
    Declined,
}

#[activity]
async fn charge(order: Order) -> Result<Payment, PaymentError> {
    let _ = order;
    Ok(Payment)
}

#[activity]
async fn greet(name: &str) -> String {
    name.to_owned()
}

fn not_an_activity(order: Order) -> Result<Payment, PaymentError> {
    let _ = order;
    Err(PaymentError::Declined)
}

fn main() {
    let env = TestEnv::new();
    // Another parameter.
    env.mock(charge, |cents: u32| Ok(Payment));
    // Too many of them.
    env.mock(charge, |order: Order, cents: u32| Ok(Payment));
    // Another value.
    env.mock(charge, |_: Order| Ok(3));
    // Another error.
    env.mock(charge, |_: Order| Err("declined"));
    // Another value, later.
    env.mock(charge, async |_: Order| Ok(3));
    // No `Result`.
    env.mock(charge, |_: Order| Payment);
    // A reference to what must be owned.
    env.mock(greet, |name: &String| name.clone());
    // Not an activity.
    env.mock(not_an_activity, |_: Order| Ok(Payment));
    // A call.
    env.mock(charge(Order), |_: Order| Ok(Payment));
    // Another error.
    env.fail(charge, 2, Failure::Error("declined"));
}
