//! Functions that await other workflow functions, which run inline.

use durable_tests::equivalent_group;

equivalent_group! {
    calling: each(3), each(0), nested("x".to_owned()), places(2), tail(4), fib(7), even(5), even(8),
        early(0), early(3), early(9), asks("12".to_owned()), asks("no".to_owned()), shadow(2), unit(2);

    #[workflow]
    pub(super) async fn double(n: u32) -> u32 {
        let first = act("double", n).await;
        tick().await;
        first + n
    }

    #[workflow]
    pub(super) async fn each(n: u32) -> Vec<u32> {
        let mut all = Vec::new();
        for i in 0..n {
            let doubled = double(i).await;
            all.push(doubled);
            tick().await;
        }
        all
    }

    #[workflow]
    pub(super) async fn greet(name: String, sign: char) -> String {
        let word = act("word", "hello".to_owned()).await;
        format!("{word}, {name}{sign}")
    }

    #[workflow]
    pub(super) async fn nested(name: String) -> String {
        let inner = greet(greet(name.clone(), '?').await, act("sign", '!').await).await;
        act("last", inner).await + &name
    }

    #[workflow]
    pub(super) async fn places(n: u32) -> u32 {
        let mut total = 0;
        if double(n).await > 3 && double(n + 1).await < 100 {
            total += double(10).await;
        }
        while double(total).await < 500 {
            total += match double(n).await {
                4 => double(total).await,
                other => other + 1,
            };
        }
        let pair = (double(1).await, double(2).await);
        total + pair.0 * pair.1
    }

    #[workflow]
    pub(super) async fn tail(n: u32) -> u32 {
        double(n).await
    }

    #[workflow]
    pub(super) async fn fib(n: u32) -> u32 {
        if n < 2 {
            return act("leaf", n).await;
        }
        let left = recurse(fib(n - 1)).await;
        left + recurse(fib(n - 2)).await
    }

    #[workflow]
    pub(super) async fn even(n: u32) -> bool {
        tick().await;
        if n == 0 { true } else { recurse(odd(n - 1)).await }
    }

    #[workflow]
    pub(super) async fn odd(n: u32) -> bool {
        act("odd", n).await;
        n != 0 && recurse(even(n - 1)).await
    }

    #[workflow]
    pub(super) async fn step(n: u32) -> Result<u32, String> {
        let n = act("step", n).await;
        if n > 5 {
            return Err(format!("{n} is too many"));
        }
        let asked: Result<u32, String> = act("ask", if n == 3 { Err("three".to_owned()) } else { Ok(n) }).await;
        Ok(asked? + 1)
    }

    #[workflow]
    pub(super) async fn early(n: u32) -> Result<u32, String> {
        let first = step(n).await?;
        tick().await;
        Ok(first + step(first).await.unwrap_or(100))
    }

    #[workflow]
    pub(super) async fn asks(text: String) -> Option<u32> {
        let length = step(text.len() as u32).await.ok()?;
        tick().await;
        Some(length)
    }

    #[workflow]
    pub(super) async fn nothing(n: u32) {
        act("nothing", n).await;
    }

    #[workflow]
    pub(super) async fn unit(n: u32) {
        for i in 0..n {
            nothing(i).await;
        }
        nothing(n).await
    }

    #[workflow]
    pub(super) async fn shadow(n: u32) -> u32 {
        let n = double(n).await;
        let n = { let n = double(n).await; n + 1 };
        n + double(n).await
    }
}
