use durable_runtime::prelude::*;

#[workflow]
struct Order;

fn main() {}
