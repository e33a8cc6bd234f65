//! What random programs found (`cargo xtask equivalence`), made smaller and kept.

use durable_tests::{equivalent, equivalent_group};
use serde::{Deserialize, Serialize};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Met {
    how: u32,
}

equivalent! {
    with [(vec![1, 2]), (vec![])];
    async fn a_loop_that_always_ends_in_its_first_round(v: Vec<u32>) -> u32 {
        let mut seen = 0;
        for x in v {
            seen += act("x", x).await;
            if seen > 5 {
                return seen;
            }
            break;
        }
        for (i, x) in [7, 8].into_iter().enumerate() {
            seen += act("y", x).await;
            break;
        }
        seen
    }
}

equivalent! {
    with [(Some(1), true), (Some(1), false)];
    async fn a_jump_out_of_the_value_that_is_assigned(mut given: Option<u32>, flag: bool) -> Option<u32> {
        let mut rounds = 0;
        while rounds < 3 {
            rounds += 1;
            tick().await;
            given = if rounds > 1 {
                Some(match flag {
                    true => break,
                    false => 7,
                })
            } else {
                None
            };
            tick().await;
        }
        given
    }
}

equivalent! {
    with [(String::from("a"), 3)];
    async fn a_jump_out_of_a_later_part_of_what_is_assigned(mut text: String, n: u32) -> String {
        let mut rounds = 0;
        'l: loop {
            rounds += 1;
            tick().await;
            text = format!("{rounds}") + if rounds > n { break } else { "!" };
        }
        text
    }
}

// `match (Shape { … await … }) { … }` lost the parentheses that a struct literal needs there.
equivalent! {
    with [(0), (3)];
    async fn struct_literal_as_a_scrutinee(n: u32) -> u32 {
        let met = match (Met { how: act("how", n).await }) {
            Met { how: 0 } => act("zero", 1).await,
            Met { how } => how,
        };
        let same = if (Met { how: act("same", n).await } == Met { how: 3 }) {
            act("three", met).await
        } else {
            0
        };
        met + same
    }
}

// The temporaries of such a loop are in no arm, so nothing says of what type they are.
equivalent! {
    with [(1), (2)];
    async fn a_borrowed_loop_that_control_cannot_reach(n: u32) -> u32 {
        'out: loop {
            'block: {
                break 'out act("a", n).await;
            }
            let mut known = vec!["ab".to_owned()];
            for x in known.iter().rev() {
                act("b", x.len()).await;
            }
            for x in known.iter_mut() {
                x.push('c');
                act("c", x.len()).await;
            }
            for (at, x) in known.into_iter().enumerate() {
                act("d", at + x.len()).await;
            }
        }
    }
}

// A variable that a branch cares for was loaded from the frame of an awaited function, where a
// branch cares for one of the same name.
equivalent_group! {
    same_name_in_care: cares_twice(3), cares_in_recursion(2);

    #[workflow]
    pub(super) async fn summed_inside(n: u32) -> u32 {
        let mut total = 100;
        join!(async {
            for i in 0..n {
                total += act("inner", i).await;
            }
        }, tick());
        total
    }
    #[workflow]
    pub(super) async fn cares_twice(n: u32) -> u32 {
        let mut total = 1;
        let (a, b) = join!(async {
            total += act("outer", n).await;
            let inner = summed_inside(n).await;
            let (x, y) = join!(summed_inside(n), async {
                total += 5;
                summed_inside(n + inner % 2).await
            });
            total += x + y;
            inner
        }, async { summed_inside(2).await });
        tick().await;
        total + a + b
    }
    #[workflow]
    pub(super) async fn cares_in_recursion(n: u32) -> u32 {
        let mut total = n;
        let (a, b) = join!(async {
            total = total * 10 + act("before", n).await;
            if n == 0 {
                return act("end", 1).await;
            }
            let inside = recurse(cares_in_recursion(n - 1)).await;
            total += inside;
            inside
        }, tick());
        total + a
    }
}

// A branch that never awaits was not looked into for the variable that it cares for.
equivalent! {
    with [(String::from("given"), 1), (String::new(), 3)];
    async fn in_the_care_of_a_branch_that_never_awaits(given: String, n: u32) -> u32 {
        let (a, _) = join!(async {
            tick().await;
            let (len, more, _) = join!(
                async { given.len() as u32 },
                async { act("more", n).await },
                async move { act("last", n).await + act("last", n).await }
            );
            if more > 2 {
                return len;
            }
            act("len", len).await
        }, act("beside", n));
        note("end", given);
        a
    }
}

// An assignment in the arguments of a macro, after an await, to what nobody reads later.
equivalent! {
    with [(3), (0)];
    async fn assigned_by_a_macro_that_gives_up(n: u32) -> i64 {
        let mut given = i64::from(n);
        let list = vec![n; (n % 2) as usize];
        let [x, ..] = &list[..] else {
            tick().await;
            durable_tests::give_up!({
                given = note("given", 16);
                7
            });
        };
        tick().await;
        given + i64::from(*x)
    }
}

// Refused since an inner variable takes the name of what was found in, when that is long over.
equivalent! {
    with [(7, "text".to_owned())];
    async fn found_in_what_is_shadowed_later(n: u32, given: String) -> usize {
        let found = act("found", (n, given)).await;
        let r = found.1.as_str();
        tick().await;
        note("r", r.len());
        {
            let found = Some(n);
            act("inner", 1).await;
            note("inner", found);
        }
        found.1.len()
    }
}

equivalent! {
    with [(" ab ".to_owned()), (String::new())];
    async fn trimmed_texts(text: String) -> usize {
        let mut other = format!("{text}x ");
        let both = text.trim();
        let (start, end) = (both.len(), text.trim_end().len());
        let front = other.trim_start();
        tick().await;
        let sum = act("sum", both.len() + front.len()).await;
        other.push('y');
        sum + start + end + other.len()
    }
}

/// Named by a block of its own, where an inner block has another one.
struct Fee;

impl Fee {
    fn of(n: u32) -> u32 {
        n
    }
}

equivalent! {
    with [(2)];
    async fn an_item_of_a_block_beside_an_own_block(n: u32) -> (u32, Vec<u32>) {
        let inner = {
            struct Twice;
            impl Twice {
                fn of(n: u32) -> u32 {
                    n * 100
                }
            }
            act("inner", Twice::of(n)).await
        };
        let own = join_all([async move { act("own", Fee::of(n)).await }]).await;
        (inner, own)
    }
}

// Refused since what is assigned on the way out was taken for assigned in what follows.
equivalent! {
    with [(Some(3)), (None)];
    async fn assigned_where_a_let_else_leaves(given: Option<u32>) -> u32 {
        let mut code = 1;
        tick().await;
        if given != Some(9) {
            let Some(found) = given else {
                code = 5;
                note("code", code);
                return code;
            };
            note("sum", found + code);
        }
        code
    }
}
