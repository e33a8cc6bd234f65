//! `if`, `match`, `let … else`, blocks.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Shape {
    Dot,
    Circle(u32),
    Box { w: u32, h: u32 },
    Named(String, Vec<u32>),
}

equivalent! {
    with [(0), (3), (11), (30)];
    async fn else_if_chain(n: u32) -> &'static str {
        let kind = if act("zero", n == 0).await {
            "zero"
        } else if n < act("ten", 10).await {
            "small"
        } else if n % 2 == 0 {
            tick().await;
            "even"
        } else {
            "odd"
        };
        tick().await;
        kind
    }
}

equivalent! {
    with [(Some(3), Ok(1)), (Some(30), Ok(2)), (None, Err("no".to_owned())), (Some(1), Err("bad".to_owned()))];
    async fn if_let_and_else_if_let(a: Option<u32>, b: Result<u32, String>) -> String {
        if let Some(n) = a && n > 10 {
            act("big", n).await;
            format!("big {n}")
        } else if let Ok(m) = &b {
            let m = *m;
            act("ok", m).await;
            format!("ok {m}")
        } else if let (Some(n), Err(e)) = (a, b) {
            act("err", e.clone()).await;
            format!("{e} {n}")
        } else {
            "nothing".to_owned()
        }
    }
}

equivalent! {
    with [(Some(3)), (Some(0)), (None)];
    async fn let_chain_with_awaits(a: Option<u32>) -> u32 {
        let mut sum = 1;
        if let Some(x) = a
            && act("positive", x > 0).await
            && let Some(y) = act("half", x.checked_sub(1)).await
            && y + x > 1
        {
            sum += act("both", x + y).await;
        } else {
            sum += act("else", 100).await;
        }
        sum
    }
}

equivalent! {
    with [(Shape::Dot), (Shape::Circle(3)), (Shape::Circle(30)), (Shape::Box { w: 2, h: 3 }),
        (Shape::Box { w: 3, h: 3 }), (Shape::Named("n".to_owned(), vec![1, 2]))];
    async fn match_by_move(shape: Shape) -> String {
        let text = match shape {
            Shape::Dot => "dot".to_owned(),
            Shape::Circle(r) if r > 10 => {
                act("big", r).await;
                format!("big {r}")
            }
            Shape::Circle(r) => act("r", format!("small {r}")).await,
            Shape::Box { w, h: height } if w == height => format!("square {w}"),
            Shape::Box { w, h } => {
                let area = act("area", w * h).await;
                format!("{w}x{h} {area}")
            }
            Shape::Named(name, list) => {
                send("list", &list).await;
                format!("{name} {list:?}")
            }
        };
        tick().await;
        text
    }
}

equivalent! {
    with [(Shape::Circle(3)), (Shape::Named("n".to_owned(), vec![1, 2])), (Shape::Dot)];
    async fn match_by_reference_and_the_place_lives(mut shape: Shape) -> (Shape, u32) {
        let mut n = 0;
        match &shape {
            Shape::Circle(r) => {
                n = act("r", *r).await;
            }
            Shape::Named(name, list) => {
                n += u32::try_from(send("name", name).await).unwrap();
                note("after", n);
            }
            _ => {}
        }
        match &mut shape {
            Shape::Circle(r) => *r += 1,
            Shape::Named(_, list) => {
                list.push(7);
                tick().await;
            }
            _ => {}
        }
        match shape {
            Shape::Circle(ref mut r) => {
                *r += 1;
                tick().await;
            }
            Shape::Named(ref name, _) if name.len() == 1 => {
                tick().await;
            }
            ref other => {
                send("other", other).await;
            }
        }
        (shape, n)
    }
}

equivalent! {
    with [(1), (4), (7), (20)];
    async fn or_patterns_and_at(n: u32) -> String {
        match act("n", n).await {
            low @ (1 | 2) | low @ 4 => act("low", format!("low {low}")).await,
            5..=9 => {
                tick().await;
                "middle".to_owned()
            }
            other @ 10.. => (other + act("one", 1).await).to_string(),
            _ => "none".to_owned(),
        }
    }
}

