//! `select!`: patterns, preconditions, `else`, handlers that jump.

use durable_tests::equivalent;
use std::time::Duration;

equivalent! {
    with [(1), (2)];
    async fn first_of_two(n: u32) -> (u32, String) {
        let text = format!("t{n}");
        let won = select! {
            a = act("a", n) => a + 1,
            b = act("b", n * 2) => { let c = act("c", b).await; c + 100 }
        };
        act("after", won).await;
        (won, text)
    }
}

equivalent! {
    with [(0), (1), (5)];
    async fn patterns_and_else(n: u32) -> u32 {
        let some = if n > 0 { Some(n) } else { None };
        let mut rounds = 0;
        loop {
            rounds += 1;
            let x = select! {
                Some(x) = act("some", some) => x,
                Ok(mut y) = act("ok", if n == 1 { Ok(n) } else { Err(n) }) => { y += 10; y }
                else => 1000,
            };
            if x < 1000 || rounds == 3 {
                return x + rounds;
            }
            act("again", rounds).await;
        }
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn preconditions(n: u32) -> (u32, u32) {
        let mut calls = 0;
        let x = select! {
            a = act("a", note("a", n)), if note("if a", n & 1 == 1) => a,
            b = async { calls += act("b", 1).await; act("b2", 2).await }, if note("if b", n & 2 == 2) => b + 10,
            else => 99,
        };
        act("after", calls).await;
        (x, calls)
    }
}

equivalent! {
    with [(0), (2), (7)];
    async fn handlers_jump(n: u32) -> Result<(u32, Vec<u32>), String> {
        let mut seen = Vec::new();
        let found = 'outer: loop {
            for i in 0..10 {
                select! {
                    biased;
                    x = act("x", i + n) => {
                        if x == 3 { break 'outer x; }
                        if x == 8 { continue; }
                        if x > 9 { return Ok((x, seen)); }
                        seen.push(x);
                    }
                    y = async { act("y", i).await; act("y2", if i > 4 { Err("late".to_owned()) } else { Ok(i) }).await } => {
                        seen.push(100 + y?);
                        tick().await;
                    }
                }
            }
            seen.push(7777);
            tick().await;
        };
        Ok((found, seen))
    }
}

equivalent! {
    with [(1), (4)];
    async fn losers_keep_what_they_changed(n: u32) -> (u32, Vec<String>) {
        let mut log = Vec::new();
        let mut rounds = 0;
        while rounds < n {
            rounds += 1;
            let done = select! {
                () = async {
                    for i in 0..3 {
                        log.push(format!("begin {i}"));
                        let s = act("step", i).await;
                        log.push(format!("end {s}"));
                    }
                } => true,
                _ = async { act("timer", rounds).await; act("timer2", rounds).await } => false,
            };
            log.push(format!("{done}"));
            if done { break; }
        }
        act("after", log.len() as u32).await;
        (rounds, log)
    }
}

equivalent! {
    with [(1), (2)];
    async fn nested_selects(n: u32) -> (u32, u32, String) {
        let mut count = 0;
        let out = select! {
            (a, b) = async {
                let (a, b) = join!(
                    async { count += 1; let x = act("a", n).await; count += x; x },
                    async {
                        select! {
                            x = act("p", n) => x + 1,
                            y = async { act("q", 1).await; act("q2", 2).await } => y + 50,
                        }
                    },
                );
                count += act("c", a + b).await;
                (a, b)
            } => format!("{a} {b}"),
            text = async {
                let mut text = String::new();
                for i in 0..4 {
                    text.push_str(&act("text", format!("{i}")).await);
                }
                text
            } => text,
        };
        let more = join!(async { select! { x = act("m", 1) => x, y = act("n", 2) => y } }, act("o", 3));
        (count, more.0 + more.1, out)
    }
}

equivalent! {
    with [(3)];
    async fn every_branch_at_once(n: u32) -> u32 {
        select! {
            x = async { n } => x,
            y = act("never begun", n) => y + 1,
        }
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn as_a_statement(n: u32) -> u32 {
        let mut k = 0;
        select! {
            x = act("a", n) => k += x,
            y = act("b", n) => { k += y * 10; tick().await; }
        }
        select! {
            _ = act("c", n) => {},
            Some(y) = act("d", if n == 1 { Some(1) } else { None }) => { k += y * 100 },
        };
        k
    }
}

// `x` and the timer are asked before the rival, which is ready at once: they never begin. Nothing
// begins before the turn in which it was asked for is on disk, and by then nobody waits for it. What
// began in an earlier turn (`slow`) did begin, although it is lost too.
equivalent! {
    with [(0), (3)];
    async fn the_rival_is_ready_in_the_turn_in_which_it_would_begin(n: u32) -> Vec<u32> {
        let mut won = Vec::new();
        won.push(select! {
            x = act("x", n) => x,
            y = async { n + 7 } => y,
        });
        let limit = Duration::from_secs(9);
        won.push(select! {
            _ = sleep(limit) => 1,
            _ = timeout(limit, act("limited", n)) => 2,
            y = async { 3 } => y,
        });
        let first = select! {
            slow = async { act("slow", n).await + act("more", n).await } => slow,
            quick = async {
                let before = act("quick", n).await;
                select! {
                    lost = act("lost", before) => lost,
                    at_once = async { before + 50 } => at_once,
                }
            } => quick,
        };
        won.push(first);
        won
    }
}
