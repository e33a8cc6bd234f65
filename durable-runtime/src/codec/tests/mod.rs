//! What the codec promises, one file for each promise.

mod borrowed;
mod evolve;
mod exact;
mod format;
mod hostile;
mod json;
mod random;
mod shapes;
