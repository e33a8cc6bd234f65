//! All that Tokio's `select!` and `join!` can be written as, and where they can stand.

use durable_tests::equivalent;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Event {
    Paid { cents: u32, by: String },
    Left(u32),
    Nothing,
}

fn event(n: u32) -> Event {
    match n % 3 {
        0 => Event::Nothing,
        1 => Event::Paid {
            cents: n,
            by: format!("p{n}"),
        },
        _ => Event::Left(n),
    }
}

equivalent! {
    with [(0), (1), (2), (5)];
    async fn all_kinds_of_patterns(n: u32) -> Vec<String> {
        let mut out = vec![];
        for i in 0..4 {
            let text = select! {
                Event::Paid { cents: c @ 1..=4, ref by } = act("p", event(n + i)) => format!("{c} {by}"),
                Event::Paid { cents, .. } | Event::Left(cents) = act("q", event(n + i + 1)) => { act("cents", cents).await; cents.to_string() }
                (a, Some(mut b)) = async { (act("r", n).await, if i > 1 { Some(act("s", i).await) } else { None }) } => { b += a; b.to_string() },
                [first, .., last] = act("t", [n, i, 3]), if i != 2 => format!("{first}..{last}"),
                else => "else".into()
            };
            out.push(text);
        }
        out
    }
}

equivalent! {
    with [(0), (2), (7)];
    async fn preconditions_that_wait(n: u32) -> (u32, u32) {
        let mut calls = 0;
        let mut queue: VecDeque<u32> = (0..n).collect();
        let x = select! {
            a = act("a", n), if act("may", n > 1).await => a,
            b = act("b", n + 1), if !queue.is_empty() && { calls += 1; act("can", true).await } => b + 10,
            else => 99,
        };
        queue.clear();
        (x, calls)
    }
}

