use durable_runtime::prelude::*;

#[workflow]
async fn run(d: Duration) {
    select! {
        sleep(d) => {}
        _ = sleep(d) => {}
    }
    join!(sleep(d); sleep(d));
}

fn main() {}
