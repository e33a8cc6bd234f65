use durable_runtime::prelude::*;

#[activity]
async fn charge(cents: u64) -> u64 {
    cents
}

// It evaluates its argument never.
macro_rules! vec {
    ($value:expr) => {
        std::iter::repeat_with(|| 0_u64).take(1).collect::<Vec<u64>>()
    };
}

mod other {
    // It comes back.
    macro_rules! panic {
        ($($text:tt)*) => {
            ()
        };
    }
    // It binds.
    macro_rules! println {
        ($name:ident) => {
            let $name = 5;
        };
    }
    // It tells an event, perhaps.
    macro_rules! info {
        ($($field:tt)*) => {
            ()
        };
    }
    pub(crate) use {info, panic, println};
}

#[workflow]
async fn evaluates(order: u64) -> u64 {
    let paid = vec![charge(order).await.unwrap_or(0)];
    paid[0]
}

#[workflow]
async fn comes_back(order: u64) -> u64 {
    use other::panic;
    let paid = charge(order).await.unwrap_or(0);
    if paid > 5 {
        panic!("too much");
    }
    charge(paid).await.unwrap_or(0)
}

#[workflow]
async fn binds(order: u64) -> u64 {
    use other::println;
    let paid = charge(order).await.unwrap_or(0);
    {
        println!(paid);
        drop(charge(paid).await);
    }
    paid
}

#[workflow]
async fn logs(order: u64) -> u64 {
    use other::info;
    info!(paid = charge(order).await.unwrap_or(0));
    order
}

#[workflow]
async fn evaluates_inside(order: u64) -> u64 {
    println!("{:?}", vec![charge(order).await.unwrap_or(0)]);
    order
}

#[workflow]
async fn logs_inside(order: u64) -> u64 {
    use other::info;
    format!("{}", {
        info!(paid = charge(order).await.unwrap_or(0));
        1
    });
    order
}

fn main() {}
