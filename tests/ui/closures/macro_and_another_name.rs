use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(name: String) -> String {
    let greet = |word: &str| format!("{word} {name}");
    let name = name.len();
    charge(1).await.ok();
    greet("hello") + &name.to_string()
}

fn main() {}
