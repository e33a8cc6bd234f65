//! Operations made of operations, spawned ones, and functions that run inline: what is under way
//! at each await, and the same result whether the machine is rebuilt from bytes there or not.

mod branches;
mod drive;
mod expense;
mod handles;
mod inline;
mod lent;
mod limits;
mod set_and_signal;
mod several;
mod spawned;
