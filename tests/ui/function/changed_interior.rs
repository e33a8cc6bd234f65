use durable_runtime::prelude::*;
use std::cell::Cell;

#[workflow]
async fn bump(count: &Cell<u32>) {
    count.set(count.get() + 1);
}

fn main() {}
