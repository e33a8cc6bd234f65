use durable_runtime::prelude::*;

#[allow(unused_macros)]
macro_rules! info {
    ($($field:tt)*) => {};
}

#[activity]
async fn stock() -> u32 {
    1
}

#[workflow]
async fn logged() {
    info!(stock = stock().await, "counted");
}

fn main() {}
