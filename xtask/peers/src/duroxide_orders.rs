//! duroxide on SQLite, with more dispatchers and shorter polls than by default.

use crate::order::{Order, Slip};
use crate::place::{self, Done};
use crate::{Asked, version};
use anyhow::{anyhow, bail};
use duroxide::providers::sqlite::SqliteProvider;
use duroxide::runtime::registry::ActivityRegistry;
use duroxide::runtime::{Runtime, RuntimeOptions};
use duroxide::{
    ActivityContext, Client, OrchestrationContext, OrchestrationRegistry, OrchestrationStatus,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;

const DISPATCHERS: usize = 4;
const POLL: Duration = Duration::from_millis(5);
/// How often a single client looks for the end of its order; many use the client's own waiting.
const LOOK: Duration = Duration::from_millis(1);
const PATIENCE: Duration = Duration::from_secs(600);

pub async fn run(asked: &Asked) -> anyhow::Result<(String, Done)> {
    let url = format!(
        "sqlite:{}?mode=rwc",
        asked.folder.join("duroxide.db").display()
    );
    let store = Arc::new(SqliteProvider::new(&url, None).await?);
    let activities = ActivityRegistry::builder()
        .register("reserve", activity(Order::reserve))
        .register("charge", activity(Order::charge))
        .register("send_package", activity(Order::send_package))
        .build();
    let orchestrations = OrchestrationRegistry::builder()
        .register(
            "order",
            |ctx: OrchestrationContext, order: String| async move {
                ctx.schedule_activity("reserve", order.clone()).await?;
                ctx.schedule_activity("charge", order.clone()).await?;
                ctx.schedule_activity("send_package", order).await
            },
        )
        .build();
    let options = RuntimeOptions {
        dispatcher_min_poll_interval: POLL,
        orchestration_concurrency: DISPATCHERS,
        worker_concurrency: DISPATCHERS,
        ..RuntimeOptions::default()
    };
    let _runtime =
        Runtime::start_with_options(store.clone(), activities, orchestrations, options).await;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous")
        .fetch_one(store.get_pool())
        .await?;
    let client = Arc::new(Client::new(store));
    let alone = asked.in_flight == 1;
    let done = place::orders(asked, move |order| {
        let client = client.clone();
        async move { one(&client, &order, alone).await }
    })
    .await?;
    let settings = format!(
        "duroxide {}: SQLite, WAL, synchronous={synchronous} (1 is NORMAL: no sync at a commit), {DISPATCHERS} dispatchers of each kind, polls of {} ms.",
        version("duroxide"),
        POLL.as_millis()
    );
    Ok((settings, done))
}

async fn one(client: &Client, order: &Order, alone: bool) -> anyhow::Result<()> {
    let input = encoded(order)?;
    client
        .start_orchestration(&order.id, "order", input)
        .await?;
    if !alone {
        let end = client.wait_for_orchestration(&order.id, PATIENCE).await?;
        return ended(end).map(drop);
    }
    loop {
        tokio::time::sleep(LOOK).await;
        let status = client.get_orchestration_status(&order.id).await?;
        if ended(status)? {
            return Ok(());
        }
    }
}

/// Whether it has, and well.
fn ended(status: OrchestrationStatus) -> anyhow::Result<bool> {
    match status {
        OrchestrationStatus::Completed { output, .. } => {
            decoded::<Slip>(&output)?;
            Ok(true)
        }
        OrchestrationStatus::Failed { details, .. } => bail!("{}", details.display_message()),
        _ => Ok(false),
    }
}

fn activity(
    step: fn(&Order) -> Slip,
) -> impl Fn(ActivityContext, String) -> std::future::Ready<Result<String, String>> {
    move |_, order| {
        let slip = decoded::<Order>(&order).and_then(|order| encoded(&step(&order)));
        std::future::ready(slip.map_err(|error| error.to_string()))
    }
}

fn encoded(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(value)?)
}

fn decoded<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    serde_json::from_str(text).map_err(|error| anyhow!("{error} in {text}"))
}
