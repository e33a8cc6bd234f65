use durable_runtime::prelude::*;

#[activity(cancellation = "never")]
async fn never() {}

#[activity(cancellation = Wait)]
async fn a_variant() {}

#[activity(heartbeat = "0s")]
async fn breathless() {}

fn main() {}
