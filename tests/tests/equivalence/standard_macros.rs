//! Awaits in the arguments of the standard macros.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

equivalent! {
    with [(3)];
    async fn formatting(n: u32) -> String {
        let (name, width) = ("n".to_owned(), 6);
        let a = format!("{} {} {name}", note("first", n), act("second", n + 1).await);
        let b = format!("{name}={value:>width$} {0:?}", act("zero", "z".to_owned()).await, value = act("value", n).await);
        let c = format!("{0} {x} {0}", act("twice", 1).await, x = note("x", 2));
        let d = format!("{} {}", format!("{}", act("inner", n).await), note("after", 5));
        let e = std::format!("{}", act("len", vec![n, n]).await.len());
        println!("{} {a}", act("print", n).await);
        eprint!("{}\n", act("eprint", n).await);
        print! { "{}\n", act("braces", n).await }
        format!("{a}|{b}|{c}|{d}|{e}|{}", act("tail", name).await)
    }
}

equivalent! {
    with [("abc".to_owned())];
    async fn one_variable_several_times(name: String) -> String {
        println!("{} {} {} {}", name, name, name.len(), act("print", 1).await);
        assert_eq!(name, name.trim(), "{}", name);
        let text = format!("{:?} {} {} {}", name, name.len(), name, act("format", name.len()).await);
        text + &name
    }
}

equivalent! {
    with [(3)];
    async fn writing(n: u32) -> String {
        let mut out = String::new();
        write!(out, "{} ", act("a", n).await).unwrap();
        writeln!(&mut out, "{}{}", note("b", n), act("c", n).await).unwrap();
        write!(out, "{n}").unwrap();
        let mut lines = vec![String::new(), String::new()];
        write!(lines[1], "{}", act("d", out.len()).await).unwrap();
        let done = write!(out, "{}", act("e", lines[1].clone()).await).is_ok();
        out + &done.to_string()
    }
}

equivalent! {
    with [(3)];
    async fn lists(n: u32) -> Vec<Vec<u32>> {
        let a = vec![note("a", 1), act("b", n).await, note("c", 3), act("d", 4).await];
        let b = vec![act("e", n).await; act("f", 2).await];
        let c = vec![vec![act("g", 1).await], vec![], vec![n; act("h", 2).await]];
        [vec![a, b], c].concat()
    }
}

equivalent! {
    with [(Some(3)), (Some(4)), (None)];
    async fn matching(n: Option<u32>) -> Vec<bool> {
        let limit = 3;
        vec![
            matches!(act("a", n).await, Some(x) if x > limit),
            matches!(act("b", n).await, None | Some(3)),
            matches!(act("c", n).await, Some(4) if note("d", true),),
            !matches!((act("f", n).await, act("g", 1).await), (Some(3..), 1)),
        ]
    }
}

equivalent! {
    with [(3)];
    async fn assertions_that_hold(n: u32) -> u32 {
        assert!(act("a", n > 0).await);
        assert!(act("b", true).await, "{n}");
        assert!(note("c", true), "not awaited: {}", act("no", 1).await);
        assert!(act("d", n).await == 3 && n < 5, "{} {n}", act("no", 1).await);
        assert_eq!(act("e", n).await, 3);
        assert_eq!(n, act("f", n).await, "text {n}");
        assert_ne!(note("g", 1), act("h", 2).await);
        debug_assert!(act("i", true).await);
        debug_assert_eq!(act("j", 1).await, note("k", 1));
        debug_assert_ne!(act("l", 1).await, 2, "{n}");
        assert!(!matches!(act("m", n).await, 4..));
        n
    }
}

