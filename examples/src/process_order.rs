//! The reference story: an order is reserved, may be cancelled for a while, is charged and sent.
//! Whatever fails, what was done before is undone, newest first.
//!
//! This is ordinary async Rust. At every `.await` of the workflow its local variables are written
//! to the store; if the process dies there, another one goes on at the same await.

use crate::ledger::Action;
use crate::order::{Order, Package, Payment, Receipt, Reservation};
use crate::outside::{ServiceError, ask};
use crate::services::{Asked, Caller};
use durable_runtime::activity;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// The workflow: runs once for each order, to the end, whatever happens to its processes.
#[workflow]
pub async fn process_order(order: Order) -> Result<Receipt, OrderError> {
    let reservation = reserve(order.clone()).await?;

    // The customer may change their mind. Restarts do not make this longer, a cancellation ends it.
    if let Err(cancelled) = sleep(order.cancellation_window()).await {
        unreserve(reservation).await?;
        return Err(cancelled.into());
    }

    let payment = match charge(order.clone()).await {
        Ok(payment) => payment,
        Err(error) => {
            // No answer is not a no: unless it was refused, the money may have been taken.
            if !was_refused(&error) {
                refund(order.id).await?;
            }
            unreserve(reservation).await?;
            return Err(error.into());
        }
    };

    let package = match send_package(order.clone()).await {
        Ok(package) => package,
        Err(error) => {
            refund(order.id).await?;
            unreserve(reservation).await?;
            return Err(error.into());
        }
    };

    Ok(Receipt {
        order: order.id,
        cents: payment.cents,
        payment: payment.id,
        tracking: package.id,
    })
}

/// Sets the goods aside.
#[activity(
    start_to_close = "10s",
    retry(
        initial = "100ms",
        factor = 2.0,
        max_interval = "1s",
        max_attempts = 6,
        non_retryable = ServiceError::is_refusal
    )
)]
pub async fn reserve(order: Order) -> Result<Reservation, ServiceError> {
    let asked = Asked {
        order: order.id.clone(),
        items: order.items,
        ..Asked::default()
    };
    let id = ask(Action::Reserve, caller(), asked).await?;
    Ok(Reservation {
        id,
        order: order.id,
    })
}

/// Takes the money.
#[activity(
    start_to_close = "10s",
    retry(
        initial = "100ms",
        factor = 2.0,
        max_interval = "1s",
        max_attempts = 6,
        non_retryable = ServiceError::is_refusal
    )
)]
pub async fn charge(order: Order) -> Result<Payment, ServiceError> {
    let cents = order.total_cents();
    let asked = Asked {
        order: order.id.clone(),
        card: order.card,
        cents,
        ..Asked::default()
    };
    let id = ask(Action::Charge, caller(), asked).await?;
    Ok(Payment {
        id,
        order: order.id,
        cents,
    })
}

/// Hands the package to the carrier.
#[activity(
    start_to_close = "10s",
    retry(
        initial = "100ms",
        factor = 2.0,
        max_interval = "1s",
        max_attempts = 6,
        non_retryable = ServiceError::is_refusal
    )
)]
pub async fn send_package(order: Order) -> Result<Package, ServiceError> {
    let asked = Asked {
        order: order.id.clone(),
        address: order.address,
        ..Asked::default()
    };
    let id = ask(Action::SendPackage, caller(), asked).await?;
    Ok(Package {
        id,
        order: order.id,
    })
}

/// Gives back whatever was taken for an order. Tries for as long as it takes.
#[activity(
    start_to_close = "10s",
    retry(initial = "100ms", factor = 2.0, max_interval = "1s")
)]
pub async fn refund(order: String) -> Result<(), ServiceError> {
    let asked = Asked {
        order,
        ..Asked::default()
    };
    ask(Action::Refund, caller(), asked).await?;
    Ok(())
}

/// Puts the goods back. Tries for as long as it takes.
#[activity(
    start_to_close = "10s",
    retry(initial = "100ms", factor = 2.0, max_interval = "1s")
)]
pub async fn unreserve(reservation: Reservation) -> Result<(), ServiceError> {
    let asked = Asked {
        order: reservation.order,
        ..Asked::default()
    };
    ask(Action::Unreserve, caller(), asked).await?;
    Ok(())
}

/// Why an order was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum OrderError {
    /// The customer cancelled it.
    #[error("the order was cancelled")]
    Cancelled,
    /// A service refused, or did not do its work in spite of all attempts.
    #[error(transparent)]
    Service(ActivityError<ServiceError>),
}

impl From<Cancelled> for OrderError {
    fn from(_: Cancelled) -> Self {
        Self::Cancelled
    }
}

impl From<ActivityError<ServiceError>> for OrderError {
    fn from(error: ActivityError<ServiceError>) -> Self {
        match error {
            ActivityError::Cancelled => Self::Cancelled,
            other => Self::Service(other),
        }
    }
}

fn was_refused(error: &ActivityError<ServiceError>) -> bool {
    matches!(error, ActivityError::Failed(error) if error.is_refusal())
}

/// What a service is told about who asks. The key is the same in every attempt of one call, also
/// after a crash: it is what lets a service answer "already done" instead of doing it twice.
fn caller() -> Caller {
    let (key, attempt) = match activity::context() {
        Some(context) => (context.idempotency_key, context.attempt),
        // Run by hand (`reserve(order).call().await`): nobody will ask again.
        None => (format!("by-hand-{:x}", fastrand::u64(..)), 1),
    };
    Caller {
        key,
        attempt,
        worker: std::process::id(),
    }
}
