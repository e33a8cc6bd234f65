//! The page, and those who ask for it in bad ways.

use super::http::{Limits, serve};
use super::{builder, metrics};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

async fn opened(limits: Limits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, limits, || "the page\n".to_owned()));
    address
}

/// All that is answered until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(LONG, stream.read_to_end(&mut answer)).await;
    // A reset is an end too.
    let _ = read.expect("the other side closes");
    String::from_utf8(answer).unwrap()
}

async fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may be refused before all is read.
    let _ = stream.write_all(request.as_bytes()).await;
    rest(stream).await
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n")
}

#[tokio::test]
async fn there_is_one_page_to_read() {
    let address = opened(Limits::default()).await;
    let page = ask(address, &get("/metrics?x=1")).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(
        page.contains("content-type: text/plain; version=0.0.4"),
        "{page}"
    );
    assert!(page.ends_with("\r\n\r\nthe page\n"), "{page}");
    let head = ask(address, "HEAD /metrics HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && !head.contains("the page"),
        "{head}"
    );
    let other = ask(address, &get("/")).await;
    assert!(other.starts_with("HTTP/1.1 404 "), "{other}");
    let post = "POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 9999999\r\n\r\nx";
    let refused = ask(address, post).await;
    assert!(refused.starts_with("HTTP/1.1 405 "), "{refused}");
    assert!(refused.contains("allow: GET, HEAD"), "{refused}");
}

#[tokio::test]
async fn what_is_no_request_is_refused() {
    let address = opened(Limits::default()).await;
    for nonsense in [
        "\x16\x03\x01 I speak TLS\r\n\r\n".to_owned(),
        format!(
            "GET /metrics HTTP/1.1\r\nlong: {}\r\n\r\n",
            "x".repeat(1 << 20)
        ),
        format!("GET /metrics HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(10_000)),
        format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(1 << 20)),
    ] {
        let answer = ask(address, &nonsense).await;
        assert!(!answer.contains("200 OK"), "{answer}");
    }
    assert!(ask(address, &get("/metrics")).await.contains("the page"));
}

#[tokio::test]
async fn who_says_nothing_is_cut_off_and_others_have_their_turn() {
    let limits = Limits {
        connections: 2,
        head: Duration::from_millis(50),
        ..Limits::default()
    };
    let address = opened(limits).await;
    let mut silent = Vec::new();
    for _ in 0..6 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /metrics HT").await.unwrap();
        silent.push(stream);
    }
    assert!(ask(address, &get("/metrics")).await.contains("the page"));
    for stream in silent {
        assert!(!rest(stream).await.contains("200 OK"));
    }
}

#[tokio::test]
async fn who_does_not_read_is_cut_off() {
    let limits = Limits {
        connections: 1,
        whole: Duration::from_millis(200),
        ..Limits::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    // More than any buffer of the system holds.
    tokio::spawn(serve(listener, limits, || "x".repeat(64 << 20)));
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(get("/metrics").as_bytes()).await.unwrap();
    let answered = ask(address, &get("/")).await;
    assert!(answered.starts_with("HTTP/1.1 404 "), "{answered}");
    let cut = rest(idle).await;
    assert!(cut.len() < 64 << 20, "{}", cut.len());
}

#[test]
fn histograms_have_buckets() {
    let recorder = builder().build_recorder();
    let handle = recorder.handle();
    ::metrics::with_local_recorder(&recorder, || {
        metrics::describe();
        metrics::COMMIT_SECONDS.histogram(&["main"]).record(0.003);
        metrics::RUNS_ENDED
            .counter(&["order", "failed"])
            .increment(2);
    });
    let page = handle.render();
    let has = |line: &str| assert!(page.lines().any(|own| own == line), "{line}\n{page}");
    has("# TYPE durable_commit_seconds histogram");
    has(r#"durable_commit_seconds_bucket{queue="main",le="0.0025"} 0"#);
    has(r#"durable_commit_seconds_bucket{queue="main",le="0.005"} 1"#);
    has(r#"durable_runs_ended_total{workflow="order",phase="failed"} 2"#);
}
