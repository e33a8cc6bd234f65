// One borrow under two names, and a loop over a variable that holds one: one error each.
use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn looped(orders: Vec<u64>) -> u64 {
    let doubled = orders.iter().map(|n| n * 2);
    let mut total = 0;
    for n in doubled {
        total += charge(n).await.unwrap_or(0);
    }
    total
}

#[workflow]
async fn pair(order: u64) -> u64 {
    let text = order.to_string().replace('1', "");
    let (a, b) = text.split_once('2').unwrap_or(("", ""));
    let paid = charge(order).await.unwrap_or(0);
    (a.len() + b.len()) as u64 + paid
}

fn main() {}
