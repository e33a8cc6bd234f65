//! Types that only later code decides, and coercions where ways join.

use durable_tests::equivalent;
use std::collections::{BTreeMap, HashMap};

trait Shape {
    fn area(&self) -> u32;
}

struct Square(u32);
struct Dot;

impl Shape for Square {
    fn area(&self) -> u32 {
        self.0 * self.0
    }
}

impl Shape for Dot {
    fn area(&self) -> u32 {
        0
    }
}

fn total(shape: Box<dyn Shape>, n: u32) -> u32 {
    shape.area() + n
}

fn double(x: u32) -> u32 {
    x * 2
}

fn triple(x: u32) -> u32 {
    x * 3
}

equivalent! {
    with [(2)];
    async fn generics_decided_later(n: usize) -> (Vec<u8>, u64, i8, f32, BTreeMap<u8, Vec<String>>) {
        let mut list = Vec::new();
        let mut sum = 0;
        let small = "7".parse().unwrap();
        let zero = Default::default();
        let mut float = 1.5;
        let mut map = BTreeMap::new();
        tick().await;
        list.extend((0..n).map(|x| x as u8));
        let chars: Vec<_> = "ab".chars().collect();
        tick().await;
        sum += u64::from(list[0]) + u64::from(chars[0] as u32);
        float = f32::max(float, zero);
        let all = list.iter().map(|x| x.to_string()).collect();
        tick().await;
        map.insert(small, all);
        let small: u8 = small;
        (list, sum, small as i8, float, map)
    }
}

equivalent! {
    with [(0), (1), (2)];
    async fn nothing_decides_the_integer(n: u8) -> String {
        let x = 5;
        let y = 2.5;
        let z = if n == 1 { act("z", 3).await } else { 4 };
        let list = [1, 2, 3].map(|i| i * x);
        tick().await;
        format!("{x} {y} {z} {list:?}")
    }
}

equivalent! {
    with [(true), (false)];
    async fn coercion_at_a_join(flag: bool) -> u32 {
        let n = total(
            if flag {
                tick().await;
                Box::new(Square(2))
            } else {
                Box::new(Dot)
            },
            1,
        );
        let m = total(
            match flag {
                true => Box::new(Dot),
                false => {
                    tick().await;
                    Box::new(Square(3))
                }
            },
            n,
        );
        let m = act("m", m).await;
        n + m
    }
}

equivalent! {
    with [(true), (false)];
    async fn functions_as_values_at_a_join(flag: bool) -> u32 {
        let f = if flag {
            double
        } else {
            tick().await;
            triple
        };
        let x = f(4);
        let g: fn(u32) -> u32 = match act("x", x).await {
            8 => triple,
            _ => double,
        };
        let y = g(x);
        act("y", y).await
    }
}

equivalent! {
    with [(4)];
    async fn boxed_before_the_await_used_after_in_the_same_arm(n: u32) -> u32 {
        let m = {
            let shape: Box<dyn Shape> = Box::new(Square(n));
            shape.area()
        };
        let area = act("m", m).await;
        let shape: Box<dyn Shape> = if area > 3 { Box::new(Square(area)) } else { Box::new(Dot) };
        area + shape.area()
    }
}

equivalent! {
    with [(1), (2)];
    async fn declared_without_a_value(n: u32) -> (String, u32, Vec<u8>) {
        let text;
        let list;
        let mut count;
        if n == 1 {
            text = act("text", "one".to_owned()).await;
            list = Vec::new();
        } else {
            list = vec![1];
            tick().await;
            text = String::from("many");
        }
        tick().await;
        count = 1;
        count += n;
        let text = text + "!";
        let mut list = list;
        tick().await;
        list.push(2);
        (text, count, list)
    }
}

equivalent! {
    with [(3)];
    async fn declared_before_a_loop(n: u32) -> u32 {
        let found;
        let mut i = 0;
        loop {
            i += 1;
            if act("i", i).await == n {
                found = i;
                break;
            }
            if i > 10 {
                found = 100;
                break;
            }
        }
        tick().await;
        found
    }
}

equivalent! {
    with [(2)];
    async fn options_and_results_decided_later(n: u32) -> (Option<u32>, Result<String, u8>) {
        let mut best = None;
        let mut last = Err(3);
        for i in 0..n {
            tick().await;
            if best.is_none_or(|b| b < i) {
                best = Some(i);
            }
            last = Ok(i.to_string());
        }
        (best, last)
    }
}

equivalent! {
    with [(2)];
    async fn closures_whose_parameter_is_decided_later(n: u8) -> usize {
        let wrap = |x| Vec::from([x]);
        let len = wrap(n).len();
        tick().await;
        let sum = (0..4).map(|x| x * len).sum::<usize>();
        act("sum", sum).await
    }
}

equivalent! {
    with [(3)];
    async fn collections_built_by_collect(n: u32) -> (HashMap<u32, u32>, usize) {
        let map: HashMap<_, _> = (0..1).map(|i| (i, i * i)).collect();
        let (even, odd): (Vec<_>, Vec<_>) = (0..n).partition(|i| i % 2 == 0);
        let sum: u32 = even.iter().sum();
        tick().await;
        let n = odd.len() + act("sum", sum).await as usize;
        (map, n)
    }
}
