//! Guards of choices, `a || b`, in which more than the first one awaits.

use durable_tests::equivalent;

equivalent! {
    with [(Some(20)), (Some(3)), (Some(4)), (None)];
    async fn a_choice_that_awaits(given: Option<u32>) -> u32 {
        match given {
            Some(n) if n > 10 || act("odd", n % 2 == 1).await => {
                act("in", n).await;
                n
            }
            Some(n) => n + 100,
            None => 0,
        }
    }
}

equivalent! {
    with [(0), (1), (2), (3), (4), (5), (6)];
    async fn choices_in_order(n: u32) -> String {
        let mut asked = 0;
        let text = match n {
            x if act("first", x == 0).await || act("second", x == 1).await || x == 2 => {
                tick().await;
                format!("a{x}")
            }
            x if x > 2 && act("third", x == 3).await
                || (x == 4 || act("fourth", x == 5).await && act("fifth", x > 4).await) =>
            {
                format!("b{x}")
            }
            x => {
                asked += 1;
                act("none", x).await;
                format!("c{x}")
            }
        };
        format!("{text}{asked}")
    }
}

equivalent! {
    with [(vec![1, 2, 3], true), (vec![7, 2], false), (vec![9], false), (vec![], true)];
    async fn choices_over_a_borrow(v: Vec<u32>, flag: bool) -> u32 {
        let mut sum = 0;
        for _ in 0..2 {
            sum += match &v[..] {
                [first, rest @ ..] if flag || act("first", *first == 7).await => {
                    act("rest", rest.len()).await;
                    *first + rest.len() as u32
                }
                [only] if act("only", *only).await > 20 || act("nine", *only == 9).await => {
                    tick().await;
                    *only
                }
                _ => 1,
            };
            tick().await;
        }
        sum
    }
}

equivalent! {
    with [(Some("a".to_owned()), 1), (Some("bb".to_owned()), 2), (Some("ccc".to_owned()), 0)];
    async fn choices_and_a_move(given: Option<String>, n: usize) -> String {
        let mut calls = 0;
        let mut counted = |yes: bool| {
            calls += 1;
            yes
        };
        let text = match given {
            Some(text) if counted(text.len() == n && n == 1) || act("len", text.len() == n).await => {
                tick().await;
                text + "!"
            }
            Some(text) => text,
            None => String::new(),
        };
        format!("{text}{calls}")
    }
}

equivalent! {
    with [(Some(3), 3), (Some(4), 3), (Some(5), 9)];
    async fn choices_with_operands_before(mut given: Option<u32>, limit: u32) -> Option<u32> {
        match given {
            Some(ref mut n) if limit == 9 || limit + act("more", 1).await > *n => {
                *n += 10;
            }
            Some(n) if n == 4 || matches!(act("m", n).await, 3) => given = None,
            _ => tick().await,
        }
        given
    }
}
