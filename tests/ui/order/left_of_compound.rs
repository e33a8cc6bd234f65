use durable_runtime::prelude::*;

#[activity]
async fn place(order: u64) -> usize {
    order as usize
}

#[workflow]
async fn run(order: u64) -> Vec<String> {
    let mut names = vec![String::new(); 2];
    names[place(order).await.unwrap_or(0)] += &order.to_string();
    names
}

fn main() {}
