//! A line every few seconds while the storm rages.

use super::chaos::Chaos;
use durable_examples::customer::{News, What};
use durable_examples::supervisor::Event;
use std::convert::Infallible;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::MissedTickBehavior;

/// Between two lines.
const INTERVAL: Duration = Duration::from_secs(5);

/// Prints how far the storm is, for as long as it is polled.
pub(super) async fn report(
    chaos: &Chaos,
    mut events: UnboundedReceiver<Event>,
    mut news: UnboundedReceiver<News>,
) -> Infallible {
    let began = Instant::now();
    let (mut placed, mut ended) = (0, 0);
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.tick().await;
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let attacks = chaos.attacks();
                println!(
                    "{:>4} s: {placed} orders placed, {ended} ended; workers killed {}, frozen \
                     past their lease {}, asked to stop {}",
                    began.elapsed().as_secs(),
                    attacks.killed,
                    attacks.frozen,
                    attacks.terminated
                );
            }
            Some(news) = news.recv() => match news.what {
                What::Placed => placed += 1,
                What::Ended { .. } => ended += 1,
                What::SecondRefused | What::CancelAsked => {}
            },
            Some(event) = events.recv() => {
                if let Event::GaveUp { slot, reason } = event {
                    println!("worker {}: {reason}", slot + 1);
                }
            }
        }
    }
}
