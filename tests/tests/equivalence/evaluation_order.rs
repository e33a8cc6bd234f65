//! What is evaluated before what, where operands await and change each other.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::Point;
use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

fn at(v: &mut [u32], i: u32) -> &mut u32 {
    note("at", i);
    &mut v[i as usize]
}

equivalent! {
    with [(1), (2)];
    async fn places_and_their_values(n: u32) -> (Vec<u32>, String) {
        let mut v = vec![1u32, 2, 3];
        let mut i = 0;
        let mut s = String::from("s");
        v[act("i", 1u32).await as usize] += act("r", 10).await;
        v[act("i", 2u32).await as usize] = act("r", 20).await;
        v[{
            i += 1;
            note("i", i);
            i
        }] = act("r", n).await;
        *at(&mut v, 0) = act("r", n + 1).await;
        *at(&mut v, 1) += note("q", 4);
        *v.last_mut().unwrap() -= act("r", 1).await;
        s += &act("s", s.clone()).await;
        v.push(act("l", v.len() as u32).await);
        let l = v.len();
        v[l - 1] += act("l", v[0]).await;
        v.insert(v.len(), act("l", v[1]).await);
        let len = v.len() + {
            v.push(1);
            act("p", 1usize).await
        };
        v.push(len as u32);
        s.push_str(&act("s", s.clone()).await);
        v.extend(act("v", v.clone()).await);
        v.swap(0, act("s", 1usize).await);
        let x =
            v[0] + {
                v[0] = 7;
                act("x", v[0]).await
            } + v[0];
        v.push(x);
        (v, s)
    }
}

equivalent! {
    with [(1), (2)];
    async fn patterns_that_are_assigned(n: u32) -> Vec<u32> {
        let (mut a, mut b, mut i) = (1u32, 2u32, 0usize);
        let mut v = vec![1u32, 2, 3];
        (a, b) = (act("a", b).await, a);
        tick().await;
        (v[i], i) = (act("v", 9).await, 2);
        tick().await;
        (i, v[i]) = (1, act("w", n).await);
        [a, _, b] = [act("1", 1).await, 2, note("3", 3)];
        (_, a) = (note("x", 1), act("2", a).await);
        Point { y: a, .. } = Point {
            y: act("y", 7).await,
            ..Default::default()
        };
        (a, (b, ..)) = (b, (a, act("z", 1).await, 3));
        a = {
            let a = a + 1;
            act("in", a).await + b
        };
        v.push(a);
        v.push(b);
        v.push(i as u32);
        v
    }
}

fn base(n: u32) -> Point {
    note("base", n);
    Point {
        x: 1,
        y: n,
        name: "n".into(),
    }
}

equivalent! {
    with [(1), (2)];
    async fn literals_of_structs(n: u32) -> Vec<Point> {
        let p = Point {
            y: act("y", n).await,
            x: note("x", 2),
            name: act("n", "a".to_owned()).await,
        };
        let q = Point {
            name: act("n", p.name.clone()).await,
            ..base(act("b", 1).await)
        };
        let r = Point {
            y: act("y", 1).await,
            ..p.clone()
        };
        let s = Point {
            name: {
                tick().await;
                p.name.clone() + "z"
            },
            x: act("x", 5).await,
            ..p
        };
        let y = 3;
        let x = 2;
        let name = "short".to_owned();
        tick().await;
        let t = Point { name, y, x };
        let u = Point {
            name: "u".into(),
            ..s.clone()
        };
        let arr = [u.y, act("u", u.y).await, {
            tick().await;
            u.y
        }];
        note("arr", arr);
        vec![
            q,
            r,
            s,
            t,
            Point {
                name: act("last", "l".to_owned()).await,
                ..u
            },
        ]
    }
}

equivalent! {
    with [(1), (2)];
    async fn entries_of_maps(n: u32) -> BTreeMap<String, u32> {
        let mut m: BTreeMap<String, u32> = BTreeMap::new();
        let mut h: HashMap<u32, Vec<u32>> = HashMap::new();
        *m.entry("a".to_owned()).or_insert_with(|| note("made", 1)) += act("r", n).await;
        m.insert("b".to_owned(), act("b", m.len() as u32).await);
        *m.get_mut("b").unwrap() += act("c", 3).await;
        h.insert(1, vec![act("p", 1).await]);
        h.entry(act("k", 1).await).or_default().push(2);
        let l = h[&1].len() as u32 + act("l", h[&1][0]).await;
        m.insert(act("key", "k".to_owned()).await, act("value", l).await);
        for x in &h[&1] {
            tick().await;
            note("x", *x);
        }
        for x in h.get(&1).unwrap() {
            tick().await;
            note("x", *x);
        }
        for x in m.values() {
            tick().await;
            note("v", *x);
        }
        for (k, x) in m.range("a".to_owned()..) {
            note("v", *x);
        }
        if let Some(x) = m.get("b") {
            let y = act("x", *x).await;
            note("k", x + y);
        }
        if let Some(x) = m.get_mut("b") {
            *x += act("x", *x).await;
            *x += 1;
        }
        m
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct P2(u32);
impl std::ops::Add for P2 {
    type Output = P2;
    fn add(self, o: P2) -> P2 {
        note("add", (self.0, o.0));
        P2(self.0 + o.0)
    }
}
impl std::ops::AddAssign for P2 {
    fn add_assign(&mut self, o: P2) {
        note("addassign", (self.0, o.0));
        self.0 += o.0
    }
}
impl std::ops::Neg for P2 {
    type Output = P2;
    fn neg(self) -> P2 {
        note("neg", self.0);
        P2(self.0 + 1)
    }
}

equivalent! {
    with [(1)];
    async fn operators_of_a_type(n: u32) -> u32 {
        let mut a = P2(n);
        let mut v = [P2(1), P2(2)];
        let b = a + act("b", P2(2)).await + -act("c", P2(3)).await;
        a += act("d", b).await;
        let c = {
            a = P2(9);
            a
        } + {
            a = P2(8);
            act("e", a).await
        };
        tick().await;
        let t = a;
        let d =
            t + {
                let t = P2(5);
                act("t", t).await
            } + t;
        a.0 + b.0 + c.0 + d.0
    }
}
