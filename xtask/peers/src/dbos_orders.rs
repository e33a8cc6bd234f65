//! dbos on PostgreSQL, in a schema of its own.

use crate::order::{Order, Slip};
use crate::place::{self, Done};
use crate::{Asked, version};
use anyhow::{Context, anyhow};
use dbos::{Config, DBOS, RunOptions, step};
use std::sync::Arc;

/// Its orders have other ids in each run: the database stays.
fn prefix() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{}-", since.map(|time| time.as_nanos()).unwrap_or_default())
}

async fn dbos_order(order: Order) -> dbos::Result<Slip> {
    step("reserve", || async { Ok(order.reserve()) }).await?;
    step("charge", || async { Ok(order.charge()) }).await?;
    step("send_package", || async { Ok(order.send_package()) }).await
}

pub async fn run(asked: &Asked) -> anyhow::Result<(String, Done)> {
    let url = asked
        .postgres
        .as_deref()
        .context("the URL of a PostgreSQL is missing")?;
    let dbos = DBOS::new(Config {
        app_version: Some("1".to_owned()),
        schema: "durable_bench_dbos".to_owned(),
        ..Config::new("durable-bench", url)
    });
    let workflow = dbos
        .register_workflow("order", dbos_order)
        .map_err(failed)?;
    dbos.launch().await.map_err(failed)?;
    let (workflow, prefix) = (Arc::new(workflow), prefix());
    let done = place::orders(asked, move |order| {
        let workflow = workflow.clone();
        let id = format!("{prefix}{}", order.id);
        async move {
            let options = RunOptions {
                workflow_id: Some(&id),
                ..RunOptions::default()
            };
            workflow.run_with(order, options).await.map_err(failed)?;
            Ok(())
        }
    })
    .await?;
    let settings = format!(
        "dbos {}: PostgreSQL on this machine as it is set up, 10 connections.",
        version("dbos")
    );
    Ok((settings, done))
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{error}")
}
