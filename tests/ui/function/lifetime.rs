use durable_runtime::prelude::*;
use std::borrow::Cow;

#[workflow]
async fn run<'a>(order: &'a str, note: Cow<'a, str>) -> usize {
    order.len() + note.len()
}

fn main() {}
