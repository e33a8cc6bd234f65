//! Functions as values without a type: `let f = double;`, named again after an await.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

fn double(x: u32) -> u32 {
    x * 2
}

const HALF: fn(u32) -> u32 = |n| n / 2;

fn largest<T: PartialOrd>(a: T, b: T) -> T {
    if a > b { a } else { b }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Cents(u32);

equivalent! {
    with [(6)];
    async fn functions_without_a_type(n: u32) -> String {
        let twice = double;
        let half = HALF;
        let of = largest;
        let into = u64::from;
        let wrap = Cents;
        let power = u32::is_power_of_two;
        tick().await;
        let a = act("twice", twice(n)).await;
        let b = half(act("b", 9).await) + of(a, n);
        tick().await;
        let c = if power(b) { into(a) } else { into(b) };
        let twice = twice(b);
        tick().await;
        format!("{twice} {c} {:?} {}", wrap(a), of(b, 200))
    }
}

equivalent! {
    with [(3), (4)];
    async fn functions_without_a_type_in_places(n: u32) -> u32 {
        let f = double;
        let g = f;
        let (a, b) = join!(async { tick().await; f(n) }, async { act("g", g(n)).await });
        let sum: u32 = {
            let f = HALF;
            tick().await;
            f(a) + f(b)
        };
        for x in [1, 2] {
            act("f", f(x)).await;
        }
        sum + g(n)
    }
}

fn price(n: u32) -> u32 {
    n + 1
}

const PRICE: u32 = 40;

// A variable that is not called is data, whatever else has its name.
equivalent! {
    with [(3)];
    async fn constants_called_like_a_function(n: u32) -> u32 {
        let mut sum = price(n);
        {
            let price = PRICE;
            tick().await;
            sum += price;
        }
        let limit = PRICE;
        tick().await;
        sum + price(limit)
    }
}
