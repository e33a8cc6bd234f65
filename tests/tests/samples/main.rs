//! Workflows that people really write, and their tests, written as a user would write them: with
//! the public test kit alone. Each is run in four modes, on two stores: see `modes`.

mod approval;
mod batch;
mod buy;
mod chunks;
mod cleaning;
mod clock;
mod counter;
mod crashes;
mod expense;
mod journey;
mod kit;
mod modes;
mod order;
mod page;
mod parallel;
mod polling;
mod quorum;
mod reminder;
mod subscription;
mod supply;
mod surroundings;
mod timer;
