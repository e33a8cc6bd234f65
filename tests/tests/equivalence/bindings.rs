//! Parameters, `let` with any pattern, `let … else`.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    x: i32,
    y: i32,
}

equivalent! {
    with [(1), (7)];
    async fn nested_awaits(n: u32) -> Result<u64, String> {
        let first = act("a", n).await;
        let second = act("b", act("c", first + 1).await * 2).await;
        if second > 10 {
            return Err(format!("{n} is too much"));
        }
        Ok(u64::from(first) + u64::from(second))
    }
}

equivalent! {
    with [(Point { x: 1, y: 2 }, (3, "z".to_owned()), 5)];
    async fn parameters_with_patterns(
        Point { x, y: mut up }: Point,
        (left, right): (u8, String),
        mut n: u32,
    ) -> String {
        up += x;
        n += 1;
        tick().await;
        up += 1;
        n += u32::from(left);
        tick().await;
        format!("{x} {up} {left} {right} {n}")
    }
}

equivalent! {
    with [(4)];
    async fn ignored_parameter(_: u8) -> u8 {
        tick().await;
        3
    }
}

equivalent! {
    with [(4)];
    async fn id_and_client_are_parameters_too(id: u8) -> u8 {
        let client = id + 1;
        tick().await;
        client + id
    }
}

equivalent! {
    with [(2)];
    async fn reassigned_after_a_move(n: u32) -> Vec<String> {
        let mut all = Vec::new();
        let mut text = String::from("first");
        for i in 0..n {
            all.push(text);
            tick().await;
            text = format!("again {i}");
            tick().await;
        }
        all.push(text);
        all
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn deferred_past_what_never_returns(n: u32) -> Result<(u32, String), String> {
        let x;
        let text;
        match act("n", n).await {
            1 => { x = n; text = "one".to_owned(); }
            2 => { x = act("two", 20).await; text = format!("{x}"); }
            3 => { note("three", n); return Err("three".to_owned()) }
            4 => { note("four", n); panic!("four") }
            _ => unreachable!(),
        }
        if x > 100 { panic!("too much") } else { tick().await; }
        act("after", x).await;
        Ok((x, text))
    }
}
