use durable_runtime::prelude::*;

#[workflow(name = "a", name = "b")]
async fn run() {}

#[activity(retry(factor = 2.0), retry(factor = 2.0))]
async fn charge() {}

fn main() {}
