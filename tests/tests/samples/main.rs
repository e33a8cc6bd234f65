//! Workflows that people really write, and their tests, written as a user would write them: with
//! the public test kit alone. Each also survives a crash at every await.

mod approval;
mod batch;
mod buy;
mod chunks;
mod cleaning;
mod counter;
mod crashes;
mod expense;
mod journey;
mod kit;
mod modes;
mod order;
mod page;
mod parallel;
mod reminder;
mod subscription;
mod timer;
