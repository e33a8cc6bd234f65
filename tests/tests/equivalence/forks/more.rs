//! Branches with functions inline, with borrows, and with variables of every class.

use durable_tests::{equivalent, equivalent_group};
use std::collections::BTreeMap;

equivalent_group! {
    inline_in_branches: both(3), both(0), tree(4), raced(1), raced(2);

    #[workflow]
    pub(super) async fn twice(n: u32) -> u32 {
        let a = act("t", n).await;
        a + act("t2", a + 1).await
    }

    #[workflow]
    pub(super) async fn both(n: u32) -> (u32, u32, u32) {
        let (a, b) = join!(act("a", n), twice(n));
        let (c, d) = join!(act("c", n), async { let x = twice(n + 1).await; act("d", x).await });
        (a + b, c, d)
    }

    #[workflow]
    pub(super) async fn tree(n: u32) -> u32 {
        if n < 2 {
            return act("leaf", n).await;
        }
        let (left, right) = join!(recurse(tree(n - 1)), recurse(tree(n - 2)));
        left + right
    }

    #[workflow]
    pub(super) async fn raced(n: u32) -> u32 {
        select! {
            a = async { act("a", n).await; act("b", n).await } => a,
            b = twice(n) => { tick().await; b + 100 }
        }
    }
}

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    id: String,
    lines: Vec<(u32, String)>,
}

