//! A queue has a name, and what runs in the workflow's transaction stays at its worker.

use durable_runtime::prelude::*;

#[activity(queue = "")]
async fn render(scene: String) -> Result<String, String> {
    Ok(scene)
}

#[activity(queue = "gpu\n")]
async fn resize(scene: String) -> Result<String, String> {
    Ok(scene)
}

#[activity(queue = gpu)]
async fn encode(scene: String) -> Result<String, String> {
    Ok(scene)
}

#[activity(transactional, queue = "gpu")]
fn book(tx: &mut Transaction<'_>) -> Result<(), String> {
    let _ = tx;
    Ok(())
}

fn main() {}
