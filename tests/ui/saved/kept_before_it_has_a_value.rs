use durable_runtime::prelude::*;

macro_rules! first {
    ($place:ident = $value:expr) => {{
        $place = $value;
        true
    }};
}

#[workflow]
async fn run(n: u32) -> u32 {
    let x;
    sleep(Duration::from_secs(1)).await;
    if first!(x = n) {
        sleep(Duration::from_secs(2)).await;
    }
    x
}

fn main() {}