equivalent! {
    with [(Order { id: "o".to_owned(), lines: vec![(1, "a".to_owned()), (2, "b".to_owned())] })];
    async fn borrows_into_an_order(order: Order) -> (usize, usize, Order) {
        let id = &order.id;
        let first = &order.lines[0];
        let (a, b) = join!(
            async {
                let x = send("id", id).await;
                tick().await;
                x + id.len()
            },
            async {
                let second = &order.lines[1];
                let x = send("second", second).await;
                tick().await;
                x + second.1.len() + first.1.len()
            },
        );
        send("first", first).await;
        (a, b, order)
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn loops_over_borrows_in_branches(list: Vec<u32>) -> (u32, Vec<u32>) {
        let mut out = Vec::new();
        let (sum, ()) = join!(
            async {
                let mut sum = 0;
                for i in 0..list.len() {
                    let x = &list[i];
                    sum += act("x", *x).await;
                    sum += x;
                }
                sum
            },
            async {
                for x in list.clone() {
                    out.push(act("y", x + 1).await);
                }
            },
        );
        (sum, out)
    }
}

equivalent! {
    with [(1), (2)];
    async fn patterns_options_and_maps(n: u32) -> (Option<u32>, BTreeMap<u32, String>, Option<String>) {
        let mut map = BTreeMap::new();
        let (some, text) = (Some(n), if n == 1 { None } else { Some(format!("{n}")) });
        let mut last = None;
        let (found, ()) = join!(
            async {
                let n = some?;
                let Some(text) = act("text", text.clone()).await else { return None };
                let len = act("len", text.len() as u32).await;
                Some(n + len)
            },
            async {
                for i in 0..n {
                    map.entry(act("key", i).await).or_insert_with(String::new).push('x');
                    last = text.clone();
                    act("size", map.len() as u32).await;
                }
            },
        );
        act("end", map.len() as u32).await;
        (found, map, last)
    }
}

equivalent! {
    with [(1), (2)];
    async fn cells_that_branches_share(n: u32) -> u32 {
        let counter = std::sync::atomic::AtomicU32::new(n);
        let add = std::sync::atomic::Ordering::SeqCst;
        let (a, b) = join!(
            async {
                counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                act("a", 1).await;
                counter.fetch_add(10, std::sync::atomic::Ordering::SeqCst);
                act("a2", counter.load(std::sync::atomic::Ordering::SeqCst)).await
            },
            async {
                act("b", 1).await;
                counter.fetch_add(100, std::sync::atomic::Ordering::SeqCst);
                act("b2", counter.load(std::sync::atomic::Ordering::SeqCst)).await
            },
        );
        act("end", counter.load(std::sync::atomic::Ordering::SeqCst)).await;
        a + b + counter.into_inner()
    }
}

equivalent! {
    with [(5), (7)];
    async fn types_decided_later_in_branches(n: u32) -> (Vec<u8>, u64, Option<String>) {
        let mut list = Vec::new();
        let none = Default::default();
        let (total, text) = join!(
            async {
                let mut total = 0;
                for _ in 0..2 {
                    total += act("n", u64::from(n)).await;
                    list.push(total as u8);
                }
                total
            },
            async {
                let mut text = None;
                if act("t", n).await == 5 {
                    text = Some(act("u", String::from("five")).await);
                }
                tick().await;
                text
            },
        );
        let all: u64 = none;
        (list, total + all, text)
    }
}

equivalent! {
    with [(3)];
    async fn moves_a_loop_variable(n: u32) -> Vec<String> {
        let names: Vec<String> = (0..n).map(|i| format!("n{i}")).collect();
        let mut out = Vec::new();
        let prefix = "p".to_owned();
        for name in names {
            let copy = name.clone();
            let (a, b) = join!(
                async move { let n = act("a", name).await; act("b", n).await },
                async { act("c", format!("{prefix}{copy}")).await },
            );
            out.push(a + &b + &copy);
        }
        out.push(prefix);
        out
    }
}

equivalent! {
    with [(2)];
    async fn a_branch_in_a_branch_in_a_branch(n: u32) -> (u32, u32) {
        let mut depth = n;
        let x = join!(async {
            depth += 1;
            let y = join!(
                async {
                    depth *= 2;
                    let z = join!(
                        async { depth += act("deep", depth).await; tick().await; depth },
                        act("beside", 1),
                    );
                    depth += 1;
                    tick().await;
                    z.0 + z.1
                },
                async { act("by", n).await + act("by2", n).await },
            );
            tick().await;
            depth += 1;
            y.0 + y.1
        }).0;
        act("end", depth).await;
        (x, depth)
    }
}

equivalent! {
    with [(0), (1), (2)];
    async fn a_disabled_branch_keeps_its_variable(n: u32) -> (u32, Vec<u32>) {
        let mut list = vec![n];
        let mut rounds = 0;
        loop {
            rounds += 1;
            let done = select! {
                () = async { for i in 0..2 { list.push(act("i", i).await); } }, if n > 0 && rounds < 3 => rounds > 1,
                x = async { act("t", rounds).await; tick().await; act("t2", rounds).await } => x > 1,
            };
            list.push(100 + rounds);
            act("round", list.len() as u32).await;
            if done { break; }
        }
        (rounds, list)
    }
}

equivalent! {
    with [(2)];
    async fn a_mutable_borrow_in_a_branch(n: u32) -> (Vec<u32>, u32) {
        let mut list = vec![n];
        let all = &mut list;
        let (x, y) = join!(
            async {
                all.push(act("a", 1).await);
                all.push(act("b", 2).await);
                all.len() as u32
            },
            act("c", n),
        );
        all.push(x);
        tick().await;
        (list, y)
    }
}

equivalent! {
    with [(1), (2)];
    #[allow(unreachable_code, reason = "this is what is tested")]
    async fn dead_branches(n: u32) -> u32 {
        let mut list = Vec::new();
        if act("n", n).await == 1 {
            return join!(async { n }, act("m", n)).0;
        }
        return n;
        let (a, b) = join!(async { list.push(1_u8); act("a", n).await }, act("b", 2_u32));
        a + b
    }
}

equivalent! {
    with [(1), (4)];
    async fn conditions_and_operands(n: u32) -> (u32, bool) {
        let mut k = n;
        while join!(act("while", k)).0 < 3 {
            k += if select! { x = act("x", k) => x == 1, y = act("y", k) => y == 2 } { 1 } else { 2 };
        }
        let both = join!(act("p", k)).0 == 3 && try_join!(act("q", Ok::<u32, u32>(k))).is_ok();
        let list = [k, join!(act("l", k)).0, select! { x = act("s", k) => x }];
        (list.iter().sum::<u32>() + note("n", k) + join!(async { act("z", k).await }).0, both)
    }
}

equivalent! {
    with [(3)];
    async fn closures_and_macros_in_branches(n: u32) -> (String, Vec<u32>) {
        let double = |x: u32| x * 2;
        let first = double(n);
        let (text, list) = join!(
            async {
                let triple = |x: u32| x * 3;
                let text = format!("{n} {} {first}", act("f", triple(n)).await);
                assert_eq!(text.len(), act("len", text.len()).await, "{text}");
                text
            },
            async {
                let list = vec![act("v", n).await, first, n];
                tick().await;
                list.into_iter().map(|x| x + n).collect::<Vec<_>>()
            },
        );
        println!("{text} {list:?} {}", act("p", n).await);
        (text, list)
    }
}

equivalent! {
    with [("ab".to_owned()), ("".to_owned())];
    async fn let_else_and_matches_in_branches(text: String) -> Result<(usize, char), String> {
        let mut left = text.clone();
        let (a, b) = try_join!(
            async {
                let Some(first) = act("first", text.chars().next()).await else {
                    act("none", ()).await;
                    return Err("empty".to_owned());
                };
                match act("c", first).await {
                    'a' if text.len() > 1 => Ok(first),
                    other => { tick().await; Err(format!("{other}")) }
                }
            },
            async {
                while let Some(c) = act("pop", left.pop()).await {
                    if c == 'z' { break; }
                    'inner: loop {
                        match act("in", c).await {
                            'b' => break 'inner,
                            _ => return Ok(left.len()),
                        }
                    }
                }
                Err::<usize, String>("nothing".to_owned())
            },
        )?;
        Ok((b, a))
    }
}
