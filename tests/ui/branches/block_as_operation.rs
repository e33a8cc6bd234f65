use durable_runtime::prelude::*;

#[workflow]
async fn spawned(n: u64) -> Result<(), Error> {
    let mut set = JoinSet::new();
    set.spawn(async move { sleep(Duration::from_secs(n)).await });
    let handle = spawn(async { sleep(Duration::ZERO).await });
    handle.await?;
    Ok(())
}

#[workflow]
async fn each(items: Vec<u64>) -> usize {
    let all = join_all(items.into_iter().map(|n| async move {
        sleep(Duration::from_secs(n)).await
    }));
    all.await.len()
}

#[workflow]
async fn later(n: u64) -> Result<(), Error> {
    let limited = timeout(Duration::from_secs(n), async { sleep(Duration::ZERO).await });
    limited.await??;
    Ok(())
}

fn main() {}