equivalent! {
    with [(1), (2), (3), (4)];
    async fn handlers_that_leave(n: u32) -> Result<Option<u32>, String> {
        let mut left = 5;
        let found = 'search: loop {
            left -= 1;
            let Some(x) = (select! {
                biased;
                x = act("x", n + left) => match x {
                    0..=3 => None,
                    4 => break 'search 4,
                    5 if left == 2 => continue 'search,
                    other => Some(other),
                },
                Err(e) = async { act("slow", n).await; act("err", if n == 2 { Err("two".to_owned()) } else { Ok(()) }).await } => return Err(e),
            }) else {
                if left == 0 { return Ok(None) }
                tick().await;
                continue;
            };
            if x > 6 { act("big", x).await; continue 'search; }
            break x;
        };
        let parsed: u32 = select! {
            text = act("text", format!("{found}x")) => text.trim_end_matches('x').parse::<u32>().map_err(|e| e.to_string())?,
            text = async { act("u", 1).await; act("v", "no".to_owned()).await } => { act("w", ()).await; text.parse::<u32>().map_err(|e| e.to_string())? }
        };
        Ok(Some(parsed))
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Both {
    a: u32,
    b: (u32, String),
}

equivalent! {
    with [(1), (4)];
    async fn anywhere_in_an_expression(n: u32) -> (u32, String) {
        let both = Both { a: join!(act("a", n), act("a2", 1)).0, b: join!(act("b", 2), async { act("c", n.to_string()).await }) };
        let list = [join!(act("d", n)).0, select! { x = act("e", 1) => x, y = tick() => 9 }];
        let text = match join!(act("f", n), async { list[0] }) {
            (1, 1) => "one".to_owned(),
            (x, y) if x == y && act("g", true).await => format!("{x}={y}"),
            _ => String::new(),
        };
        let sum = if join!(act("h", n)).0 > 3 && !join!(act("i", false), tick()).0 { both.a } else { -(join!(act("j", 1i64)).0) as u32 };
        let mut total = 0u32;
        total += join!(act("k", 3), act("l", 4)).1;
        total = total.max(join!(act("m", n), tick()).0).wrapping_add(sum);
        let place = &mut vec![1, 2, 3];
        place[join!(act("o", 1usize)).0] = join!(act("p", 7), tick()).0;
        (total + place[1] + both.b.0, text + &both.b.1)
    }
}

equivalent! {
    with [(vec![3, 1, 2]), (vec![])];
    async fn maps_of_calls(orders: Vec<u32>) -> (Vec<u32>, Result<Vec<u32>, String>, usize) {
        let charged = join_all(orders.iter().map(|o| act("charge", *o))).await;
        let calls: Vec<_> = orders.iter().enumerate().map(|(i, o)| act("ship", Ok::<u32, String>(*o + i as u32))).collect();
        let shipped = try_join_all(calls).await;
        let late = timeout(Duration::from_secs(3), join_all(orders.into_iter().map(|o| act("late", o)))).await;
        let (a, b) = join!(join_all((0..2).map(|i| act("r", i))), async { join_all(vec![act("s", 1), act("s", 2)]).await.len() });
        (charged, shipped, late.map_or(0, |l| l.len()) + a.len() + b)
    }
}

equivalent! {
    with [(1), (3)];
    async fn select_in_join_in_timeout(n: u32) -> (Vec<String>, u32) {
        let mut log = Vec::new();
        let mut rounds = 0;
        let out = loop {
            rounds += 1;
            let inside = timeout(Duration::from_secs(n.into()), async {
                let (x, y) = join!(
                    async {
                        for i in 0..n {
                            select! {
                                x = act("x", i) => log.push(format!("x{x}")),
                                Ok(y) = timeout(Duration::from_millis(5), async { act("y", i).await + act("y2", 1).await }) => { log.push(format!("y{y}")); if y > 2 { return y; } }
                                else => break,
                            }
                        }
                        act("z", log.len() as u32).await
                    },
                    timeout(Duration::from_millis(9), act("w", n)),
                );
                Ok::<_, String>((x, y.map_err(|e| e.to_string())?))
            }).await;
            match inside {
                Ok(Ok((x, y))) => break x + y,
                Ok(Err(text)) => log.push(text),
                Err(_) if rounds > 2 => break 1000,
                Err(elapsed) => log.push(elapsed.to_string()),
            }
            if rounds > 3 { break 2000; }
        };
        (log, out)
    }
}

equivalent! {
    with [(0), (2)];
    async fn operands_by_name(n: u32) -> (u32, u32, BTreeMap<u32, u32>) {
        let first = act("first", n);
        let second = act("second", n + 1);
        let (a, b) = join!(first, second);
        let (call, limit) = (act("third", a), Duration::from_secs(2));
        let limited = timeout(limit, call);
        let c = select! { c = limited => c.unwrap_or(50), _ = sleep(limit) => 60 };
        let mut seen = BTreeMap::new();
        for (i, n) in [a, b].into_iter().enumerate() {
            let call = act("call", n);
            select! {
                x = call => { seen.insert(i as u32, x); }
                x = act("other", n) => { seen.insert(10 + i as u32, x); }
            }
        }
        (a + b, c, seen)
    }
}

equivalent! {
    with [(1), (2)];
    async fn closures_and_borrows_around(n: u32) -> (u32, String) {
        let name = format!("n{n}");
        let double = |x: u32| x * 2;
        let short = name.as_str();
        let mut items = vec![n, n + 1];
        let (sum, length) = join!(
            async {
                let mut sum = 0;
                for item in &items { sum += double(act("item", *item).await); }
                sum
            },
            async {
                let got = act("name", short.to_owned()).await;
                got.len() + short.len()
            },
        );
        items.push(sum);
        let last = select! {
            x = act("last", items.len()) => items[x - 1],
            _ = async { for item in items.iter_mut() { *item += act("inc", 1).await; } } => items[0],
        };
        (double(last), format!("{short}{length}{items:?}"))
    }
}
