use durable_runtime::prelude::*;

struct Config {
    limit: Duration,
}

impl Config {
    fn limit(&self) -> Duration {
        self.limit
    }
}

#[workflow]
async fn computed_too_late(config: Duration) {
    let config = Config { limit: config };
    join!(
        timeout(config.limit(), async { sleep(config.limit).await.ok() }),
        sleep(Duration::ZERO),
    );
}

#[workflow]
async fn of_another_type(seconds: u64) -> Result<(), Error> {
    timeout(seconds, async { sleep(Duration::ZERO).await }).await?.ok();
    Ok(())
}

fn main() {}
