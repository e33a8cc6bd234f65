//! Places orders for a time: each when one before it has ended, so that so many are in flight.

use crate::Asked;
use crate::order::Order;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Orders that have ended within the time.
pub struct Done {
    pub latencies: Vec<Duration>,
    pub took: Duration,
}

/// `place` starts an order and answers with its end.
pub async fn orders<F>(
    asked: &Asked,
    place: impl Fn(Order) -> F + Clone + Send + 'static,
) -> anyhow::Result<Done>
where
    F: Future<Output = anyhow::Result<()>> + Send + 'static,
{
    let next = Arc::new(AtomicUsize::new(0));
    let (sender, mut ended) = mpsc::unbounded_channel();
    let began = Instant::now();
    let deadline = began + asked.window;
    for _ in 0..asked.in_flight {
        let (next, place, sender) = (next.clone(), place.clone(), sender.clone());
        tokio::spawn(async move {
            while Instant::now() < deadline {
                let order = Order::new(next.fetch_add(1, Ordering::Relaxed));
                let began = Instant::now();
                let end = place(order).await.map(|()| began.elapsed());
                // Nobody listens any more once the time is over.
                if sender.send(end).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut latencies = Vec::new();
    let over = tokio::time::sleep_until(deadline.into());
    tokio::pin!(over);
    loop {
        tokio::select! {
            () = &mut over => break,
            Some(end) = ended.recv() => latencies.push(end?),
        }
    }
    // At least one, however long it takes.
    while latencies.is_empty() {
        match ended.recv().await {
            Some(end) => latencies.push(end?),
            None => break,
        }
    }
    Ok(Done {
        latencies,
        took: began.elapsed(),
    })
}
