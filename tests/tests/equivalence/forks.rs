//! `join!`, `try_join!` and `select!`, under several orders of answers.

mod joins;
mod more;
mod programs;
mod selects;
mod tries;
