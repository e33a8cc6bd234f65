use durable_runtime::prelude::*;

#[activity]
async fn left() -> u32 {
    1
}

#[activity]
async fn reason() -> String {
    String::new()
}

#[workflow]
async fn checked(right: u32) {
    debug_assert_eq!(left().await.unwrap_or(0), right, "not equal: {:?}", reason().await);
}

fn main() {}
