//! Orders in this process: so many in flight, each placed when one before it has ended.

use crate::bench::floor::{Floor, Shape, probe};
use crate::bench::peers::Done;
use crate::bench::setting::Setting;
use crate::bench::workload::order::{Order, start_bench_order};
use crate::local::each;
use durable_runtime::Client;
use std::ops::Range;
use std::time::Instant;

/// Places the orders of these numbers, `in_flight` at a time.
pub(super) async fn place(
    client: &Client,
    orders: Range<usize>,
    in_flight: usize,
) -> anyhow::Result<Done> {
    let began = Instant::now();
    let client = client.clone();
    let latencies = each(orders.len(), in_flight, move |number| {
        let client = client.clone();
        async move {
            let order = Order::new(orders.start + number);
            let began = Instant::now();
            let handle = start_bench_order(&client, order.id.clone(), order).await?;
            handle.result().await?.map_err(|e| anyhow::anyhow!("{e}"))?;
            Ok(began.elapsed())
        }
    })
    .await?;
    Ok(Done {
        latencies,
        took: began.elapsed(),
    })
}

/// The bytes of an order.
pub(super) fn shape(setting: &Setting) -> anyhow::Result<Shape> {
    setting.block_on(probe(&setting.place()?, |client| async move {
        place(&client, 0..1, 1).await?;
        Ok(())
    }))
}

/// The same orders in bare SQLite, so many in each commit.
pub(super) fn floor(
    setting: &Setting,
    orders: usize,
    batch: usize,
    shape: &Shape,
) -> anyhow::Result<Done> {
    let place = setting.place()?;
    let mut floor = Floor::create(&place.database())?;
    let began = Instant::now();
    let latencies = floor.runs(0..orders, batch, shape)?;
    Ok(Done {
        latencies,
        took: began.elapsed(),
    })
}
