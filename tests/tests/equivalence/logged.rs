//! Awaits in the fields and messages of events of `tracing`: those that somebody listens to, and the others.

use durable_tests::equivalence::heard::listen;
use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;
use tracing::field::Empty;
use tracing::{Level, info, warn};

/// An argument, with somebody listening.
fn heard<T>(argument: T) -> T {
    listen();
    argument
}

equivalent! {
    with [(heard("a1".to_owned())), (heard(String::new()))];
    async fn fields(id: String) -> String {
        tracing::info!(order = %id, total = act("price", 3_u64).await, "charged {}", act("name", id.clone()).await);
        info!(order = %id, ?id, size = id.len(), length = note("length", 2_u64), paid = ?act("paid", Some(1)).await);
        tracing::warn!(total = %act("warned", 5).await);
        warn!("only {id} {} {:>w$}", act("text", 1).await, note("last", 2), w = act("width", 6_usize).await);
        tracing::error!(target: "heard", gone = Empty, "in.name" = act("target", true).await, message = "said");
        tracing::event!(Level::INFO, shape.size = ?act("shape", vec![1, 2]).await, id,);
        tracing::event!(target: "heard", Level::ERROR, "{id}: {0:?} {0}", act("level", 4).await);
        id
    }
}

equivalent! {
    with [(heard(3))];
    async fn unheard(n: u64) -> u64 {
        tracing::debug!(total = act("never", n).await, "{}", note("never", n));
        tracing::trace!("{}", act("never", n).await);
        tracing::info!(target: "elsewhere", n, total = act("never", n).await);
        // By the name of a field, as a filter may choose.
        info!(silent = true, total = act("never", n).await);
        info!(spoken = true, total = act("told", n).await);
        tracing::event!(Level::TRACE, total = act("never", n).await);
        n
    }
}

equivalent! {
    with [(heard(3))];
    async fn message_before_fields_in_braces(n: u64) -> u64 {
        info!({ total = act("second", n).await, note = note("third", 1) }, "paid {}", act("first", n).await);
        tracing::warn!(target: "heard", { total = act("second", n).await }, "paid {n}");
        n
    }
}

equivalent! {
    with [(heard(Some(3))), (heard(None))];
    async fn leaving_and_borrowing(n: Option<u64>) -> Option<u64> {
        let all = vec!["x".to_owned(), "y".to_owned()];
        let first = &all[0];
        for one in &all {
            info!(%one, number = act("try", n).await?, "{first}");
            if one == "y" {
                break;
            }
        }
        let answer = act("answer", n).await;
        info!(awaited = ?answer.map(|n| n + 1), inner = format!("{}", act("inner", 1).await));
        match n {
            Some(n) => warn!(n, more = act("more", n).await),
            None => info!("nothing {}", act("nothing", 1).await),
        }
        answer
    }
}

equivalent! {
    with [(heard(2))];
    async fn in_branches_and_blocks(n: u64) -> u64 {
        let (a, b) = join!(
            async {
                info!(left = act("left", n).await);
                n
            },
            async { act("right", n + 1).await }
        );
        info!(both = ?join!(act("one", a), act("two", b)));
        a + b
    }
}
