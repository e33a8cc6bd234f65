//! Where the system tells nothing of a change to a file, the writer looks at intervals.

use std::path::Path;

/// Nobody hears it.
pub(super) fn ring(_: &Path) {}

/// What there is not.
#[derive(Debug)]
pub(super) enum Watch {}

impl Watch {
    pub(super) fn start(_: impl Fn() -> bool + Send + 'static) -> Option<Self> {
        None
    }

    pub(super) fn arm(&self, _: &Path) -> bool {
        match *self {}
    }

    pub(super) fn works(&self) -> bool {
        match *self {}
    }
}
