//! The customers: they place orders, press the button twice, change their minds, and wait.

use crate::order::Receipt;
use crate::process_order::{OrderError, start_process_order};
use crate::scenario::{Scenario, Then};
use anyhow::{Context, bail};
use durable_runtime::store::{Phase, StoreError};
use durable_runtime::{Client, Handle, StartError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// Something that a customer did or saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// The order.
    pub order: String,
    /// What about it.
    pub what: What,
}

/// See [`News`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The order was placed: from here on it cannot get lost.
    Placed,
    /// The same order was placed again, and refused as `AlreadyStarted`.
    SecondRefused,
    /// The customer asked to cancel, inside the window.
    CancelAsked,
    /// It ended.
    Ended {
        /// In this phase.
        phase: Phase,
        /// And, if it did not return a receipt, for this reason.
        reason: Option<String>,
    },
}

type Order = Handle<Result<Receipt, OrderError>>;

/// How often a customer who wants to cancel looks whether the window is open.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How long a customer waits before asking a busy store again.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// Places the order of `scenario`, does what its customer does, and waits for its end.
///
/// # Errors
/// When the store fails, or a second start of the same order is not refused.
pub async fn order(
    client: &Client,
    scenario: &Scenario,
    news: &UnboundedSender<News>,
) -> anyhow::Result<()> {
    let id = &scenario.order.id;
    let tell = |what| {
        // Whoever does not listen misses nothing that the audit needs.
        let _ = news.send(News {
            order: id.clone(),
            what,
        });
    };
    let handle = place(client, scenario).await?;
    tell(What::Placed);
    match scenario.then {
        Then::Wait => {}
        Then::OrderAgain => {
            order_again(client, scenario, &handle).await?;
            tell(What::SecondRefused);
        }
        Then::Cancel => {
            let wanted = "the customer changed their mind";
            if window_opens(&handle).await? {
                handle.cancel(wanted).await.context("cannot cancel")?;
                tell(What::CancelAsked);
            }
        }
    }
    let phase = handle.outcome().await?.phase;
    let returned = handle.result().await?;
    tell(What::Ended {
        phase,
        reason: returned.err().map(|error| error.to_string()),
    });
    Ok(())
}

/// Starting is safe to repeat: the same id starts once.
async fn place(client: &Client, scenario: &Scenario) -> anyhow::Result<Order> {
    let order = &scenario.order;
    let mut unsure = false;
    loop {
        match start_process_order(client, &order.id, order.clone()).await {
            Ok(handle) => return Ok(handle),
            // The answer to an earlier try got lost: it was us.
            Err(StartError::AlreadyStarted(handle)) if unsure => return Ok(handle),
            Err(StartError::Store(error)) if error.is_transient() => {
                unsure |= matches!(error, StoreError::Unavailable(_));
                tokio::time::sleep(ASK_AGAIN).await;
            }
            Err(error) => bail!("{} cannot be placed: {error}", order.id),
        }
    }
}

async fn order_again(client: &Client, scenario: &Scenario, first: &Order) -> anyhow::Result<()> {
    let order = &scenario.order;
    match start_process_order(client, &order.id, order.clone()).await {
        Err(StartError::AlreadyStarted(handle)) if handle.run() == first.run() => Ok(()),
        Err(StartError::AlreadyStarted(_)) => bail!("{} was started as two runs", order.id),
        Ok(_) => bail!("{} was started twice", order.id),
        Err(error) => bail!("{} was refused for another reason: {error}", order.id),
    }
}

/// Waits until the order is in its cancellation window. False if it ended before that.
async fn window_opens(handle: &Order) -> anyhow::Result<bool> {
    loop {
        let now = handle.describe().await?;
        if now.summary.phase != Phase::Running {
            return Ok(false);
        }
        if now.waiting.is_some_and(|w| w.label.starts_with("sleep")) {
            return Ok(true);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
