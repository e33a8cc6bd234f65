//! Versions of one workflow, as successive deploys would have them: one file each.

mod await_removed;
mod base;
mod changed_type;
mod field_with_default;
mod field_without_default;
mod more_awaits;
mod other_code;
mod renamed_local;
mod three_equal_sleeps;
mod two_equal_sleeps;

use durable_runtime::registry::{self, WorkflowDef};

/// The workflow of one version.
pub(crate) fn named(version: &str) -> &'static WorkflowDef {
    let file = format!("versions/{version}.rs");
    registry::workflows()
        .find(|w| w.name == "order.deploys" && w.file.ends_with(&file))
        .expect("a version of this name")
}
