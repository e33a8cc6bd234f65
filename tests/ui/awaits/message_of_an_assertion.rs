use durable_runtime::prelude::*;

#[activity]
async fn reason() -> String {
    String::new()
}

#[workflow]
async fn checked(left: u32, right: u32) {
    assert_eq!(left, right, "not equal: {:?}", reason().await);
}

fn main() {}
