//! Workflows that people really write, and their tests, written as a user would write them: with
//! the public test kit alone. Each also survives a crash at every await.

mod batch;
mod buy;
mod counter;
mod crashes;
mod expense;
mod kit;
mod order;
mod page;
mod parallel;
mod reminder;
mod subscription;
