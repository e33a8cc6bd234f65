//! Names of patterns that may be constants or variables: only rustc knows which.

#![allow(
    non_upper_case_globals,
    non_snake_case,
    reason = "constants that look like bindings, and the other way round"
)]

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;
use serde::{Deserialize, Serialize};

const limit: u32 = 3;

equivalent! {
    with [(3), (4)];
    async fn small_letters_deep_in_a_pattern(n: u32) -> u32 {
        let a = match act("a", Some((n, 1))).await {
            Some((limit, _)) => {
                tick().await;
                limit
            }
            _ => act("other", limit).await,
        };
        let b = match act("b", n).await {
            limit => {
                tick().await;
                limit + 10
            }
            other => {
                tick().await;
                other
            }
        };
        let Some(limit) = act("c", Some(n)).await else {
            return a + b;
        };
        tick().await;
        a + b + limit + 100
    }
}

equivalent! {
    with [(3), (4)];
    async fn small_letters_in_what_is_borrowed(n: u32) -> u32 {
        let v = act("a", Some((n, 1))).await;
        let (mut i, all) = (0, vec![Some(3), Some(n), None]);
        while let Some(Some(limit)) = all.get(i) {
            tick().await;
            i += 1;
            note("limit", limit);
        }
        if let Some((limit, m)) = &v {
            tick().await;
            return limit + m;
        }
        note("v", v);
        0
    }
}

// Both alternatives fit, but for the constant.
equivalent! {
    with [((5, 3)), ((3, 6)), ((1, 1))];
    async fn a_constant_decides_which_alternative_it_is(x: (u32, u32)) -> u32 {
        match &x {
            (limit, n) | (n, limit) => {
                tick().await;
                *n
            }
            _ => act("c", 1).await,
        }
    }
}

equivalent! {
    with [((5, 3)), ((3, 6)), ((1, 1))];
    async fn a_constant_in_guarded_alternatives(x: (u32, u32)) -> u32 {
        match &x {
            (limit, n) | (n, limit) if act("g", *n).await > 4 => {
                tick().await;
                *n + limit
            }
            _ => act("c", 1).await,
        }
    }
}

equivalent! {
    with [((vec![(5, 3)], 1)), ((vec![(3, 6)], 1)), ((vec![(1, 1)], 1))];
    async fn a_constant_in_alternatives_of_what_is_found(y: (Vec<(u32, u32)>, u32)) -> u32 {
        if let Some((limit, n) | (n, limit)) = y.0.first() {
            tick().await;
            return *n + limit;
        }
        let Some((_, n)) = y.0.last() else { return 0 };
        tick().await;
        *n
    }
}

equivalent! {
    with [(3), (4)];
    async fn variables_in_capitals(N: u32) -> u32 {
        let (A, mut B) = act("a", (N, 2)).await;
        tick().await;
        B += A;
        let v = vec![1, B];
        let mut sum = 0;
        for I in v {
            sum += act("i", I + N).await;
        }
        let add = |Y: u32| Y + A;
        tick().await;
        let R = &B;
        tick().await;
        let MAX;
        if *R > 3 {
            MAX = act("m", 1).await;
        } else {
            MAX = 4;
        }
        tick().await;
        {
            let A = add(sum);
            tick().await;
            note("A", A);
        }
        let s = format!("{MAX} {A} {}", *R);
        tick().await;
        match act("z", Some(sum)).await {
            Some(A) => {
                tick().await;
                note("A", A);
            }
            None => {}
        }
        note("s", s);
        sum + add(1) + A
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct X;

equivalent! {
    with [(3)];
    panics [(4)];
    async fn variables_in_capitals_in_the_operands_of_macros(n: u32) -> u32 {
        let text = format!("{}", {
            let A = act("a", n).await;
            tick().await;
            let (mut b, C) = act("b", (A, 2)).await;
            tick().await;
            b ^= C;
            format!("{A} {b} {C}")
        });
        assert!(
            act("low", n).await < 4,
            "{}",
            {
                let D = act("d", text.len()).await;
                tick().await;
                D
            },
        );
        let all = vec![
            {
                let E = act("e", n).await;
                tick().await;
                E
            };
            2
        ];
        all.len() as u32 + all[1]
    }
}

equivalent! {
    with [(3), (4)];
    async fn a_unit_struct_in_capitals(n: u32) -> u32 {
        let X = act("a", X).await;
        tick().await;
        note("x", X);
        n
    }
}

equivalent! {
    with [(3), (4)];
    async fn one_name_written_in_two_ways(n: u32) -> u32 {
        let r#a = act("a", n).await;
        let r = {
            let a = r#a + 1;
            tick().await;
            note("a", a);
            a
        };
        r + a
    }
}

equivalent! {
    with [(3), (4)];
    async fn small_letters_that_branches_share(n: u32) -> u32 {
        match (n, 1) {
            (limit, k) => {
                let mut more = k;
                let (a, b) = join!(
                    async {
                        let a = act("a", limit).await;
                        more += 1;
                        a + act("again", limit).await
                    },
                    async move { act("b", limit).await },
                );
                a + b + limit + more
            }
            other => act("other", other.0).await,
        }
    }
}
