use durable_runtime::prelude::*;
use std::time::Duration;

#[activity]
async fn note(n: u32) {
    let _ = n;
}

#[workflow]
async fn add(total: &mut u32, n: u32) {
    note(n).await;
    *total += n;
}

#[workflow]
async fn both(a: &mut u32, b: &mut u32) {
    note(*b).await;
    *a += *b;
}

#[workflow]
async fn kept() -> u32 {
    let mut total = 0;
    let call = add(&mut total, 1);
    call.await;
    total
}

#[workflow]
async fn joined() -> u32 {
    let mut total = 0;
    join!(add(&mut total, 1), note(2));
    total
}

#[workflow]
async fn chosen(first: bool) -> u32 {
    let (mut a, mut b) = (0, 0);
    add(if first { &mut a } else { &mut b }, 1).await;
    a + b
}

#[workflow]
async fn found() -> Option<u32> {
    let mut total = Some(0);
    add(total.as_mut()?, 1).await;
    total
}

#[workflow]
async fn exchanged() -> u32 {
    let (mut a, mut b) = (0, 0);
    let moved = |to, from| both(from, to);
    moved(&mut a, &mut b).await;
    a + b
}

#[workflow]
async fn given_up() -> u32 {
    let mut total = 0;
    select! {
        () = async { add(&mut total, 1).await } => {}
        _ = sleep(Duration::from_secs(1)) => {}
    }
    total
}

fn main() {}
