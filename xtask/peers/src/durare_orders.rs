//! durare on SQLite: as it comes, and with a sync at each commit.

use crate::order::{Order, Slip};
use crate::place::{self, Done};
use crate::{Asked, version};
use anyhow::anyhow;
use durare::{DurableContext, DurableEngine, Result, SqliteProvider, WorkflowOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use std::sync::Arc;
use std::time::Duration;

/// What a commit waits for.
#[derive(Clone, Copy, Debug)]
pub enum Commit {
    /// Durare's own setting: for nothing.
    Normal,
    /// For the disk.
    Full,
}

#[durare::step]
async fn reserve(ctx: &DurableContext, order: Order) -> Result<Slip> {
    Ok(order.reserve())
}

#[durare::step]
async fn charge(ctx: &DurableContext, order: Order) -> Result<Slip> {
    Ok(order.charge())
}

#[durare::step]
async fn send_package(ctx: &DurableContext, order: Order) -> Result<Slip> {
    Ok(order.send_package())
}

#[durare::workflow]
async fn durare_order(ctx: DurableContext, order: Order) -> Result<Slip> {
    reserve(&ctx, order.clone()).await?;
    charge(&ctx, order.clone()).await?;
    send_package(&ctx, order).await
}

pub async fn run(asked: &Asked, commit: Commit) -> anyhow::Result<(String, Done)> {
    // The settings of `SqliteProvider::connect`, but for the sync.
    let options = SqliteConnectOptions::new()
        .filename(asked.folder.join("durare.db"))
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match commit {
            Commit::Normal => SqliteSynchronous::Normal,
            Commit::Full => SqliteSynchronous::Full,
        })
        .busy_timeout(Duration::from_secs(60));
    let pool = SqlitePoolOptions::new()
        .max_connections(5)
        .connect_with(options)
        .await?;
    let provider = Arc::new(SqliteProvider::from_pool(pool));
    let engine = Arc::new(DurableEngine::new(provider).await.map_err(failed)?);
    let done = place::orders(asked, move |order| {
        let engine = engine.clone();
        async move {
            let options = WorkflowOptions::with_id(order.id.clone());
            let handle = engine.start_with(DurareOrder, order, options).await;
            handle.map_err(failed)?.await.map_err(failed)?;
            Ok(())
        }
    })
    .await?;
    let (name, synchronous) = match commit {
        Commit::Normal => ("durare", "NORMAL (its own setting: no sync at a commit)"),
        Commit::Full => ("durare FULL", "FULL"),
    };
    let version = version("durare");
    let settings =
        format!("{name} {version}: SQLite, WAL, synchronous={synchronous}, 5 connections.");
    Ok((settings, done))
}

fn failed(error: durare::Error) -> anyhow::Error {
    anyhow!("{error}")
}
