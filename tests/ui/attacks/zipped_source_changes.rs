use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: u64) -> u64 {
    let (mut a, mut b) = (vec![order], vec![order]);
    for (x, y) in a.iter_mut().zip(b.iter_mut()) {
        *y += 1;
        b.clear();
        let paid = charge(1).await.unwrap_or(0);
        *x += paid;
        break;
    }
    a[0]
}

fn main() {}
