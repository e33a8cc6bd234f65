//! What a workflow is told of its acts, the starts of other workflows and messages to them, when the
//! process is cut while it acts: by a cancellation, or by whoever takes the id of the other one.

mod again;
mod cancelled;
mod taken;

use crate::children::{patient, start_patient};
use crate::support::Bench;
use durable_runtime::id::WorkflowId;
use durable_runtime::prelude::*;
use durable_runtime::store::RunRecord;
use serde::{Deserialize, Serialize};

const GO: Signal<u32> = Signal::new("go");

/// What is done to the workflow `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Act {
    Spawn,
    Detach,
    Signal,
    Cancel,
    Terminate,
}

impl Act {
    const MESSAGES: [Self; 3] = [Self::Signal, Self::Cancel, Self::Terminate];

    fn is_start(self) -> bool {
        matches!(self, Self::Spawn | Self::Detach)
    }
}

/// Acts once, and says an hour later what it was told of that.
#[workflow]
async fn acts(act: Act) -> Result<String, String> {
    let told = match act {
        Act::Spawn => {
            let child = patient().spawn("other").parent_close(ParentClose::Abandon);
            child.await.map(drop).map_err(|e| e.to_string())
        }
        Act::Detach => {
            let detached = patient().spawn_detached("other").await;
            detached.map_err(|e| e.to_string())
        }
        Act::Signal => {
            let sent = external("other").signal(GO, 7).await;
            sent.map_err(|e| e.to_string())
        }
        Act::Cancel => {
            let sent = external("other").cancel("enough").await;
            sent.map_err(|e| e.to_string())
        }
        Act::Terminate => {
            let sent = external("other").terminate("enough").await;
            sent.map_err(|e| e.to_string())
        }
    };
    match sleep(Duration::from_secs(3_600)).await {
        Ok(()) => Ok(format!("{told:?}")),
        Err(Cancelled) => Err(format!("{told:?}")),
    }
}

async fn find(bench: &Bench, id: &str) -> Option<RunRecord> {
    let id = WorkflowId::new(id).unwrap();
    bench.store.find(&id).await.unwrap()
}
