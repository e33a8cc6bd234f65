use durable_runtime::prelude::*;

#[workflow(name = "")]
async fn run() {}

#[workflow(name = order)]
async fn bare() {}

#[activity(name = "billing/charge")]
async fn charge() {}

fn main() {}
