//! Awaits in every position of an expression, and the order in which its parts are evaluated.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Parts {
    a: u32,
    b: String,
    c: Option<u32>,
}

fn sum3(a: u32, b: u32, c: u32) -> u32 {
    a * 100 + b * 10 + c
}

equivalent! {
    with [(1)];
    async fn arguments(n: u32) -> u32 {
        sum3(note("1", n), act("2", note("2", n + 1)).await, note("3", n + 2))
            + sum3(act("4", 4).await, note("5", 5), act("6", note("6", 6)).await)
    }
}

equivalent! {
    with [("ab".to_owned())];
    async fn receivers_and_chains(s: String) -> (usize, String) {
        let n = act("s", s.clone()).await.trim().len();
        let t = act("t", s)
            .await
            .chars()
            .rev()
            .collect::<String>()
            .replace("a", &act("r", "x".to_owned()).await)
            .to_uppercase();
        (n, t)
    }
}

equivalent! {
    with [(2)];
    async fn literals(n: u32) -> (Parts, [u32; 3], Vec<u32>, (u32, u32)) {
        let b = String::from("b");
        let p = Parts {
            c: act("c", Some(note("c", n))).await,
            b,
            a: note("a", act("a", n + 1).await),
        };
        let q = Parts { a: act("qa", 9).await, ..p.clone() };
        let arr = [note("0", n), act("1", n).await, note("2", n)];
        let pair = (act("x", note("x", 1)).await, note("y", 2));
        let v = [act("rep", 3).await; 3].to_vec();
        tick().await;
        (Parts { a: q.a + p.a, ..q }, arr, v, pair)
    }
}

equivalent! {
    with [(1)];
    async fn index_range_and_cast(n: usize) -> (u32, Vec<u32>, f64) {
        let v = vec![10, 20, 30, 40];
        let x = v[act("i", n).await];
        let part = v[act("from", n).await..act("to", n + 2).await].to_vec();
        let y = act("v", v.clone()).await[n];
        let f = act("f", n as u32).await as f64 / act("g", 4).await as f64;
        (x + y, part, f)
    }
}

equivalent! {
    with [(3, 4), (4, 4)];
    async fn operators(a: i64, b: i64) -> (i64, bool, bool, i64) {
        let x = act("a", a).await + act("b", b).await * act("c", 2).await - a;
        let less = act("l", a).await < act("m", b).await;
        let same = a == act("same", b).await;
        let y = -act("neg", a).await + (!act("not", 5).await & 0xff) + (1 << act("sh", 3).await);
        (x, less, same, y)
    }
}

equivalent! {
    with [(1)];
    async fn left_operand_is_read_first(mut x: u32) -> Vec<u32> {
        let a = x + {
            x += 10;
            act("a", x).await
        };
        let b = (x, {
            x += 10;
            act("b", x).await
        });
        let c = [x, {
            x *= 2;
            act("c", x).await
        }, x];
        let d = sum3(x, {
            x = 1;
            act("d", x).await
        }, x);
        x += {
            x += 10;
            act("e", 100).await
        };
        vec![a, b.0, b.1, c[0], c[1], c[2], d, x]
    }
}

equivalent! {
    with [(1)];
    async fn assignments(n: usize) -> (Vec<u32>, Parts, u32, u32) {
        let mut v = vec![1, 2, 3];
        v[n] = act("v", 20).await;
        v[n] += act("w", 5).await;
        v[0] -= act("x", 1).await;
        let mut p = Parts::default();
        p.b = act("b", "text".to_owned()).await;
        p.c = Some(act("c", 3).await);
        p.a += act("a", 4).await;
        p.b += &act("more", "!".to_owned()).await;
        let (mut s, mut t) = (1, 2);
        (s, t) = (act("s", t).await, act("t", s).await);
        [s, _] = act("again", [s + 10, t]).await;
        (v, p, s, t)
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn lazy_operators(n: u32) -> (bool, bool, bool, u32) {
        let a = n & 1 == 1 && act("and", n & 2 == 2).await;
        let b = n & 1 == 1 || act("or", n & 2 == 2).await;
        let c = !(act("x", a).await && !act("y", b).await) || note("z", n == 9);
        let mut d = 0;
        if (a || act("p", true).await) && !(b && act("q", true).await) {
            d += act("then", 1).await;
        }
        while !(d > 3 || act("stop", d == 3).await) {
            d += 1;
        }
        (a, b, c, d)
    }
}

equivalent! {
    with [(1)];
    async fn control_flow_as_an_operand(n: u32) -> u32 {
        sum3(
            if n == 1 { act("if", 1).await } else { 9 },
            match n {
                1 => act("match", 2).await,
                _ => 9,
            },
            {
                let x = act("block", 3).await;
                x + 1
            },
        ) + loop {
            break act("loop", 7).await;
        }
    }
}

equivalent! {
    with [(vec![1, 2])];
    async fn receiver_place_is_used_after_the_arguments(mut v: Vec<u32>) -> Vec<u32> {
        v.push(act("push", 3).await);
        v.insert(act("at", 0).await, act("what", 9).await);
        v.extend(act("more", vec![4, 5]).await);
        v.push(u32::try_from(act("len", v.len()).await).unwrap());
        v
    }
}

equivalent! {
    with [(2)];
    async fn return_in_odd_places(n: u32) -> u32 {
        let x = sum3(1, if n > 5 { return 5 } else { n }, act("x", 3).await);
        let y = act("y", if x > 1000 { return act("r", 6).await } else { x }).await;
        if n == 2 {
            return act("tail", y).await + if y > 0 { return act("real", y + 1).await } else { 1 };
        }
        y
    }
}

equivalent! {
    with [(2)];
    async fn references_as_arguments(n: u32) -> (usize, usize, usize) {
        let list = vec![n, n + 1];
        let parts = Parts { a: n, ..Parts::default() };
        let a = send("list", &list).await;
        let b = send("field", &parts.b).await + send("slice", &list[1..]).await;
        let c = [list.len(), send("ref", &(n, "x")).await, parts.b.len()].iter().sum();
        (a, b, c)
    }
}

equivalent! {
    with [(2)];
    async fn closures_between_awaits(n: u32) -> Vec<u32> {
        let double = |x: u32| x * 2;
        let a = double(n);
        let b = act("b", double(a)).await;
        let mut count = 0;
        let mut add = |x: u32| {
            count += x;
            count
        };
        add(a);
        add(b);
        let c = act("c", count).await;
        let v: Vec<u32> = (0..c).filter(|x| x % n == 0).map(|x| x + b).collect();
        tick().await;
        v
    }
}

equivalent! {
    with [(2)];
    async fn statements_of_every_kind(n: u32) -> u32 {
        const STEP: u32 = 3;
        fn helper(x: u32) -> u32 {
            x + STEP
        }
        struct Local(u32);
        impl Local {
            fn get(&self) -> u32 {
                self.0
            }
        }
        let x = act("x", helper(n)).await;
        ;
        let local = Local(x).get();
        { tick().await }
        unsafe_free(local);
        (act("paren", ((local)))).await + (helper)(1)
    }
}

fn unsafe_free(_: u32) {}
