use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

#[workflow]
async fn run(name: String) -> usize {
    let length = || {
        let taken = name;
        taken.len()
    };
    let (n, paid) = join!(
        async {
            charge(1).await.ok();
            length()
        },
        charge(2),
    );
    paid.ok();
    n
}

fn main() {}
