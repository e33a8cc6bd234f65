use durable_runtime::prelude::*;

#[workflow]
async fn run(d: Duration) {
    join!(
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d), sleep(d),
        sleep(d),
    );
}

fn main() {}
