//! When the temporaries end of what a `match`, an `if let` or an assertion looks at.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::Loud;
use durable_tests::equivalent;

fn count(loud: &Loud) -> u32 {
    loud.0.len() as u32
}

fn some(loud: &Loud) -> Option<u32> {
    Some(count(loud))
}

equivalent! {
    with [(2), (3), (4)];
    async fn a_match_on_a_borrowed_value(n: u32) -> u32 {
        let mut total = 0;
        match &count(&Loud("abc")) {
            k => {
                note("in the match", k);
                if *k > n {
                    total = *k;
                }
            }
        }
        note("behind", total);
        match &(count(&Loud("one")), count(&Loud("three"))) {
            (3, k) if *k > n => note("first", ()),
            (k, _) => {
                note("in the match", k);
                total += *k;
                if *k == n {
                    tick().await;
                }
            }
        }
        note("behind", total);
        tick().await;
        total
    }
}

equivalent! {
    with [(2), (3), (4)];
    async fn a_condition_on_a_borrowed_value(n: u32) -> u32 {
        let mut total = 0;
        if let Some(k) = &some(&Loud("abc")).filter(|k| *k >= n) {
            note("matched", k);
            total = *k;
            if *k > 20 {
                tick().await;
            }
        } else {
            note("not matched", n);
            if n > 20 {
                tick().await;
            }
        }
        note("behind", total);
        while let Some(k) = &some(&Loud("loop")).filter(|_| total < 9) {
            note("round", k);
            total += *k;
            if total == 100 + n {
                tick().await;
            }
        }
        note("behind", total);
        tick().await;
        if n > 2 && let Some(k) = &some(&Loud("chain")) && note("asked", *k) > n {
            note("matched", k);
            if *k > 20 {
                tick().await;
            }
        } else {
            note("not matched", n);
            if n > 20 {
                tick().await;
            }
        }
        note("behind", total);
        total
    }
}

equivalent! {
    with [("two words".to_owned()), ("one".to_owned())];
    async fn operands_before_the_one_that_borrows(text: String) -> usize {
        let mut taken = Some(text.clone());
        let all = vec![vec![1, 2], vec![3, 4]];
        let mut i = 0;
        match &all[{ i += 1; note("i", i); i }][count(&Loud("a")) as usize] {
            k => {
                note("k", k);
                if *k > 20 {
                    tick().await;
                }
            }
        }
        match &(taken.take().map(|text| text.len()), count(&Loud("abc")), i) {
            (Some(length), k, at) => {
                note("length", (length, k, at));
                i += *length;
                if i > 90 {
                    i += act("a", *length).await;
                    note("length", (length, k, at));
                }
            }
            _ => {}
        }
        match &mut (count(&Loud("abc")), text) {
            (k, whole) => {
                note("text", &*whole);
                *k += 1;
                whole.push('!');
                note("text", &*whole);
                if *k > 20 {
                    tick().await;
                    whole.push('?');
                }
            }
        }
        i
    }
}

equivalent! {
    with [(3)];
    panics [(4)];
    async fn the_sides_of_an_assertion(n: u32) -> u32 {
        assert_eq!(count(&Loud("abc")), n.max(count(&Loud("a"))), "{n}");
        assert_eq!(count(&Loud("abc")), 3.min(count(&Loud("abcd"))), "{}", act("a", 1).await);
        note("behind", n);
        assert_ne!(count(&Loud("abc")), n.min(count(&Loud("ab"))), "{}", act("b", 1).await);
        note("behind", n);
        n
    }
}

fn is_long(loud: &Loud) -> bool {
    loud.0.len() > 1
}

equivalent! {
    with [(1), (3)];
    async fn what_the_operands_of_branches_hold(n: u32) -> u32 {
        let (a, b) = join!(act("a", count(&Loud("x"))), act("b", count(&Loud("y")) + n));
        note("joined", a + b);
        let (a, b, c) = join!(
            act("a", count(&Loud("x1"))),
            async {
                let own = Loud("own");
                note("b", count(&Loud("in a block")) + count(&own))
            },
            act("c", count(&Loud("z1"))),
        );
        note("joined", a + b + c);
        let chosen = select! {
            biased;
            a = act("a", count(&Loud("x2"))), if is_long(&Loud("if")) => {
                note("first", a);
                a
            }
            b = act("b", count(&Loud("y2"))), if is_long(&Loud("i")) => b,
            c = act("c", count(&Loud("z2"))) => c + count(&Loud("handler")),
        };
        note("chosen", chosen);
        chosen
    }
}

equivalent! {
    with [(1, "x".to_owned()), (30, String::new())];
    async fn a_unique_borrow_of_values(n: u32, text: String) -> u32 {
        match &mut (n, text) {
            (k, text) => {
                *k += act("a", 1).await;
                text.push('!');
                note("text", &*text);
                tick().await;
                match &mut (*k + 1, vec![*k]) {
                    (m, list) => {
                        list.push(act("b", *m).await);
                        *m += list.len() as u32;
                        tick().await;
                        note("list", (&*list, &*m));
                    }
                }
                let (last, _) = &mut (text.len() as u32, 0);
                *last += act("c", *last).await;
                tick().await;
                *k + *last
            }
        }
    }
}
