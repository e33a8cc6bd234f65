//! Attacks on what is given back: order of evaluation, aliases, errors half-way, places under places.

use durable_tests::equivalent_group;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, VecDeque};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    seen: Vec<u32>,
    sum: u32,
    at: usize,
    inner: Option<Box<State>>,
}

equivalent_group! {
    lent: lend_args(3), lend_compound(2), lend_while(2), lend_guard(3), lend_structs(2), lend_reborrow(3), lend_iter(3), lend_generic(2), lend_pats(1), lend_replace(2),
    lend_closure(2), lend_lifetimes(2), lend_join(2), lend_results(3), lend_places(2), lend_select_inside(2), lend_unused(1), lend_match(2), lend_shadow_names(2), lend_cond(2), lend_enum(2), lend_fields_join(2), lend_nested_join(2), lend_after_borrows(2), lend_beside_keys(3);

    #[workflow]
    pub(super) async fn lend_bump(n: &mut u32) -> u32 {
        *n += act("bump", 1u32).await;
        *n
    }
    #[workflow]
    pub(super) async fn lend_grow(v: &mut Vec<u32>, by: u32) -> usize {
        for i in 0..by { v.push(i); tick().await; }
        v.len()
    }
    #[workflow]
    pub(super) async fn lend_args(n: u32) -> String {
        let mut v = vec![vec![1u32, 2], vec![3, 4], vec![5, 6]];
        let mut i = 0usize;
        lend_grow(&mut v[i], { i += 1; i as u32 }).await;
        let k = [2usize, 0, 1];
        lend_bump(&mut v[k[i]][{ i = 0; i }]).await;
        lend_bump(&mut v[k[{ i += 1; i }]][{i = 0; 1}]).await;
        let mut at = 0usize;
        let mut s = State { seen: vec![1, 2, 3], ..State::default() };
        lend_bump(&mut s.seen[s.at]).await;
        s.at = 2;
        lend_bump(&mut s.seen[s.at]).await;
        let len = v.len();
        lend_grow(&mut v[len - 1], len as u32).await;
        let l = lend_grow(&mut v[0], n).await;
        lend_grow(&mut v[l % 3], { let q = n + 1; q }).await;
        format!("{v:?}{s:?}{i}{at}")
    }
    #[workflow]
    pub(super) async fn lend_compound(n: u32) -> String {
        let mut x = n;
        x += lend_bump(&mut x).await;
        x = x + lend_bump(&mut x).await;
        let y = (x, lend_bump(&mut x).await, x);
        let z = x * lend_bump(&mut x).await - x;
        let mut s = State::default();
        s.sum += lend_bump(&mut x).await;
        s.sum += lend_bump(&mut s.sum).await;
        let arr = [x, lend_bump(&mut x).await, x, lend_bump(&mut x).await];
        let t = format!("{} {}", lend_bump(&mut x).await, x);
        s.seen.push(lend_bump(&mut x).await);
        format!("{x}{y:?}{z}{s:?}{arr:?}{t}")
    }
    #[workflow]
    pub(super) async fn lend_while(n: u32) -> u32 {
        let mut x = n;
        while lend_bump(&mut x).await < 5 { x += 0; }
        while lend_bump(&mut x).await < 12 && x != 9 { tick().await; }
        let r = loop { if lend_bump(&mut x).await > 14 { break x * 2; } };
        r + x
    }
    #[workflow]
    pub(super) async fn lend_guard(n: u32) -> String {
        let mut log = String::new();
        let mut x = n;
        let mut y = lend_bump(&mut x).await;
        match y {
            3 => log += "three",
            k if { k > 3 && x > 2 } => log += "more",
            _ => log += "other",
        }
        log + &x.to_string()
    }
    #[workflow]
    pub(super) async fn lend_structs(n: u32) -> String {
        let mut x = n;
        let s = State { sum: lend_bump(&mut x).await, seen: vec![x, lend_bump(&mut x).await, x], at: x as usize, ..State::default() };
        let o = Some(lend_bump(&mut x).await);
        let r = (lend_bump(&mut x).await..=x + 2).collect::<Vec<_>>();
        format!("{s:?}{o:?}{r:?}{x}")
    }
    #[workflow]
    pub(super) async fn lend_deep(state: &mut State, n: u32) -> u32 {
        let a = lend_grow(&mut state.seen, n).await as u32;
        state.sum += a;
        lend_bump(&mut state.sum).await;
        if n > 0 {
            lend_middle(state, n - 1).await;
            lend_middle(&mut *state, 0).await;
            let again = &mut *state;
            lend_middle(again, 0).await;
            again.sum += 1;
            let part = &mut again.seen;
            lend_grow(part, 1).await;
            part.push(42);
            tick().await;
            part.push(43);
        }
        let State { seen, sum, .. } = state;
        lend_grow(seen, 1).await;
        lend_bump(sum).await;
        seen.push(*sum);
        *sum
    }
    #[workflow]
    pub(super) async fn lend_middle(state: &mut State, n: u32) {
        state.sum += 100;
        state.inner = Some(Box::new(State { sum: n, ..State::default() }));
        if let Some(inner) = &mut state.inner {
            lend_bump(&mut inner.sum).await;
            inner.seen.push(5);
            lend_grow(&mut inner.seen, n).await;
        }
        if let Some(inner) = state.inner.as_deref_mut() {
            inner.sum += 1;
        }
        tick().await;
    }
    #[workflow]
    pub(super) async fn lend_reborrow(n: u32) -> String {
        let mut s = State::default();
        let r = lend_deep(&mut s, n).await;
        let q = &mut s;
        let r2 = lend_deep(q, 1).await;
        let r3 = lend_deep(&mut *q, r % 2).await;
        format!("{r}{r2}{r3}{s:?}")
    }
    #[workflow]
    pub(super) async fn lend_iter(n: u32) -> String {
        let mut v: Vec<State> = (0..4).map(|i| State { sum: i, ..State::default() }).collect();
        for (k, s) in v.iter_mut().enumerate() {
            if k == 1 { continue; }
            s.at = k;
            if lend_bump(&mut s.sum).await > n + 1 { break; }
            lend_grow(&mut s.seen, k as u32 + 1).await;
        }
        for s in v.iter_mut().skip(1).rev() {
            for x in &mut s.seen { lend_bump(x).await; *x *= 2; }
            s.seen.push(1);
        }
        let mut m: BTreeMap<u32, u32> = [(1, 2), (3, 4)].into_iter().collect();
        for (k, x) in m.iter_mut() { lend_bump(x).await; *x += *k; }
        for x in m.values_mut() { lend_bump(x).await; }
        let mut d: VecDeque<u32> = VecDeque::from([1, 2, 3]);
        lend_bump(&mut d[1]).await;
        format!("{v:?}{m:?}{d:?}")
    }
    #[workflow]
    pub(super) async fn lend_set<T>(to: &mut T, value: T) -> T {
        tick().await;
        let old = std::mem::replace(to, value);
        tick().await;
        old
    }
    #[workflow]
    pub(super) async fn lend_take<T: Clone>(to: &mut Option<[T; 3]>, or: &T) -> Vec<T> {
        let a = to.take();
        tick().await;
        match a { Some(a) => a.to_vec(), None => vec![or.clone()] }
    }
    #[workflow]
    pub(super) async fn lend_generic(n: u32) -> String {
        let mut a = "x".to_owned();
        let mut b = Some([n, 2, 3]);
        let o = lend_set(&mut a, "y".to_owned()).await;
        let o2 = lend_set::<Option<[u32; 3]>>(&mut b, Some([5, 6, 7])).await;
        let t1 = lend_take(&mut b, &7).await;
        let t2 = lend_take::<u32>(&mut b, &7).await;
        let mut tup = (1u8, Some("k".to_owned()));
        lend_set(&mut tup.1, None).await;
        lend_set(&mut tup, (2, None)).await;
        let mut map: HashMap<String, Vec<u32>> = HashMap::new();
        map.insert("q".into(), vec![]);
        lend_set(&mut map, HashMap::new()).await;
        format!("{a}{b:?}{o}{o2:?}{t1:?}{t2:?}{tup:?}{map:?}")
    }
    #[workflow]
    pub(super) async fn lend_pats(n: u32) -> String {
        let mut pair = (n, (vec![1u32], n));
        let (a, (b, c)) = &mut pair;
        lend_bump(a).await;
        lend_grow(b, 2).await;
        lend_bump(c).await;
        *a += *c;
        let (ref mut z,) = (1u32,);
        *z += 1;
        tick().await;
        format!("{pair:?}")
    }
    #[workflow]
    pub(super) async fn lend_replaces(s: &mut State, n: u32) -> Option<u32> {
        *s = State { sum: n, ..State::default() };
        tick().await;
        let old = std::mem::take(s);
        tick().await;
        s.seen = old.seen;
        s.at = 9;
        let x = old.inner?.sum;
        s.at = 10;
        Some(x)
    }
    #[workflow]
    pub(super) async fn lend_replace(n: u32) -> String {
        let mut s = State { seen: vec![1], inner: Some(Box::default()), ..State::default() };
        let r = lend_replaces(&mut s, n).await;
        if let Some(b) = &mut s.inner { lend_replaces(b, n).await; }
        let name = std::mem::take(&mut s.seen);
        lend_bump(&mut s.sum).await;
        let r2 = lend_replaces(&mut s, n).await;
        format!("{r:?}{s:?}{name:?}")
    }
    #[workflow]
    pub(super) async fn lend_closes(s: &mut State, n: u32) -> u32 {
        let double = |x: u32| x * 2 + n;
        s.sum = double(s.sum);
        tick().await;
        s.sum = double(s.sum);
        s.seen.iter_mut().for_each(|x| *x += 1);
        tick().await;
        let t: u32 = s.seen.iter().map(|x| x + s.sum).sum();
        tick().await;
        t
    }
    #[workflow]
    pub(super) async fn lend_closure(n: u32) -> String {
        let mut s = State { seen: vec![1, 2], ..State::default() };
        let t = lend_closes(&mut s, n).await;
        let add = |k: u32| k + n;
        let u = add(lend_bump(&mut s.sum).await);
        format!("{t}{u}{s:?}")
    }
    #[workflow]
    pub(super) async fn lend_life<'a, 'b>(s: &'a mut State, name: &'b str, other: &'a mut Vec<u32>) -> String {
        s.sum += name.len() as u32;
        tick().await;
        other.push(s.sum);
        tick().await;
        name.to_owned()
    }
    #[workflow]
    pub(super) async fn lend_lifetimes(n: u32) -> String {
        let mut s = State::default();
        let mut t = State::default();
        let name = "abc".to_owned();
        let a = lend_life(&mut s, &name, &mut t.seen).await;
        let State { seen, inner: _, .. } = &mut t;
        let b = lend_life(&mut s, &name[1..], seen).await;
        format!("{a}{b}{s:?}{t:?}")
    }
    #[workflow]
    pub(super) async fn lend_join(n: u32) -> String {
        let mut a = n;
        let mut b = vec![n];
        let c = 5;
        let (x, y, z) = join!(
            async { let k = lend_bump(&mut a).await; tick().await; a += k; lend_bump(&mut a).await },
            async { for _ in 0..c { lend_grow(&mut b, 1).await; } b.len() },
            async { c },
        );
        let (p, q) = join!(async { let mut own = c; lend_bump(&mut own).await; own }, async move { let mut own = c; lend_bump(&mut own).await; own });
        format!("{x}{y}{z}{p}{q}{a}{b:?}")
    }
    #[workflow]
    pub(super) async fn lend_try(s: &mut State, n: u32) -> Result<u32, String> {
        s.sum += 1;
        for i in 0..n {
            s.seen.push(i);
            let (x, y) = join!(async { tick().await; if i == 1 { Err("one".to_owned()) } else { Ok(i) } }, act("w", i));
            let x = x?;
            s.sum += x + y;
            if s.sum > 5 { return Err(format!("big {}", s.sum)); }
        }
        Ok(s.sum)
    }
    #[workflow]
    pub(super) async fn lend_tries(s: &mut State, n: u32) -> Result<u32, String> {
        let a = lend_try(s, n).await?;
        let b = lend_try(s, 1).await.unwrap_or(9);
        s.at = 3;
        Ok(a + b + lend_try(s, n + 1).await?)
    }
    #[workflow]
    pub(super) async fn lend_results(n: u32) -> String {
        let mut s = State::default();
        let mut log = String::new();
        for k in 0..n {
            let r = lend_tries(&mut s, k).await;
            log += &format!("{r:?}");
            let Ok(x) = lend_try(&mut s, k).await else { log += "no"; continue };
            if let Ok(y) = lend_try(&mut s, 1).await { log += "yes"; s.sum = y; }
        }
        format!("{log}{s:?}")
    }
    #[workflow]
    pub(super) async fn lend_places(n: u32) -> String {
        let mut b = Box::new((vec![Box::new(n)], [1u32, 2]));
        lend_bump(&mut b.0[0]).await;
        lend_bump(&mut *b.0[0]).await;
        lend_bump(&mut (*b).1[1]).await;
        let i = 1;
        let r = &mut b.1[i];
        let i = 0;
        lend_bump(r).await;
        *r += i;
        lend_bump(r).await;
        lend_bump((&mut b.1[0])).await;
        lend_bump(&mut (b.1[0])).await;
        let mut k = 0;
        let r = &mut b.1[{ k += 1; k }];
        k = 0;
        lend_bump(r).await;
        *r += k as u32;
        format!("{b:?}{k}")
    }
    #[workflow]
    pub(super) async fn lend_selects(s: &mut State, n: u32) -> u32 {
        s.sum += 1;
        let got = select! {
            v = async move { let mut own = n; tick().await; lend_bump(&mut own).await; tick().await; own } => v,
            v = act("fast", 3u32) => { s.sum += v; v }
        };
        tick().await;
        s.sum += got;
        got
    }
    #[workflow]
    pub(super) async fn lend_select_inside(n: u32) -> String {
        let mut s = State::default();
        let a = lend_selects(&mut s, n).await;
        let b = lend_selects(&mut s, n).await;
        format!("{a}{b}{s:?}")
    }
    #[workflow]
    pub(super) async fn lend_ignores(_: &mut State, n: u32, other: &mut u32) { tick().await; }
    #[workflow]
    pub(super) async fn lend_unused(n: u32) -> String {
        let mut s = State::default();
        let mut k = n;
        lend_ignores(&mut s, 1, &mut k).await;
        format!("{s:?}{k}")
    }
    #[workflow]
    pub(super) async fn lend_pop(v: &mut Vec<u32>) -> Option<u32> { tick().await; v.pop() }
    #[workflow]
    pub(super) async fn lend_match(n: u32) -> String {
        let mut v = vec![1, 2, 3, 4];
        let mut log = String::new();
        while let Some(x) = lend_pop(&mut v).await {
            log += &x.to_string();
            match lend_pop(&mut v).await {
                Some(k) if v.len() > 0 => { v.insert(0, k); lend_grow(&mut v, 1).await; }
                Some(k) => log += "last",
                None => break,
            }
            if log.len() > 12 { break; }
        }
        format!("{log}{v:?}")
    }
    #[workflow]
    pub(super) async fn lend_names(cx: &mut u32, entry: &mut u32, r#type: &mut u32, slots: &u32) -> u32 {
        *cx += 1; tick().await; *entry += *cx; tick().await; *r#type += *entry + slots;
        let cx = { let mut cx = 5u32; lend_bump(&mut cx).await; cx };
        tick().await;
        cx
    }
    #[workflow]
    pub(super) async fn lend_shadow_names(n: u32) -> String {
        let (mut body, mut pc, mut tokens) = (n, 2, 3);
        let r = lend_names(&mut body, &mut pc, &mut tokens, &n).await;
        let r = lend_names(&mut pc, &mut tokens, &mut body, &r).await;
        format!("{body}{pc}{tokens}{r}")
    }
    #[workflow]
    pub(super) async fn lend_cond(n: u32) -> String {
        let mut a = n;
        let mut b = 0u32;
        let late;
        if lend_bump(&mut a).await > 2 && lend_bump(&mut b).await > 0 || lend_bump(&mut a).await > 100 { late = a; } else { late = lend_bump(&mut b).await; }
        let c = if a > b { lend_bump(&mut a).await } else { lend_bump(&mut b).await };
        let d = { let t = lend_bump(&mut a).await; t + { lend_bump(&mut b).await } };
        let e = 'l: { if lend_bump(&mut a).await > 3 { break 'l lend_bump(&mut b).await; } 0 };
        format!("{a}{b}{c}{d}{e}{late}")
    }
    #[workflow]
    pub(super) async fn lend_flip(r: &mut Result<u32, String>) -> bool {
        tick().await;
        *r = match r { Ok(n) if *n > 2 => Err(n.to_string()), Ok(n) => Ok(*n + 3), Err(e) => Ok(e.len() as u32) };
        tick().await;
        match r {
            Ok(n) => { lend_bump(n).await; *n > 3 }
            Err(e) => { e.push('!'); tick().await; e.push('?'); false }
        }
    }
    #[workflow]
    pub(super) async fn lend_enum(n: u32) -> String {
        let mut rs = vec![Ok(n), Err("abc".to_owned()), Ok(7)];
        let mut log = String::new();
        for _ in 0..2 { for r in &mut rs { if lend_flip(r).await { log.push('t'); } } }
        if let [first, .., last] = &mut rs[..] { lend_flip(first).await; lend_flip(last).await; }
        if let Some(x) = rs.first_mut() { *x = Ok(3); }
        format!("{rs:?}{log}")
    }
    #[workflow]
    pub(super) async fn lend_labels(s: &mut (u32,), n: u32) -> u32 {
        'o: for i in 0..n {
            loop {
                s.0 += 1;
                tick().await;
                if s.0 % 3 == 0 { continue 'o; }
                if s.0 > 9 { break 'o; }
                if s.0 == 8 { return 77; }
                break;
            }
            s.0 += i;
        }
        s.0
    }
    #[workflow]
    pub(super) async fn lend_fields_join(n: u32) -> String {
        let mut s = State::default();
        let mut t = State::default();
        let (a, b) = join!(async { lend_grow(&mut s.seen, n).await }, async { lend_bump(&mut t.sum).await });
        format!("{a}{b}{s:?}{t:?}")
    }
    #[workflow]
    pub(super) async fn lend_both(a: &mut State, b: &mut State, n: u32) -> u32 {
        let (x, y) = join!(
            async { a.sum += 1; let (p, q) = join!(async { lend_grow(&mut a.seen, n).await }, async { lend_bump(&mut b.sum).await }); a.sum += 1; tick().await; p as u32 + q },
            async { n }
        );
        a.sum += x + y;
        tick().await;
        b.sum += a.sum;
        x
    }
    #[workflow]
    pub(super) async fn lend_nested_join(n: u32) -> String {
        let (mut s, mut t) = (State::default(), State::default());
        let r = lend_both(&mut s, &mut t, n).await;
        let q = lend_both(&mut t, &mut s, n).await;
        format!("{r}{q}{s:?}{t:?}")
    }
    #[workflow]
    pub(super) async fn lend_named(name: &str, more: &Vec<u32>, to: &mut u32, k: &u32) -> u32 {
        tick().await;
        *to += name.len() as u32 + more.len() as u32 * 10 + k;
        *to
    }
    #[workflow]
    pub(super) async fn lend_after_borrows(n: u32) -> String {
        let names = vec!["a".to_owned(), "bcd".to_owned()];
        let lists = vec![vec![1u32], vec![1, 2, 3]];
        let mut totals = vec![0u32, 0, 0];
        let mut i = 0usize;
        for _ in 0..2 {
            lend_named(&names[i], &lists[i], &mut totals[{ i += 1; i }], &lists[i][0]).await;
            lend_named(&names[i][..1], &vec![i as u32], &mut totals[{ i -= 1; i }], &(i as u32)).await;
            lend_named(&format!("{i}"), &lists[(i + 1) % 2], &mut totals[i], &totals_of(i)).await;
            lend_named("lit", &lists[i].clone(), &mut totals[lists[i].len()], &n).await;
        }
        format!("{totals:?}{i}")
    }
    #[workflow]
    pub(super) async fn lend_beside_keys(n: u32) -> String {
        let mut map: BTreeMap<String, u32> = (0..n).map(|i| (i.to_string(), i)).collect();
        for (key, value) in &mut map {
            lend_named(key, &vec![], value, &1).await;
            lend_named(key, &vec![1], &mut *value, &1).await;
            act(key, 1u32).await;
            *value += 1;
        }
        let mut totals = vec![1u32, 2, 3];
        let names = vec!["a".to_owned(), "bc".to_owned()];
        for (total, name) in totals.iter_mut().zip(&names) {
            lend_named(name, &vec![2], total, &1).await;
            act(name, *total).await;
        }
        for (at, (total, name)) in totals.iter_mut().zip(names.iter()).enumerate() {
            lend_named(name, &vec![2], total, &(at as u32)).await;
            *total += at as u32;
        }
        format!("{map:?}{totals:?}")
    }
}

fn totals_of(i: usize) -> u32 {
    i as u32 + 7
}
