//! `loop`, `while`, `while let`, `for`, and jumps.

use durable_tests::equivalent;
use std::collections::BTreeMap;

equivalent! {
    with [(0), (3)];
    async fn while_with_await_in_the_condition(n: u32) -> u32 {
        let mut i = 0;
        while act("more", i < n).await && i < 10 {
            i += 1;
            if i == 2 {
                continue;
            }
            tick().await;
        }
        i
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn while_let_over_a_stack(mut stack: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        while let Some(top) = stack.pop() {
            let answer = act("top", top).await;
            if answer == 2 {
                stack.push(10);
                stack.push(20);
            }
            out.push(answer);
        }
        out
    }
}

equivalent! {
    with [(4)];
    async fn while_let_over_a_moved_value(n: u32) -> Vec<u32> {
        let mut rest = Some((n, "text".to_owned()));
        let mut out = vec![];
        while let Some((m, text)) = rest {
            out.push(act("m", m).await);
            rest = if m > 1 { Some((m - 1, text + "!")) } else { None };
            tick().await;
        }
        out
    }
}

equivalent! {
    with [(6)];
    async fn labelled_breaks_with_values(n: u32) -> (u32, u32) {
        let mut count = 0;
        let found = 'outer: loop {
            count += 1;
            let inner = 'inner: loop {
                count += 1;
                if count > n {
                    break 'outer act("out", count).await;
                }
                if act("even", count % 2 == 0).await {
                    break 'inner count * 10;
                }
                if count > 100 {
                    continue 'outer;
                }
            };
            if inner > 1000 {
                break inner;
            }
            tick().await;
        };
        (found, count)
    }
}

equivalent! {
    with [(3)];
    async fn deeply_nested(n: u32) -> Vec<u32> {
        let mut all = Vec::new();
        'a: for i in 0..n {
            'b: for j in 0..n {
                let mut k = 0;
                while k < n {
                    k += 1;
                    if i == j && j == k {
                        continue 'b;
                    }
                    if i > k + 1 {
                        continue 'a;
                    }
                    let mut m = 0;
                    loop {
                        m += 1;
                        match act("m", m * 100 + i * 10 + j).await {
                            x if x > 250 => break 'b,
                            x if m > k => break,
                            x => all.push(x),
                        }
                    }
                }
                all.push(act("j", j).await);
            }
            all.push(i);
        }
        all
    }
}

equivalent! {
    with [(vec![3, 1, 2])];
    async fn continue_in_a_nested_match(items: Vec<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        for item in items {
            let doubled = match item {
                1 => continue,
                n if n > 2 => match act("big", n).await {
                    3 => {
                        out.push(33);
                        n
                    }
                    _ => break,
                },
                n => n * 2,
            };
            out.push(act("doubled", doubled).await);
        }
        out
    }
}

equivalent! {
    with [(vec!["a".to_owned(), "x".to_owned(), "b".to_owned()])];
    async fn borrowed_loop_without_an_await_jumps_out(words: Vec<String>) -> Vec<String> {
        let bad = vec!["x".to_owned(), "y".to_owned()];
        let mut out = Vec::new();
        'words: for word in words {
            for b in &bad {
                if *b == word {
                    continue 'words;
                }
            }
            let mut it = bad.iter();
            while let Some(b) = it.next() {
                if b.len() > 1 {
                    break 'words;
                }
            }
            out.push(act("word", word).await);
        }
        out
    }
}

equivalent! {
    with [(vec![1, 2, 3])];
    async fn borrow_from_a_match_that_continues(keys: Vec<u32>) -> Vec<String> {
        let map = BTreeMap::from([(1, "one".to_owned()), (3, "three".to_owned())]);
        let mut out = Vec::new();
        for key in keys {
            let text = match map.get(&key) {
                Some(text) if text.len() > 3 => text,
                Some(text) => text,
                None => continue,
            };
            let Some(first) = text.chars().next() else { break };
            out.push(act("text", format!("{text} {first}")).await);
        }
        out
    }
}

equivalent! {
    with [(5)];
    async fn borrow_lives_over_a_branch_that_jumps(n: u32) -> Vec<u32> {
        let limits = vec![1, 2, 3];
        let mut out = Vec::new();
        for i in 0..n {
            let last = limits.last();
            match i {
                0 => continue,
                1 => out.push(1),
                4 => break,
                _ => out.push(2),
            }
            if let Some(last) = last {
                out.push(*last);
            }
            out.push(act("i", i).await);
        }
        out
    }
}

equivalent! {
    with [(3)];
    async fn loop_that_never_ends_but_by_return(n: u32) -> u32 {
        let mut i = 0;
        loop {
            i += 1;
            if act("i", i).await == n {
                return i * 10;
            }
        }
    }
}

equivalent! {
    with [(3), (9)];
    async fn value_of_a_loop_that_returns(n: u32) -> Result<u32, String> {
        let mut i = 0;
        let v: u32 = loop {
            i += 1;
            if i > 5 {
                return Err(format!("{i}"));
            }
            if act("i", i).await == n {
                break i;
            }
        };
        Ok(v)
    }
}

equivalent! {
    with [(2)];
    async fn state_changes_over_rounds(n: u32) -> (u64, String, Vec<u8>) {
        let (mut total, mut text, mut list) = (0, String::new(), Vec::new());
        for round in 0..n {
            total += u64::from(act("round", round).await);
            text.push_str(&format!("{round},"));
            list.push(u8::try_from(round).unwrap());
            tick().await;
            list.insert(0, 9);
            total *= 2;
        }
        (total, text, list)
    }
}

equivalent! {
    with [(4)];
    async fn opaque_loops_with_jumps_of_their_own(n: u32) -> u32 {
        let mut sum = 0;
        'a: for i in 0..n {
            'b: for j in 0..10 {
                for k in 0.. {
                    if k > j {
                        continue 'b;
                    }
                    if k == 3 {
                        break 'b;
                    }
                    sum += k;
                }
            }
            loop {
                sum += 1;
                if sum % 3 == 0 {
                    break;
                }
                if sum > 1000 {
                    break 'a;
                }
            }
            tick().await;
            sum += i;
        }
        sum
    }
}
