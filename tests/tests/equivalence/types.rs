//! Values of every kind across an await, and values that do not cross one.

use durable_tests::equivalent;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Mutex;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
struct Key {
    a: u8,
    b: char,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum External {
    Unit,
    New(u8),
    Tuple(u8, String),
    Struct { a: Option<u8> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Struct { a: u8, b: Vec<u8> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "data")]
enum Adjacent {
    Unit,
    New(String),
    Tuple(u8, u8),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u32),
    Text(String),
    Struct { a: u8 },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Labelled {
    label: &'static str,
    other: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Unit;

const NAME: &str = "a constant";

equivalent! {
    with [(0.1)];
    async fn floats_to_the_bit(x: f64) -> (f64, f64, f64, f32, f64, bool) {
        let nan = f64::from_bits(0x7ff8_0000_dead_beef);
        let zero = -0.0_f64;
        let inf = act("inf", f64::NEG_INFINITY).await;
        let small = f32::MIN_POSITIVE / 2.0;
        let nan = act("nan", nan).await;
        let signed = act("zero", zero).await.is_sign_negative();
        (nan, zero, inf, small, x + 0.2, signed)
    }
}

equivalent! {
    with [(u128::MAX, i128::MIN)];
    async fn large_integers(a: u128, b: i128) -> (u128, i128, u64, i64, usize) {
        let (c, d, e) = (u64::MAX, i64::MIN, usize::MAX);
        let a = act("a", a).await - 1;
        let b = act("b", b).await + 1;
        (a, b, c, d, e)
    }
}

equivalent! {
    with [(1)];
    async fn maps_with_keys_of_every_kind(n: u8) -> (BTreeMap<Key, u8>, HashMap<(u8, bool), Key>, BTreeMap<Option<u8>, ()>) {
        let key = Key { a: n, b: 'ß' };
        let mut by_struct = BTreeMap::from([(key, 1)]);
        let by_tuple = HashMap::from([((n, true), key)]);
        let by_option = BTreeMap::from([(None, ()), (Some(n), ())]);
        tick().await;
        by_struct.insert(Key { a: 0, b: 'x' }, 2);
        tick().await;
        (by_struct, by_tuple, by_option)
    }
}

equivalent! {
    with [(Some(None)), (Some(Some(3))), (None)];
    async fn options_in_options(x: Option<Option<u8>>) -> (Option<Option<u8>>, Option<()>, Option<Option<()>>, Result<(), ()>) {
        let unit = Some(());
        let deep = Some(None::<()>);
        let result: Result<(), ()> = Err(());
        let x = act("x", x).await;
        let unit = act("unit", unit).await;
        (x, unit, deep, result)
    }
}

equivalent! {
    with [(3)];
    async fn enums_of_every_representation(n: u8) -> (Vec<External>, Vec<Internal>, Vec<Adjacent>, Vec<Untagged>) {
        let external = vec![
            External::Unit,
            External::New(n),
            External::Tuple(n, "t".to_owned()),
            External::Struct { a: Some(n) },
            External::Struct { a: None },
        ];
        let internal = vec![Internal::Unit, Internal::Struct { a: n, b: vec![1, 2] }];
        let adjacent = vec![Adjacent::Unit, Adjacent::New("n".to_owned()), Adjacent::Tuple(1, n)];
        let untagged = vec![Untagged::Number(7), Untagged::Text("t".to_owned()), Untagged::Struct { a: n }];
        tick().await;
        let external = act("external", external).await;
        (external, internal, adjacent, untagged)
    }
}

equivalent! {
    with [(1), (2)];
    async fn text_constants(n: u32) -> (&'static str, Option<&'static str>, Labelled, String) {
        let mut a = "a";
        let b = if n == 1 { Some("one") } else { None };
        let labelled = Labelled { label: if n == 1 { NAME } else { "other" }, other: b };
        let text = a.to_owned() + NAME;
        tick().await;
        if n == 2 {
            a = "changed";
        }
        tick().await;
        (a, b, labelled, text)
    }
}

equivalent! {
    with [(1)];
    async fn units_and_empty_things(n: u32) -> (Unit, (), [u8; 0], Vec<()>, String) {
        let unit = Unit;
        let nothing = tick().await;
        let empty: [u8; 0] = [];
        let units = vec![(); n as usize];
        let text = String::new();
        tick().await;
        (unit, nothing, empty, units, text)
    }
}

equivalent! {
    with [(2)];
    async fn what_cannot_be_saved_may_stand_between_awaits(n: u32) -> u32 {
        let shared = Rc::new(RefCell::new(vec![n]));
        let other = Rc::clone(&shared);
        other.borrow_mut().push(1);
        let sum = if n > 1 {
            let x: u32 = shared.borrow().iter().sum();
            x
        } else {
            0
        };
        drop((shared, other));
        let sum = act("sum", sum).await;
        let mutex = Mutex::new(sum);
        let locked = {
            let mut held = mutex.lock().unwrap();
            *held += 1;
            *held
        };
        let ptr = &locked;
        let n = *ptr;
        let f = move |x: u32| x + n;
        act("locked", f(1)).await
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn not_saved_but_needed_after_a_join(n: u32) -> u32 {
        let shared = Rc::new(n);
        let mut out = 0;
        match n {
            0 => {
                drop(shared);
                out += act("zero", 1).await;
                return out;
            }
            1 => out += 1,
            2 => out += 2,
            _ => {
                out += 3;
            }
        }
        let doubled = *shared * 2;
        drop(shared);
        act("doubled", doubled + out).await
    }
}

equivalent! {
    with [(3)];
    async fn copies_only(n: u8) -> u32 {
        let mut i = 0_u8;
        let mut sum = 0_u32;
        while i < n {
            i += 1;
            sum += u32::from(act("i", i).await);
        }
        sum
    }
}

equivalent! {
    with [(("k".to_owned(), vec![1_u8], Box::new(3)))];
    async fn parts_of_a_tuple(t: (String, Vec<u8>, Box<u32>)) -> (String, u32, usize) {
        let (k, v, n) = t;
        let len = act("v", v).await.len();
        let n = act("n", n).await;
        (k, *n, len)
    }
}
