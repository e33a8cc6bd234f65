//! What the codec promises, one file for each promise.

#![expect(
    clippy::option_option,
    reason = "what other formats lose is tested here"
)]

mod borrowed;
mod evolve;
mod exact;
mod format;
mod hostile;
mod json;
mod random;
mod shapes;
