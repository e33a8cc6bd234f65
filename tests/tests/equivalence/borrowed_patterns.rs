//! Patterns over borrowed things, whose bindings are needed after an await.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::collections::BTreeMap;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Payment {
    Card { number: String, cents: u32 },
    Cash(u32),
    Split(Box<Payment>, Vec<u32>),
}

fn payments() -> Vec<Payment> {
    vec![
        Payment::Card {
            number: "4711".to_owned(),
            cents: 5,
        },
        Payment::Cash(7),
        Payment::Split(Box::new(Payment::Cash(1)), vec![2, 3]),
    ]
}

equivalent! {
    with [(payments())];
    async fn arms_of_a_match(payments: Vec<Payment>) -> Vec<String> {
        let mut out = Vec::new();
        for i in 0..payments.len() {
            let text = match &payments[i] {
                Payment::Card { number, cents } if *cents > 2 => {
                    let n = act("card", *cents).await;
                    format!("{number}{n}{cents}")
                }
                Payment::Card { .. } => "small".to_owned(),
                Payment::Cash(n) => {
                    tick().await;
                    n.to_string()
                }
                Payment::Split(first, rest) => {
                    tick().await;
                    let len = rest.len();
                    match &**first {
                        Payment::Cash(n) => {
                            tick().await;
                            format!("{n}{len}{rest:?}")
                        }
                        _ => String::new(),
                    }
                }
            };
            out.push(text);
        }
        out
    }
}

equivalent! {
    with [(payments())];
    async fn unique_arms(mut payments: Vec<Payment>) -> Vec<Payment> {
        for payment in &mut payments {
            match payment {
                Payment::Card { number, cents } => {
                    tick().await;
                    number.push('x');
                    *cents += act("more", 10).await;
                }
                Payment::Cash(n) => {
                    *n += act("cash", 1).await;
                    *payment = Payment::Split(Box::new(payment.clone()), vec![]);
                }
                Payment::Split(first, rest) => {
                    tick().await;
                    rest.push(1);
                    **first = Payment::Cash(act("first", 3).await);
                }
            }
        }
        payments
    }
}

equivalent! {
    with [(Some("note".to_owned())), (None)];
    async fn if_let(note: Option<String>) -> String {
        let mut pair = (note, 5);
        if let Some(text) = &pair.0 {
            tick().await;
            if act("len", text.len()).await > 3 && text.starts_with('n') {
                return text.clone();
            }
        } else if let (None, n) = &pair {
            tick().await;
            return n.to_string();
        }
        if let Some(text) = &mut pair.0 {
            text.push('!');
            tick().await;
            text.push('?');
        }
        pair.0.unwrap_or_default()
    }
}

equivalent! {
    with [((Some(vec![1, 2]), 3)), ((None, 0))];
    async fn chains(input: (Option<Vec<u32>>, u32)) -> u32 {
        if let (Some(list), n) = &input
            && let [first, ..] = &list[..]
            && *n > 1
        {
            tick().await;
            return *first + list.len() as u32 + *n;
        }
        input.1
    }
}

equivalent! {
    with [(vec![Some(1), Some(2), None, Some(3)])];
    async fn while_let(list: Vec<Option<u32>>) -> Vec<u32> {
        let mut out = Vec::new();
        let mut i = 0;
        while let Some(n) = &list[i] {
            i += 1;
            tick().await;
            out.push(*n + i as u32);
        }
        let mut stack = vec![1, 2];
        while let [rest @ .., last] = &stack[..] {
            let n = rest.len();
            tick().await;
            out.push(*last + rest.len() as u32);
            stack.truncate(n);
        }
        out
    }
}

equivalent! {
    with [(Some((1, "a".to_owned()))), (None)];
    async fn let_else(input: Option<(u32, String)>) -> String {
        let Some((n, text)) = &input else {
            return act("none", String::new()).await;
        };
        tick().await;
        let Some(both @ (_, inner)) = &input else {
            tick().await;
            return String::new();
        };
        tick().await;
        format!("{n}{text}{inner}{}", both.0)
    }
}

equivalent! {
    with [((1, ("b".to_owned(), vec![2])))];
    async fn let_patterns(mut input: (u32, (String, Vec<u32>))) -> (String, u32) {
        let (n, (text, list)) = &input;
        tick().await;
        let first = &list[0];
        tick().await;
        let sum = n + first;
        let s = text.clone();
        let (n, (text, list)) = &mut input;
        tick().await;
        *n += 1;
        list.push(5);
        tick().await;
        text.push('!');
        tick().await;
        list.clear();
        (format!("{s}{input:?}"), sum)
    }
}

equivalent! {
    with [((Some(1), Some(2)))];
    async fn copies_and_borrows_in_one_pattern(mut t: (Option<u32>, Option<u32>)) -> u32 {
        let &(Some(a), ref b) = &t else { return 0 };
        tick().await;
        let b = b.unwrap_or(0);
        t.0 = None;
        tick().await;
        match &t {
            (None, Some(x)) | (Some(x), _) => {
                tick().await;
                a + b + x
            }
            _ => 9,
        }
    }
}

equivalent! {
    with [(Some(7))];
    async fn guards_are_not_asked_again(o: Option<u32>) -> Vec<u32> {
        let c = Cell::new(true);
        let mut out = vec![];
        match &o {
            Some(x) if c.replace(false) => {
                tick().await;
                out.push(*x);
            }
            _ => {}
        }
        out.push(u32::from(c.get()));
        out
    }
}

equivalent! {
    with [(vec![1, 2])];
    async fn a_borrow_matched_twice(mut v: Vec<u32>) -> u32 {
        let all = &mut v;
        if let [first, rest @ ..] = &mut all[..] {
            tick().await;
            *first += rest.len() as u32;
            let a = act("first", *first).await;
            for x in rest {
                *x += a;
                tick().await;
            }
        }
        match all.len() {
            2 => {
                tick().await;
                all.push(1);
            }
            _ => {}
        }
        v.iter().sum()
    }
}

equivalent! {
    with [(vec![1, 2])];
    async fn a_part_of_an_item(v: Vec<u32>) -> u32 {
        let map = BTreeMap::from([(0, "zero".to_owned()), (1, "one".to_owned())]);
        let mut sum = 0;
        for item in v.iter().enumerate() {
            let at = &item.0;
            tick().await;
            sum += *at as u32 + item.0 as u32 + *item.1;
            let name = &map[&item.0];
            tick().await;
            sum += name.len() as u32;
        }
        for entry in &map {
            let (k, v) = entry;
            tick().await;
            sum += *k as u32 + v.len() as u32;
        }
        sum
    }
}

equivalent! {
    with [(Some("a".to_owned()), vec![vec![1], vec![2]])];
    async fn bindings_called_like_what_they_are_a_part_of(note: Option<String>, v: Vec<Vec<u32>>) -> String {
        let mut out = String::new();
        let i = 1;
        if let Some(note) = &note {
            out.push_str(note);
            tick().await;
        }
        if let [v] = &v[i][..] {
            out.push_str(&v.to_string());
            tick().await;
        }
        match &v[i] {
            v if v.len() == 1 => {
                tick().await;
                out.push_str(&format!("{v:?}"));
            }
            _ => {}
        }
        if let Some(note) = &note {
            tick().await;
            out.push_str(note);
        }
        format!("{out}{note:?}{v:?}")
    }
}
