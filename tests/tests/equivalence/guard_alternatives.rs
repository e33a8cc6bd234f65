//! Guards that await over alternatives, after operands, and more than once; and guards that choose
//! which alternative a body borrows from.

use durable_tests::equivalent_group;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Pay {
    Card(String, u32),
    Cash { by: String },
    Both(Box<Pay>),
    None,
}

equivalent_group! {
    guard_alternatives: either_side(1, 2), either_side(2, 1), either_side(4, 4), either_side(4, 3), either_side(3, 3),
        ranges_of(3), ranges_of(5), ranges_of(8), ranges_of(12), paid_by(Pay::Card("visa".to_owned(), 3)), paid_by(Pay::Cash { by: "bob".to_owned() }), paid_by(Pay::Both(Box::new(Pay::Cash { by: "x".to_owned() }))), paid_by(Pay::None),
        nested_cases(Some(1), 1), nested_cases(Some(2), 2), nested_cases(Some(2), 1), nested_cases(None, 2), nested_cases(Some(3), 3),
        after_operands(3), after_operands(4), after_operands(0), operands_run_once(2), operands_run_once(5), twice_in_a_part(1), twice_in_a_part(6), macros_in_guards(2), macros_in_guards(5), macros_in_guards(9),
        several_parts(1, 1), several_parts(3, 1), several_parts(2, 3), cases_in_a_loop(6), places_stay(1), places_stay(0),
        chosen_by_guard(2), chosen_by_guard(1), chosen_by_guard(7), chosen_by_awaited_guard(2), chosen_by_awaited_guard(1), chosen_by_awaited_guard(7), chosen_text(1), chosen_text(5), one_of_three(1), one_of_three(2), one_of_three(3), one_of_three(9);

    #[workflow]
    pub(super) async fn odd_at(n: u32) -> bool { act("odd", n).await % 2 == 1 }

    // The guard runs for each alternative that fits, in order.
    #[workflow]
    pub(super) async fn either_side(a: u32, b: u32) -> u32 {
        match (a, b) {
            (x, _) | (_, x) if odd_at(x).await => x * 10,
            (x, 4) | (3, x) if act("even", x).await == 4 && odd_at(x + 1).await => x * 100,
            (x, y) => x + y,
        }
    }
    #[workflow]
    pub(super) async fn ranges_of(n: u32) -> String {
        match n {
            0..=5 | 3..=9 if note("guard", n) > 1 && act("small", n).await == 4 => "never".to_owned(),
            3 | 5 if odd_at(n).await => "odd".to_owned(),
            k @ (8 | 9) | k @ 10.. if act("large", k).await > 11 => { tick().await; format!("large {k}") }
            _ => "rest".to_owned(),
        }
    }
    // What is bound by value moves when the guard has held.
    #[workflow]
    pub(super) async fn paid_by(pay: Pay) -> String {
        let text = match pay {
            Pay::Card(name, _) | Pay::Cash { by: name } if act("name", name.len()).await > 3 => name,
            Pay::Card(name, 3) | Pay::Cash { by: name } if send("text", &name).await > 0 => { tick().await; name + "!" }
            Pay::Both(inner) if matches!(*inner, Pay::Cash { .. }) && act("both", true).await => format!("{inner:?}"),
            other => format!("{other:?}"),
        };
        tick().await;
        text
    }
    #[workflow]
    pub(super) async fn nested_cases(a: Option<u32>, b: u32) -> u32 {
        match (a, b) {
            (Some(x @ (1 | 2)), y @ (1 | 2)) if act("pair", x + y).await == 4 => x,
            (Some(1 | 2) | None, x) | (Some(x), 1 | 3) if odd_at(x + 1).await => x + 20,
            (_, x) => act("rest", x).await + 30,
        }
    }
    #[workflow]
    pub(super) async fn after_operands(n: u32) -> u32 {
        let limit = 5;
        let flags = vec![true, n > 3];
        match n {
            0 if 1 + act("zero", n).await > 1 => 100,
            x if x * 2 + act("a", x).await > limit + act("b", x).await + 3 => x,
            x if flags.contains(&odd_at(x).await) && x.pow(act("p", 2u32).await) > 8 => x + 200,
            x if limit - x > act("c", 1).await => x + 300,
            _ => 1,
        }
    }
    // Operands before the await are evaluated once, and only if the guard comes to them.
    #[workflow]
    pub(super) async fn operands_run_once(n: u32) -> (u32, Vec<u32>) {
        let mut seen = vec![];
        let found = match Some(n) {
            Some(x) if x > 3 && { seen.push(x); note("left", x) } + act("right", 1).await > 5 && note("after", true) => x,
            Some(x) if (note("a", x), act("b", x).await, note("c", x)).1 == 2 => x + 1,
            _ => 0,
        };
        tick().await;
        (found, seen)
    }
    #[workflow]
    pub(super) async fn twice_in_a_part(n: u32) -> u32 {
        match n {
            x if act("l", x).await < act("r", x + 1).await && [act("i", 3).await, note("mid", x), act("j", x).await].iter().sum::<u32>() > 9 => x,
            x if !(act("t", x).await as u64 + u64::from(act("u", x).await) > 100) => x + 50,
            _ => 0,
        }
    }
    #[workflow]
    pub(super) async fn macros_in_guards(n: u32) -> u32 {
        match n {
            x if matches!(act("m", x).await, 1 | 2) => 1,
            x if vec![act("v", x).await, 5].contains(&x) && format!("{x}{}", act("f", x).await) == "55" => 2,
            x if format!("{}", act("g", x).await).len() == 1 => 3,
            _ => 4,
        }
    }
    #[workflow]
    pub(super) async fn several_parts(a: u32, b: u32) -> u32 {
        match [a, b] {
            [x, _] | [_, x] if x > 1 && odd_at(x).await && note("then", x) + act("more", x).await > 5 && odd_at(x + 2).await => x,
            [x, y] | [y, x] if act("diff", x + 1).await == y => x * 10 + y,
            _ => 0,
        }
    }
    #[workflow]
    pub(super) async fn cases_in_a_loop(n: u32) -> Vec<u32> {
        let mut out = vec![];
        for i in 0..n {
            let pair = (i % 3, Some(i));
            match pair {
                (0, Some(k)) | (k, Some(4)) if 10 - k > act("k", i).await && odd_at(k + 1).await => { out.push(k); continue }
                (k, None) | (1, Some(k)) if odd_at(k).await => { out.push(act("push", k).await); if k > 3 { break } }
                (_, Some(k)) => out.push(k + 100),
                _ => {}
            }
        }
        out
    }
    // Places before the await are looked at where the operator runs.
    #[workflow]
    pub(super) async fn places_stay(n: u32) -> u32 {
        #[derive(Debug, Serialize, Deserialize)]
        struct Limits { low: u32, names: Vec<String> }
        let limits = Limits { low: 1, names: vec!["a".to_owned(), "b".to_owned()] };
        let name = "b".to_owned();
        match Some(n) {
            Some(x) if limits.low < act("x", x).await => 1,
            Some(x) if limits.names.contains(&act("name", name.clone()).await) && name == act("same", name.clone()).await && x == 1 => 2,
            Some(0) if limits.names.len() + act("len", 1usize).await == 3 => 3,
            _ => 4,
        }
    }

    #[workflow]
    pub(super) async fn chosen_by_guard(n: u32) -> u32 {
        let pair = (Some(1), Some(2), n);
        match &pair {
            (Some(x), _, y) | (_, Some(x), y) if *x == n => { tick().await; x * 10 + act("y", *y).await + *x }
            (Some(x), None, _) | (_, Some(x), 7) => { tick().await; *x }
            _ => 0,
        }
    }
    #[workflow]
    pub(super) async fn chosen_by_awaited_guard(n: u32) -> u32 {
        let pair = (Some(1), Some(2));
        match &pair {
            (Some(x), _) | (_, Some(x)) if act("x", *x).await == n => { tick().await; *x * 10 + act("again", *x).await }
            (Some(x), _) | (_, Some(x)) if *x + act("seven", n).await == 8 => { tick().await; *x }
            _ => 0,
        }
    }
    #[workflow]
    pub(super) async fn chosen_text(n: u32) -> String {
        let texts = vec!["one".to_owned(), "three".to_owned()];
        let mut rounds = 0;
        let found = match texts.as_slice() {
            [text, ..] | [.., text] if text.len() as u32 == n => text.clone(),
            [text, rest @ ..] | [rest @ .., text] if { rounds += 1; rest[0].len() as u32 == n } => {
                tick().await;
                format!("{text}-{rest:?}-{}", act("len", rest.len()).await)
            }
            [first, _] => { tick().await; first.clone() }
            _ => String::new(),
        };
        format!("{found}{rounds}")
    }
    #[workflow]
    pub(super) async fn one_of_three(n: u32) -> (u32, String) {
        let all = [(1, "a".to_owned()), (2, "b".to_owned()), (3, "c".to_owned())];
        let mut out = 0;
        for round in 0..2 {
            match &all {
                [(k, name), ..] | [_, (k, name), _] | [.., (k, name)] if *k == n + round => {
                    out += act("k", *k).await;
                    let x = &name[..]; tick().await; out += x.len() as u32;
                    if round == 1 { return (out, name.clone()); }
                }
                _ => out += 100,
            }
        }
        (out, String::new())
    }
}
