//! Parameters that are `&mut`: what a helper changes is changed in its caller.

use durable_runtime::Durable;
use durable_tests::equivalent_group;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    seen: Vec<u32>,
    sum: u32,
    inner: Option<Box<State>>,
}

equivalent_group! {
    given: back_simple(3), back_fields(2), back_elements(3), back_held(4), back_two_levels(2), back_early(5), back_looped(3),
        back_joined(2), back_two_places(3), back_generic(2), back_patterns(2), back_shadowed(3), back_in_expressions(2), back_no_awaits(1), back_by_argument(3);

    #[workflow]
    pub(super) async fn back_collect(state: &mut State, n: u32) -> u32 {
        for i in 0..n {
            state.seen.push(act("i", i).await);
            state.sum += i;
        }
        tick().await;
        state.sum
    }
    #[workflow]
    pub(super) async fn back_simple(n: u32) -> String {
        let mut state = State::default();
        let a = back_collect(&mut state, n).await;
        state.sum *= 10;
        let b = back_collect(&mut state, 2).await;
        tick().await;
        format!("{a}{b}{state:?}")
    }
    #[workflow]
    pub(super) async fn back_fields(n: u32) -> String {
        let mut both = (State::default(), State { inner: Some(Box::default()), ..State::default() });
        back_collect(&mut both.0, n).await;
        let mut boxed = Box::new(State::default());
        back_collect(&mut boxed, 1).await;
        back_collect(&mut *boxed, 2).await;
        format!("{both:?}{boxed:?}")
    }
    #[workflow]
    pub(super) async fn back_elements(n: u32) -> String {
        let mut all = vec![State::default(); 4];
        let mut i = 0;
        while i < n as usize {
            back_collect(&mut all[i], { i += 1; i as u32 }).await;
        }
        back_collect(&mut all[act("at", 3usize).await], 1).await;
        let last = all.len() - 1;
        back_collect(&mut all[1..=last][0], 1).await;
        format!("{all:?}")
    }
    #[workflow]
    pub(super) async fn back_held(n: u32) -> String {
        let mut state = State::default();
        let r = &mut state;
        back_collect(r, n).await;
        r.sum += 1;
        back_collect(r, 1).await;
        tick().await;
        back_collect(&mut *r, 1).await;
        let seen = &mut r.seen;
        back_grow(seen, 2).await;
        seen.push(9);
        tick().await;
        seen.push(8);
        format!("{state:?}")
    }
    #[workflow]
    pub(super) async fn back_grow(list: &mut Vec<u32>, by: u32) {
        for i in 0..by {
            list.push(i);
            tick().await;
            list.push(act("g", i).await);
        }
    }
    #[workflow]
    pub(super) async fn back_outer(state: &mut State, names: &[String], n: u32) -> Result<u32, String> {
        let first = back_collect(state, n).await;
        back_grow(&mut state.seen, first).await;
        state.sum = state.sum + names.len() as u32;
        let k = back_fails_at(state, n, 2).await?;
        state.sum += k;
        Ok(k)
    }
    #[workflow]
    pub(super) async fn back_two_levels(n: u32) -> String {
        let mut state = State::default();
        let names = vec!["a".to_owned()];
        let a = back_outer(&mut state, &names, n).await;
        let b = back_outer(&mut state, &names, n + 1).await;
        tick().await;
        format!("{a:?}{b:?}{state:?}")
    }
    #[workflow]
    pub(super) async fn back_fails_at(state: &mut State, n: u32, at: u32) -> Result<u32, String> {
        state.sum += 1;
        tick().await;
        state.seen.push(n);
        if n == at {
            state.seen.push(77);
            Err("hidden".to_owned())?;
        }
        if n == 1 {
            return Ok(act("one", 1).await);
        }
        let parsed: u32 = act("p", "5".to_owned()).await.parse().map_err(|_| "no".to_owned())?;
        state.seen.push(parsed);
        Ok(parsed)
    }
    #[workflow]
    pub(super) async fn back_early(n: u32) -> String {
        let mut state = State::default();
        let mut log = String::new();
        for i in 0..n {
            match back_fails_at(&mut state, i, 2).await {
                Ok(k) => log += &k.to_string(),
                Err(e) if state.sum > 2 => log += &e,
                Err(_) => {}
            }
        }
        format!("{log}{state:?}")
    }
    #[workflow]
    pub(super) async fn back_looped(n: u32) -> String {
        let mut all = vec![State::default(); n as usize];
        for (i, s) in all.iter_mut().enumerate() {
            back_collect(s, i as u32).await;
            s.sum += 1;
            back_grow(&mut s.seen, 1).await;
        }
        for s in &mut all {
            back_collect(s, 1).await;
        }
        let mut opt = Some(State::default());
        if let Some(s) = &mut opt {
            back_collect(s, n).await;
            s.sum += 5;
        }
        while let Some(s) = &mut opt {
            back_collect(s, 1).await;
            if s.sum > 8 {
                break;
            }
            s.sum += 1;
        }
        format!("{all:?}{opt:?}")
    }
    #[workflow]
    pub(super) async fn back_joined(n: u32) -> String {
        let (mut a, mut b) = (State::default(), State::default());
        let (x, y) = join!(
            async {
                let k = back_collect(&mut a, n).await;
                tick().await;
                a.sum += k;
                back_collect(&mut a, 1).await
            },
            async {
                back_grow(&mut b.seen, n).await;
                b.sum += 1;
                7
            }
        );
        tick().await;
        format!("{x}{y}{a:?}{b:?}")
    }
    #[workflow]
    pub(super) async fn back_swap_sums(a: &mut State, b: &mut State, mut by: u32) -> bool {
        by += 1;
        tick().await;
        std::mem::swap(a, b);
        let (x, y) = join!(async { tick().await; a.sum += by; by }, async { b.seen.push(act("b", 4).await); 1 });
        tick().await;
        a.sum += x + y;
        true
    }
    #[workflow]
    pub(super) async fn back_two_places(n: u32) -> String {
        let mut both = (State::default(), State { sum: n, ..State::default() });
        let mut list = vec![State::default(), State { sum: 1, ..State::default() }];
        let ok = back_swap_sums(&mut both.0, &mut both.1, n).await;
        let [x, y] = &mut list[..] else { panic!() };
        back_swap_sums(x, y, n).await;
        format!("{ok}{both:?}{list:?}")
    }
    #[workflow]
    pub(super) async fn back_push_all<T: Clone>(list: &mut Vec<T>, item: &T, times: u32) -> usize {
        for _ in 0..times {
            tick().await;
            list.push(item.clone());
        }
        list.len()
    }
    #[workflow]
    pub(super) async fn back_generic(n: u32) -> String {
        let mut words = vec!["a".to_owned()];
        let mut nums = vec![];
        let a = back_push_all(&mut words, &"b".to_owned(), n).await;
        let b = back_push_all(&mut nums, &n, n).await + back_push_all::<u32>(&mut nums, &4, 1).await;
        format!("{a}{b}{words:?}{nums:?}")
    }
    #[workflow]
    pub(super) async fn back_taken_apart((a, list): &mut (u32, Vec<u32>), State { sum, .. }: &mut State) {
        *a += 1;
        tick().await;
        list.push(*a);
        *sum += *a;
        tick().await;
        *sum += 1;
    }
    #[workflow]
    pub(super) async fn back_patterns(n: u32) -> String {
        let mut pair = (n, vec![]);
        let mut s = State::default();
        for _ in 0..2 {
            back_taken_apart(&mut pair, &mut s).await;
        }
        match &mut s {
            State { seen, sum, .. } => {
                back_grow(seen, 1).await;
                *sum += 1;
                back_bump(sum).await;
            }
        }
        format!("{pair:?}{s:?}")
    }
    #[workflow]
    pub(super) async fn back_bump(n: &mut u32) {
        *n += act("bump", 1).await;
    }
    #[workflow]
    pub(super) async fn back_shadowed(n: u32) -> String {
        let mut state = State::default();
        let outer = &mut state;
        let state = { let mut state = 5; back_bump(&mut state).await; back_collect(outer, n).await; state };
        let n = { let mut n = n; back_bump(&mut n).await; back_bump(&mut n).await; n };
        tick().await;
        format!("{n}{state}{outer:?}")
    }
    #[workflow]
    pub(super) async fn back_in_expressions(n: u32) -> String {
        let mut s = State::default();
        let mut k = vec![n, 1];
        let total = back_collect(&mut s, n).await + s.sum * back_collect(&mut s, 1).await + s.sum;
        if back_collect(&mut s, 2).await > 1 && { back_bump(&mut k[0]).await; k[0] > 1 } {
            back_bump(&mut k[(s.sum as usize) % 2]).await;
        }
        let f = (back_bump(&mut k[0]).await, k.clone(), back_bump(&mut s.sum).await, s.sum);
        format!("{total}{f:?}{k:?}{s:?}")
    }
    #[workflow]
    pub(super) async fn back_straight(list: &mut Vec<u32>) -> u32 {
        list.push(1);
        list.len() as u32
    }
    #[workflow]
    pub(super) async fn back_unit(list: &mut Vec<u32>) {
        list.push(2);
    }
    #[workflow]
    pub(super) async fn back_no_awaits(n: u32) -> String {
        let mut list = vec![n];
        let a = back_straight(&mut list).await;
        back_unit(&mut list).await;
        format!("{a}{list:?}")
    }
    // The index is what it was where it is written, and each operand is evaluated once and in order.
    #[workflow]
    pub(super) async fn back_add(by: u32, to: &mut u32, also: &mut u32) {
        *to += by;
        tick().await;
        *also = *also * 2 + *to;
    }
    #[workflow]
    pub(super) async fn back_by_argument(n: u32) -> String {
        let (mut xs, mut ys) = (vec![1, 2, 3], vec![4, 5, 6]);
        let mut i = 0;
        let mut next = || { i += 1; i };
        back_add(next() as u32, &mut xs[next() - 1], &mut ys[next() - 2]).await;
        let mut j = 0;
        back_add({ j += 1; n }, &mut xs[j], &mut ys[{ j += 1; j }]).await;
        format!("{xs:?}{ys:?}{j}")
    }
}

