use durable_runtime::prelude::*;

#[activity]
async fn charge(order: String) -> Result<u32, String> {
    Ok(order.len() as u32)
}

#[workflow]
async fn run(orders: Vec<String>, more: Vec<String>) -> usize {
    let mut first = &orders;
    if first.is_empty() {
        first = &more;
    }
    let (count, _) = join!(
        async {
            charge("one".to_owned()).await.ok();
            first.len()
        },
        charge("two".to_owned()),
    );
    count
}

fn main() {}