equivalent! {
    with [(Some((1, Some("a".to_owned())))), (Some((2, None))), (None)];
    async fn nested_match(v: Option<(u32, Option<String>)>) -> String {
        match v {
            Some((n, inner)) => match inner {
                Some(text) => match act("n", n).await {
                    1 => text + "!",
                    _ => unreachable!(),
                },
                None => {
                    let m = act("none", n).await;
                    match m {
                        2 => format!("two {n}"),
                        _ => panic!("{m}"),
                    }
                }
            },
            None => String::new(),
        }
    }
}

equivalent! {
    with [(1), (0)];
    async fn match_arms_that_diverge(n: u32) -> Result<u32, String> {
        let first = match act("n", n).await {
            0 => return Err("zero".to_owned()),
            n => n,
        };
        let second: u32 = match act("parse", format!("{n}")).await.parse::<u32>() {
            Ok(n) if n > 10 => unreachable!(),
            Ok(n) => n,
            Err(e) => {
                let e = e.to_string();
                tick().await;
                return Err(e);
            }
        };
        Ok(first + second)
    }
}

equivalent! {
    with [(Some(2)), (None)];
    async fn let_else_with_awaits(n: Option<u32>) -> String {
        let text = "kept".to_owned();
        let Some(n) = act("n", n).await else {
            act("gone", text.clone()).await;
            return text;
        };
        let (Ok(m) | Err(m)) = act("r", if n > 1 { Ok::<u32, u32>(n) } else { Err(n) }).await;
        let [a, .., b] = act("list", vec![n, m, 9]).await[..] else {
            return "short".to_owned();
        };
        tick().await;
        format!("{text} {n} {m} {a} {b}")
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn labelled_blocks(n: u32) -> u32 {
        let found = 'find: {
            if n == 1 {
                break 'find 10;
            }
            if act("two", n == 2).await {
                break 'find act("twenty", 20).await;
            }
            'inner: {
                if n == 3 {
                    tick().await;
                    break 'inner;
                }
                tick().await;
            }
            30
        };
        tick().await;
        found + n
    }
}

equivalent! {
    with [(1), (2)];
    async fn initialisers_of_every_kind(n: u32) -> Vec<u32> {
        let a = if n == 1 { act("a", 1).await } else { 2 };
        let b = match n {
            1 => act("b", 3).await,
            _ => act("c", 4).await + 1,
        };
        let mut tries = 0;
        let c = loop {
            tries += 1;
            if act("try", tries).await > n {
                break tries * 10;
            }
        };
        let d = {
            let x = act("d", 5).await;
            let y = act("e", 6).await;
            x * y
        };
        tick().await;
        vec![a, b, c, d, tries]
    }
}

macro_rules! bail {
    ($($text:tt)*) => {
        return Err(format!($($text)*))
    };
}

equivalent! {
    with [(1), (0), (5)];
    async fn last_statement_that_returns(n: u32) -> Result<u32, String> {
        let text = String::from("text");
        let m = if n > 0 {
            act("n", n).await
        } else {
            drop(text);
            bail!("not {}", n);
        };
        if m > 3 {
            tick().await;
            bail!("{m} is more than {}", text.len());
        }
        if text.len() == 4 {
            return Ok(m);
        } else {
            return Err(text);
        };
    }
}

equivalent! {
    with [(true), (false)];
    async fn moved_in_one_branch(flag: bool) -> Vec<String> {
        let mut all = Vec::new();
        let text = String::from("text");
        if flag {
            all.push(act("moved", text).await);
        } else {
            tick().await;
            all.push(text + "?");
        }
        let again;
        if flag {
            again = "yes".to_owned();
        } else {
            again = "no".to_owned();
        }
        tick().await;
        all.push(again);
        all
    }
}

equivalent! {
    with [(7)];
    async fn nothing_to_give_back(n: u8) {
        if n > 3 {
            tick().await;
        }
        act("n", n).await;
    }
}

equivalent! {
    with [(7)];
    async fn without_an_await(n: u8) -> u8 {
        n + 1
    }
}
