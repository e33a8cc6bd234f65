//! Jobs that are asked for more often than they are needed.

/// A job of which one is out at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    Idle,
    Out,
    /// Out, and wanted again after that.
    OutAgain,
}

impl Errand {
    /// Whether to send it now.
    pub(super) fn wanted(&mut self) -> bool {
        let idle = *self == Self::Idle;
        *self = if idle { Self::Out } else { Self::OutAgain };
        idle
    }

    /// Whether to send it again.
    pub(super) fn back(&mut self) -> bool {
        std::mem::replace(self, Self::Idle) == Self::OutAgain
    }
}
