//! In which order variables are dropped on the ways on which no code awaits, and what shadowing has to do
//! with it.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::Loud;
use durable_tests::equivalent;

equivalent! {
    with [(1)];
    async fn a_shadowed_value(n: u32) -> u32 {
        let n = act("shadowed", n).await;
        let first = Loud("first");
        let second = Loud("second");
        let first = &first;
        note("used", first.0.len());
        note("second", second.0.len());
        n
    }
}

equivalent! {
    with [(1)];
    async fn a_value_shadowed_by_its_change(n: u32) -> u32 {
        let n = act("changed", n).await;
        let mut first = (Loud("first"), 0);
        let second = Loud("second");
        let first = &mut first;
        first.1 += 1;
        let length = first.0.0.len();
        let third = Loud("third");
        let length = &length;
        note("second", second.0.len() + third.0.len() + *length);
        n
    }
}

equivalent! {
    with [(vec![1, 2]), (vec![])];
    async fn a_root_shadowed_in_one_arm(v: Vec<u32>) -> usize {
        let r = &v;
        let v = 5_usize;
        let n = r.len() + v;
        tick().await;
        n
    }
}

equivalent! {
    with [(" a b ".to_owned()), (String::new())];
    async fn a_text_shadowed_by_its_part(input: String) -> String {
        let raw = &input;
        let input = input.trim();
        note("cut", raw.len() - input.len());
        let kept = input.to_owned();
        tick().await;
        kept
    }
}

equivalent! {
    with [(vec![1, 2]), (vec![])];
    async fn a_root_that_is_needed_behind(v: Vec<u32>) -> usize {
        {
            tick().await;
            let r = &v;
            let v = 5_usize;
            note("n", r.len() + v);
            tick().await;
        }
        v.len()
    }
}

equivalent! {
    with [(vec![1, 2, 3]), (vec![4])];
    async fn a_key_and_a_root_shadowed(v: Vec<u32>) -> (u32, usize) {
        let mut i = v.len() - 1;
        let found = {
            tick().await;
            let last = &v[i];
            i = 0;
            let v = vec![7_u32];
            let more = &v[i];
            let sum = *last + more;
            note("sum", sum);
            let last = last;
            let v = *last + v[0];
            tick().await;
            v + sum
        };
        (found, v.len() + i)
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "b".to_owned()])];
    async fn a_closure_and_a_shadowed_capture(names: Vec<String>) -> (usize, usize) {
        let sum = {
            tick().await;
            let total = |n: usize| n + names.len();
            let names = 3;
            let sum = total(names) + names;
            note("sum", sum);
            sum
        };
        tick().await;
        (sum, names.len())
    }
}

equivalent! {
    with [(vec![Some(1), None]), (vec![])];
    async fn a_pattern_takes_the_name_of_what_it_looks_at(all: Vec<Option<u32>>) -> (u32, usize) {
        let mut sum = 0;
        {
            tick().await;
            let first = all.first();
            if let Some(Some(all)) = first {
                sum += *all;
                note("first", *all);
            }
            match &all[..] {
                [all, ..] => note("some", all.is_some()),
                [] => note("none", false),
            };
            tick().await;
        }
        (sum, all.len())
    }
}

equivalent! {
    with [(0), (1)];
    async fn two_values_behind_a_join(n: u32) -> u32 {
        let first = Loud("first");
        let second = Loud("second");
        match n {
            0 => {
                note("zero", 0);
            }
            1 => {
                note("one", 1);
            }
            _ => return act("many", n).await,
        }
        note("second", second.0.len());
        note("first", first.0.len());
        n
    }
}

equivalent! {
    with [(0), (3)];
    async fn values_around_a_loop(n: u32) -> u32 {
        let first = Loud("first");
        let second = (Loud("second"), 2);
        let mut turns = 0;
        while turns < n {
            turns += 1;
            if turns > 5 {
                act("never", turns).await;
                return 0;
            }
            note("turn", second.1);
        }
        let second = &second.0;
        let third = Loud("third");
        note("second", second.0.len());
        note("first", first.0.len());
        note("third", third.0.len());
        turns
    }
}

equivalent! {
    with [(0), (1)];
    async fn shadowed_values_behind_a_join(n: u32) -> usize {
        let one = Loud("outer");
        let length = one.0.len();
        let one = (Loud("inner"), &one);
        match n {
            0 => {
                note("zero", 0);
            }
            1 => {
                note("one", 1);
            }
            _ => return act("many", n as usize).await,
        }
        length
    }
}
