use durable_runtime::prelude::*;

#[activity(retry(max_attempts = 0))]
async fn never() {}

#[activity(retry(factor = 0.5))]
async fn shrinking() {}

#[activity(retry(jitter = 1.5))]
async fn jittery() {}

#[activity(retry(initial = "1m", max_interval = "1s"))]
async fn backwards() {}

#[activity(retry = 3)]
async fn number() {}

fn main() {}
