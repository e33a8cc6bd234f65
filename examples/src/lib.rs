//! Applications built on durable-runtime. Start with the workflow in `process_order.rs`; the rest
//! is the world around it: the services it calls, what goes wrong there, and the proof that
//! everything ended well all the same.

pub mod audit;
pub mod customer;
pub mod ledger;
pub mod order;
pub mod outside;
pub mod process_order;
pub mod scenario;
pub mod services;
pub mod subscription;
pub mod supervisor;
pub mod trip;
