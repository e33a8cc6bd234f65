//! Patterns, chains of conditions, deferred values, and blocks that never end, with awaits in every
//! link.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Tree {
    Leaf(u32),
    Node(Box<Tree>, Box<Tree>),
    Named {
        name: String,
        below: Option<Box<Tree>>,
    },
}

equivalent! {
    with [(Some(4)), (Some(0)), (None)];
    async fn let_else_of_every_kind(n: Option<u32>) -> Result<u32, String> {
        let Some(a) = act("a", n).await else {
            act("none", 1).await;
            return Err(act("why", "none".to_owned()).await);
        };
        let (Some(b), c) = (act("b", a.checked_sub(1)).await, act("c", a).await) else {
            return Err("zero".to_owned());
        };
        let mut round = 0;
        let found = loop {
            let Some(d) = act("d", b.checked_sub(round)).await else {
                break act("end", round).await;
            };
            round += d + 1;
            let (0 | 2 | 4..=9) = act("r", round).await else {
                note("odd", round);
                continue;
            };
            act("even", round).await;
        };
        let [first, .., last] = act("list", vec![found, b, c]).await[..] else {
            unreachable!()
        };
        Ok(first * 100 + last)
    }
}

equivalent! {
    with [(vec![3, 2, 1]), (vec![]), (vec![1, 1])];
    async fn while_with_chains(mut list: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        while let Some(x) = list.pop()
            && act("go", x < 3).await
            && let Some(y) = act("y", x.checked_sub(1)).await
            && (y == 0 || act("or", x > y).await)
        {
            out.push(act("both", x * 10 + y).await);
        }
        let mut n = 0;
        while act("a", n < 5).await && act("b", n != 3).await {
            n += 1;
            if n == 2 && act("skip", true).await {
                continue;
            }
            out.push(n);
        }
        while !(act("c", n > 0).await || act("d", false).await) || n < 4 {
            n += 2;
        }
        out.push(n);
        out
    }
}

equivalent! {
    with [(1, Some(2)), (2, None), (3, Some(3)), (9, Some(30))];
    async fn else_if_let_chains(n: u32, m: Option<u32>) -> String {
        if let 1 = act("n", n).await && let Some(m) = m && act("m", m).await > 1 {
            format!("first {m}")
        } else if let Some(m @ (3 | 4..=6)) = act("second", m).await {
            act("third", format!("second {m}")).await
        } else if n == 2 {
            "two".to_owned()
        } else if let (Some(m), x @ 5..) = (m, act("x", n).await) && m > act("y", x).await {
            format!("{m} {x}")
        } else {
            act("else", "else".to_owned()).await
        }
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4]), (vec![1]), (vec![]), (vec![5, 5]), (vec![0, 7, 7])];
    async fn slice_patterns(list: Vec<u32>) -> Vec<u32> {
        let a = match act("list", list.clone()).await.as_slice() {
            [] => vec![0],
            [one] => vec![*one],
            [first, .., last] if first == last => vec![*first, 100],
            [first @ (1 | 2), middle @ .., last] => [&[*last][..], middle, &[*first]].concat(),
            [_, rest @ ..] => rest.to_vec(),
        };
        let mut b = match <[u32; 2]>::try_from(list) {
            Ok([x, mut y]) => {
                y += act("y", x).await;
                vec![x, y]
            }
            Err(mut list) => {
                list.push(act("more", 1).await);
                list
            }
        };
        b.extend(act("a", a).await);
        b
    }
}

equivalent! {
    with [
        (Tree::Leaf(3)),
        (Tree::Node(Box::new(Tree::Leaf(1)), Box::new(Tree::Leaf(2)))),
        (Tree::Named { name: "n".to_owned(), below: None }),
        (Tree::Named { name: "m".to_owned(), below: Some(Box::new(Tree::Leaf(8))) }),
        (Tree::Node(Box::new(Tree::Named { name: "o".to_owned(), below: None }), Box::new(Tree::Leaf(7))))
    ];
    async fn boxes_of_enums(tree: Tree) -> Vec<String> {
        let mut out = Vec::new();
        let mut todo = vec![tree];
        while let Some(next) = todo.pop() {
            match next {
                Tree::Leaf(n @ (1 | 3)) => out.push(act("small", format!("leaf {n}")).await),
                Tree::Leaf(mut n) => {
                    n *= act("n", 2).await;
                    out.push(n.to_string());
                }
                Tree::Node(left, right) => {
                    send("left", &*left).await;
                    todo.push(*right);
                    todo.push(*left);
                }
                Tree::Named { mut name, below: Some(below) } => {
                    name.push_str(&act("name", name.clone()).await);
                    out.push(name);
                    todo.push(*below);
                }
                whole @ Tree::Named { below: None, .. } => {
                    send("whole", &whole).await;
                    out.push(format!("{whole:?}"));
                }
            }
        }
        out
    }
}

