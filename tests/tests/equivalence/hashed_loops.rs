//! Loops over borrowed hash maps and sets. Their hasher has no seed here, so that both copies of a function go
//! in one order. After a load it is another order, since the table has another size: within a loop it must not show,
//! and a loop that begins later has a map of its own.

use durable_tests::equivalent_group;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, DefaultHasher};

type Fixed = BuildHasherDefault<DefaultHasher>;

fn stock(n: u32) -> HashMap<String, u32, Fixed> {
    let mut map = HashMap::with_capacity_and_hasher(200, Fixed::default());
    map.extend((0..n).map(|i| (format!("k{i}"), i)));
    map
}

equivalent_group! {
    hashed: hashed_pairs(9), hashed_pairs(0), hashed_parts(7), hashed_changed(6), hashed_nested(5), hashed_jumps(9), hashed_branches(4), hashed_unit_items(5), hashed_lent(5),
        hashed_values(6), hashed_values(0), hashed_values_changed(5), ordered_values(4), hashed_values_of_places(3);

    #[workflow]
    pub(super) async fn hashed_pairs(n: u32) -> String {
        let map = stock(n);
        let mut log = String::new();
        for (key, value) in &map {
            log += &act("key", key.clone()).await;
            log += key;
            tick().await;
            log += &format!("{key}{value};");
        }
        let map = stock(n);
        for key in map.keys() {
            log += &act("k", key.len()).await.to_string();
            log += key;
        }
        let map = stock(n);
        for pair in map.iter() {
            tick().await;
            log += &format!("{}{}", pair.0, pair.1);
        }
        log
    }
    #[workflow]
    pub(super) async fn hashed_values(n: u32) -> String {
        let map = stock(n);
        let mut log = String::new();
        for value in map.values() {
            log += &act("value", *value).await.to_string();
            if *value == 4 {
                continue;
            }
            tick().await;
            log += &format!("{value};");
        }
        let map = stock(n);
        'all: for value in map.values() {
            for other in map.values() {
                if act("both", value + other).await > 7 {
                    break 'all;
                }
            }
        }
        let map = stock(n);
        for &value in map.values() {
            log += &act("copy", value).await.to_string();
        }
        log
    }
    #[workflow]
    pub(super) async fn hashed_values_changed(n: u32) -> u32 {
        let mut map = stock(n);
        for value in map.values_mut() {
            *value += act("more", *value).await;
            tick().await;
            *value *= 2;
        }
        let lent = &mut map;
        for value in lent.values_mut() {
            *value += 1;
            tick().await;
            *value += 1;
        }
        tick().await;
        let mut all: Vec<u32> = map.into_values().collect();
        all.sort_unstable();
        act("all", all.iter().sum()).await
    }
    #[workflow]
    pub(super) async fn ordered_values(n: u32) -> u32 {
        let mut map: BTreeMap<u32, u32> = (0..n).map(|i| (i, i * i)).collect();
        let mut sum = 0;
        for value in map.values_mut() {
            *value += act("more", *value).await;
            tick().await;
            *value += 1;
        }
        for value in map.values() {
            sum += act("value", *value).await;
            sum += value;
        }
        for (at, value) in map.values().rev().enumerate() {
            sum += act("at", at as u32).await * value;
        }
        sum
    }
    #[workflow]
    pub(super) async fn hashed_values_of_places(n: u32) -> String {
        let mut all = vec![stock(n), stock(2)];
        let (mut log, mut at) = (String::new(), 0);
        for value in all[at].values_mut() {
            at = 1;
            *value += act("first", *value).await;
        }
        let new = vec![stock(n), stock(2)];
        let whole = &new;
        for value in whole[at].values() {
            log += &act("second", *value).await.to_string();
            log += &value.to_string();
        }
        for value in stock(n).values() {
            log += &act("unnamed", *value).await.to_string();
            log += &value.to_string();
        }
        log
    }
    #[workflow]
    pub(super) async fn hashed_parts(n: u32) -> String {
        let mut both = (stock(n), stock(2));
        let mut log = String::new();
        for (key, _) in &both.0 {
            both.1.insert(key.clone(), act("v", 1u32).await);
        }
        let set: HashSet<u32, Fixed> = (0..n).collect();
        for x in &set {
            if act("x", *x).await == 3 {
                continue;
            }
            log += &x.to_string();
        }
        let set: HashSet<u32, Fixed> = (0..n).collect();
        for &x in set.iter() {
            log += &act("y", x).await.to_string();
        }
        format!("{log}{}", both.1.len())
    }
    #[workflow]
    pub(super) async fn hashed_changed(n: u32) -> u32 {
        let mut map = stock(n);
        for (key, value) in &mut map {
            *value += act("more", key.len() as u32).await;
            tick().await;
            *value *= 2;
        }
        for (_, value) in map.iter_mut() {
            *value += 1;
            tick().await;
        }
        let mut sum = 0;
        for (_, value) in &map {
            sum += value;
            tick().await;
        }
        sum
    }
    #[workflow]
    pub(super) async fn hashed_nested(n: u32) -> String {
        let outer: HashMap<u32, HashMap<String, u32, Fixed>, Fixed> = (0..n).map(|i| (i, stock(i))).collect();
        let mut log = Vec::new();
        for (a, inner) in &outer {
            for (b, c) in inner {
                tick().await;
                log.push(format!("{a}{b}{c}"));
            }
            tick().await;
            log.push(inner.len().to_string());
        }
        log.sort();
        log.concat()
    }
    #[workflow]
    pub(super) async fn hashed_jumps(n: u32) -> String {
        let map = stock(n);
        let found = 'all: loop {
            for (key, value) in &map {
                if act("v", *value).await == 4 {
                    break 'all Some(key.clone());
                }
            }
            break None;
        };
        let map = stock(n);
        for (key, _) in &map {
            tick().await;
            if key.ends_with('5') {
                return format!("{found:?}{key}");
            }
        }
        format!("{found:?}")
    }
    #[workflow]
    pub(super) async fn hashed_branches(n: u32) -> String {
        let map = stock(n);
        let other = stock(n + 1);
        let (a, b) = join!(
            async {
                let mut log = String::new();
                for (key, value) in &map {
                    tick().await;
                    log += &format!("{key}{value}");
                }
                log
            },
            async {
                let mut sum = 0;
                for key in other.keys() {
                    sum += act("len", key.len()).await;
                }
                sum
            },
        );
        format!("{a}{b}{}", map.len())
    }
    #[workflow]
    pub(super) async fn hashed_unit_items(n: u32) -> String {
        let map = Some(stock(n));
        let mut log = String::new();
        if let Some(map) = &map {
            for (key, value) in map {
                tick().await;
                log += key;
            }
            let picked = &map["k1"];
            for key in map.keys() {
                tick().await;
                log += &picked.to_string();
            }
        }
        log
    }
    #[workflow]
    pub(super) async fn hashed_bump(value: &mut u32, by: &str) {
        *value += by.len() as u32;
        tick().await;
        *value *= 2;
    }
    #[workflow]
    pub(super) async fn hashed_lent(n: u32) -> String {
        let mut map = stock(n);
        for (key, value) in map.iter_mut() {
            hashed_bump(value, key).await;
            *value += 1;
        }
        let mut all: Vec<_> = map.into_iter().collect();
        all.sort();
        format!("{all:?}")
    }
}
