//! Names that look like others, and values that are not moved though they are named.

#![allow(non_upper_case_globals, reason = "constants that look like bindings")]

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::{Point, Shape};
use durable_tests::{equivalent, equivalent_group};
use serde::{Deserialize, Serialize};

const limit: u32 = 3;

equivalent! {
    with [(3), (4)];
    async fn a_constant_in_small_letters(n: u32) -> u32 {
        match act("a", n).await {
            limit => act("hit", limit).await,
            other => act("other", other + limit).await,
        }
    }
}

equivalent! {
    with [(3), (4)];
    async fn a_constant_of_the_function(n: u32) -> u32 {
        const bound: u32 = 4;
        tick().await;
        let r = match n {
            bound => act("b", bound).await,
            x => act("x", x).await,
        };
        r
    }
}

use Shape::*;

equivalent! {
    with [(Dot), (Circle(3)), (Rect { w: 1, h: 2 })];
    async fn variants_without_their_enum(s: Shape) -> u32 {
        match act("s", s.clone()).await {
            Dot => act("dot", 1).await,
            Circle(n) => act("circle", n).await,
            other => {
                tick().await;
                note("o", format!("{other:?}"));
                3
            }
        }
    }
}

equivalent! {
    with [(Dot), (Circle(3))];
    async fn variants_in_other_patterns(s: Shape) -> u32 {
        let v = vec![s.clone(), Dot, Circle(2)];
        let mut n = 0;
        for s in &v {
            match s {
                Dot => {
                    tick().await;
                    n += 1
                }
                Circle(c) if *c > 2 => {
                    tick().await;
                    n += c
                }
                x => {
                    tick().await;
                    note("x", format!("{x:?}"));
                }
            }
        }
        if let Dot = s {
            tick().await;
            n += 10;
        }
        let o = Some(Dot);
        let Some(Dot) = o else { return 0 };
        tick().await;
        if let (Some(Dot), None) = (Some(s), None::<u32>) {
            tick().await;
            n += 100;
        }
        n
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
struct Unit;

equivalent! {
    with [(1)];
    async fn a_unit_as_a_pattern(n: u32) -> u32 {
        let Unit = act("u", Unit).await;
        match act("u", Some(Unit)).await {
            Some(Unit) => {
                tick().await;
                n
            }
            None => 0,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Default)]
struct Raw {
    r#type: u32,
    r#fn: String,
}

equivalent! {
    with [(1), (2)];
    async fn raw_names_of_keywords(r#in: u32) -> String {
        let r#type = act("t", r#in).await;
        let raw = Raw {
            r#type,
            r#fn: "f".to_owned(),
        };
        tick().await;
        let Raw {
            r#type: r#match,
            ref r#fn,
        } = raw;
        tick().await;
        note("f", r#fn.len());
        let r#x = 4;
        tick().await;
        note("x", x);
        format!("{type} {match} {in} {x} {}", r#fn)
    }
}

equivalent! {
    with [(1), (2)];
    async fn raw_names_of_others(n: u32) -> String {
        let r#a = act("a", n).await;
        let b = a;
        tick().await;
        let a = r#b;
        tick().await;
        format!("{a} {b} {}", r#a)
    }
}

macro_rules! plus {
    ($e:expr) => {{
        let x = 10;
        $e + x
    }};
}
macro_rules! tmp {
    ($e:expr) => {{
        let tmp = $e;
        let value = tmp + 1;
        value
    }};
}
macro_rules! bindx {
    ($x:ident) => {
        let $x = 99;
        let x = 5;
        let _ = x;
    };
}
macro_rules! lp {
    ($e:expr) => {
        loop {
            if $e { break 1 } else { break 2 }
        }
    };
}

equivalent! {
    with [(1), (2)];
    async fn locals_of_macros(n: u32) -> u32 {
        let x = act("x", n).await;
        let value = plus!(x);
        tick().await;
        let tmp = tmp!(x + value);
        tick().await;
        note("x", x);
        note("tmp", tmp);
        note("v", value);
        let y = tmp!(tmp!(plus!(tmp)));
        tick().await;
        bindx!(z);
        note("z", z + x);
        let w = lp!(x > 1);
        tick().await;
        x + y + w
    }
}

equivalent! {
    with [("a".to_owned()), ("".to_owned())];
    #[allow(unused_parens, reason = "it is about these")]
    async fn assigned_to_nothing(s: String) -> String {
        _ = s;
        (_) = s;
        tick().await;
        let b;
        (_, b) = (s, 2);
        tick().await;
        format!("{b}")
    }
}

equivalent! {
    with [("a".to_owned()), ("".to_owned())];
    async fn parts_assigned_to_nothing(s: String) -> String {
        let p = Point {
            name: s,
            ..Default::default()
        };
        let Point { x, y: _, .. } = p;
        tick().await;
        note("x", x);
        let _ = p.name;
        _ = p.name;
        tick().await;
        p.name
    }
}

equivalent! {
    with [("a".to_owned()), ("".to_owned())];
    async fn patterns_that_move_nothing(s: String) -> String {
        let ref r = s;
        let _ = &s;
        for _ in 0..2 {
            let _ = s;
            tick().await;
        }
        let Some(_) = Some(&s) else { return s };
        tick().await;
        s
    }
}

equivalent! {
    with [(1), (3)];
    async fn a_keyword_of_one_edition(n: u32) -> u32 {
        let r#gen = act("g", n).await;
        let Some(r#try) = act("t", Some(r#gen)).await else {
            return 0;
        };
        r#gen + r#try
    }
}
