//! Awaits around places: assignments, updates, ranges, temporaries, and what `?` and jumps do there.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Item {
    id: u32,
    name: String,
    tags: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shelf {
    items: Vec<Item>,
    count: usize,
}

fn bump(n: &mut u32) -> u32 {
    *n += 1;
    *n
}

fn lowest(of: &mut [u32], from: usize) -> &mut u32 {
    of[from..].iter_mut().min().unwrap()
}

fn total(of: &[u32]) -> u32 {
    of.iter().sum()
}

equivalent! {
    with [(1)];
    async fn destructuring_assignments(n: u32) -> (u32, u32, Vec<u32>, Item) {
        let (mut a, mut b) = (0, 0);
        (a, b) = act("pair", (n, n + 1)).await;
        (b, a) = (act("b", a).await, act("a", b).await);
        let mut list = vec![0; 3];
        [list[0], _, list[2]] = act("list", [a, b, 9]).await;
        let mut item = Item::default();
        (item.id, item.name) = act("item", (7, "seven".to_owned())).await;
        let (mut c, mut rest);
        (c, ..) = act("rest", (1, 2, 3)).await;
        Item { tags: item.tags, .. } = act("tags", Item { tags: vec!["t".to_owned()], ..Item::default() }).await;
        rest = c;
        c += act("c", rest).await;
        (a + c, b, list, item)
    }
}

equivalent! {
    with [(2)];
    async fn the_value_comes_before_the_place(n: usize) -> (Vec<u32>, Shelf) {
        let mut v = vec![0; 5];
        v[note("index", n)] = act("value", 7).await;
        v[note("index", n) + 1] = note("value", 8) + act("more", 1).await;
        let mut shelf = Shelf { items: vec![Item::default(), Item::default()], count: 0 };
        shelf.items[note("item", 1)].name = act("name", "n".to_owned()).await;
        shelf.items[note("item", 0)].tags = vec![act("tag", "t".to_owned()).await];
        *shelf.items.last_mut().unwrap() = act("whole", Item { id: 3, ..Item::default() }).await;
        shelf.count = act("count", shelf.items.len()).await;
        (v, shelf)
    }
}

equivalent! {
    with [(2)];
    async fn awaits_on_the_left_side(n: usize) -> (Vec<u32>, u32) {
        let mut v = vec![1, 2, 3, 4];
        v[act("at", n).await] = note("value", 30);
        v[act("at", n + 1).await] = act("value", 40).await;
        v[act("at", 0).await] += 10;
        v[note("first", 0) + act("at", 1).await] *= 3;
        let mut pair = (1, [0; 3]);
        pair.1[act("inner", 2).await] = 5;
        pair.0 -= act("pair", 1).await;
        let by = n as u32;
        v[act("by", 2).await] += by;
        *lowest(&mut v, act("low", 1).await) = note("low value", 9);
        *lowest(&mut v, act("low", 2).await) += 7;
        (v, pair.0 + pair.1[2])
    }
}

equivalent! {
    with [(2)];
    async fn struct_updates(n: u32) -> Vec<Item> {
        let base = Item { id: n, name: "base".to_owned(), tags: vec!["x".to_owned()] };
        let a = Item { id: act("a", 5).await, ..base.clone() };
        let b = Item { name: act("b", "b".to_owned()).await, ..act("base", a.clone()).await };
        let c = Item { tags: vec![], ..Item { id: act("c", 9).await, ..base.clone() } };
        let d = Item { id: note("d", 1), ..make(act("made", n).await) };
        let e = Item { id: act("e", 2).await, ..base };
        vec![a, b, c, d, e]
    }
}

fn make(id: u32) -> Item {
    Item {
        id,
        ..Item::default()
    }
}

equivalent! {
    with [(2)];
    async fn ranges_of_every_kind(n: usize) -> Vec<String> {
        let v: Vec<u32> = (0..10).collect();
        let mut out = Vec::new();
        out.push(format!("{:?}", &v[act("from", n).await..]));
        out.push(format!("{:?}", v[..act("to", n).await].len()));
        out.push(format!("{:?}", &v[act("from", n).await..=act("to", n + 2).await]));
        let r = act("a", 1_u32).await..act("b", 4).await;
        for i in r {
            out.push(act("i", i.to_string()).await);
        }
        for i in act("c", 1_u32).await..=note("d", 2) {
            out.push(act("i", i.to_string()).await);
        }
        out.push(format!("{:?}", ..act("e", 3).await));
        out
    }
}

equivalent! {
    with [(300)];
    async fn casts_negation_and_dereference(n: u32) -> (u8, i64, u32, bool, f64) {
        let a = act("a", n).await as u8;
        let b = -(act("b", n).await as i64) - -act("c", 4_i64).await;
        let boxed = Box::new(n);
        let c = *act("d", boxed).await + *Box::new(act("e", 1).await);
        let d = !act("f", true).await || !(act("g", 0).await == 1);
        let e = act("h", 1).await as f64 / -act("i", 4.0).await;
        (a, b, c, d, e)
    }
}

