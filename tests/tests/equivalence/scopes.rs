//! Where scopes end in which the code awaits: what they have bound is dropped there, and so are the
//! temporaries of what a `match` or an `if let` looks at.

use durable_tests::equivalence::ops::note;
use durable_tests::equivalence::vocabulary::Loud;
use durable_tests::equivalent;
use std::sync::Mutex;

equivalent! {
    with [(1), (0)];
    async fn blocks(n: u32) -> u32 {
        {
            let got = act("plain", n).await;
            let _last = Loud("plain");
            note("in", got);
        }
        note("behind", 1);
        let seen = {
            let got = act("value", n + 1).await;
            let all = (Loud("first"), Loud("second"));
            let _more = Loud("third");
            all.0.0.len() + got as usize
        };
        note("behind", seen);
        {
            {
                act("inner", n).await;
                let _last = Loud("inner");
            }
            let _outer = Loud("outer");
            note("between", 0);
        }
        note("behind", 4);
        n
    }
}

equivalent! {
    with [(1), (5), (9)];
    async fn labelled(n: u64) -> u64 {
        let found = 'search: {
            let got = act("labelled", n).await;
            let _held = Loud("labelled");
            if got > 7 {
                break 'search got;
            }
            note("on", got);
            let _more = Loud("more");
            break 'search got + 1;
        };
        note("behind", found);
        'once: {
            act("once", n).await;
            let _held = Loud("once");
            break 'once;
        }
        note("behind", 2);
        found
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn turns(n: u32) -> u32 {
        loop {
            act("loop", n).await;
            let _turn = Loud("loop");
            break;
        }
        note("behind", 1);
        let value = loop {
            let got = act("valued", n).await;
            let turn = Loud("valued");
            break turn.0.len() as u32 + got;
        };
        note("behind", value);
        let mut left = n;
        while left > 0 {
            left -= act("while", 1).await;
            let _turn = Loud("while");
            note("left", left);
        }
        note("behind", 2);
        for i in 0..n {
            act("for", i).await;
            let _turn = Loud("for end");
        }
        note("behind", 3);
        value
    }
}

equivalent! {
    with [(Some(1), 1), (Some(2), 1), (None, 1)];
    async fn one_way_goes_on(n: Option<u32>, more: u32) -> u32 {
        match n {
            None => return act("none", 0).await,
            Some(n) => {
                act("some", n).await;
                let _arm = Loud("arm");
                note("in", n);
            }
        }
        note("behind", 1);
        if more == 0 {
            return act("less", 1).await;
        } else {
            act("more", more).await;
            let _branch = Loud("branch");
        }
        note("behind", 2);
        let Some(n) = n else {
            return act("never", 1).await;
        };
        note("behind", n);
        more
    }
}

equivalent! {
    with [(4), (5)];
    async fn what_is_matched(n: usize) -> usize {
        let seen = match Loud("four").0.len() {
            1 => return act("one", 1).await,
            other => other + n,
        };
        note("behind", seen);
        if let 1 = Loud("five!").0.len() {
            return act("one", 2).await;
        }
        note("behind", 2);
        if let 5 = Loud("chain").0.len() && n == 0 {
            return act("zero", 3).await;
        }
        note("behind", 3);
        let other = if let 9 = Loud("other").0.len() {
            act("nine", 9).await
        } else {
            let held = Loud("else");
            held.0.len()
        };
        note("behind", other);
        while let 1 = Loud("while").0.len() {
            act("one", 4).await;
        }
        note("behind", 5);
        match act("answer", Some(n)).await {
            Some(4) => {}
            _ => return act("another", 6).await,
        }
        note("behind", 6);
        match n {
            k if { let held = Loud("guard"); held.0.len() == k } => note("guard", k),
            4 => act("four", 4).await,
            _ => return 9,
        };
        note("behind", 7);
        seen
    }
}

static FREE: Mutex<u32> = Mutex::new(0);

equivalent! {
    with [(3)];
    async fn locks(n: u32) -> u32 {
        let free = || note("free", FREE.try_lock().is_ok());
        {
            let more = act("a", n).await;
            let mut count = FREE.lock().unwrap();
            *count = more;
        }
        free();
        let rate = match FREE.lock().unwrap().checked_add(1) {
            Some(rate) => rate,
            None => return act("never", 0).await,
        };
        free();
        loop {
            act("b", n).await;
            let _held = FREE.lock().unwrap();
            break;
        }
        free();
        let held = FREE.lock().unwrap();
        let free_again = {
            drop(held);
            act("c", n).await
        };
        free();
        rate + free_again
    }
}

/// What leaves a scope is not dropped in it, on whatever way it leaves.
equivalent! {
    with [(1), (2)];
    async fn given_away(n: u32) -> u32 {
        let kept = {
            let got = act("a", n).await;
            let kept = Loud("kept");
            let _gone = Loud("gone");
            note("in", got);
            kept
        };
        note("behind", kept.0);
        n
    }
}

equivalent! {
    with [(1), (2)];
    async fn given_late(n: u32) -> u32 {
        let late;
        {
            act("b", n).await;
            let given = Loud("given");
            late = (given, n);
        }
        note("late", late.1);
        n
    }
}

equivalent! {
    with [(1)];
    async fn used_last(n: u32) -> u32 {
        {
            act("b", n).await;
            let guard = Loud("guard");
            match n {
                1 => note("one", 1),
                _ => return act("two", n).await,
            };
            note("in", guard.0);
        }
        note("behind", 1);
        {
            let list;
            act("d", n).await;
            list = Loud("late");
            note("in", list.0);
        }
        note("behind", 2);
        let kept = {
            act("e", n).await;
            let one = Loud("first");
            let one = Loud("second");
            one
        };
        note("behind", kept.0);
        n
    }
}

equivalent! {
    with [(1), (2)];
    async fn in_part(n: u32) -> u32 {
        let part = {
            act("f", n).await;
            let pair = (Loud("a"), Loud("b"));
            let (a, _) = pair;
            let _ = a;
            a
        };
        note("behind", part.0);
        n
    }
}

equivalent! {
    with [("a b c".to_owned()), (String::new())];
    async fn borrows_live_on(text: String) -> u64 {
        act("a", 0_u64).await;
        let mut words = text.split_whitespace();
        let n = if let Some(w) = words.next() {
            w.len() as u64
        } else {
            return act("none", 0).await;
        };
        note("more", words.count());
        let name = text.trim();
        if let Some(_) = name.find('x') {
            return act("x", 1).await;
        }
        note("name", name);
        act("last", n).await
    }
}

/// What a scope has hidden is there again behind it.
equivalent! {
    with [(5)];
    async fn hidden_in_a_branch(amount: u32) -> u32 {
        let mut amount = amount;
        let (_, _) = join!(
            async {
                {
                    let amount = act("a", 1).await;
                    note("in", amount);
                }
                amount += 1;
                act("b", 2).await;
            },
            act("c", 3),
        );
        amount
    }
}
