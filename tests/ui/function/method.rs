use durable_runtime::prelude::*;

struct Shop;

impl Shop {
    #[workflow]
    async fn run(&self, order: String) -> String {
        order
    }
}

fn main() {}