equivalent! {
    with [(1)];
    async fn repeats_and_small_tuples(n: u32) -> (u32, Vec<[u32; 3]>, u32) {
        let (one,) = (act("one", n).await,);
        let rows = [[act("cell", n).await; 3]; 2].to_vec();
        let field = (act("x", 1).await, act("y", (2, 3)).await).1.1;
        (one, rows, field + act("z", (4, 5)).await.0)
    }
}

equivalent! {
    with [(2)];
    async fn references_to_answers(n: u32) -> (u32, u32, usize, String) {
        let a = total(&act("list", vec![n, n]).await);
        let b = bump(&mut act("n", n).await) + total(&[act("p", 1).await, act("q", 2).await]);
        let c = send("whole", &act("inner", n).await).await;
        let d = act("text", "a,b".to_owned()).await.split(',').rev().collect::<Vec<_>>().join("");
        let e = act("again", &*act("s", "static").await == "static").await;
        (a, b, c, format!("{d}{e}"))
    }
}

equivalent! {
    with [(Some(3)), (Some(0)), (None)];
    async fn chains_of_question_marks(n: Option<u32>) -> Option<u32> {
        let first = act("first", act("n", n).await?.checked_sub(1)).await?;
        let both = act("both", (act("x", Some(first)).await?, act("y", n).await?)).await;
        let mut v = vec![Some(1), None];
        v[0] = Some(act("z", Some(both.0)).await? + both.1);
        v.push(Some(act("w", v[0]).await?));
        return act("last", Some(act("inner", v[2]).await?)).await?.checked_add(1);
    }
}

equivalent! {
    with [(2)];
    async fn closures_are_called_with_answers(n: u32) -> Vec<u32> {
        let add: fn(u32, u32) -> u32 = |a, b| a + b;
        let direct = add(note("b", 1), n);
        let seen = (|x: u32| note("seen", x + 1))(act("x", 4).await);
        let other = u32::wrapping_add(act("c", 3).await, act("d", 4).await);
        let chained = [act("list", vec![3, 1, 2]).await, act("more", vec![9]).await]
            .concat()
            .into_iter()
            .map(|x| x * n)
            .filter(|x| *x != 4)
            .collect::<Vec<_>>();
        let mut sorted = act("sort", chained).await;
        sorted.sort_by_key(|x| std::cmp::Reverse(*x));
        [sorted, vec![direct, seen, other]].concat()
    }
}

equivalent! {
    with [(2)];
    async fn awaits_of_parts_of_answers(n: u32) -> u32 {
        let a = (act("first", n), n).0.await;
        let b = [act("second", n + 1)].into_iter().next().unwrap().await;
        let c = [act("third", a + b)].into_iter().next().unwrap().await;
        let call = act("kept", c);
        note("between", 1);
        let d = call.await;
        let e = { let x = d + 1; act("block", x) }.await;
        let f = (if e > 3 { act("then", 1) } else { act("else", 2) }).await;
        d + e + f
    }
}

equivalent! {
    with [(2)];
    async fn values_of_assignments(n: u32) -> u32 {
        let mut x = 0;
        let unit = x = act("x", n).await;
        let y;
        let () = { y = act("y", x + 1).await; };
        let mut z;
        if (({ z = act("z", y).await; z }) > 2) {
            z += 1;
        }
        let () = unit;
        x + y + z
    }
}

fn tick_of(n: &mut u32) -> usize {
    *n += 1;
    *n as usize
}

equivalent! {
    with [(2)];
    async fn compound_places(n: u32) -> (Vec<u32>, u32, f64) {
        let mut v = vec![1, 2, 3, 4, 5, 6, 7];
        let mut t = 0;
        v[tick_of(&mut t)] += act("a", n).await;
        v[act("i", 1usize).await] *= act("b", n).await;
        v[act("j", 1usize).await + tick_of(&mut t)] -= {
            note("value", t);
            act("c", 1).await
        };
        let mut map: BTreeMap<String, u32> = BTreeMap::new();
        for w in ["x", "y", "x"] {
            *map.entry(w.to_string()).or_insert(10) += act("m", w.len() as u32).await;
            *map.get_mut(w).unwrap() <<= act("s", 1).await;
        }
        let mut f = vec![1.5, 2.5];
        *f.last_mut().unwrap() /= act("f", 2.0).await;
        let mut flags = [true, false];
        flags[tick_of(&mut t) - 3] |= act("g", false).await;
        note("flags", flags);
        (v, map["x"], f[1])
    }
}
