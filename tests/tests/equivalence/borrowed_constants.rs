//! Borrows of constants and statics, which are made again from nothing.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalent;
use std::sync::atomic::{AtomicU32, Ordering};

/// No data: it cannot be saved.
struct Step {
    name: &'static str,
    takes: [u32; 2],
}

const STEPS: &[Step] = &[
    Step {
        name: "a",
        takes: [1, 2],
    },
    Step {
        name: "bb",
        takes: [0, 3],
    },
    Step {
        name: "c",
        takes: [7, 8],
    },
];
const NAMES: [&str; 3] = ["x", "yy", "zzz"];
const LIMITS: [u32; 3] = [3, 4, 5];
const RANGE: std::ops::Range<u32> = 1..3;
const TEXT: &str = "one,two,three";
const NOTHING: Vec<u32> = Vec::new();
static LABEL: String = String::new();
static COUNTS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

mod inner {
    pub(super) const DEEP: &[&[u32]] = &[&[1, 2], &[], &[3]];
    pub(super) static WORDS: &[&str] = &["p", "qq"];
}

equivalent! {
    with [(0), (4)];
    async fn loops_over_constants(n: u32) -> u32 {
        let mut sum = n;
        for step in STEPS {
            sum += act("step", step.takes[0]).await;
            note("name", step.name);
            for part in step.takes.iter() {
                sum += act("part", *part).await;
                note("again", (step.name, part));
            }
        }
        for name in NAMES {
            sum += act("name", name.len() as u32).await;
            note("name", name);
        }
        for limit in &LIMITS {
            tick().await;
            sum += limit;
        }
        for limit in LIMITS {
            tick().await;
            sum += limit;
        }
        for i in RANGE {
            sum += act("i", i).await;
        }
        for never in NOTHING {
            sum += act("never", never).await;
        }
        for (i, word) in TEXT.split(',').enumerate().skip(1) {
            tick().await;
            note(word, i);
        }
        for step in STEPS[1..].iter().rev().filter(|step| step.takes[0] > n) {
            tick().await;
            note("late", step.name);
        }
        for (step, word) in STEPS.iter().zip(inner::WORDS.iter()) {
            tick().await;
            note(word, step.name);
        }
        for all in inner::DEEP {
            for n in all.iter() {
                sum += act("deep", *n).await;
            }
            note("rest", all.len());
        }
        sum
    }
}

equivalent! {
    with [(0), (1), (5)];
    async fn what_is_found_in_constants(n: u32) -> u32 {
        let mut i = n as usize;
        let step = &STEPS[i % 3];
        let takes = &step.takes;
        let found = NAMES.get(i);
        let first = STEPS.first().unwrap();
        let Some(last) = inner::WORDS.last() else {
            return 0;
        };
        let label = &LABEL;
        i = 1;
        tick().await;
        note("step", (step.name, takes, found, first.name, last, label));
        if let Some(Step { name, takes: [a, b] }) = STEPS.get(i) {
            tick().await;
            note(name, (a, b));
        }
        match STEPS.get(n as usize) {
            Some(step) if step.takes[1] > 2 => {
                let more = act("more", step.takes[1]).await;
                note(step.name, more);
            }
            Some(Step { name, .. }) => {
                tick().await;
                note("small", name);
            }
            None => {}
        }
        let mut w = 0;
        while let Some(word) = inner::WORDS.get(w) {
            w += act("w", 1).await;
            note("word", word);
        }
        if let [head, .., end] = &STEPS[..] {
            tick().await;
            note(head.name, end.name);
        }
        takes[0] + i as u32
    }
}

equivalent! {
    with [(1), (3)];
    async fn constants_in_branches(n: u32) -> u32 {
        let first = STEPS.first();
        let (a, b) = join!(
            async {
                let mut sum = 0;
                for step in STEPS {
                    sum += act("a", step.takes[0]).await;
                    note("after", step.name);
                }
                sum
            },
            async {
                let name = NAMES.get(n as usize);
                let got = act("b", n).await;
                note("name", name);
                got
            },
        );
        let chosen = select! {
            biased;
            c = act("c", n) => {
                for name in &NAMES {
                    tick().await;
                    note("name", name);
                }
                c + first.map_or(0, |step| step.takes[1])
            }
        };
        a + b + chosen
    }
}

equivalent! {
    with [(0), (1)];
    async fn a_static_is_a_place(n: u32) -> u32 {
        let count = &COUNTS[n as usize];
        tick().await;
        count.store(3, Ordering::Relaxed);
        let other = COUNTS.get(n as usize).unwrap();
        tick().await;
        other.store(5, Ordering::Relaxed);
        tick().await;
        count.load(Ordering::Relaxed) + other.load(Ordering::Relaxed)
    }
}
