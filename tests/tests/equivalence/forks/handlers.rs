//! What stands around and behind the branches of a `select!`, and adaptors inside of branches.

use durable_tests::equivalent;
use std::time::Duration;

equivalent! {
    with [(0), (1), (2), (5)];
    async fn out_of_two_loops_with_a_value(n: u32) -> (u32, Vec<(u32, u32)>) {
        let mut seen = Vec::new();
        let found = 'outer: loop {
            for i in 0..4 {
                'inner: for j in 0..3 {
                    select! {
                        x = act("x", i + j) => {
                            if x == n { break 'outer x * 10; }
                            if x > n + 1 { continue 'outer; }
                            seen.push((i, x));
                        }
                        y = async { act("y", j).await; act("z", i).await } => {
                            seen.push((100, y));
                            match y % 3 { 0 => continue 'inner, 1 => break 'inner, _ => {} }
                            tick().await;
                        }
                    }
                    if seen.len() > 6 { break 'outer 7; }
                }
            }
            seen.push((0, 999));
            if seen.len() > 6 { break 8; }
            tick().await;
        };
        act("after", found).await;
        (found, seen)
    }
}

equivalent! {
    with [(1), (2), (3)];
    async fn question_marks(n: u32) -> Result<u32, String> {
        let mut sum = 0;
        for i in 0..3 {
            sum += select! {
                x = act("x", if n == i { Err(format!("x{i}")) } else { Ok(i) }) => x?,
                y = async { let y: u32 = act("y", if n == 2 { "no".to_owned() } else { "12".to_owned() }).await.parse::<u32>().map_err(|e| e.to_string())?; Ok::<_, String>(y) } => {
                    let y = y.map_err(|e| e + "!")?;
                    act("later", if n == 3 { None } else { Some(y) }).await.ok_or("none")?
                }
            };
        }
        Ok(sum)
    }
}

equivalent! {
    with [(0), (1), (2)];
    async fn as_a_value_everywhere(n: u32) -> (u32, String, Vec<u32>) {
        let list = [select! { x = act("a", n) => x, y = act("b", n + 1) => y }, 3].to_vec();
        let text = (select! { x = act("c", n) => x, y = act("d", 9) => y }).to_string() + "!";
        let total = list[0] + select! { x = act("e", 1) => x, y = async { tick().await; act("f", 2).await } => y };
        let both = (select! { x = act("g", 1) => x > n, _ = tick() => true }) && act("h", n == 1).await;
        let m = match select! { x = act("i", n) => Some(x), _ = tick() => None } {
            Some(0) => 10,
            Some(x) if x == 1 => 20,
            Some(_) => 30,
            None => 40,
        };
        if select! { x = act("j", n) => x == 2, y = act("k", n) => y == 1 } {
            return (total, text, vec![m]);
        }
        (total + u32::from(both), text, list)
    }
}

equivalent! {
    with [(0), (1)];
    async fn nobody_takes_part(n: u32) -> (u32, u32) {
        let mut begun = 0;
        let x = select! {
            x = act("never", note("evaluated", n)), if n > 9 => x,
            y = async { begun += 1; act("nor this", begun).await }, if note("if", false) => y,
            else => { tick().await; act("else", n).await + 5 }
        };
        let y = select! {
            Some(y) = act("some", if n == 0 { None } else { Some(n) }) => y,
            7 = async { begun += 10; act("seven", 8 - n).await } => 70,
            else => begun + 1,
        };
        (x, y + begun)
    }
}

equivalent! {
    with [(1), (3)];
    async fn in_a_while_let(n: u32) -> (u32, Vec<String>) {
        let mut left = n;
        let mut log = Vec::new();
        while let Some(x) = select! {
            biased;
            x = act("x", left) => (x > 0).then_some(x),
            y = async { log.push(format!("begin {left}")); act("y", left).await; act("z", 1).await } => if left > 1 { Some(y) } else { None },
        } {
            log.push(format!("{x}"));
            left -= 1;
            if left == 0 { break; }
        }
        while (select! { x = act("w", left) => x, _ = tick() => 5 }) < 3 && left < 3 {
            left += 1;
        }
        (left, log)
    }
}

equivalent! {
    with [(vec![5, 1, 4]), (vec![])];
    async fn adaptors_in_branches(list: Vec<u32>) -> (u32, Vec<(usize, u32)>, u32, String) {
        let limit = 3;
        let mut places = Vec::new();
        let words = ["a", "bc", "def"];
        let ((sum, ()), (count, text)) = join!(
            async {
                join!(
                    async {
                        let mut sum = 0;
                        for x in list.iter().filter(|x| **x > 2).map(|x| x * 2) {
                            sum += act("double", x).await;
                        }
                        sum
                    },
                    async {
                        for (i, x) in list.iter().enumerate().rev() {
                            places.push((i, act("place", *x).await + *x));
                        }
                    },
                )
            },
            async {
                let mut count = 0;
                for pair in list.windows(2) {
                    count += act("pair", pair[0] + pair[1]).await + pair[1];
                }
                let mut text = String::new();
                for (word, x) in words.iter().zip(&list).skip(1) {
                    text += &act("word", format!("{word}{x}")).await;
                    text += word;
                }
                (count + limit, text)
            },
        );
        act("after", places.len()).await;
        (sum, places, count, text)
    }
}

equivalent! {
    with [(vec![1, 2]), (vec![9])];
    async fn borrowed_captures_after_a_loss(list: Vec<u32>) -> (u32, Vec<u32>, String) {
        let mut own = list.clone();
        let name = format!("n{}", list.len());
        let first = &list[0];
        let label = name.as_str();
        let won = select! {
            x = async {
                for x in own.iter_mut() {
                    *x += act("grow", *x).await;
                }
                send("label", label).await as u32
            } => x,
            y = async { act("a", *first).await; act("b", label.len() as u32).await + *first } => y,
        };
        let size = send("first", first).await as u32;
        own.push(won + size);
        (*first, own, label.to_owned())
    }
}

equivalent! {
    with [(0), (2)];
    async fn selects_and_limits_in_a_loop(n: u32) -> (u32, Vec<bool>) {
        let mut seen = Vec::new();
        let mut total = 0;
        'rounds: for round in 0..3 {
            let given = timeout(Duration::from_secs(5), async {
                loop {
                    select! {
                        x = act("x", round) => { total += x; if x == n { return true; } }
                        _ = sleep(Duration::from_secs(1)) => return false,
                    }
                    total += 10;
                    if total > 60 { break total % 2 == 0; }
                }
            })
            .await;
            match given {
                Ok(true) => continue 'rounds,
                Ok(false) => seen.push(false),
                Err(_) => break 'rounds,
            }
            seen.push(true);
        }
        (total, seen)
    }
}
