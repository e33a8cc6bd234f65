//! Timers beside calls and blocks: in the engine the clock has them end one by one.

use durable_tests::equivalent;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

equivalent! {
    with [(0), (2), (5)];
    async fn a_limit_over_calls_and_sleeps_in_a_loop(rounds: u32) -> Vec<String> {
        let mut done = Vec::new();
        for round in 0..rounds {
            let limit = Duration::from_millis(1_000 + 700 * u64::from(round));
            let in_time = timeout(limit, async {
                for step in 0..3_u32 {
                    done.push(format!("{round}.{step}"));
                    act("step", (round, step)).await;
                    if sleep(Duration::from_millis(40 * u64::from(step + 1))).await.is_err() {
                        return 100;
                    }
                }
                act("round", round).await
            })
            .await;
            done.push(format!("{in_time:?}"));
        }
        done
    }
}

equivalent! {
    with [(0), (3), (7)];
    async fn a_handle_against_a_sleep_inside_a_branch(n: u32) -> (Vec<u32>, u32) {
        let mut slow = spawn(async move { act("first", n).await + act("second", n + 1).await });
        let mut rounds = 0;
        let (seen, last) = join!(
            async {
                let mut seen = Vec::new();
                loop {
                    select! {
                        sum = &mut slow => {
                            seen.push(sum);
                            break;
                        }
                        _ = sleep(Duration::from_millis(400)) => {
                            rounds += 1;
                            seen.push(act("tick", rounds).await);
                        }
                    }
                }
                seen
            },
            async {
                let _ = sleep(SECOND + Duration::from_millis(u64::from(n))).await;
                act("beside", n).await
            },
        );
        (seen, last + rounds)
    }
}

equivalent! {
    with [(vec![]), (vec![1, 2, 3]), (vec![4, 5, 6, 7, 8])];
    async fn a_set_that_is_joined_until_a_limit(all: Vec<u32>) -> (Vec<u32>, usize) {
        let mut set = JoinSet::new();
        for n in &all {
            let n = *n;
            set.spawn(async move {
                let _ = sleep(Duration::from_millis(300 * u64::from(n % 3))).await;
                act("one", n).await
            });
        }
        let mut seen = Vec::new();
        loop {
            select! {
                joined = set.join_next() => match joined {
                    Some(n) => seen.push(n),
                    None => break,
                },
                _ = sleep(Duration::from_millis(900)) => {
                    act("late", seen.len()).await;
                    break;
                }
            }
        }
        (seen, all.len())
    }
}
