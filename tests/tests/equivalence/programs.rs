//! Programs as people write them: many constructs at once, none of them for its own sake.

use durable_tests::equivalent;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

#[derive(Clone, Debug, PartialEq, Default, serde::Serialize, serde::Deserialize)]
struct Item {
    sku: String,
    qty: u32,
    price: f64,
    tags: Vec<String>,
}
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Event {
    Add(Item),
    Remove { sku: String, qty: u32 },
    Batch(Vec<Event>),
    Stop,
}
#[derive(Clone, Debug, PartialEq, Default, serde::Serialize, serde::Deserialize)]
struct Cart {
    items: BTreeMap<String, Item>,
    total: f64,
    history: Vec<(String, u32)>,
    owner: Option<String>,
}
impl Cart {
    fn find(&self, sku: &str) -> Option<&Item> {
        self.items.get(sku)
    }
    fn apply(&mut self, e: &Event) -> Result<u32, String> {
        match e {
            Event::Add(i) => {
                self.items.insert(i.sku.clone(), i.clone());
                Ok(i.qty)
            }
            Event::Remove { sku, qty } => {
                let it = self.items.get_mut(sku).ok_or_else(|| format!("no {sku}"))?;
                it.qty = it.qty.checked_sub(*qty).ok_or("too few")?;
                Ok(it.qty)
            }
            Event::Batch(es) => {
                let mut n = 0;
                for e in es {
                    n += self.apply(e)?;
                }
                Ok(n)
            }
            Event::Stop => Err("stop".into()),
        }
    }
}
fn item(s: &str, qty: u32) -> Item {
    Item {
        sku: s.into(),
        qty,
        price: 1.5,
        tags: vec!["t".into(), s.into()],
    }
}

equivalent! {
    with [(vec![Event::Add(item("a", 3)), Event::Remove { sku: "a".into(), qty: 1 }, Event::Batch(vec![Event::Add(item("b", 1)), Event::Stop]), Event::Stop])];
    async fn events_are_applied(events: Vec<Event>) -> Result<(Cart, usize), String> {
        let mut cart = Cart::default();
        let mut applied = 0usize;
        'outer: for (n, event) in events.iter().enumerate() {
            let label = match event {
                Event::Add(Item {
                    sku, qty: 1..=3, ..
                }) => act("small", sku.clone()).await,
                Event::Add(Item { sku, .. }) => act("big", sku.to_string()).await,
                Event::Remove { sku, qty } if *qty > 0 => {
                    let Some(found) = cart.find(sku) else {
                        continue 'outer;
                    };
                    act("remove", (found.sku.clone(), *qty)).await.0
                }
                Event::Remove { .. } => continue,
                Event::Batch(inner) => {
                    for e in inner {
                        if let Event::Stop = e {
                            act("stop in batch", n).await;
                            break 'outer;
                        }
                        act("in batch", format!("{e:?}").len()).await;
                    }
                    "batch".to_owned()
                }
                Event::Stop => break 'outer,
            };
            let Ok(n) = cart.apply(event) else {
                act("failed", label).await;
                continue;
            };
            cart.history.push((label, n));
            applied += act("applied", 1usize).await;
        }
        Ok((cart, applied))
    }
}

equivalent! {
    with [(3), (7)];
    async fn while_let_stack(n: u32) -> Vec<u32> {
        let mut stack = vec![n];
        let mut seen = BTreeSet::new();
        let mut order = Vec::with_capacity(10);
        while let Some(top) = stack.pop() {
            if !seen.insert(top) {
                continue;
            }
            order.push(top);
            let next = act("next", top).await;
            if let 1.. = next
                && next % 2 == 1
                && let Some(half) = next.checked_sub(1).map(|x| x / 2)
            {
                stack.push(act("half", half).await);
                stack.extend([next - 1].iter());
            } else if next > 0 {
                stack.push(next / 2);
            }
        }
        order.sort_unstable();
        order
    }
}

