use durable_runtime::prelude::*;

#[workflow]
async fn run() {
    join!(std::future::ready(1), sleep(Duration::from_secs(1)));
}

fn main() {}
