//! dbos on PostgreSQL, in a schema of its own.

use crate::order::{Order, Slip};
use crate::place::{self, Done};
use crate::{Asked, version};
use anyhow::{Context, anyhow};
use dbos::{Config, DBOS, RunOptions, step};
use std::sync::Arc;

/// A name for this run. The database stays: orders have other ids in each run, and another version
/// of the application does not take up what this one left.
fn version_of_run() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos().to_string()
}

async fn done(slip: Slip) -> dbos::Result<Slip> {
    Ok(slip)
}

async fn dbos_order(order: Order) -> dbos::Result<Slip> {
    step("reserve", || done(order.reserve())).await?;
    step("charge", || done(order.charge())).await?;
    step("send_package", || done(order.send_package())).await
}

pub async fn run(asked: &Asked) -> anyhow::Result<(String, Done)> {
    let url = asked
        .postgres
        .as_deref()
        .context("the URL of a PostgreSQL is missing")?;
    let run = version_of_run();
    let dbos = DBOS::new(Config {
        app_version: Some(run.clone()),
        schema: "durable_bench_dbos".to_owned(),
        ..Config::new("durable-bench", url)
    });
    let workflow = dbos
        .register_workflow("order", dbos_order)
        .map_err(failed)?;
    dbos.launch().await.map_err(failed)?;
    let workflow = Arc::new(workflow);
    let done = place::orders(asked, move |order| {
        let workflow = workflow.clone();
        let id = format!("{run}-{}", order.id);
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