equivalent! {
    with [(5), (0)];
    async fn struct_updates_and_casts(n: u32) -> (Item, i64, [u32; 3]) {
        let base = item("x", n);
        let it = Item {
            qty: act("qty", n).await + 1,
            sku: act("sku", String::from("k")).await,
            ..base
        };
        let c = act("c", n as u8).await as i64 - act("d", 7i64).await;
        let arr = [act("e0", n).await, 4, act("e2", it.qty).await];
        let rep = [act("rep", n).await; 3];
        let mut grid = [[0u32; 3]; 2];
        let (row, column) = (act("i", 1usize).await, act("j", 2usize).await);
        grid[row][column] = act("v", 9).await;
        grid[0][1] += act("w", 2).await;
        for row in &grid {
            for cell in row {
                act("cell", *cell).await;
            }
        }
        for (i, row) in grid.iter_mut().enumerate() {
            for cell in row.iter_mut() {
                *cell += act("m", i as u32).await;
            }
        }
        let flat: Vec<u32> = grid.iter().flatten().copied().collect();
        act("flat", flat).await;
        (it, c, [arr[0], rep[1], grid[1][2]])
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn windows_chunks_zip(mut v: Vec<u32>) -> String {
        v.sort();
        let mut s = String::new();
        for w in v.windows(2) {
            write!(s, "{}-", act("w", w[0] + w[1]).await).unwrap();
        }
        for (a, b) in v.iter().zip(v.iter().skip(1)) {
            s += &act("z", a * b).await.to_string();
        }
        for c in v.chunks(2) {
            let n = act("c", c.len()).await;
            s.push_str(&format!("[{n}:{c:?}]"));
        }
        for (i, c) in s.clone().chars().rev().enumerate().step_by(2) {
            note("ch", c);
            if act("i", i).await > 3 {
                break;
            }
        }
        for b in s.bytes().take(2) {
            act("b", b).await;
        }
        s
    }
}

equivalent! {
    with [(4)];
    async fn closures_beside_awaits(n: u32) -> u32 {
        let add = |x: u32| x + n;
        let a = act("a", add(1)).await;
        let b = act("b", add(a)).await;
        let mut total = 0;
        let mut bump = |x| total += x;
        bump(a);
        bump(b);
        let c = act("c", total).await;
        let fs: [fn(u32) -> u32; 2] = [|x| x + 1, |x| x * 2];
        let r = fs.iter().fold(c, |n, f| f(n));
        let compose = move |x| add(x) * 2;
        act("g", compose(r)).await
    }
}

equivalent! {
    with [(Some(3)), (None)];
    async fn combinators(x: Option<u32>) -> Result<u32, String> {
        let y = match x {
            Some(v) if act("check", v > 2).await => Some(act("v", v).await),
            other => other,
        };
        let z = if let Some(v) = y {
            act("some", v).await
        } else {
            return Err(act("none", "none".to_owned()).await);
        };
        let r: Result<u32, String> = if z > 100 { Err("big".into()) } else { Ok(z) };
        let z = r?;
        let w = Some(act("w", z).await).filter(|w| *w > 1).ok_or("small")?;
        Ok(w)
    }
}

equivalent! {
    with [(vec![item("a", 1), item("b", 2)])];
    async fn partial_moves_of_items(items: Vec<Item>) -> Vec<String> {
        let mut out = vec![];
        for Item { sku, tags, qty, .. } in items {
            let t = act("tags", tags).await;
            out.push(sku);
            for tag in t.into_iter().filter(|t| t.len() == 1) {
                out.push(act("tag", tag).await);
            }
            let q @ 1..=5 = act("q", qty).await else {
                break;
            };
            out.push(q.to_string());
        }
        out
    }
}

equivalent! {
    with [(10)];
    async fn labelled_values(n: u32) -> u32 {
        let found = 'search: loop {
            for i in (0..n).rev() {
                for j in i..n {
                    if act("p", i * j).await == 42 {
                        break 'search Some((i, j));
                    }
                }
            }
            break None;
        };
        found.map_or(0, |(a, b)| a + b)
    }
}
