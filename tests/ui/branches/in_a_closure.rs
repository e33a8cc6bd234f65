use durable_runtime::prelude::*;

#[workflow]
async fn run(d: Duration) {
    let wait = || join!(sleep(d), sleep(d));
    wait();
}

fn main() {}
