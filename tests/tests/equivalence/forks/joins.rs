//! `join!` over operations and blocks.

use durable_tests::equivalent;

equivalent! {
    with [(1)];
    async fn two_operations(n: u32) -> (u32, String) {
        let (a, b) = join!(act("a", n), act("b", format!("{n}!")));
        (a + n, b)
    }
}

equivalent! {
    with [(1), (5)];
    async fn two_blocks(n: u32) -> (u32, Vec<u32>) {
        let start = act("start", n).await;
        let (a, list) = join!(
            async {
                let x = act("x", start).await;
                act("y", x + 1).await
            },
            async {
                let mut list = Vec::new();
                for i in 0..start {
                    list.push(act("item", i).await);
                }
                list
            },
        );
        (a + start, list)
    }
}

equivalent! {
    with [(1), (5)];
    async fn branch_without_an_await(n: u32) -> (u32, u32, u32) {
        join!(async { n + 1 }, act("b", n), async { note("c", n) })
    }
}

equivalent! {
    with [(1), (5)];
    async fn borrowed_and_changed(n: u32) -> (u32, Vec<String>, String) {
        let mut count = n;
        let mut log = vec!["begin".to_owned()];
        let name = format!("n{n}");
        let (a, ()) = join!(
            async {
                count += 1;
                let x = act("x", count).await;
                count += x;
                act("y", &*name == "n1").await;
                count
            },
            async {
                for i in 0..2 {
                    log.push(act("log", format!("{name} {i}")).await);
                }
                log.push(name.clone());
            },
        );
        act("after", count).await;
        (a + count, log, name)
    }
}

equivalent! {
    with [(1), (5)];
    async fn moved_and_copied(n: u32) -> (u32, String, u32, u32) {
        let list = vec![n, 2];
        let text = format!("{n}");
        let mut count = n;
        let (a, b, c) = join!(
            async move {
                count += 10;
                let mut sum = 0;
                for x in list {
                    sum += act("x", x + count).await;
                    count += 1;
                }
                sum + count
            },
            async {
                let text = act("t", text).await;
                act("u", format!("{text}{count}")).await
            },
            async move {
                act("c", count).await;
                count
            },
        );
        act("after", count).await;
        (a, b, c, count)
    }
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Wrong {
    Small(u32),
    Text(String),
}
impl From<String> for Wrong {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

equivalent! {
    with [(1), (3), (6), (9)];
    async fn early_ends(n: u32) -> Result<(u32, Result<u32, Wrong>, u32), Wrong> {
        let mut left = 10;
        let (a, b) = join!(
            async {
                left -= 1;
                if act("a", n).await > 5 {
                    return Err(Wrong::Small(n));
                }
                left -= 1;
                let text: Result<u32, String> = act("parse", if n > 2 { Err("big".to_owned()) } else { Ok(n) }).await;
                left -= 1;
                let value = text?;
                left -= 1;
                Ok::<u32, Wrong>(act("value", value).await)
            },
            async {
                if n == 9 {
                    return 0;
                }
                act("b", 1).await + act("b2", 2).await
            },
        );
        act("left", left).await;
        if left < 8 {
            let a = a?;
            return Ok((a, Ok(left), b));
        }
        Ok((left, a, b))
    }
}

equivalent! {
    with [(2), (3)];
    async fn nested_joins(n: u32) -> (u32, u32, Vec<u32>) {
        let mut seen = Vec::new();
        let mut outer = n;
        let ((a, b), c) = join!(
            async {
                let first = act("first", n).await;
                outer += first;
                let pair = join!(
                    async {
                        outer += act("in", first).await;
                        act("in2", outer).await
                    },
                    async move { act("by", first * 2).await + act("by2", first).await },
                );
                outer += 100;
                pair
            },
            async {
                for i in 0..n {
                    let (x, y) = join!(act("l", i), async {
                        seen.push(i);
                        let y = act("r", i + 1).await;
                        seen.push(y);
                        y
                    });
                    seen.push(x + y);
                }
                act("end", seen.len() as u32).await
            },
        );
        act("done", outer).await;
        (a + b + outer, c, seen)
    }
}

equivalent! {
    with [(0), (3)];
    async fn join_in_a_loop_and_in_expressions(n: u32) -> u32 {
        let mut sum = 0;
        for i in 0..n {
            if join!(act("p", i), act("q", i * 2)).0 > 1 {
                sum += join!(async { act("s", i).await + 1 }).0;
            } else {
                match join!(act("m", sum), async { sum + 1 }) {
                    (0, x) => sum += x,
                    (y, x) if y > x => sum += 1000,
                    (y, _) => sum += y,
                }
            }
            sum += act("t", join!(act("u", 1), act("v", 2)).1).await;
        }
        sum
    }
}

equivalent! {
    with [(1), (4)];
    async fn shadowing_in_branches(n: u32) -> (String, u32, u32) {
        let x = n;
        let (a, b) = join!(
            async {
                let x = act("x", x + 1).await;
                let x = format!("{x}");
                act("y", x.clone()).await;
                x
            },
            async {
                let mut sum = x;
                {
                    let x = act("z", sum).await;
                    sum += x;
                    act("w", sum).await;
                }
                sum += act("v", x).await;
                sum
            },
        );
        tick().await;
        (a, b, x)
    }
}

equivalent! {
    with [(1)];
    async fn eight_branches(n: u32) -> u32 {
        let t = join!(
            act("a", n), async { act("b", n).await }, act("c", n), async { n },
            async move { act("e", n).await + act("f", n).await }, act("g", n), act("h", n),
            async { for i in 0..n { act("i", i).await; } n },
        );
        t.0 + t.1 + t.2 + t.3 + t.4 + t.5 + t.6 + t.7
    }
}

equivalent! {
    with [(1)];
    async fn statement_join(n: u32) -> u32 {
        let mut k = n;
        join!(act("a", 1), async { k += act("b", 2).await; });
        join! { act("c", k), tick() };
        k
    }
}
