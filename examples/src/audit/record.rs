//! What the store has on record, read through the client like anybody would.

use super::{OnRecord, RecordedStep};
use durable_runtime::Client;
use durable_runtime::client::ClientError;

/// More steps than an order can have.
const STEPS_MAX: usize = 1_000;

/// Reads what the store has on record about the order `id`; `None` if it does not know it.
///
/// # Errors
/// When the store cannot be read.
pub async fn read(client: &Client, id: &str) -> Result<Option<OnRecord>, ClientError> {
    let handle = match client.handle::<serde_json::Value>(id).await {
        Ok(handle) => handle,
        Err(ClientError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    // The phase first: a run that ends meanwhile then counts as unfinished, not as incomplete.
    let phase = handle.describe().await?.summary.phase;
    let steps = handle.steps(0, STEPS_MAX).await?;
    let steps = steps.into_iter().map(|step| RecordedStep {
        label: step.label,
        answered_at: step.end.map(|end| end.at.0),
    });
    Ok(Some(OnRecord {
        phase,
        steps: steps.collect(),
    }))
}