equivalent! {
    with [(1, 2), (2, 1), (3, 3)];
    async fn matches_on_several_answers(a: u32, b: u32) -> String {
        let text = match (act("a", a).await, act("b", b).await) {
            (1, x) | (x, 1) if x > 1 => act("one", format!("one {x}")).await,
            (x, y) if x == y => format!("same {x}"),
            (x, y) => format!("{x} {y}"),
        };
        match act("t", text.len()).await {
            0..=3 => text,
            n @ (4 | 5) => format!("{text}{}", act("n", n).await),
            _ if a > 2 => act("guard", text).await,
            _ => text + "!",
        }
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn values_that_come_later(n: u32) -> (u32, String, u32) {
        let x;
        let text: String;
        if act("if", n == 0).await {
            x = act("x", 10).await;
            text = "zero".to_owned();
        } else {
            match act("match", n).await {
                1 => {
                    x = 1;
                    text = act("one", "one".to_owned()).await;
                }
                2 => {
                    text = String::from("two");
                    tick().await;
                    x = act("two", 2).await;
                }
                _ => {
                    (x, text) = act("both", (9, "many".to_owned())).await;
                }
            }
        }
        let last;
        let mut round = 0;
        loop {
            round += act("round", 1).await;
            if round > x % 3 {
                last = act("last", round).await;
                break;
            }
        }
        tick().await;
        (x, text, last)
    }
}

equivalent! {
    with [(0), (1), (2), (5)];
    async fn labelled_blocks_and_loops_with_values(n: u32) -> (u32, String, u32) {
        let a = 'a: {
            let b = 'b: {
                if act("n", n).await == 0 {
                    break 'a act("zero", 100).await;
                }
                if n == 1 {
                    break 'b act("one", 1).await;
                }
                act("more", n).await * 2
            };
            act("b", b).await + 1
        };
        let text = 'outer: loop {
            let mut inner = 0;
            let k = loop {
                inner += act("inner", 1).await;
                if inner > a {
                    break 'outer act("out", format!("out {inner}")).await;
                }
                if inner == 3 {
                    break act("three", inner).await;
                }
                if inner == n {
                    continue;
                }
            };
            if k == act("k", 3).await {
                break format!("k {k}");
            }
        };
        let c = 'c: {
            for i in 0..n {
                if act("i", i).await == 3 {
                    break 'c i;
                }
            }
            99
        };
        (a, text, c)
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn values_that_never_come(n: u32) -> Result<u32, String> {
        let mut rounds = 0;
        let total = loop {
            rounds += 1;
            let x: u32 = match act("n", n + rounds).await {
                1 => 1,
                2 if n == 1 => return Err(act("two", "two".to_owned()).await),
                2 | 3 => {
                    note("again", rounds);
                    continue;
                }
                4 => break act("four", rounds).await,
                5 => panic!("never"),
                _ => unreachable!("{rounds}"),
            };
            act("x", x).await;
        };
        let y: u32 = if act("y", total).await > 1 {
            total
        } else {
            return Ok(act("small", total).await);
        };
        let z: u32 = loop {
            if act("z", y).await > 0 {
                return Ok(y);
            }
        };
        #[allow(unreachable_code, reason = "a test")]
        Ok(z)
    }
}

equivalent! {
    with [(3)];
    async fn or_patterns_inside_patterns(n: u32) -> Vec<u32> {
        let (Ok(a) | Err(a)) = act("a", if n > 1 { Ok(n) } else { Err(n + 1) }).await;
        let mut out = vec![a];
        for (Ok(x) | Err(x), y @ (0 | 1..)) in [(Ok(1), 2), (Err(3), 0)] {
            out.push(act("x", x).await + y);
        }
        if let (Some(1 | 2), z) | (None, z) | (Some(3..), z) = act("z", (Some(n), 4)).await {
            out.push(act("zz", z).await);
        }
        out
    }
}

equivalent! {
    with [(1), (2)];
    async fn types_of_values_that_come_later(n: u32) -> Vec<usize> {
        let a: u64;
        let (b, c): (u8, u16);
        let d;
        let e: Box<dyn std::fmt::Debug>;
        tick().await;
        a = 1;
        let mut out = vec![size_of_val(&a)];
        if n == 1 {
            tick().await;
            b = 2;
            out.push(size_of_val(&b));
            d = 4;
        } else {
            (b, c) = (3, 4);
            out.push(size_of_val(&c));
            tick().await;
            d = 5;
            out.push(size_of_val(&d));
            let _: i16 = d;
        }
        tick().await;
        e = Box::new(n);
        out.push(format!("{e:?}").len() + act("d", d).await as usize + usize::from(b));
        out
    }
}
