use durable_runtime::prelude::*;

mod log {
    macro_rules! info {
        ($($field:tt)*) => {};
    }
    pub(crate) use info;
}

#[activity]
async fn stock() -> u32 {
    1
}

#[workflow]
async fn logged() -> Result<(), Error> {
    log::info!("counted {}", stock().await?);
    tracing::info!(target: { stock().await?; "shop" }, "counted");
    let _span = tracing::info_span!("count", stock = ?stock().await);
    Ok(())
}

fn main() {}
