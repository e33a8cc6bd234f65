//! `worker --metrics ADDRESS`: what the worker counts, for Prometheus to fetch.

mod http;

#[cfg(test)]
mod tests;

use super::failure::{Exit, Failure};
use crate::metrics::{self, Kind, Unit};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What nobody fetches is drained so often: histograms keep single values until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// From a tenth of a commit to a day.
const SECONDS: &[f64] = &[
    0.000_1, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
    60.0, 300.0, 1_800.0, 3_600.0, 21_600.0, 86_400.0,
];
/// Up to the limit of a checkpoint.
const BYTES: &[f64] = &[
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
];
/// Up to the limit of a batch.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The endpoint, which serves until this is dropped.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) address: SocketAddr,
    _tasks: JoinSet<()>,
}

/// Installs the recorder and opens the endpoint; before the worker runs.
pub(super) async fn open(address: SocketAddr) -> Result<Endpoint, Failure> {
    let cannot = |what: &str, error: &dyn std::error::Error| {
        Failure::new(Exit::Error, format!("{what}: {error}"))
    };
    let bound = TcpListener::bind(address).await;
    let listener =
        bound.map_err(|error| cannot(&format!("metrics cannot listen on {address}"), &error))?;
    let installed = builder()
        .install_recorder()
        .map_err(|error| cannot("metrics cannot be recorded", &error));
    let handle = installed.map_err(|failure| {
        failure.hint("an application that installs a recorder of its own needs no --metrics")
    })?;
    let address = listener.local_addr()?;
    let mut tasks = JoinSet::new();
    tasks.spawn(upkeep(handle.clone()));
    let limits = http::Limits::default();
    tasks.spawn(http::serve(listener, limits, move || handle.render()));
    Ok(Endpoint {
        address,
        _tasks: tasks,
    })
}

fn builder() -> PrometheusBuilder {
    let histograms = metrics::ALL
        .iter()
        .filter(|metric| metric.kind == Kind::Histogram);
    histograms.fold(PrometheusBuilder::new(), |builder, metric| {
        let buckets = match metric.unit {
            Unit::Seconds => SECONDS,
            Unit::Bytes => BYTES,
            Unit::Count => COUNTS,
        };
        let matcher = Matcher::Full(metric.name.to_owned());
        let set = builder.set_buckets_for_metric(matcher, buckets);
        set.expect("there are buckets")
    })
}

async fn upkeep(handle: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        handle.run_upkeep();
    }
}
