use durable_runtime::prelude::*;

#[activity(blocking)]
async fn both() {}

#[activity(blocking, blocking)]
fn twice() {}

#[activity(blocking = true)]
fn with_a_value() {}

#[activity]
fn forgotten() {}

fn main() {}
