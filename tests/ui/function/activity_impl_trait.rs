use durable_runtime::prelude::*;

#[activity]
async fn print(text: impl ToString) {
    println!("{}", text.to_string());
}

fn main() {}
