use durable_runtime::prelude::*;
use std::fmt::Display;

#[workflow]
async fn run(order: &dyn Display, note: &(dyn Display + Sync)) -> String {
    format!("{order} {note}")
}

fn main() {}
