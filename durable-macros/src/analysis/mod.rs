//! Facts about a body, in side tables.

pub(crate) mod again;
pub(crate) mod captures;
pub(crate) mod cfg;
pub(crate) mod liveness;
pub(crate) mod lookups;
#[cfg(test)]
mod oracle;
mod owned;
mod scopes;
pub(crate) mod unset;
