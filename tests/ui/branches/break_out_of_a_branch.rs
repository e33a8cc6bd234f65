use durable_runtime::prelude::*;

#[workflow]
async fn run(d: Duration) {
    loop {
        join!(
            async {
                if sleep(d).await.is_err() {
                    break;
                }
            },
            sleep(d),
        );
    }
}

fn main() {}
