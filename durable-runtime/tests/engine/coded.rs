//! Values behind codecs: cut everywhere, and blocked where they cannot be decoded, without a loss.

use crate::signals::{ADD, start_collect};
use crate::support::{Behave, Bench, bench, call, elsewhere, is_blocked, output, reason, value};
use durable_runtime::clock::Clock;
use durable_runtime::payload::{CodecFailure, Codecs, Coded, Column, Context, PayloadCodec};
use durable_runtime::prelude::*;
use durable_runtime::store::{MessageKind, NewMessage, NewRun, Phase, Store, Told, Written};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Turns the bits around under a key, bound to the place; while `broken`, no answer is encoded.
#[derive(Debug)]
struct Turned {
    key: &'static str,
    broken: Arc<AtomicBool>,
}

impl PayloadCodec for Turned {
    fn name(&self) -> &'static str {
        "turned"
    }

    fn encode(&self, context: &Context<'_>, plain: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        if context.column() == Column::Answers && self.broken.load(Ordering::SeqCst) {
            return Err(CodecFailure::new("no answer today"));
        }
        let all = context.associated_data();
        Ok(Some(Coded {
            key: self.key.to_owned(),
            bytes: all.iter().chain(plain).map(|byte| !byte).collect(),
        }))
    }

    fn decode(
        &self,
        context: &Context<'_>,
        key: &str,
        coded: &[u8],
    ) -> Result<Vec<u8>, CodecFailure> {
        if key != self.key {
            return Err(CodecFailure::new("and that key is not here"));
        }
        let all: Vec<u8> = coded.iter().map(|byte| !byte).collect();
        let plain = all.strip_prefix(context.associated_data().as_slice());
        plain
            .map(<[u8]>::to_vec)
            .ok_or_else(|| CodecFailure::new("and stood elsewhere"))
    }
}

/// The store behind a codec with this key.
pub(crate) fn behind(store: &Arc<dyn Store>, key: &'static str) -> Arc<dyn Store> {
    breakable(store, key, &Arc::default())
}

fn breakable(
    store: &Arc<dyn Store>,
    key: &'static str,
    broken: &Arc<AtomicBool>,
) -> Arc<dyn Store> {
    let broken = broken.clone();
    Codecs::new()
        .with(Turned { key, broken })
        .over(store.clone())
}

/// A bench whose store is coded with key `a`, and the bare store.
fn coded() -> (Bench, Arc<dyn Store>) {
    let mut bench = bench();
    let bare = bench.store.clone();
    bench.store = behind(&bare, "a");
    (bench, bare)
}

#[tokio::test]
async fn a_worker_without_the_codec_blocks_what_it_cannot_decode() {
    let (mut bench, bare) = coded();
    bench.start("s", &[call("a")]).await;
    let behind = std::mem::replace(&mut bench.store, bare);
    let without = bench.worker();
    let blocked = bench.until("s", is_blocked).await;
    let expected = "its input cannot be decoded: encoded by `turned` with key `a`";
    assert!(reason(&blocked).contains(expected), "{}", reason(&blocked));
    assert_eq!(bench.names(), [""; 0]);
    without.stop().await;

    bench.store = behind;
    let with = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    with.stop().await;
}

/// What is bound to a run is bound to whoever has its number, not to whoever wanted it.
#[tokio::test]
async fn a_run_that_was_taken_by_another_id_keeps_its_own() {
    let (bench, bare) = coded();
    let there = NewRun {
        due_at: bench.clock.now().after(Duration::from_secs(60)),
        ..bench.new_run("there", &[call("a")])
    };
    let run = there.run;
    assert_eq!(bench.store.start(there).await, Ok(Written::Started));
    // Another process draws the same number.
    let store = behind(&bare, "a");
    let other = Bench::on(store.clone(), |_, _| Behave::Return);
    let _guard = other.clock.busy();
    let worker = other.worker();
    worker.ready().await;
    let twin = NewRun {
        run,
        ..other.new_run("twin", &[call("a")])
    };
    assert_eq!(worker.link.start(twin).await, Ok(Written::RunTaken));
    worker.kill().await;
    let message = NewMessage {
        msg: "m".into(),
        kind: MessageKind::Signal,
        name: "add".into(),
        payload: b"seven".to_vec(),
        sent_at: other.clock.now(),
        unread_max: None,
    };
    assert_eq!(store.tell(run, message).await, Ok(Told::Accepted));
    assert_eq!(bench.store.inbox(run).await.unwrap()[0].payload, b"seven");
}

#[tokio::test]
async fn a_signal_that_cannot_be_decoded_blocks_its_run_alone_and_is_taken_later() {
    let (mut bench, bare) = coded();
    let worker = bench.worker();
    let here = elsewhere(&bench);
    for id in ["one", "other"] {
        start_collect(&here, id, 2).await.unwrap();
        here.handle::<()>(id)
            .await
            .unwrap()
            .signal(ADD, 1)
            .await
            .unwrap();
    }
    bench.until("one", |run| run.seq > 1).await;
    let good = std::mem::replace(&mut bench.store, behind(&bare, "b"));
    // Who reads with `b` cannot read the run, but send to it.
    let there = elsewhere(&bench).handle::<()>("one").await.unwrap();
    there.signal(ADD, 2).await.unwrap();
    bench.store = good;
    let blocked = bench.until("one", is_blocked).await;
    let why = reason(&blocked);
    assert!(
        why.contains("encoded by `turned` with key `b`, and that key is not here"),
        "{why}"
    );
    let other = here.handle::<()>("other").await.unwrap();
    other.signal(ADD, 3).await.unwrap();
    assert_eq!(
        value::<Result<Vec<u64>, Cancelled>>(&bench.end("other").await),
        Ok(vec![1, 3])
    );
    worker.stop().await;

    // Another worker blocks it again; it can still be ended.
    let second = bench.worker();
    bench.until("one", is_blocked).await;
    here.handle::<()>("one")
        .await
        .unwrap()
        .terminate("enough")
        .await
        .unwrap();
    assert_eq!(bench.end("one").await.phase, Phase::Terminated);
    second.stop().await;
}

#[tokio::test]
async fn a_value_that_cannot_be_encoded_blocks_its_run_and_stops_nobody_else() {
    let mut bench = bench();
    let bare = bench.store.clone();
    let broken = Arc::new(AtomicBool::new(true));
    bench.store = breakable(&bare, "a", &broken);
    bench.start("s", &[call("a")]).await;
    let worker = bench.worker();
    let blocked = bench.until("s", is_blocked).await;
    let expected = "a value cannot be stored: answers of `s`: no answer today";
    assert_eq!(reason(&blocked), expected);
    bench.start("empty", &[]).await;
    assert_eq!(output(&bench.end("empty").await).unwrap(), [""; 0]);
    worker.stop().await;

    broken.store(false, Ordering::SeqCst);
    let worker = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    // Its answer was in no step, so it was asked again.
    assert_eq!(bench.names(), ["a", "a"]);
    worker.stop().await;
}

#[tokio::test]
async fn values_from_before_the_codec_are_read_as_they_are() {
    let mut bench = bench();
    bench.start("s", &[call("a")]).await;
    bench.store = behind(&bench.store, "a");
    let worker = bench.worker();
    assert_eq!(output(&bench.end("s").await).unwrap(), ["a"]);
    worker.stop().await;
}
