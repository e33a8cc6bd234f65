//! `?` and `return`, with `Result`, `Option` and conversions.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Failure {
    Small(u32),
    Text(String),
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<std::num::ParseIntError> for Failure {
    fn from(error: std::num::ParseIntError) -> Self {
        Self::Text(error.to_string())
    }
}

type Outcome<T> = std::result::Result<T, Failure>;

equivalent! {
    with [("12".to_owned()), ("x".to_owned()), ("1".to_owned())];
    async fn question_mark_converts(text: String) -> Outcome<u32> {
        let n: u32 = act("text", text).await.parse()?;
        let m = act("check", if n < 5 { Err(format!("{n}")) } else { Ok(n) }).await?;
        Ok(m + act("ok", Ok::<u32, String>(1)).await?)
    }
}

equivalent! {
    with [(vec![1, 2]), (vec![])];
    async fn question_mark_on_options(list: Vec<u32>) -> Option<u32> {
        let first = act("first", list.first().copied()).await?;
        let last = *list.last()?;
        tick().await;
        Some(first + last + act("more", Some(first)).await?)
    }
}

fn step(x: u32) -> Outcome<u32> {
    if x > 9 {
        Err(Failure::Small(x))
    } else {
        Ok(x + 1)
    }
}

equivalent! {
    with [(3), (8), (20)];
    async fn question_mark_in_odd_places(n: u32) -> Outcome<Vec<u32>> {
        let mut out = Vec::from([step(n)?, act("a", step(n + 1)).await?]);
        for i in 0..step(n)? {
            if act("b", step(i)).await? > 8 {
                out.push(act("c", Err::<u32, _>(format!("at {i}"))).await?);
            }
            out.extend(act("list", step(i).ok()).await);
        }
        Ok(out)
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn saga_like(n: u32) -> Outcome<String> {
        let held = act("hold", n).await;
        let charged = match act("charge", if n == 2 { Err("no".to_owned()) } else { Ok(n) }).await {
            Ok(charged) => charged,
            Err(e) => {
                act("release", held).await;
                return Err(e.into());
            }
        };
        if let Err(e) = act("send", if n == 3 { Err(Failure::Small(n)) } else { Ok(()) }).await {
            act("refund", charged).await;
            act("release", held).await;
            return Err(e);
        }
        Ok(format!("{held} {charged}"))
    }
}

equivalent! {
    with [(0), (1), (2)];
    async fn return_inside_a_match_inside_a_loop(n: u32) -> Result<u32, ()> {
        let mut i = 0;
        loop {
            match act("i", i).await {
                5 => return Ok(50),
                x if x > n => {
                    tick().await;
                    return match n {
                        0 => Err(()),
                        1 => Ok(act("one", 1).await),
                        _ => break,
                    };
                }
                _ => i += 1,
            }
        }
        tick().await;
        Ok(99)
    }
}

equivalent! {
    with [(3)];
    async fn early_return_before_dead_code(n: u32) -> u32 {
        let mut seen = Vec::new();
        tick().await;
        if n > 0 {
            return act("n", n).await;
        }
        seen.push(1_u8);
        panic!("{seen:?}");
    }
}

equivalent! {
    with [(3)];
    #[allow(unreachable_code, reason = "this is what is tested")]
    async fn type_known_from_dead_code(n: u32) -> u32 {
        let mut list = Vec::new();
        let none = Default::default();
        tick().await;
        return n;
        list.push(1_u8);
        let _: u64 = none;
        tick().await;
        u32::from(list[0])
    }
}
