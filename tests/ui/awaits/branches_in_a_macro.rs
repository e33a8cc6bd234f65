use durable_runtime::prelude::*;

#[activity]
async fn price(item: u32) -> u32 {
    item
}

#[workflow]
async fn run(item: u32) -> Vec<Result<u32, Error>> {
    let list = vec![{
        let (one, two) = join!(price(item), price(2));
        println!("{}", price(3).await.unwrap_or(0));
        one.and(two)
    }];
    println!("{:?}", join!(price(item), price(2)));
    list
}

fn main() {}
