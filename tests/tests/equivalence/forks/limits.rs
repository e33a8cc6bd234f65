//! `timeout` over a block of code: everywhere, and what it takes and leaves.

use durable_runtime::operation::Elapsed;
use durable_tests::{equivalent, equivalent_group};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

equivalent! {
    with [(1), (3)];
    async fn a_block_with_a_limit(n: u32) -> (Result<u32, Elapsed>, Vec<u32>) {
        let mut seen = Vec::new();
        let sum = timeout(Duration::from_millis(u64::from(n)), async {
            let mut sum = 0;
            for i in 0..n {
                sum += act("x", i).await;
                seen.push(sum);
            }
            sum
        })
        .await;
        act("after", seen.len()).await;
        (sum, seen)
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn ends_of_its_own(n: u32) -> Result<(u32, String), String> {
        let text = format!("t{n}");
        let given = timeout(note("limit", SECOND), async move {
            if n == 3 {
                return Err("three".to_owned());
            }
            let x = act("x", if n == 1 { Ok(n) } else { Err(text.clone()) }).await?;
            act("y", x).await;
            Ok::<_, String>((x, text))
        })
        .await;
        match given {
            Ok(inner) => inner,
            Err(Elapsed) => Err(act("late", n).await.to_string()),
        }
    }
}

equivalent! {
    with [(0), (1)];
    async fn ended_before_it_waits(n: u32) -> Result<u32, Elapsed> {
        let a = timeout(SECOND, async { n + 1 }).await?;
        let b = timeout(SECOND, async { if n == 0 { return 7; } act("b", n).await }).await?;
        Ok(a + b)
    }
}

equivalent! {
    with [(1), (2)];
    async fn question_mark_and_method_chain(n: u32) -> Result<u32, String> {
        let mut left = n;
        let x = timeout(SECOND, async { left -= 1; act("x", left).await + 1 })
            .await
            .map_err(|e| e.to_string())?;
        let y = timeout(SECOND, async { act("y", x).await }).await.unwrap_or(100) + left;
        Ok(if timeout(SECOND, async { tick().await; tick().await }).await.is_ok() { y } else { 0 })
    }
}

equivalent! {
    with [(1), (2)];
    async fn as_branches(n: u32) -> (Result<u32, Elapsed>, u32, Vec<u32>) {
        let limit = SECOND * n;
        let mut count = 0;
        let mut log = Vec::new();
        let (a, b) = join!(
            timeout(limit, async { count += 1; act("a", n).await; count += act("a2", 5).await; count }),
            act("b", n),
        );
        let won = select! {
            Ok(x) = timeout(Duration::from_secs(9), async { log.push(act("p", 1).await); act("q", 2).await }) => x,
            y = async { act("r", 3).await; act("s", 4).await } => y + 10,
            else => 99,
        };
        act("after", count).await;
        (a, b + won, log)
    }
}

equivalent! {
    with [(1), (2)];
    async fn inside_of_branches_and_loops(n: u32) -> Vec<(u32, bool)> {
        let mut all = Vec::new();
        for round in 0..n {
            let (x, y) = join!(
                async {
                    let mut tries = 0;
                    loop {
                        tries += 1;
                        match timeout(SECOND, async { act("try", round).await; act("again", tries).await }).await {
                            Ok(x) => break x,
                            Err(_) if tries == 2 => break 50,
                            Err(_) => continue,
                        }
                    }
                },
                async { timeout(SECOND, async { tick().await }).await.is_ok() },
            );
            all.push((x, y));
        }
        all
    }
}

equivalent! {
    with [(1), (2)];
    async fn limits_of_limits(n: u32) -> (Option<u32>, u32) {
        let mut reached = 0;
        let x = timeout(SECOND, timeout(2 * SECOND, async {
            reached = 1;
            let inner = timeout(3 * SECOND, async { act("x", n).await; reached = 2; act("y", 7).await }).await;
            act("z", reached).await;
            inner.ok()
        }))
        .await;
        let x = match x {
            Ok(Ok(x)) => x,
            Ok(Err(Elapsed)) => Some(1_000),
            Err(Elapsed) => None,
        };
        (x, reached)
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn what_it_borrows(list: Vec<u32>) -> (usize, usize, Vec<u32>) {
        let first = &list[0];
        let total = timeout(SECOND, async {
            let mut total = 0;
            for x in &list {
                total += send("x", x).await;
            }
            total + *first as usize
        })
        .await
        .unwrap_or_default();
        let size = send("first", first).await;
        (total, size, list)
    }
}

equivalent! {
    with [(1), (3)];
    async fn a_timer_beside_it(n: u32) -> (u32, bool) {
        let mut steps = 0;
        let slept = select! {
            _ = sleep(SECOND) => true,
            _ = timeout(Duration::from_secs(2), async {
                while steps < n { steps += 1; act("step", steps).await; }
            }) => false,
        };
        (steps, slept)
    }
}

equivalent_group! {
    over_functions: limited(2), limited(0);

    #[workflow]
    pub(super) async fn steps(n: u32) -> Result<u32, Elapsed> {
        let mut sum = 0;
        for i in 0..n {
            sum += timeout(Duration::from_secs(1), async { act("i", i).await; act("j", i).await }).await.unwrap_or(10);
        }
        Ok(sum)
    }

    #[workflow]
    pub(super) async fn limited(n: u32) -> Result<u32, Elapsed> {
        // A function inline begins when all branches have: the limit is to begin before it.
        let a = timeout(Duration::from_secs(2), async { tick().await; steps(n).await?; steps(n + 1).await }).await?;
        let b = timeout(Duration::from_secs(2), async { tick().await; steps(n).await }).await;
        Ok(a.unwrap_or(1) + b.map_or(2, |b| b.unwrap_or(3)))
    }
}
