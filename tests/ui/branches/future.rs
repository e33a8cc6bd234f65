use durable_runtime::prelude::*;
use std::future::ready;

#[workflow]
async fn run() {
    join!(ready(1), sleep(Duration::from_secs(1)));
}

fn main() {}
