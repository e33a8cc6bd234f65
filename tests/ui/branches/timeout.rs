use durable_runtime::prelude::*;

#[workflow]
async fn run(d: Duration) {
    let _ = timeout(d, async {
        sleep(d).await.ok();
        sleep(d).await.ok();
    })
    .await;
}

fn main() {}
