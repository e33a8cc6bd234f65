use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

fn count(of: impl FnOnce() -> usize, charged: u64) -> usize {
    of() + usize::try_from(charged).unwrap_or(0)
}

#[workflow]
async fn run() -> usize {
    let mut unit = "cents";
    count(|| unit.len(), {
        unit = "dollars";
        charge(1).await.unwrap_or(0)
    })
}

#[workflow]
async fn taken(mut name: String) -> usize {
    count(
        || {
            let owned = name;
            owned.len()
        },
        {
            name = "another".to_owned();
            charge(1).await.unwrap_or(0)
        },
    )
}

#[workflow]
async fn both_assigned(mut left: u64) -> bool {
    let mut right = 1;
    left == {
        (left, right) = (right, left);
        charge(1).await.unwrap_or(right)
    }
}

fn main() {}
