//! Each local has the type that it has in the plain function: what is inferred later, and what method lookup finds.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;
use std::any::type_name_of_val as tn;

equivalent! {
    with [(vec![1, 2, 3], Some("ab".to_owned()))];
    async fn borrows_by_their_types(v: Vec<u32>, s: Option<String>) -> u32 {
        let r = &v;
        let e = &v[0];
        let f = v.first();
        let d = s.as_deref();
        let p = s.as_ref();
        tick().await;
        for t in [tn(&r), tn(&e), tn(&f), tn(&d), tn(&p)] {
            note("t", t.to_owned());
        }
        for x in v.iter() {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        for x in v.iter().copied() {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        for (i, x) in v.iter().enumerate() {
            tick().await;
            note("x", tn(&x).to_owned() + tn(&i));
        }
        for x in v.iter().filter(|x| **x > 1) {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        for x in v.iter().map(|x| x) {
            note("x", tn(&x).to_owned());
        }
        for x in v.windows(2) {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        for x in &[1, 2] {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        for x in [1u8, 2].iter() {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        if let Some(x) = &s {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        if let Some(x) = s.as_ref() {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        if let Some(ref x) = s {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        if let Some(x) = v.get(1) {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        if let Some(&x) = v.get(1) {
            tick().await;
            note("x", tn(&x).to_owned());
        }
        match &v[..] {
            [a, rest @ ..] => {
                tick().await;
                note("x", tn(&a).to_owned() + tn(&rest));
            }
            _ => {}
        }
        match v.as_slice() {
            [a, .., b] => {
                tick().await;
                note("x", tn(&a).to_owned() + tn(&b));
            }
            _ => {}
        }
        let w: &[u32] = &v;
        tick().await;
        note("w", tn(&w).to_owned());
        let c = |x| x + v.len();
        tick().await;
        note("c", tn(&c(1)).to_owned());
        v.len() as u32
    }
}

equivalent! {
    with [(1)];
    async fn literals_by_their_types(n: u32) -> u32 {
        let i = 1;
        let f = 2.5;
        let mut l = Vec::new();
        let o = None;
        let d = Default::default();
        let t = (1, 2.0);
        let a = [1; 3];
        let neg = -1;
        let b = 7;
        tick().await;
        for t in [
            tn(&i),
            tn(&f),
            tn(&l),
            tn(&o),
            tn(&t),
            tn(&a),
            tn(&neg),
            tn(&b),
        ] {
            note("t", t.to_owned());
        }
        l.push(1u8);
        let _: Option<i16> = o;
        let x: u64 = d;
        let y: (i8, f32) = t;
        let z: [u16; 3] = a;
        let r: i128 = neg;
        let k = 5_u64 << b;
        tick().await;
        (x + k) as u32 + n + i + l.len() as u32
    }
}

fn takes_u8(x: u8) -> u8 {
    x
}

equivalent! {
    with [(1)];
    async fn what_later_code_decides(n: u32) -> u8 {
        let x = 200;
        let f = |a: i16, b: i16| a + b;
        let g = |v: Vec<_>| v.len();
        tick().await;
        let y = x;
        tick().await;
        let s = f(1, 2);
        note("x", tn(&x).to_owned());
        let k = g(vec![1u8]);
        tick().await;
        note("s", tn(&s).to_owned());
        let i: i16 = s;
        let mut it = None;
        for q in 0..3 {
            tick().await;
            if it.is_none() {
                it = Some(q);
            }
        }
        let w: Option<u64> = it;
        takes_u8(y)
    }
}

trait Kind {
    fn kind(self) -> &'static str;
}
impl Kind for u32 {
    fn kind(self) -> &'static str {
        "u32"
    }
}
impl Kind for &u32 {
    fn kind(self) -> &'static str {
        "&u32"
    }
}
impl Kind for &&u32 {
    fn kind(self) -> &'static str {
        "&&u32"
    }
}
impl Kind for &mut u32 {
    fn kind(self) -> &'static str {
        "&mut u32"
    }
}
impl Kind for &Box<u32> {
    fn kind(self) -> &'static str {
        "&Box"
    }
}
impl Kind for &String {
    fn kind(self) -> &'static str {
        "&String"
    }
}
impl Kind for &str {
    fn kind(self) -> &'static str {
        "&str"
    }
}
impl Kind for &Vec<u32> {
    fn kind(self) -> &'static str {
        "&Vec"
    }
}
impl Kind for &[u32] {
    fn kind(self) -> &'static str {
        "&[]"
    }
}

equivalent! {
    with [(vec![1, 2], "a".to_owned())];
    async fn what_method_lookup_finds(v: Vec<u32>, s: String) -> u32 {
        let r = &v;
        let e = &v[0];
        let x = 5u32;
        let b = Box::new(3u32);
        let rb = &b;
        let q: &str = &s;
        let w = &s;
        let sl: &[u32] = &v;
        let rr = &x;
        let mut y = 4u32;
        tick().await;
        for k in [
            r.kind(),
            e.kind(),
            x.kind(),
            rb.kind(),
            q.kind(),
            w.kind(),
            sl.kind(),
            (&rr).kind(),
        ] {
            note("k", k.to_owned());
        }
        for i in r {
            tick().await;
            note("i", i.kind().to_owned());
        }
        for i in sl.iter() {
            tick().await;
            note("i", i.kind().to_owned());
        }
        {
            let m = &mut y;
            tick().await;
            *m += 1;
            note("m", m.kind().to_owned());
        }
        if let Some(i) = v.first() {
            tick().await;
            note("i", i.kind().to_owned());
        }
        if let Some(ref i) = Some(x) {
            tick().await;
            note("i", i.kind().to_owned());
        }
        let c = r.clone();
        let d = e.clone();
        tick().await;
        note("c", c);
        note("d", d);
        **rb + y
    }
}
