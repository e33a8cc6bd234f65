//! Operations in boxes: `Box::pin(tree(n - 1)).await` is how plain Rust writes a recursion.

use super::{Operation, Plan, Resolution, Spawn};
use crate::codec;
use crate::id::Timestamp;
use crate::registry::WorkflowDef;
use std::pin::Pin;

impl<O: Operation> Operation for Box<O> {
    type Output = O::Output;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        (*self).begin(now)
    }

    fn complete(resolution: Resolution) -> Result<O::Output, codec::Error> {
        O::complete(resolution)
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

impl<O: Operation + Unpin> Operation for Pin<Box<O>> {
    type Output = O::Output;

    fn begin(self, now: Timestamp) -> Result<Plan, codec::Error> {
        Self::into_inner(self).begin(now)
    }

    fn complete(resolution: Resolution) -> Result<O::Output, codec::Error> {
        O::complete(resolution)
    }

    fn inlines() -> Option<&'static WorkflowDef> {
        O::inlines()
    }
}

impl<O: Spawn> Spawn for Box<O> {}
impl<O: Spawn + Unpin> Spawn for Pin<Box<O>> {}
