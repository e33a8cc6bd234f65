//! Closures and functions in variables that are needed after an await: made again.

use durable_tests::{equivalent, equivalent_group};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    name: String,
    total: u32,
    items: Vec<u32>,
}

fn order() -> Order {
    Order {
        name: "pens".to_owned(),
        total: 7,
        items: vec![1, 2, 3],
    }
}

fn apply(f: impl Fn(u32) -> u32, x: u32) -> u32 {
    f(x)
}

fn double(x: u32) -> u32 {
    x * 2
}

equivalent! {
    with [(3), (0)];
    async fn one_capture(factor: u32) -> u32 {
        let scale = |x: u32| x * factor;
        let first = act("a", scale(2)).await;
        let second = act("b", scale(first)).await;
        scale(second) + scale(1)
    }
}

equivalent! {
    with [(order())];
    async fn fields_macros_and_other_fields(mut order: Order) -> (String, Order) {
        let label = |n: u32| format!("{} {n}", order.name);
        let sum = |extra| order.total + extra;
        order.items.push(4);
        let n = act("n", sum(1)).await;
        order.items.push(n);
        let text = label(n);
        tick().await;
        (label(sum(2)) + &text, order)
    }
}

equivalent! {
    with [(5)];
    async fn types_from_a_later_use(start: u8) -> (u8, String) {
        let wrap = |x, y| { let mut v = Vec::new(); v.push(x); v.push(y); v };
        let same = |x| x;
        let none = || Default::default();
        tick().await;
        let all = wrap(start, 200);
        let a: u8 = none();
        tick().await;
        let text = format!("{:?} {:?}", wrap(1, 2), same(7));
        tick().await;
        let b: u8 = same(3);
        let sum = wrap(200, 100).into_iter().fold(0, |a, b| b.wrapping_add(a));
        (all[1].wrapping_add(b).wrapping_add(a).wrapping_add(sum), text + &none().to_string())
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn changes_what_it_captures(v: Vec<u32>) -> (u32, Vec<u32>, bool) {
        let mut total = 0;
        let mut seen = Vec::new();
        let mut done = false;
        let mut add = |x: u32| {
            total += x;
            seen.push(total);
            done = x == 3;
            total
        };
        for x in v {
            let now = add(x);
            act("now", now).await;
            add(1);
        }
        tick().await;
        add(100);
        (total, seen, done)
    }
}

equivalent! {
    with [(vec![1, 2, 3], "x".to_owned())];
    async fn owns_what_cannot_change(v: Vec<u32>, name: String) -> (String, u32) {
        let k = v.len() as u32;
        let label = move |n: u32| format!("{name}{n}");
        let pick = move |i: usize| v[i] + k;
        let one = act("one", pick(0)).await;
        let text = label(one);
        tick().await;
        (text + &label(k), pick(2))
    }
}

equivalent! {
    with [(vec![1, 2, 3], 4)];
    async fn passed_by_value_and_by_reference(v: Vec<u32>, k: u32) -> Vec<u32> {
        let plus = |x: &u32| x + k;
        let more = |x| x + k;
        let mut out: Vec<u32> = v.iter().map(plus).collect();
        tick().await;
        out.extend(v.iter().map(&plus));
        out.push(apply(more, 3));
        out.push(apply(&more, act("four", 4).await));
        out.push(apply(more, act("five", 5).await));
        out.push(apply(more, 1) + act("six", 6).await);
        out.extend(v.iter().map(plus).filter(|x| *x > more(1)));
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn in_a_loop(v: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        let mut rate = 1;
        for x in v {
            let scale = |y: u32| y * rate + x;
            let early = |y: u32| -> Option<u32> {
                let z = y.checked_sub(2)?;
                if z == 0 { return Some(100); }
                Some(z)
            };
            out.push(act("s", scale(1)).await);
            out.push(scale(2));
            tick().await;
            out.extend(early(x));
            if x == 2 { continue; }
            out.push(scale(early(5).unwrap_or(0)));
            rate += 1;
        }
        out
    }
}

equivalent! {
    with [(2)];
    async fn nested_and_renamed(k: u32) -> (u32, u32) {
        let inner = |x: u32| x + k;
        let outer = |y: u32| inner(y) * [1, 2].iter().map(|z| z + inner(1)).sum::<u32>();
        let again = outer;
        let by_ref = &outer;
        let as_dyn: &dyn Fn(u32) -> u32 = &|x| x + inner(k);
        tick().await;
        let a = again(3) + by_ref(1) + as_dyn(1);
        tick().await;
        (a + as_dyn(2), again(1) + by_ref(2))
    }
}

equivalent! {
    with [(2, "a".to_owned())];
    async fn shadowed_captures(k: u32, s: String) -> (u32, String) {
        let f = |x: u32| x + k;
        let k = f(10);
        let g = |x: u32| x * k + f(x);
        let t = |x: u32| s.len() as u32 + x;
        let s = format!("{s}!");
        tick().await;
        let k = g(k) + f(1);
        tick().await;
        let f = |x: u32| f(x) + g(k);
        tick().await;
        (f(1) + k + t(1), s)
    }
}

equivalent! {
    with [(order())];
    async fn captures_of_borrows(mut order: Order) -> (u32, Order) {
        let i = 1;
        let items = &order.items;
        let third = &items[i + 1];
        let sum = |x: u32| items.iter().sum::<u32>() + third + x;
        tick().await;
        let a = sum(1);
        tick().await;
        let b = sum(a);
        let list = &mut order.items;
        let mut push = |x: u32| list.push(x);
        push(1);
        tick().await;
        push(2);
        (a + b, order)
    }
}

equivalent! {
    with [(3)];
    async fn functions_as_values(k: u32) -> u32 {
        let f: fn(u32) -> u32 = double;
        let g: fn(u32) -> u32 = |x| x + 1;
        let h: fn(&str) -> usize = str::len;
        tick().await;
        let n = f(k) + g(k) + h("abc") as u32;
        tick().await;
        apply(f, n) + g(1)
    }
}

equivalent! {
    with [(3)];
    async fn higher_ranked(k: usize) -> (usize, String) {
        let len = |s: &str| s.len() + k;
        let first = |v: &Vec<String>| v.first().cloned();
        let v = vec!["one".to_owned()];
        let a = len(&v[0]);
        tick().await;
        let b = { let local = "four".to_owned(); len(&local) };
        let c = first(&vec!["tmp".to_owned()]).unwrap_or_default();
        tick().await;
        (a + b + len("x"), c + &first(&v).unwrap_or_default())
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn through_a_loop_source(v: Vec<u32>) -> Vec<u32> {
        let k = v.len() as u32;
        let scaled = |x: &u32| x * k;
        let odd = |x: &u32| x % 2 == 1;
        let mut out = Vec::new();
        for x in v.iter().map(scaled).filter(odd) {
            tick().await;
            out.push(x);
        }
        out.push(scaled(&1));
        out
    }
}

equivalent! {
    with [(1, 2)];
    async fn in_branches(a: u32, b: u32) -> (u32, u32, u32) {
        let mut total = 0;
        let scale = |x: u32| x * b;
        let mut add = |x: u32| total += x;
        let (x, y) = join!(
            async {
                let n = act("x", scale(a)).await;
                add(n);
                tick().await;
                add(1);
                scale(n)
            },
            async move {
                tick().await;
                let n = scale(7);
                act("y", n).await + scale(1)
            },
        );
        (x, y + scale(1), total)
    }
}

equivalent! {
    with [(1, 2)];
    async fn in_handlers(a: u32, b: u32) -> (u32, u32) {
        let scale = |x: u32| x * b;
        let mut total = 0;
        let mut add = |x: u32| total += x;
        let n = select! {
            x = act("x", scale(a)) => { add(scale(x)); tick().await; scale(x) }
            _ = tick() => { add(1); scale(2) }
        };
        add(n);
        tick().await;
        add(scale(1));
        (n, total)
    }
}

equivalent! {
    with [(true), (false)];
    async fn made_on_one_way(yes: bool) -> u32 {
        let mut n = 1;
        if yes {
            let mut bump = |x: u32| { n += x; n };
            bump(1);
            tick().await;
            bump(2);
        } else {
            n = act("n", 5).await;
        }
        let read = || n;
        tick().await;
        read()
    }
}

equivalent! {
    with [(3)];
    async fn a_cell_that_is_borrowed(k: u32) -> (u32, u32) {
        let count = Cell::new(0);
        let bump = |x: u32| { count.set(count.get() + x); count.get() };
        bump(1);
        tick().await;
        bump(k);
        let twin = bump;
        tick().await;
        (twin(1) + bump(1), count.get())
    }
}

equivalent! {
    with [(order(), 2)];
    async fn partial_captures_and_moves(order: Order, k: u32) -> (String, u32, Vec<u32>) {
        let Order { name, total, items } = order;
        let named = move |s: &str| name.clone() + s;
        let some = || items.iter().map(|x| x * k + total).collect::<Vec<_>>();
        let a = act("a", named("!")).await;
        let mut all = some();
        tick().await;
        all.extend(some());
        (named(&a), total, all)
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn assigns_as_a_whole(v: Vec<u32>) -> (u32, Option<u32>) {
        let mut last = None;
        let mut count = 0;
        for x in v {
            let mut set = |y| { last = Some(y); count = y; };
            tick().await;
            set(x * 10);
            tick().await;
            if x == 1 { continue; }
            set(x);
        }
        (count, last)
    }
}

equivalent! {
    with [(1), (5)];
    async fn names_inside_hide_those_outside(n: u32) -> (u32, u32) {
        let mut x = n;
        let f = |x: u32| { let n = x + 1; n * 2 };
        let g = |y: u32| match Some(y) { Some(n) if n > 2 => n, Some(x) => x + 10, None => n };
        x += f(1);
        tick().await;
        let n = g(x) + f(n);
        x += 1;
        tick().await;
        let h = |x: u32| g(x) + f(x) + n;
        tick().await;
        (h(1) + x, g(3) + n)
    }
}

equivalent! {
    with [(vec![5, 6]), (vec![])];
    async fn a_closure_that_fails(v: Vec<u32>) -> Result<u32, String> {
        let at = |i: usize| -> Result<u32, String> {
            let x = v.get(i).ok_or_else(|| format!("no {i}"))?;
            if *x == 6 { return Ok(60); }
            Ok(*x)
        };
        tick().await;
        let a = at(0)?;
        tick().await;
        let b = at(1)? + a;
        tick().await;
        at(b as usize)
    }
}

equivalent! {
    with [(3)];
    async fn unit_and_many_parameters(k: u32) -> (u32, u32) {
        let mut n = 0;
        let all = |a: u32, (b, c): (u32, u32), [d, ..]: [u32; 2], _: (), e| a + b + c + d + e + k;
        let mut next = || { n += 1; n };
        next();
        tick().await;
        let x = all(1, (2, 3), [4, 5], (), 6) + next();
        tick().await;
        (all(x, (0, next()), [0; 2], (), 1), n)
    }
}

equivalent! {
    with [(2)];
    async fn behind_a_reference(k: u32) -> (u32, u32) {
        let mut n = 0;
        let add: &mut dyn FnMut(u32) = &mut |x| n += x * k;
        let show = &|x: u32| x + k;
        add(1);
        tick().await;
        add(show(2));
        tick().await;
        add(3);
        (n, show(k))
    }
}

equivalent! {
    with [(vec![1, 2, 3, 4])];
    async fn given_to_adaptors(mut v: Vec<u32>) -> (Vec<u32>, u32) {
        let mut calls = 0;
        let mut odd = |x: &u32| { calls += 1; x % 2 == 1 };
        v.retain(&mut odd);
        tick().await;
        v.push(7);
        v.retain(&mut odd);
        tick().await;
        v.extend([1, 2].into_iter().filter(odd));
        (v, calls)
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "b".to_owned()])];
    async fn borrowed_items(v: Vec<String>) -> Vec<String> {
        let mut out = Vec::new();
        for (i, s) in v.iter().enumerate() {
            let show = |n: usize| format!("{s}{i}{n}");
            tick().await;
            out.push(show(1));
            tick().await;
            out.push(show(v.len()));
        }
        if let Some(first) = &v.first().cloned() {
            let twice = move || first.repeat(2);
            tick().await;
            out.push(twice());
        }
        out
    }
}

equivalent! {
    with [(2), (9)];
    async fn in_nested_branches(k: u32) -> (u32, u32) {
        let limit = k + 1;
        let over = move |x: u32| x > limit;
        let mut hits = 0;
        let mut hit = |x: u32| { if over(x) { hits += 1; } x };
        let (a, b) = join!(
            async {
                let (x, y) = join!(async { tick().await; over(4) }, act("y", 5));
                tick().await;
                hit(y) + u32::from(x)
            },
            async {
                for x in 0..2 {
                    tick().await;
                    if over(x) { return x; }
                }
                7
            },
        );
        hit(8);
        (a + b + u32::from(over(1)), hits)
    }
}

equivalent! {
    with [(vec![3, 4])];
    async fn a_tail_of_a_called_variable(v: Vec<u32>) -> u32 {
        let fold = |f: fn(u32) -> u32, x: u32| f(x) + v[0];
        let pick: fn(u32) -> u32 = if v.len() > 5 { double } else { |x| x + 3 };
        let n = fold(pick, 1);
        let name = act("n", n).await;
        fold(double, act("x", name).await) + fold(|x| x, 2) * fold(double, act("y", 3).await)
    }
}

equivalent! {
    with [(1)];
    async fn integers_that_wrap(k: u8) -> (u8, String) {
        let sum = |a, b| match (a, b) { (0, b) => b, (a, b) => a ^ b };
        let big = || 1 << 7;
        tick().await;
        let text = format!("{} {}", sum(200, 100), big());
        tick().await;
        (sum(k, 255) | big(), text)
    }
}
