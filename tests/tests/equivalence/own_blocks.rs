//! `async` blocks that run by themselves: what `join_all`, `spawn` and `JoinSet` are given.

use durable_tests::equivalent;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u32,
    name: String,
    lines: Vec<u32>,
}

fn order(id: u32) -> Order {
    Order {
        id,
        name: format!("o{id}"),
        lines: vec![id, id + 1, id + 2],
    }
}

fn rate() -> u32 {
    7
}

equivalent! {
    with [(vec![3, 4]), (vec![])];
    async fn values_are_taken_along(items: Vec<u32>) -> u32 {
        let got = join_all(items.into_iter().map(|item| async move {
            let a = act("a", item).await;
            act("b", a + 1).await
        }))
        .await;
        got.iter().sum()
    }
}

equivalent! {
    with [(vec![order(1), order(5)]), (vec![order(2)])];
    async fn references_are_taken_along(orders: Vec<Order>) -> Vec<String> {
        let factor = 3;
        let prefix = String::from("p");
        let prefix = prefix.as_str();
        let names = join_all(orders.iter().enumerate().map(|(i, order)| async move {
            let mut sum = 0;
            for line in &order.lines {
                sum += act("line", line * factor).await;
            }
            note("named", &order.name);
            act("named", order.name.clone()).await;
            format!("{prefix}{i} {} {sum}", order.name)
        }))
        .await;
        act("done", orders.len()).await;
        names
    }
}

equivalent! {
    with [(vec![order(1), order(5)])];
    async fn blocks_that_do_not_move(orders: Vec<Order>) -> Vec<String> {
        let mut blocks = vec![];
        let factor = rate();
        for order in &orders {
            blocks.push(async move { act("push", order.id * factor).await; order.name.clone() });
        }
        let mut names = join_all(blocks).await;
        let first = &orders[0];
        let more = join_all([async { act("one", first.id).await; format!("{}-{factor}", first.name) }]).await;
        names.extend(more);
        names
    }
}

equivalent! {
    with [(1), (2), (5)];
    async fn what_blocks_change_is_their_own(n: u32) -> (u32, Vec<u32>) {
        let mut count = n;
        let mut log = vec![n];
        let block = async move {
            for i in 0..2 {
                count += act("count", i).await;
                log.push(count);
            }
            (count, log)
        };
        act("between", n).await;
        let (count2, log) = block.await;
        act("after", count).await;
        (count + count2, log)
    }
}

equivalent! {
    with [(0), (1), (2), (7)];
    async fn blocks_end_early(n: u32) -> Result<Vec<u32>, String> {
        let results = try_join_all((0..3).map(|i| async move {
            let a = act("a", n + i).await;
            if a % 3 == 2 {
                return Ok(a);
            }
            let b: Result<u32, String> = if a == 7 { Err(format!("bad {a}")) } else { Ok(a) };
            let b = b?;
            act("b", b).await;
            Ok::<_, String>(b + 1)
        }))
        .await?;
        act("end", results.len()).await;
        Ok(results)
    }
}

equivalent! {
    with [(1), (4)];
    async fn blocks_in_blocks(n: u32) -> Vec<Vec<u32>> {
        let base = n * 10;
        join_all((0..n).map(|i| async move {
            let inner = join_all((0..2).map(|j| async move {
                let a = act("inner", base + i * 2 + j).await;
                let _ = sleep(Duration::from_secs(1)).await;
                a
            }))
            .await;
            act("outer", i).await;
            inner
        }))
        .await
    }
}

