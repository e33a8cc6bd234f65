//! Facts about a body, in side tables.

pub(crate) mod captures;
pub(crate) mod cfg;
pub(crate) mod liveness;
pub(crate) mod lookups;
#[cfg(test)]
mod oracle;
pub(crate) mod unset;
