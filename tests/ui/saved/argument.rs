use durable_runtime::prelude::*;

fn pair<A, B>(a: A, b: B) -> (A, B) {
    (a, b)
}

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(order: String) -> String {
    let both = pair(std::rc::Rc::new(1), charge(1).await);
    format!("{order} {both:?}")
}

fn main() {}
