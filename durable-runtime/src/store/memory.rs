//! The reference store: readable beats fast. (Under construction.)

/// Keeps everything in memory and loses it with the process: for tests.
#[derive(Debug, Default)]
pub struct MemoryStore {}