equivalent! {
    with [(3)];
    #[allow(clippy::dbg_macro, reason = "what is tested")]
    async fn shown_and_passed_on(n: u32) -> (u32, (u32, u32)) {
        let a = dbg!(act("a", n).await) + dbg!(note("b", 1));
        let b = dbg!(act("c", n).await, note("d", 2) + act("e", 5).await);
        (a, b)
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn panics_that_do_not_happen(n: u32) -> u32 {
        let x: u32 = match n {
            1 => act("one", 1).await,
            2 | 3 => act("more", n).await,
            _ => panic!("{} {n}", act("no", n).await),
        };
        let y;
        if n < 9 {
            y = act("y", n).await;
        } else {
            unreachable!("{}", act("no", n).await);
        }
        let z = if y > 0 { y } else { todo!("{}", act("no", 1).await) };
        tick().await;
        x + y + z
    }
}

equivalent! {
    with [(2)];
    async fn shadowed_names_in_messages(n: u32) -> String {
        let text = "outer".to_owned();
        let inner = {
            let text = format!("{text} {}", act("a", text.len()).await);
            format!("{text}{}", { let text = act("b", 1).await; text })
        };
        match act("c", Some(text.clone())).await {
            Some(text) if n == 2 => format!("{text} {inner} {}", act("d", text.clone()).await),
            _ => text,
        }
    }
}

equivalent! {
    with [(2)];
    async fn macros_of_the_function_keep_their_names(n: u32) -> String {
        macro_rules! vec {
            ($x:expr) => {
                [$x, 1]
            };
        }
        let list = vec!(n);
        format!("{:?} {}", list, act("n", n).await)
    }
}

mod failing {
    use durable_runtime::operation::WorkflowCall;
    use durable_tests::equivalence::{ops::durable::*, panic_message, workflow};

    #[workflow]
    pub async fn plain_assertion(n: u32) -> u32 {
        assert!(act("a", n).await == 1 + 1);
        n
    }

    #[workflow]
    pub async fn assertion_with_awaited_message(n: u32) -> u32 {
        assert!(
            act("a", n).await > 5,
            "too small: {}",
            act("b", n + 1).await
        );
        n
    }

    #[workflow]
    pub async fn panic_with_awaited_message(n: u32) -> u32 {
        panic!("given {}", act("a", n).await)
    }

    fn message(call: WorkflowCall<u32>) -> String {
        panic_message(call.name(), call.input().unwrap())
    }

    #[test]
    fn messages_are_those_of_the_user() {
        assert_eq!(
            message(plain_assertion(3)),
            r#"assertion failed: act("a", n).await == 1 + 1"#
        );
        assert_eq!(message(assertion_with_awaited_message(3)), "too small: 4");
        assert_eq!(message(panic_with_awaited_message(3)), "given 3");
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Order {
    items: Vec<u32>,
    note: Option<String>,
}

fn order() -> Order {
    Order {
        items: vec![3, 4],
        note: Some("n".to_owned()),
    }
}

equivalent! {
    with [(order())];
    async fn dbg_hands_a_borrow_on(mut x: Order) -> u32 {
        let mut i = 0;
        let r = dbg!(&x.items[{ i += 1; i }]);
        tick().await;
        note("r", r);
        if let Some(text) = dbg!(&x.note) {
            tick().await;
            note("text", text);
        }
        let all = &x;
        match dbg!(all) {
            Order { items, .. } => {
                tick().await;
                note("items", items);
            }
        }
        for item in dbg!(&all.items) {
            tick().await;
            note("item", item);
        }
        for item in dbg!(&x.items) {
            tick().await;
            note("item", item);
        }
        while let Some(n) = dbg!(x.items.pop()) {
            note("n", n);
            tick().await;
        }
        match dbg!(&mut x.note) {
            Some(text) => {
                tick().await;
                text.push('a');
            }
            None => {}
        }
        note("note", x.note);
        dbg!(act("m", 1).await)
    }
}

equivalent! {
    with [(order())];
    async fn dbg_hands_on_what_is_found(x: Order) -> u32 {
        let mut i = 0;
        let first = std::dbg!(x.items.first());
        tick().await;
        note("first", first);
        let at = dbg!(x.items.get(i));
        i += 1;
        tick().await;
        note("at", at);
        match dbg!(x.items.get(i)) {
            Some(last) => {
                tick().await;
                note("last", last);
            }
            None => {}
        }
        let Some(last) = dbg!(x.items.last()) else {
            return 0;
        };
        tick().await;
        let Some(n) = dbg!(act("n", Some(*last)).await) else {
            return 0;
        };
        last + i as u32 + n
    }
}

trait Shape {
    fn area(&self) -> u32;
}

#[derive(Debug)]
struct Square(u32);

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

equivalent! {
    with [(1), (3)];
    #[allow(clippy::dbg_macro, reason = "what is tested")]
    async fn dbg_shows_what_it_is_given_and_not_what_a_type_makes_of_it(n: u32) -> u32 {
        let square = Square(n);
        // It cannot be shown.
        let shape: &dyn Shape = dbg!(&square);
        let area = shape.area();
        tick().await;
        area
    }
}
