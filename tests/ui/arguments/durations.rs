use durable_runtime::prelude::*;

#[activity(start_to_close = "30")]
async fn no_unit() {}

#[activity(start_to_close = "0s")]
async fn zero() {}

#[activity(schedule_to_close = 30)]
async fn number() {}

#[activity(start_to_close = "30 parsecs")]
async fn unit() {}

fn main() {}
