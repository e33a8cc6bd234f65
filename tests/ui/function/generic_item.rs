use durable_runtime::prelude::*;

#[activity]
async fn ship(item: String) {
    println!("{item}");
}

#[workflow]
async fn each<I: Iterator<Item: ToString>>(mut items: I) -> u32 {
    let mut count = 0;
    while let Some(item) = items.next() {
        ship(item.to_string()).await.ok();
        drop(item);
        count += 1;
    }
    count
}

fn main() {}
