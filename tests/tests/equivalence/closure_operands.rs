//! Closures that stand before an await in the same expression.

use durable_tests::equivalent;

fn given<R>(first: impl FnOnce() -> R, second: impl FnOnce(u32) -> u32, n: u32) -> (R, u32) {
    (first(), second(n))
}

equivalent! {
    with [(1, "ab".to_owned()), (4, String::new())];
    async fn operands_before_an_await(mut n: u32, mut name: String) -> (Vec<u32>, Vec<String>) {
        let mut unit = "cents";
        let mut calls = 0;
        let one = given(|| unit.len(), |m| m + n, act("one", n).await);
        unit = "dollars";
        n += 1;
        let two = given(
            || {
                calls += 1;
                unit.len()
            },
            |m| m * n,
            {
                let n = 5;
                act("two", n).await
            },
        );
        tick().await;
        let taken = given(
            || {
                let owned = name;
                owned
            },
            |m| m,
            act("three", two.1).await,
        );
        name = unit.to_owned();
        tick().await;
        (vec![one.1, two.1, taken.1, n, calls], vec![taken.0, name])
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn operands_with_macros_inside(v: Vec<u32>) -> (usize, u32) {
        let mut v = v;
        let (text, n) = given(
            || format!("{v:?}"),
            |m| m + v.iter().sum::<u32>(),
            {
                println!("{v:?}");
                act("sum", v[0]).await
            },
        );
        v.clear();
        tick().await;
        (text.len() + v.len(), n)
    }
}

equivalent! {
    with [(1), (7)];
    async fn before_an_await_in_a_guard(n: u32) -> (u32, usize) {
        let mut unit = "cents";
        let mut least = 2;
        let paid = match n {
            m if given(|| unit.len() > 3, |k| k + m + least, act("guard", n).await).1 > 6 => {
                least += 1;
                tick().await;
                m + least
            }
            _ => 0,
        };
        unit = "c";
        tick().await;
        (paid + least, unit.len())
    }
}
