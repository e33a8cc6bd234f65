//! The world outside: an inventory, a payment provider and a carrier, as three small HTTP services
//! on loopback.
//!
//! ```text
//!   worker ──POST /charge──▶ payment 127.0.0.1:… ──▶ World (effects, keys, faults) ──▶ ledger file
//! ```
//!
//! They behave as good services do: a request carries an idempotency key, and a key that was seen
//! before gets its first answer again. They also behave as real ones do: slow, sometimes out of
//! order, sometimes with an answer that gets lost after the work was done.

mod world;

pub use world::{Answer, Asked, Caller, World};

use crate::ledger::{Action, Call, Service, now_ms};
use crate::outside::Endpoints;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// The running services; they stop when this is dropped.
#[derive(Debug)]
pub struct Services {
    endpoints: Endpoints,
    world: Arc<Mutex<World>>,
    _servers: JoinSet<io::Result<()>>,
}

impl Services {
    /// Starts all three on ports that the system picks.
    ///
    /// # Errors
    /// When a port cannot be opened.
    pub async fn start(world: World) -> io::Result<Self> {
        let world = Arc::new(Mutex::new(world));
        let mut servers = JoinSet::new();
        let mut urls = Vec::new();
        for service in Service::ALL {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            urls.push(format!("http://{}", listener.local_addr()?));
            let router = Router::new()
                .route("/{action}", routing::post(receive))
                .with_state((service, world.clone()));
            servers.spawn(axum::serve(listener, router).into_future());
        }
        let [inventory, payment, shipping] = urls.try_into().unwrap_or_default();
        Ok(Self {
            endpoints: Endpoints {
                inventory,
                payment,
                shipping,
            },
            world,
            _servers: servers,
        })
    }

    /// Where they are.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// A feed of the calls they receive from now on.
    #[must_use]
    pub fn calls(&self) -> broadcast::Receiver<Call> {
        lock(&self.world).ledger().subscribe()
    }
}

type Shared = (Service, Arc<Mutex<World>>);

async fn receive(
    State((service, world)): State<Shared>,
    Path(action): Path<Action>,
    headers: HeaderMap,
    Json(asked): Json<Asked>,
) -> Response {
    if action.service() != service {
        return (StatusCode::NOT_FOUND, "another service does that").into_response();
    }
    let Some(caller) = caller(&headers) else {
        let text = "the headers Idempotency-Key, Attempt and Worker are needed";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    // The effect takes place on arrival. Whoever waits for the answer may die meanwhile.
    let received = lock(&world).receive(now_ms(), action, caller, &asked);
    match received {
        Ok((answer, latency)) => {
            tokio::time::sleep(latency).await;
            let status = StatusCode::from_u16(answer.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(answer)).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

fn caller(headers: &HeaderMap) -> Option<Caller> {
    let text = |name| headers.get(name)?.to_str().ok();
    Some(Caller {
        key: text("Idempotency-Key")?.to_owned(),
        attempt: text("Attempt")?.parse().ok()?,
        worker: text("Worker")?.parse().ok()?,
    })
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}
