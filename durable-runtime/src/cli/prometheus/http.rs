//! An HTTP server of one page. Nobody who can reach it can make it hold much, or hold it for long:
//! few connections, one request each, small headers, and a limit of time for all of it.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// What one who connects may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at a time; others wait in the backlog of the system.
    pub(super) connections: usize,
    /// From the connection to the end of the request's head.
    pub(super) head: Duration,
    /// From the connection to its end.
    pub(super) whole: Duration,
    /// Bytes of a request's head.
    pub(super) bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16,
            head: Duration::from_secs(2),
            whole: Duration::from_secs(10),
            bytes: 16 << 10,
        }
    }
}

/// The pause after the system has refused a connection: it has no more files, for example.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Serves `page` at `/metrics`, until it is dropped.
pub(super) async fn serve(
    listener: TcpListener,
    limits: Limits,
    page: impl Fn() -> String + Send + Sync + 'static,
) {
    let (page, room) = (Arc::new(page), Arc::new(Semaphore::new(limits.connections)));
    let mut open = JoinSet::new();
    loop {
        let Ok(place) = room.clone().acquire_owned().await else {
            return;
        };
        while open.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                let page = page.clone();
                open.spawn(async move {
                    // Whoever is cut off has had its time.
                    let serving = connection(stream, limits, &*page);
                    let _ = tokio::time::timeout(limits.whole, serving).await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::debug!(%error, "no connection for metrics");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, limits: Limits, page: &(impl Fn() -> String + Sync)) {
    let answer = |request: Request<Incoming>| {
        let answer = answer(&request, page);
        async { Ok::<_, Infallible>(answer) }
    };
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(limits.bytes)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a request for metrics failed");
    }
}

fn answer(request: &Request<Incoming>, page: impl Fn() -> String) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if request.uri().path() != "/metrics" {
        *answer.status_mut() = StatusCode::NOT_FOUND;
    } else if is_read {
        let text = hyper::header::HeaderValue::from_static("text/plain; version=0.0.4");
        answer.headers_mut().insert(CONTENT_TYPE, text);
        *answer.body_mut() = Full::from(page());
    } else {
        *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let read = hyper::header::HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(ALLOW, read);
    }
    answer
}