mod recursion {
    use super::State;
    use durable_tests::equivalence::{Ends, compare, ops, workflow};

    mod plain {
        use super::super::State;
        use durable_tests::equivalence::ops::plain::*;

        pub(super) async fn back_nested(state: &mut State, depth: u32) -> u32 {
            state.seen.push(depth);
            if depth == 0 {
                tick().await;
                return 1;
            }
            let mut mine = State::default();
            let a = Box::pin(back_nested(&mut mine, depth - 1)).await;
            let b = Box::pin(back_nested(state, depth - 1)).await;
            state.sum += a + b + mine.sum;
            state.inner = Some(Box::new(mine));
            a + b + 1
        }
        pub(super) async fn begin(n: u32) -> String {
            let mut state = State::default();
            let r = back_nested(&mut state, n).await;
            format!("{r}{state:?}")
        }
    }
    mod durable {
        use super::super::State;
        use super::workflow;
        use durable_tests::equivalence::ops::durable::*;

        #[workflow]
        pub(super) async fn back_nested(state: &mut State, depth: u32) -> u32 {
            state.seen.push(depth);
            if depth == 0 {
                tick().await;
                return 1;
            }
            let mut mine = State::default();
            let a = back_nested(&mut mine, depth - 1).await;
            let b = back_nested(state, depth - 1).await;
            state.sum += a + b + mine.sum;
            state.inner = Some(Box::new(mine));
            a + b + 1
        }
        #[workflow(name = "given_back_recursion")]
        pub(super) async fn begin(n: u32) -> String {
            let mut state = State::default();
            let r = back_nested(&mut state, n).await;
            format!("{r}{state:?}")
        }
    }

    #[test]
    fn equivalence() {
        for n in 0..4 {
            compare(Ends::Returns, || plain::begin(n), durable::begin(n));
        }
    }
}
