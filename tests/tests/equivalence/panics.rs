//! Panics: the machine panics with the same message, after the same calls and drops.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::{Loud, Point, same};
use durable_tests::equivalent;
use std::collections::BTreeMap;

equivalent! {
    with [(1), (2), (3)];
    panics [(0), (255)];
    async fn panics_of_sums(n: u8) -> u8 {
        let x = (n - 1) + act("a", 1u8).await;
        let y = {
            note("y", 1);
            x
        } * act("b", n).await;
        y
    }
}

equivalent! {
    with [(0), (1)];
    panics [(2), (3), (255)];
    async fn an_index(n: u8) -> u8 {
        let v = [1u8, 2];
        let x = v[n as usize] + act("a", 1u8).await;
        note("x", x);
        x
    }
}

equivalent! {
    with [(0), (1)];
    panics [(2), (3), (255)];
    async fn an_index_that_is_compared(n: u8) -> bool {
        let v = vec![1u8, 2];
        v[n as usize] == act("a", 1u8).await
    }
}

equivalent! {
    with [(0)];
    panics [(1), (2), (3), (255)];
    async fn panics_of_places(n: u8) -> Vec<u8> {
        let mut v = vec![1u8, 2];
        v[n as usize] = act("a", 1u8).await;
        v[n as usize + 1] += act("b", 1u8).await;
        v
    }
}

equivalent! {
    with [(2), (3)];
    panics [(0), (1), (255)];
    async fn shifts_and_divisions(n: u8) -> u32 {
        let o = if n > 1 { Some(3u32) } else { None };
        let d = 5 / n;
        let e = o.unwrap() + act("a", 2).await / n as u32;
        e << act("s", n).await
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    panics [(255)];
    async fn panics_in_a_loop(n: u8) -> u32 {
        let mut t = 250u8;
        for i in 0..n {
            t += act("i", i).await;
            note("t", t);
            if i == 5 {
                let z: Option<u8> = None;
                z.expect("five");
            }
        }
        t as u32
    }
}

equivalent! {
    panics [(0), (1), (2), (3), (255)];
    async fn assertions_and_drops(n: u8) -> u32 {
        let l = {
            tick().await;
            let _a = Loud("a");
            let _b = Loud("b");
            note("n", 7 - n)
        };
        assert!(act("c", n).await < 3, "too {} {}", n, act("m", 1).await);
        assert_eq!(n, act("e", 1).await, "neq {}", n);
        unreachable!("end {}", act("f", 1).await)
    }
}

equivalent! {
    with [(1)];
    panics [(0), (2), (3), (255)];
    async fn keys_and_inner_indices(n: u8) -> u32 {
        let m: BTreeMap<u8, u32> = BTreeMap::from([(1, 1)]);
        let r = &m[&1];
        let mut v = vec![vec![1u32], vec![]];
        v[n as usize].push(act("p", 3).await);
        let x = v[1][n as usize - 1].max(act("q", 1).await);
        let k = m[&n] + act("k", *r).await;
        let (a, b) = (x - 3, act("t", 1).await);
        a + b + k
    }
}

equivalent! {
    with [(2)];
    panics [(0), (1)];
    async fn parts_of_values(n: u8) -> u8 {
        let s = Point {
            y: act("y", 1).await,
            x: (n - 1) as i64,
            name: act("n", "a".to_owned()).await,
        };
        let f = |x: u8| x - 2;
        let g = f(n) + act("g", 1u8).await;
        let arr = [n - 2, act("z", 1u8).await];
        let r = n - 2..act("r", 5).await;
        let c = (n - 2) as u32 + act("cc", 1u32).await;
        g + same(n - 2) + act("h", arr[0]).await
    }
}

equivalent! {
    with [(1), (2)];
    panics [(0)];
    async fn compound_and_negative(n: u8) -> u8 {
        let mut x = n;
        x -= act("a", 1u8).await;
        x = -(act("b", -128i8).await + n as i8) as u8;
        let t = (act("c", 1u8).await, n - 1);
        t.1
    }
}

mod said_wrongly {
    use durable_tests::equivalence::{Ends, compare};

    mod plain {
        use durable_tests::equivalence::ops::plain::*;
        pub(super) async fn element_said_wrongly(n: usize) -> u8 {
            [1, 2][n] + act("a", 1u8).await
        }
    }
    mod durable {
        use durable_tests::equivalence::{ops::durable::*, workflow};
        #[workflow]
        pub(super) async fn element_said_wrongly(n: usize) -> u8 {
            [1, 2][n] + act("a", 1u8).await
        }
    }

    fn says(ends: Ends, n: usize) {
        compare(
            ends,
            || plain::element_said_wrongly(n),
            durable::element_said_wrongly(n),
        );
    }

    #[test]
    #[should_panic(expected = "the plain copy panics, and the test does not say so")]
    fn a_panic_that_is_not_said_fails_the_test() {
        says(Ends::Returns, 2);
    }

    #[test]
    #[should_panic(expected = "the test says that the plain copy panics, and it returns")]
    fn a_panic_that_is_said_and_does_not_come_fails_the_test() {
        says(Ends::Panics, 1);
    }
}
