//! What is stored behind compression and encryption: all that a store promises, and nothing that
//! can be read or moved.

mod conformance;
mod moved;
mod rotation;
mod secret;
mod support;
