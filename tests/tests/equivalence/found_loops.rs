//! Loops over what a method has found: a borrow, which is made again, or a value, which is saved.

use durable_tests::equivalent;
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Order {
    id: u32,
    lines: Vec<String>,
    extra: Option<Vec<u32>>,
    tags: BTreeSet<String>,
}

fn order(id: u32) -> Order {
    Order {
        id,
        lines: vec![format!("a{id}"), "b".into(), "c".into()],
        extra: (id > 2).then(|| vec![id, 7]),
        tags: ["x".to_owned(), "y".to_owned()].into(),
    }
}

fn shops() -> BTreeMap<String, Vec<Order>> {
    [
        ("a".to_owned(), vec![order(1), order(3)]),
        ("b".to_owned(), vec![]),
    ]
    .into()
}

equivalent! {
    with [(vec![3, 4, 5]), (vec![9])];
    async fn the_rest_of_a_slice(v: Vec<u32>) -> u32 {
        let (first, rest) = v.split_first().unwrap();
        let mut sum = act("first", *first).await;
        for r in rest {
            sum += act("r", *r).await;
            note("still", r);
        }
        act("len", rest.len()).await;
        for r in rest {
            if *r == 5 { break }
            sum += act("again", *r).await + first;
        }
        sum
    }
}

equivalent! {
    with [("a"), ("b"), ("c")];
    async fn what_a_map_holds(key: &str) -> Result<u32, String> {
        let all = act("all", shops()).await;
        let mut key = key.to_owned();
        let orders = all.get(&key).ok_or_else(|| format!("no {key}"))?;
        key.clear();
        let mut sum = 0;
        for order in orders {
            let id = &order.id;
            sum += act("id", *id).await;
            for line in &order.lines {
                act("line", line.clone()).await;
                sum += line.len() as u32 + id;
            }
            if let Some(extra) = order.extra.as_ref() {
                for (i, e) in extra.iter().enumerate() {
                    sum += act("extra", e + i as u32).await;
                }
                for e in extra { act("e", *e).await; note("e", (e, order.id)); }
            }
        }
        act("key", key).await;
        Ok(sum)
    }
}

equivalent! {
    with [("a"), ("b"), ("z")];
    async fn without_a_name(key: &str) -> Result<u32, String> {
        let all = act("all", shops()).await;
        let mut sum = 0;
        for Order { id, lines, .. } in all.get(key).ok_or("none")? {
            sum += act("id", *id).await;
            act("lines", lines.len()).await;
            sum += *id;
        }
        for order in all.get("a").unwrap() {
            let Some(extra) = order.extra.as_deref() else { act("skip", order.id).await; continue };
            for e in extra { sum += act("e", *e).await; }
        }
        Ok(sum)
    }
}

equivalent! {
    with [(vec![vec![1, 2], vec![], vec![3]]), (vec![])];
    async fn rows_and_cells(rows: Vec<Vec<u32>>) -> u32 {
        let mut sum = 0;
        'rows: for row in rows.get(..).unwrap() {
            act("row", row.len()).await;
            for cell in row {
                if *cell == 3 { continue 'rows }
                sum += act("cell", *cell).await;
                note("in", (row.len(), cell));
            }
            for row in row { act("shadow", *row).await; note("row", row); }
            note("row", row);
        }
        if let Some((head, tail)) = rows.split_first() {
            for row in tail {
                for cell in row.split_first().map_or(&[][..], |(_, rest)| rest) { note("cell", cell); }
                for (a, b) in head.iter().zip(row.iter()) { sum += act("pair", a * b).await; }
            }
        }
        sum
    }
}

equivalent! {
    with [(vec![order(1), order(4)])];
    async fn in_blocks(orders: Vec<Order>) -> Vec<u32> {
        let base = vec![10, 20];
        let by_reference = join_all(orders.iter().map(|order| {
            let (lines, tags) = (&order.lines, &order.tags);
            let base = base.clone();
            async move {
                let mut sum = 0;
                for line in lines {
                    act("line", line.clone()).await;
                    for tag in tags { act("tag", format!("{line}{tag}")).await; sum += 1; }
                }
                for b in base { sum += act("base", b).await; }
                sum
            }
        }))
        .await;
        let by_value = join_all(orders.into_iter().map(|Order { lines, tags, .. }| async move {
            let mut sum = 0;
            for tag in &tags { act("tag", tag.clone()).await; }
            for line in lines { sum += act("line", line.len()).await as u32; note("line", &line); }
            for tag in tags { sum += act("tag", tag).await.len() as u32; }
            sum
        }))
        .await;
        by_reference.into_iter().chain(by_value).collect()
    }
}

/// Gives values by methods with the names of those of std.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Catalog(Vec<u32>);

impl Catalog {
    fn get(&self, from: usize) -> Option<Vec<u32>> {
        self.0.get(from..).map(<[u32]>::to_vec)
    }
    fn first(&self) -> std::ops::Range<u32> {
        0..self.0[0]
    }
}

equivalent! {
    with [(vec![3, 4, 5])];
    async fn values_of_other_types(v: Vec<u32>) -> u32 {
        let catalog = Catalog(v);
        let mut sum = 0;
        if let Some(prices) = catalog.get(1) {
            for price in prices { sum += act("price", price).await; note("price", price); }
        }
        let range = catalog.first();
        for i in range { sum += act("i", i).await; }
        for price in catalog.get(2).unwrap() { sum += act("price", price).await + price; }
        drop(catalog);
        act("end", sum).await
    }
}

equivalent! {
    with [(2), (0)];
    async fn sets_and_maps(n: u32) -> Vec<String> {
        let stock: BTreeMap<u32, HashMap<String, u32>> = act("stock", BTreeMap::from([
            (2, HashMap::from([("tea".to_owned(), 3)])),
            (3, HashMap::new()),
        ])).await;
        let sets = act("sets", vec![BTreeSet::from([1, 2]), BTreeSet::from([3])]).await;
        let mut out = vec![];
        if let Some(shop) = stock.get(&n) {
            for (name, count) in shop {
                out.push(act("name", format!("{name}{count}")).await);
                note("count", count);
            }
            for pair in shop { act("pair", *pair.1).await; note("name", pair.0); }
        }
        let (last, others) = sets.split_last().unwrap();
        for set in others {
            for &x in set { act("x", x).await; out.push(x.to_string()); }
            for x in last { act("last", *x).await; note("both", (x, set.len())); }
        }
        out
    }
}

equivalent! {
    with [(vec![3, 4, 5]), (vec![9])];
    async fn patterns_of_slices(v: Vec<u32>) -> u32 {
        let [first, rest @ ..] = v.as_slice() else { return 0 };
        let mut sum = *first;
        for r in rest {
            if act("r", *r).await == 4 { sum += *r; continue }
            return act("early", sum + *r).await + r;
        }
        match v.get(1..) {
            Some([]) | None => sum,
            Some(more) => { for m in more { sum += act("m", *m).await; } sum }
        }
    }
}

equivalent! {
    with [("k=a,b;j=c"), ("k="), ("")];
    async fn parsed_text(text: &str) -> Vec<String> {
        let mut out = vec![];
        let text = act("text", text.to_owned()).await;
        for field in text.split(';') {
            act("field", field.to_owned()).await;
            let Some((key, values)) = field.split_once('=') else { continue };
            for value in values.split(',') {
                out.push(act("value", format!("{key}{value}")).await);
                note("key", key);
            }
            if let Some(rest) = field.strip_prefix("k=") {
                for part in rest.split(',') { act("part", part.to_owned()).await; note("part", (part, rest, field)); }
            }
        }
        out
    }
}
