//! A run that cannot go on, for no fault of its code: it is blocked, and stops nobody else.

use super::{Next, Run};
use crate::engine::instance::{Event, Place};
use crate::panics::unwinding;
use crate::reason::shortened;
use crate::store::StoreError;

impl Run {
    /// The store will never take these writes: the run is blocked where the store knows it.
    pub(super) fn was_refused(&mut self, error: StoreError) -> Next {
        tracing::error!(run = %self.instance.run, %error, "the store refuses writes of a run");
        if self.starter.is_some() {
            self.tell_starter(Err(error));
            return Next::Leave;
        }
        if self.set_apart(error.to_string()) {
            Next::Reload
        } else {
            Next::Leave
        }
    }

    /// The engine panicked: the run whose step that was is blocked, and no other one knows of it.
    pub(super) async fn broke(&mut self, panic: &str) -> Option<Event> {
        tracing::error!(run = %self.instance.run, panic, "the engine panicked in a workflow's step");
        // Whoever waits for its start hears from the store instead.
        self.starter = None;
        let reason = format!(
            "the engine panicked in this workflow's step ({}); nothing that was recorded is lost, and \
             it is tried again when a worker starts",
            shortened(panic.to_owned())
        );
        if !self.set_apart(reason) {
            return None;
        }
        let reloaded = unwinding(self.reload()).await;
        reloaded.unwrap_or_else(|panic| {
            tracing::error!(run = %self.instance.run, panic, "and again when it was read again");
            None
        })
    }

    /// It is to be blocked as soon as it has been read again; `false`: it was to be before, and
    /// stays as it is until another worker has it.
    fn set_apart(&mut self, reason: String) -> bool {
        self.instance.place = Place::Unfit(String::new(), reason);
        !std::mem::replace(&mut self.refused, true)
    }
}
