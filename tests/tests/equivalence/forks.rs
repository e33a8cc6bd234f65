//! `join!`, `try_join!` and `select!`, under several orders of answers.

mod handlers;
mod idioms;
mod in_macros;
mod joins;
mod limits;
mod more;
mod named_blocks;
mod programs;
mod selects;
mod spawned;
mod syntax;
mod timers;
mod tries;
mod wide;
mod without_else;
