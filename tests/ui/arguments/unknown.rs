use durable_runtime::prelude::*;

#[workflow(nmae = "order")]
async fn run() {}

#[activity(timeout = "30s")]
async fn charge() {}

#[activity(retry(attempts = 3))]
async fn refund() {}

fn main() {}
