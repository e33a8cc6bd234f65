//! The way to the outside services: one HTTP request per attempt, with the idempotency key that
//! durable-runtime gives to all attempts of one call.

use crate::ledger::{Action, Service};
use crate::services::{Answer, Asked, Caller};
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Duration;
use ureq::Agent;

/// Where the services are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Base URL of the inventory.
    pub inventory: String,
    /// Base URL of the payment provider.
    pub payment: String,
    /// Base URL of the carrier.
    pub shipping: String,
}

static ENDPOINTS: OnceLock<Endpoints> = OnceLock::new();

impl Endpoints {
    /// The environment variables by which a worker process learns the addresses.
    pub const VARIABLES: [&'static str; 3] = ["INVENTORY_URL", "PAYMENT_URL", "SHIPPING_URL"];

    /// The addresses as environment variables.
    #[must_use]
    pub fn variables(&self) -> [(&'static str, &str); 3] {
        let [inventory, payment, shipping] = Self::VARIABLES;
        [
            (inventory, &self.inventory),
            (payment, &self.payment),
            (shipping, &self.shipping),
        ]
    }

    /// Uses these addresses in this process, whatever the environment says. Only the first call
    /// counts.
    pub fn install(self) {
        ENDPOINTS.get_or_init(|| self);
    }

    fn current() -> Result<&'static Self, String> {
        if let Some(endpoints) = ENDPOINTS.get() {
            return Ok(endpoints);
        }
        let read = |name| std::env::var(name).map_err(|_| format!("{name} is not set"));
        let [inventory, payment, shipping] = Self::VARIABLES;
        let endpoints = Self {
            inventory: read(inventory)?,
            payment: read(payment)?,
            shipping: read(shipping)?,
        };
        Ok(ENDPOINTS.get_or_init(|| endpoints))
    }

    fn of(&self, service: Service) -> &str {
        match service {
            Service::Inventory => &self.inventory,
            Service::Payment => &self.payment,
            Service::Shipping => &self.shipping,
        }
    }
}

/// A service did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ServiceError {
    /// It said no. Asking again would not help.
    #[error("{0}")]
    Refused(String),
    /// It could not be reached, or had trouble of its own. It may or may not have done it; asking
    /// again with the same idempotency key is safe.
    #[error("{0}")]
    Unavailable(String),
}

impl ServiceError {
    /// Whether asking again is pointless.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// How long one request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the service that does `action`. Answers the number under which it was done.
///
/// # Errors
/// When it refuses, or cannot be reached.
pub async fn ask(action: Action, caller: Caller, asked: Asked) -> Result<String, ServiceError> {
    // The client is a blocking one: it keeps this example small, and worker threads free.
    tokio::task::spawn_blocking(move || post(action, &caller, &asked))
        .await
        .unwrap_or_else(|panic| Err(ServiceError::Unavailable(panic.to_string())))
}

fn post(action: Action, caller: &Caller, asked: &Asked) -> Result<String, ServiceError> {
    static AGENT: OnceLock<Agent> = OnceLock::new();
    let agent = AGENT.get_or_init(|| {
        Agent::config_builder()
            .timeout_global(Some(REQUEST_TIMEOUT))
            .http_status_as_error(false)
            .build()
            .into()
    });
    let base = Endpoints::current().map_err(ServiceError::Unavailable)?;
    let broken = |error: ureq::Error| {
        ServiceError::Unavailable(format!("{} cannot be reached: {error}", action.service()))
    };
    let mut response = agent
        .post(format!("{}/{action}", base.of(action.service())))
        .header("Idempotency-Key", &caller.key)
        .header("Attempt", caller.attempt.to_string())
        .header("Worker", caller.worker.to_string())
        .send_json(asked)
        .map_err(broken)?;
    match response.body_mut().read_json().map_err(broken)? {
        Answer::Done(number) => Ok(number),
        Answer::Refused(reason) => Err(ServiceError::Refused(reason)),
        Answer::Unavailable(reason) => Err(ServiceError::Unavailable(reason)),
    }
}
