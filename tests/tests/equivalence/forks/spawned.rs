//! Handles and sets as a user of Tokio writes them.

use durable_tests::equivalent_group;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[derive(serde::Serialize, serde::Deserialize)]
struct Job<H> {
    name: String,
    handle: Option<H>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Pool<S> {
    set: S,
    waiting: VecDeque<u32>,
    limit: usize,
}

equivalent_group! {
    sets:
        queue_of_work(5), queue_of_work(0), until_a_limit(3), first_of_a_set_or_a_timer(2), spawns_more(2),
        pool(4), drained_by_a_helper(3), sets_in_branches(2), first_failure(1), first_failure(4);

    #[workflow]
    pub(super) async fn job(n: u32) -> u32 {
        let n = act("begin", n).await;
        act("end", n).await + 1
    }

    #[workflow]
    pub(super) async fn fallible(n: u32) -> Result<u32, String> {
        let n = act("try", n).await;
        if n == 3 { return Err("three".to_owned()); }
        Ok(act("done", n).await)
    }

    // At most two at a time; what comes out may be new work.
    #[workflow]
    pub(super) async fn queue_of_work(n: u32) -> Vec<u32> {
        let mut queue: VecDeque<u32> = (0..n).collect();
        let mut running = JoinSet::new();
        let mut done = vec![];
        loop {
            while running.len() < 2 {
                let Some(next) = queue.pop_front() else { break };
                running.spawn(job(next));
            }
            match running.join_next().await {
                Some(x) if x % 3 == 1 && x < 10 => queue.push_back(x + 10),
                Some(x) => done.push(x),
                None => break,
            }
        }
        done
    }

    #[workflow]
    pub(super) async fn until_a_limit(n: u32) -> (u32, usize) {
        let mut set: JoinSet<u32> = (0..n).map(job).collect();
        let mut sum = 0;
        while let Ok(Some(x)) = timeout(SECOND, set.join_next()).await {
            sum += x;
        }
        (sum, set.len())
    }

    #[workflow]
    pub(super) async fn first_of_a_set_or_a_timer(n: u32) -> (Vec<u32>, bool) {
        let mut set = JoinSet::new();
        for i in 0..n { set.spawn(job(i)); }
        let (mut seen, mut slow) = (vec![], false);
        loop {
            select! {
                Some(x) = set.join_next() => seen.push(x),
                _ = sleep(SECOND), if !slow => { slow = true; act("slow", seen.len()).await; }
                else => break,
            }
        }
        (seen, slow)
    }

    #[workflow]
    pub(super) async fn spawns_more(n: u32) -> Vec<u32> {
        let mut set = JoinSet::new();
        set.spawn(job(n));
        let mut seen = Vec::new();
        while let Some(x) = set.join_next().await {
            seen.push(x);
            if x < n + 3 {
                set.extend([job(x), job(x + 1)]);
            }
            tick().await;
        }
        seen
    }

    #[workflow]
    pub(super) async fn pool(n: u32) -> (Vec<u32>, usize) {
        let mut pool = Pool { set: JoinSet::new(), waiting: (0..n).collect(), limit: 2 };
        let mut out = Vec::new();
        while !(pool.waiting.is_empty() && pool.set.is_empty()) {
            if pool.set.len() < pool.limit && let Some(next) = pool.waiting.pop_front() {
                pool.set.spawn(job(next));
                continue;
            }
            let Some(x) = pool.set.join_next().await else { continue };
            out.push(x);
            pool.limit = 1 + out.len() % 2;
        }
        act("out", out.len()).await;
        (out, pool.limit)
    }

    #[workflow]
    pub(super) async fn drain(mut set: JoinSet<u32>) -> Vec<u32> {
        let mut out = Vec::new();
        while let Some(x) = set.join_next().await { out.push(x); }
        out
    }

    #[workflow]
    pub(super) async fn filled(n: u32) -> JoinSet<u32> {
        let mut set = JoinSet::new();
        for i in 0..n { set.spawn(job(i)); tick().await; }
        set
    }

    #[workflow]
    pub(super) async fn drained_by_a_helper(n: u32) -> Vec<u32> {
        let set = filled(n).await;
        drain(set).await
    }

    #[workflow]
    pub(super) async fn sets_in_branches(n: u32) -> (u32, Vec<u32>) {
        let mut shared = JoinSet::new();
        shared.spawn(job(n));
        shared.spawn(job(n + 1));
        let (sum, seen) = join!(
            async {
                let mut sum = 0;
                while let Some(x) = shared.join_next().await { sum += x; }
                sum
            },
            async move {
                let mut own = JoinSet::new();
                let mut seen = vec![];
                for i in 0..n {
                    own.spawn(job(10 + i));
                    if i % 2 == 1 { seen.extend(own.join_next().await); }
                }
                while let Some(x) = own.join_next().await { seen.push(x); }
                seen
            },
        );
        shared.spawn(job(99));
        let last = shared.join_next().await;
        (sum + last.unwrap_or(0), seen)
    }

    #[workflow]
    pub(super) async fn first_failure(n: u32) -> Result<u32, String> {
        let mut set = JoinSet::new();
        for i in 0..n { set.spawn(fallible(i)); }
        let mut sum = 0;
        while let Some(x) = set.join_next().await {
            sum += x?;
        }
        Ok(sum)
    }
}

equivalent_group! {
    handles:
        heartbeats(2), in_an_option(1), in_an_option(0), by_name(3), in_fields(2), joined_handles(1), tried_handles(3),
        tried_handles(1), handed_around(2), looped_over(3), through_an_option(1), all_of_them(3), either_handle(2);

    #[workflow]
    pub(super) async fn task(n: u32) -> u32 {
        let n = act("begin", n).await;
        act("end", n).await + 1
    }

    #[workflow]
    pub(super) async fn risky(n: u32) -> Result<u32, String> {
        let n = act("try", n).await;
        if n == 3 { return Err("three".to_owned()); }
        Ok(act("done", n).await)
    }

    #[workflow]
    pub(super) async fn heartbeats(n: u32) -> Result<(u32, u32), u32> {
        let mut work = spawn(task(n));
        let mut beats = 0;
        let out = loop {
            select! {
                done = &mut work => break done,
                _ = sleep(SECOND) => {
                    beats += 1;
                    act("beat", beats).await;
                    if beats > 3 { return Err(beats); }
                }
            }
        };
        Ok((out, beats))
    }

    #[workflow]
    pub(super) async fn in_an_option(n: u32) -> (Option<u32>, Option<u32>) {
        let mut slot = if n > 0 { Some(spawn(task(n))) } else { None };
        tick().await;
        let first = match slot.take() {
            Some(handle) => Some(handle.await),
            None => None,
        };
        slot = Some(spawn(task(n + 5)));
        tick().await;
        let second = if let Some(handle) = slot.as_mut() { Some(handle.await) } else { None };
        (first, second)
    }

    #[workflow]
    pub(super) async fn by_name(n: u32) -> Vec<(String, u32)> {
        let mut handles = BTreeMap::new();
        let mut sorted = BTreeMap::new();
        for i in 0..n {
            handles.insert(format!("h{i}"), spawn(task(i)));
            sorted.insert(i, spawn(task(10 + i)));
        }
        tick().await;
        let mut out = vec![];
        if let Some(handle) = handles.remove("h1") { out.push(("h1".to_owned(), handle.await)); }
        for (i, handle) in sorted { out.push((i.to_string(), handle.await)); }
        let mut names: Vec<String> = handles.keys().cloned().collect();
        names.sort();
        for name in names {
            let x = handles.remove(&name).unwrap().await;
            out.push((name, x));
        }
        out
    }

    #[workflow]
    pub(super) async fn in_fields(n: u32) -> Vec<(String, u32)> {
        let mut jobs: Vec<_> = (0..n)
            .map(|i| Job { name: format!("j{i}"), handle: Some(spawn(task(i))) })
            .collect();
        let mut out = vec![];
        tick().await;
        for one in jobs.iter_mut().rev() {
            if let Some(handle) = one.handle.take() {
                let x = handle.await;
                out.push((one.name.clone(), x));
            }
        }
        let mut last = Job { name: "last".to_owned(), handle: Some(spawn(task(7))) };
        select! {
            x = last.handle.as_mut().unwrap() => { last.handle = None; out.push((last.name.clone(), x)); }
            _ = sleep(SECOND) => last.name.push('!'),
        }
        if let Some(handle) = last.handle { out.push((last.name, handle.await)); }
        out
    }

    #[workflow]
    pub(super) async fn joined_handles(n: u32) -> (u32, u32, u32) {
        let (a, b) = (spawn(task(n)), spawn(task(n + 1)));
        tick().await;
        let (a, b, c) = join!(a, b, async { let c = spawn(task(9)); tick().await; c.await });
        (a, b, c)
    }

    #[workflow]
    pub(super) async fn tried_handles(n: u32) -> Result<u32, String> {
        let (a, b) = (spawn(risky(n)), spawn(risky(n + 1)));
        let (a, b) = try_join!(a, async { tick().await; b.await })?;
        let more: Vec<_> = (5..7).map(|i| spawn(risky(i))).collect();
        tick().await;
        let more = try_join_all(more).await?;
        Ok(a + b + more.iter().sum::<u32>())
    }

    #[workflow]
    pub(super) async fn started(n: u32) -> JoinHandle<u32> {
        tick().await;
        spawn(task(n))
    }

    #[workflow]
    pub(super) async fn finish(handle: JoinHandle<u32>, n: u32) -> u32 {
        tick().await;
        handle.await + n
    }

    #[workflow]
    pub(super) async fn handed_around(n: u32) -> (u32, u32) {
        let handle = started(n).await;
        let other = spawn(task(n + 1));
        let (a, b) = join!(finish(handle, 100), finish(other, 200));
        (a, b)
    }

    #[workflow]
    pub(super) async fn looped_over(n: u32) -> Vec<u32> {
        let mut handles = Vec::new();
        for i in 0..n { handles.push(spawn(task(i))); }
        let mut out = Vec::new();
        for handle in handles {
            out.push(handle.await);
            if out.len() == 1 { act("first", out[0]).await; }
        }
        out
    }

    #[workflow]
    pub(super) async fn through_an_option(n: u32) -> (u32, Vec<u32>) {
        let mut pending = None;
        let mut seen = vec![];
        let mut rounds = 0;
        while rounds < 4 {
            rounds += 1;
            if pending.is_none() && rounds < 3 { pending = Some(spawn(task(n + rounds))); }
            select! {
                x = async { pending.as_mut().unwrap().await }, if pending.is_some() => { pending = None; seen.push(x); }
                _ = sleep(SECOND) => { act("tock", rounds).await; }
            }
        }
        let rest = match pending { Some(handle) => handle.await, None => 0 };
        (rest, seen)
    }

    #[workflow]
    pub(super) async fn all_of_them(n: u32) -> (Vec<u32>, usize) {
        let handles: Vec<_> = (0..n).map(|i| spawn(task(i))).collect();
        tick().await;
        let ended = handles.iter().filter(|h| h.is_finished()).count();
        let all = timeout(SECOND * 100, join_all(handles)).await.unwrap_or_default();
        (all, ended)
    }

    #[workflow]
    pub(super) async fn either_handle(n: u32) -> (u32, u32) {
        let mut a = spawn(task(n));
        let mut b = spawn(task(n + 10));
        let (first, rest) = select! {
            x = &mut a => (x, b),
            x = &mut b => (x, a),
        };
        tick().await;
        (first, rest.await)
    }
}
