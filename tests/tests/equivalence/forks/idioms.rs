//! Habits of people who write branches: `?` on options, early returns, shared readers, helpers.

use durable_tests::{equivalent, equivalent_group};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    id: String,
    lines: Vec<(String, u32)>,
    note: Option<String>,
}

fn order(n: u32) -> Order {
    Order {
        id: format!("o{n}"),
        lines: (0..n).map(|i| (format!("l{i}"), i)).collect(),
        note: (n > 1).then(|| "gift".to_owned()),
    }
}

equivalent! {
    with [(order(0)), (order(2)), (order(3))];
    async fn options_and_early_returns(order: Order) -> (Option<u32>, Result<usize, String>, String) {
        let limit = 1;
        let (a, b, c) = join!(
            async {
                let (name, count) = order.lines.first().cloned()?;
                let more = act("first", count).await + order.lines.get(1)?.1;
                if name == "l9" { return Some(0); }
                Some(act("second", more).await + order.lines.len() as u32)
            },
            async {
                for (name, count) in &order.lines {
                    if *count > limit { return Err(format!("too many {name}")); }
                    let sent = send("line", name).await;
                    if sent == 0 { continue; }
                }
                let Some(note) = &order.note else { return Err("no note".to_owned()) };
                act("note", note.to_owned()).await;
                Ok::<_, String>(note.len())
            },
            async {
                let text = 'text: {
                    let Some(note) = &order.note else { break 'text "none".to_owned() };
                    if act("ask", note.len()).await > 9 { break 'text String::new(); }
                    note.to_uppercase()
                };
                act("text", text).await + &order.id
            },
        );
        (a, b, c)
    }
}

equivalent! {
    with [(vec![order(1), order(2)]), (vec![])];
    async fn loops_around_joins(orders: Vec<Order>) -> (BTreeMap<String, u32>, u32, Vec<String>) {
        let mut sums = BTreeMap::new();
        let mut failed = Vec::new();
        for (place, one) in orders.iter().enumerate() {
            let (sum, shipped) = join!(
                async {
                    let mut sum = 0;
                    for (_, count) in &one.lines { sum += act("count", *count).await; }
                    sum
                },
                async { act("ship", if place == 1 { Err(one.id.clone()) } else { Ok(one.lines.len()) }).await },
            );
            *sums.entry(one.id.clone()).or_insert(0) += sum;
            match shipped {
                Ok(0) => continue,
                Ok(n) => { act("shipped", n).await; }
                Err(id) => failed.push(id),
            }
        }
        let mut total = 0;
        let mut left: Vec<_> = orders.into_iter().collect();
        while let Some(Order { lines, id, .. }) = left.pop() {
            total += select! {
                n = async { let mut n = 0; for (name, count) in lines { n += act("n", name.len() as u32).await + count; } n } => n,
                n = async move { act("id", id).await; 50 } => n,
            };
        }
        (sums, total, failed)
    }
}

equivalent! {
    with [(1), (2)];
    async fn items_constants_and_shadowing(n: u32) -> (u32, String) {
        const BASE: u32 = 10;
        fn twice(n: u32) -> u32 { n * 2 }
        let value = n;
        let (a, b) = join!(
            async {
                let value = twice(act("a", value).await);
                let value = match value { v if v > 3 && act("guard", true).await => v + BASE, v => v };
                value
            },
            async {
                let value = value.to_string();
                let value = { let value = act("b", value).await; value + "!" };
                act("c", value).await
            },
        );
        let value = (value, a);
        tick().await;
        (value.0 + value.1, b)
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn a_machine_of_states(n: u32) -> Vec<String> {
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        enum State { Idle, Busy(u32), Done }
        let mut state = State::Idle;
        let mut log = vec![];
        let mut seen = BTreeSet::new();
        while state != State::Done {
            log.push(format!("{state:?}"));
            state = match state {
                State::Idle => select! {
                    x = act("wake", n) => State::Busy(x),
                    _ = sleep(Duration::from_secs(3)) => if seen.insert(0) { State::Idle } else { State::Done },
                },
                State::Busy(x) if x > 3 => { seen.insert(x); State::Done }
                State::Busy(x) => {
                    let (next, ()) = join!(act("work", x + 2), async { log.push(act("log", format!("at {x}")).await); });
                    State::Busy(next)
                }
                State::Done => unreachable!(),
            };
        }
        log.extend(seen.iter().map(ToString::to_string));
        log
    }
}

equivalent_group! {
    lent_to_branches: outer_with_references(1), outer_with_references(3);

    #[workflow]
    pub(super) async fn check(order: &Order, limits: &[u32]) -> Result<u32, String> {
        let (sum, text) = try_join!(
            async {
                let mut sum = 0;
                for (_, count) in &order.lines {
                    let limit = limits.get(*count as usize).copied().unwrap_or(0);
                    let count = act("check", *count).await;
                    if count > limit + 1 { return Err(format!("{count} > {limit}")); }
                    sum += count;
                }
                Ok(sum)
            },
            async { Ok::<_, String>(act("name", order.id.clone()).await) },
        )?;
        Ok(sum + text.len() as u32)
    }

    #[workflow]
    pub(super) async fn outer_with_references(n: u32) -> (Result<u32, String>, Vec<Result<u32, String>>) {
        let (one, limits) = (order(n), vec![1, 1]);
        let (first, more) = join!(
            check(&one, &limits),
            async {
                let mut all = vec![];
                for i in 0..2 {
                    let other = order(i);
                    all.push(check(&other, &limits[1..]).await);
                }
                all
            },
        );
        (first, more)
    }
}
