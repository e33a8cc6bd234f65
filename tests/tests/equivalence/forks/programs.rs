//! Programs in which branches share, change, take and lose what their parent has.

use durable_tests::equivalent;

equivalent! {
    with [(0), (1), (2), (3)];
    async fn loser_that_changes_a_variable(n: u32) -> (u32, u32) {
        let mut count = 0;
        let won = select! {
            biased;
            _ = async { for i in 0..3 { count += 1; act("l", i).await; count += 10; } } => 1,
            x = async { let x = act("r", n).await; act("r2", x).await } => x + 100,
        };
        act("end", count).await;
        (won, count)
    }
}

equivalent! {
    with [(0), (1), (2), (3)];
    async fn failed_branch_and_what_the_other_changed(n: u32) -> Result<(u32, u32), (u32, u32)> {
        let mut left = 0;
        let mut right = vec![1];
        let r: Result<(u32, u32), u32> = try_join!(
            async { loop { left += 1; let x = act("l", left).await; if x > n { break Err(x); } } },
            async { for i in 0..4 { right.push(i); act("r", i).await; } if n == 3 { return Err(77); } Ok(right.len() as u32) },
        );
        act("end", left).await;
        right.push(9);
        match r { Ok((a, b)) => Ok((a, b)), Err(e) => Err((e + left, right.iter().sum())) }
    }
}

equivalent! {
    with [(0), (3)];
    async fn copies_and_clones_moved_in(n: u32) -> (u32, String, Vec<u32>) {
        let x = n + 1;
        let name = format!("n{n}");
        let mut all = Vec::new();
        for round in 0..2 {
            let extra = name.clone();
            let (a, b, c) = join!(
                async move { let mut x = x; x += act("x", x).await; x += 1; act("x2", x).await },
                async move { let e = act("e", extra.clone()).await; act("e2", e + &extra).await },
                act("op", round),
            );
            all.push(a + b.len() as u32 + c);
            all.push(x);
        }
        (x, name, all)
    }
}

equivalent! {
    with [(0), (3)];
    async fn join_in_a_branch_of_a_join(n: u32) -> (u32, u32, Vec<u32>) {
        let mut outer = n;
        let mut list = vec![0];
        let shared = vec![1, 2, 3];
        let (a, b) = join!(
            async {
                outer += shared[0];
                let (x, y) = join!(
                    async { for s in &shared { outer += act("in", *s).await; } outer },
                    async { list.push(act("li", 4).await); act("li2", list.len()).await; list.push(shared[1]); 5 },
                );
                outer += 1000;
                act("mid", outer).await;
                x + y
            },
            async { let mut t = 0; for s in shared.iter() { t += act("out", *s).await; } t }
        );
        list.push(a + b);
        act("end", outer).await;
        (outer, b, list)
    }
}

equivalent! {
    with [(2), (3)];
    async fn borrows_around_and_inside_branches(n: u32) -> Vec<u32> {
        let v: Vec<u32> = (0..n).collect();
        let r = &v;
        let mut out = vec![];
        for x in r {
            let y = &v[*x as usize];
            let (a, b) = join!(async { act("a", *x).await + *y }, async { act("b", r.len()).await as u32 + *y });
            out.push(a + b + *x);
            if let Some(z) = r.get(1) { out.push(act("z", *z).await); }
        }
        out
    }
}

equivalent! {
    with [(0), (1), (2), (5)];
    async fn select_in_a_loop_that_leaves_by_all_ways(n: u32) -> Result<u32, String> {
        let mut i = 0;
        let mut seen = vec![];
        let r = 'out: loop {
            i += 1;
            select! {
                Some(x) = async { let x = act("opt", i).await; (x % 2 == 0).then_some(x) } => { seen.push(x); if x > 4 { break 'out x; } continue; }
                y = act("y", i + 100) => { act("h", y).await; if n == 1 { return Err(format!("e{y}")); } let v: u32 = "12".parse::<u32>().map_err(|e| e.to_string())?; seen.push(v); }
                else => break 0,
            }
            if i > n + 5 { break 99; }
        };
        act("end", seen.clone()).await;
        Ok(r + seen.iter().sum::<u32>())
    }
}
