//! All the customers of the storm, spread over its duration.

use durable_examples::customer::{self, News};
use durable_examples::scenario::Scenario;
use durable_runtime::Client;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinSet;

/// Customers on their way.
pub(super) struct Crowd {
    customers: JoinSet<anyhow::Result<()>>,
    /// What went wrong for those who are done.
    pub(super) trouble: Vec<String>,
}

impl Crowd {
    /// Lets the customers order one after the other, evenly over nine tenths of `duration`.
    pub(super) fn gather(
        client: &Client,
        scenarios: &[Scenario],
        duration: Duration,
    ) -> (Self, UnboundedReceiver<News>) {
        let (news, receiver) = mpsc::unbounded_channel();
        let mut customers = JoinSet::new();
        let (mut count, mut at) = (0_u32, Duration::ZERO);
        let pace =
            duration.mul_f64(0.9) / u32::try_from(scenarios.len().max(1)).unwrap_or(u32::MAX);
        for scenario in scenarios {
            let (client, scenario, news) = (client.clone(), scenario.clone(), news.clone());
            customers.spawn(async move {
                tokio::time::sleep(at).await;
                customer::order(&client, &scenario, &news).await
            });
            count += 1;
            at = pace * count;
        }
        let crowd = Self {
            customers,
            trouble: Vec::new(),
        };
        (crowd, receiver)
    }

    /// Waits until all orders have ended.
    pub(super) async fn all_ended(&mut self) {
        while let Some(customer) = self.customers.join_next().await {
            match customer {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.trouble.push(format!("{error:#}")),
                Err(panic) => self.trouble.push(panic.to_string()),
            }
        }
    }
}