equivalent! {
    with [(1), (3)];
    async fn joins_and_selects_in_blocks(n: u32) -> Vec<(u32, u32, String)> {
        let mut all = join_all((0..n).map(|i| async move {
            let mut seen = 0;
            let (a, b) = join!(act("a", i), async { seen += act("b", i).await; act("c", i).await });
            let text = select! {
                x = act("d", a + b) => format!("d{x}"),
                _ = sleep(Duration::from_secs(2)) => "late".to_owned(),
            };
            (a, seen, text)
        }))
        .await;
        all.sort();
        all
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn spawned_blocks(n: u32) -> u32 {
        let name = format!("n{n}");
        let handle = spawn(async move {
            let a = act("a", n).await;
            act(&name, a).await;
            a + 1
        });
        let other = act("other", n).await;
        handle.await + other
    }
}

equivalent! {
    with [(0), (1), (5)];
    async fn sets_of_blocks(n: u32) -> Vec<u32> {
        let mut set = JoinSet::new();
        let mut next = 0..n;
        for i in next.by_ref().take(2) {
            set.spawn(async move {
                act("begin", i).await;
                act("end", i).await * 2
            });
        }
        let mut found = vec![];
        while let Some(got) = set.join_next().await {
            found.push(got);
            if let Some(i) = next.next() {
                set.spawn(async move { act("more", i).await });
            }
        }
        found
    }
}

equivalent! {
    with [(1), (3)];
    async fn lists_of_blocks(n: u32) -> (Vec<u32>, Vec<u32>) {
        let a = 1;
        let two = join_all([true, false].map(|up| async move { if up { act("up", n).await } else { n } })).await;
        let same = |x: u32| async move { act("same", x + a).await };
        let three = join_all(vec![same(1), same(2), same(n)]).await;
        act("end", n).await;
        (two, three)
    }
}

equivalent! {
    with [(1), (3)];
    async fn blocks_that_are_kept(n: u32) -> u32 {
        let mut later = BTreeMap::new();
        for i in 0..n {
            let text = "x".repeat(i as usize);
            later.insert(i, async move { act("later", text.len()).await + i as usize });
        }
        act("first", n).await;
        let mut sum = 0;
        for (_, block) in later {
            sum += block.await as u32;
        }
        sum
    }
}

equivalent! {
    with [(1), (3), (8)];
    async fn blocks_that_are_awaited_in_place(n: u32) -> Result<u32, String> {
        let mut tried = 0;
        let result: Result<u32, String> = async {
            tried += 1;
            let a = act("a", n).await;
            if a > 2 {
                Err(format!("too much: {a}"))?;
            }
            tried += 1;
            Ok(act("b", a).await)
        }
        .await;
        act("tried", tried).await;
        let more = async { act("c", n).await }.await + tried;
        result.map(|r| r + more)
    }
}

equivalent! {
    with [(1), (3), (8)];
    async fn names_of_functions_and_variables(n: u32) -> u32 {
        let by = rate() + n;
        let blocks = (0..2).map(|i| async move {
            let base = rate();
            act("rate", base + i + by).await
        });
        let rates = join_all(blocks).await;
        let rate = act("own", rates[0]).await;
        rate + by
    }
}

equivalent! {
    with [(2)];
    async fn blocks_that_give_nothing(n: u32) -> u32 {
        let done = join_all((0..n).map(|i| async move { act("a", i).await; })).await;
        let none = join_all((0..n).map(|_| async move {})).await;
        act("end", done.len() + none.len()).await;
        n
    }
}

equivalent! {
    with [(2)];
    async fn what_is_shadowed(n: u32) -> u32 {
        let x = n + 1;
        let a = async move { let x = act("x", x).await; let y = { let x = x * 2; act("y", x).await }; x + y };
        let x = format!("{x}");
        let b = async move { act(&x, 1).await; x.len() as u32 };
        let x = act("end", n).await;
        let (a, b) = join!(a, b);
        a + b + x
    }
}

macro_rules! twice {
    ($x:ident) => {
        $x * 2
    };
}

equivalent! {
    with [(vec![order(1), order(5)])];
    async fn what_macros_mention(orders: Vec<Order>) -> Vec<String> {
        let n = 4;
        let title = String::from("t");
        let lines = join_all(orders.iter().map(|Order { id, name, .. }| {
            let title = title.clone();
            async move {
                let a = act("a", twice!(n) + id).await;
                let text = format!("{title} {name} {a:>width$}", width = n as usize);
                act("text", text.clone()).await;
                assert!(!text.is_empty(), "{text} of {title}");
                text
            }
        }))
        .await;
        act("end", n).await;
        lines
    }
}

equivalent! {
    with [(1), (3)];
    async fn lists_in_branches(n: u32) -> (u32, u32, u32) {
        let (a, b) = join!(
            join_all((0..n).map(|i| async move { act("a", i).await + act("b", i).await })),
            join_all(vec![async move { act("c", n).await }]),
        );
        let c = join!(async {
            let all = join_all((0..2).map(|i| async move { act("d", i).await })).await;
            all.len() as u32
        })
        .0;
        let first = select! {
            all = join_all(vec![async move { act("e", a.len()).await }]) => all.len() as u32,
            all = join_all(b.into_iter().map(|b| async move { act("f", b).await })) => all[0],
        };
        (c, first, n)
    }
}

equivalent! {
    with [(1), (3)];
    async fn control_flow_in_blocks(n: u32) -> Vec<u32> {
        let limit = 5;
        let mut all = vec![];
        'outer: for round in 0..2 {
            let found = join_all((0..n).map(|i| async move {
                let mut x = i;
                let found = loop {
                    match act("step", x).await {
                        y if y >= limit => break y,
                        y if y % 2 == 1 => { x = y + 2; continue }
                        0 => return 100,
                        y => x = y + 1,
                    }
                };
                for k in [1, 2] {
                    if found == 6 && k == 2 { return found; }
                    act("k", k).await;
                }
                found + round
            }))
            .await;
            for x in found {
                if x == 6 { break 'outer; }
                all.push(act("found", x).await);
            }
        }
        all
    }
}

equivalent! {
    with [(1), (3)];
    async fn strings_and_slices(n: u32) -> Vec<String> {
        let names = vec!["a".to_string(), "bc".to_string()];
        let parts = [1, 2, 3, 4];
        let words = join_all("x y z".split(' ').zip(parts.chunks(2)).map(|(word, part)| async move {
            let mut sum = n;
            for p in part.iter() { sum += act("p", *p).await; }
            act("word", word.to_owned()).await;
            format!("{word}{sum}")
        })).await;
        let more = join_all(names.iter().map(|name| { let name: &str = name; async move { act("name", name.to_owned()).await; name.len().to_string() } })).await;
        act("end", n).await;
        words.into_iter().chain(more).collect()
    }
}

equivalent! {
    with [(1), (3)];
    async fn values_that_are_moved_in_parts(n: u32) -> String {
        let o = order(n);
        let later = async move { act("name", o.name.clone()).await; let Order { name, lines, .. } = o; act("lines", lines).await; name };
        act("between", n).await;
        let boxed = Box::new(n);
        let pair = (n, String::from("s"));
        let more = async move { let (a, b) = pair; act(&b, a).await; drop(b); *boxed + a };
        let (a, b) = (later.await, more.await);
        format!("{a}{b}")
    }
}

macro_rules! chosen {
    (if $condition:expr => $value:expr, else $other:expr) => {
        if $condition { $value } else { $other }
    };
}

// A keyword in the arguments of a macro is no name that a block takes along.
equivalent! {
    with [(1), (3)];
    async fn keywords_in_macros(n: u32) -> u32 {
        let limit = n + 1;
        let found = join_all((0..n).map(|i| async move {
            let a = act("a", i).await;
            chosen!(if a > 1 => limit, else a)
        }))
        .await;
        found.iter().sum()
    }
}

equivalent! {
    with [(2), (0)];
    async fn references_to_what_holds_literals_are_taken_along(n: u32) -> Vec<usize> {
        let words: Vec<&'static str> = vec!["a", "bc"];
        let words = &words;
        let held: Result<&'static str, u32> = if n == 0 { Err(n) } else { Ok("k") };
        let held = &held;
        join_all((0..n).map(|i| async move {
            act("a", i).await;
            let mine = words.clone();
            let same = held.clone();
            act("b", (i, mine.clone(), same.clone())).await;
            mine.len() + same.map_or(0, str::len)
        }))
        .await
    }
}

// A label in the arguments of a user's macro was taken for the variable of that name, and moved.
equivalent! {
    with [(vec![3, 4], "first".to_owned())];
    async fn a_field_has_the_name_of_a_variable(lines: Vec<u32>, mut name: String) -> String {
        let mut round = 0;
        loop {
            round += 1;
            note("name", &name);
            if round > 2 {
                break;
            }
            let mine = lines.clone();
            let later = async move {
                durable_tests::event!(order = Order { id: 1, name: String::from("o"), lines: mine.clone() }.id);
                act("later", mine.len()).await
            };
            act("between", round).await;
            name += &later.await.to_string();
        }
        name
    }
}
