//! Handles in `select!` and in collections, and sets inside of branches: under every order of
//! answers, against what the order itself says.

use crate::drive::{Order, Refused, Story, every_story, square, story};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use serde::{Deserialize, Serialize};

type Squared = Result<u64, ActivityError<Refused>>;

const SECOND: Duration = Duration::from_secs(1);

#[workflow]
async fn slow(n: u64) -> Result<u64, Error> {
    let once = square(n).await?;
    Ok(square(once).await?)
}

/// The operations that were answered, one letter each: a timer is `t`.
fn letters(story: &Story) -> String {
    let letter = |name: &String| if name.starts_with("timer") { 't' } else { 's' };
    story.answered.iter().map(letter).collect()
}

/// Tokio's loop: whichever has lost runs on.
#[workflow]
async fn work_and_ticks(n: u64) -> Result<String, Error> {
    let mut log = String::new();
    let mut work = spawn(slow(n));
    let mut timer = spawn(sleep(SECOND));
    loop {
        select! {
            tick = &mut timer => {
                tick?;
                log.push('t');
                if log.len() == 3 { break; }
                timer = spawn(sleep(SECOND));
            }
            done = &mut work => {
                assert_eq!(done?, n.pow(4));
                log.push('w');
                timer.abort();
                return Ok(log);
            }
        }
    }
    work.await?;
    Ok(log + "late")
}

#[test]
fn a_loop_over_handles_keeps_the_loser_running() {
    let all = every_story(&work_and_ticks(3));
    for story in &all {
        // The function has two steps; the second one ends it.
        let expected = match letters(story).as_str() {
            order if order.starts_with("ttt") || order.starts_with("ttst") => "tttlate",
            order if order.starts_with("tstt") || order.starts_with("sttt") => "tttlate",
            "sts" | "tss" => "tw",
            "sstt" | "ss" => "w",
            "stts" | "tsts" | "ttss" => "ttw",
            other => panic!("{other}: {story:?}"),
        };
        assert_eq!(story.output(), format!("Ok({expected:?})"), "{story:?}");
        let squares = story.begun.iter().filter(|name| name.starts_with("square"));
        assert_eq!(squares.count(), 2, "the loser is not begun again");
    }
    assert_eq!(all.len(), 10);
}

/// A handle that is done is kept out by its precondition; the expression of the branch is
/// evaluated, as in Tokio, and nothing is awaited.
#[workflow]
async fn both_in_a_loop(n: u64) -> Result<Vec<u64>, Error> {
    let (mut a, mut b) = (spawn(square(n)), spawn(slow(n)));
    let (mut a_done, mut b_done) = (false, false);
    let mut out = Vec::new();
    while !(a_done && b_done) {
        select! {
            x = &mut a, if !a_done => { a_done = true; out.push(x?); }
            x = &mut b, if !b_done => { b_done = true; out.push(x?); }
        }
    }
    Ok(out)
}

#[test]
fn preconditions_keep_out_what_is_done() {
    let all = every_story(&both_in_a_loop(3));
    // 3² once is `a`, once the first step of `b`, which begins behind it.
    let outputs: Vec<_> = all.iter().map(Story::output).collect();
    assert_eq!(outputs, ["Ok([9, 81])", "Ok([9, 81])", "Ok([81, 9])"]);
}

#[workflow]
async fn again_in_a_loop(n: u64) -> Result<u64, Error> {
    let mut a = spawn(square(n));
    let mut timer = spawn(sleep(SECOND));
    let mut sum = 0;
    loop {
        select! {
            x = &mut a => sum += x?,
            fired = &mut timer => { fired?; return Ok(sum); }
        }
    }
}

#[test]
fn a_handle_that_is_done_is_not_awaited_again() {
    let again = "panicked: a `JoinHandle` was awaited again after it had given its output";
    assert_eq!(story(&again_in_a_loop(3), Order::First).error(), again);
    assert_eq!(story(&again_in_a_loop(3), Order::Timers).output(), "Ok(0)");
}

#[derive(Serialize, Deserialize)]
struct Job {
    n: u64,
    handle: JoinHandle<Squared>,
    done: bool,
}

#[derive(Serialize, Deserialize)]
struct Jobs {
    left: Job,
    right: Job,
    rest: Vec<JoinHandle<Squared>>,
}

fn job(n: u64) -> Job {
    let handle = spawn(square(n));
    Job {
        n,
        handle,
        done: false,
    }
}

/// Handles in fields, raced through `&mut`, and the rest of them in a `Vec`.
#[workflow]
async fn in_a_struct(n: u64) -> Result<Vec<u64>, Error> {
    let mut jobs = Jobs {
        left: job(n),
        right: job(n + 1),
        rest: (0..2).map(|i| spawn(square(n + 2 + i))).collect(),
    };
    let mut out = Vec::new();
    while !(jobs.left.done && jobs.right.done) {
        let (x, root) = select! {
            x = &mut jobs.left.handle, if !jobs.left.done => { jobs.left.done = true; (x?, jobs.left.n) }
            x = &mut jobs.right.handle, if !jobs.right.done => { jobs.right.done = true; (x?, jobs.right.n) }
        };
        assert_eq!(x, root * root);
        out.push(root);
    }
    while let Some(handle) = jobs.rest.pop() {
        let (x, more) = join!(handle, async {
            let x = square(100).await?;
            Ok::<_, Error>(x)
        });
        out.push(x? + more? - 10_000);
    }
    Ok(out)
}

#[test]
fn handles_stand_in_structs_and_vectors() {
    let all = every_story(&in_a_struct(1));
    for story in &all {
        let place = |name: &str| story.answered.iter().position(|a| a == name).unwrap();
        let first = if place("square 1") < place("square 2") {
            [1, 2]
        } else {
            [2, 1]
        };
        let expected = format!("Ok([{}, {}, 16, 9])", first[0], first[1]);
        assert_eq!(story.output(), expected, "{story:?}");
        assert_eq!(story.begun.len(), 6, "nothing is begun twice");
    }
    assert!(all.len() > 40, "only {} orders", all.len());
}

/// A limit over a handle ends the waiting, and not what runs.
#[workflow]
async fn waited_for_twice(n: u64) -> Result<String, Error> {
    let mut handle = spawn(slow(n));
    let mut waits = 0;
    loop {
        waits += 1;
        let limited = timeout(SECOND, async {
            let x = (&mut handle).await?;
            Ok::<_, Error>(x)
        })
        .await;
        match limited {
            Ok(x) => return Ok(format!("{} after {waits}", x?)),
            Err(_) if waits == 2 => return Ok(format!("{} at last", handle.await?)),
            Err(_) => {}
        }
    }
}

#[workflow]
async fn waited_for(n: u64) -> Result<String, Error> {
    let mut handle = spawn(slow(n));
    let mut waits = 0;
    loop {
        waits += 1;
        match timeout(SECOND, &mut handle).await {
            Ok(x) => return Ok(format!("{} after {waits}", x?)),
            Err(_) if waits == 2 => return Ok(format!("{} at last", handle.await?)),
            Err(_) => {}
        }
    }
}

#[test]
fn a_limit_leaves_what_it_waited_for() {
    let all = every_story(&waited_for(2));
    let blocks = every_story(&waited_for_twice(2));
    let outputs = |stories: &[Story]| -> Vec<_> {
        let each = stories.iter().map(|story| story.output().to_owned());
        each.collect()
    };
    assert_eq!(outputs(&all), outputs(&blocks));
    for story in &all {
        let order = letters(story);
        let ticks = order.find("ss").map_or(order.matches('t').count(), |at| at);
        let late = order.matches('t').count() >= 2;
        let expected = if late {
            "16 at last".to_owned()
        } else {
            format!("16 after {}", ticks + 1)
        };
        let between = order == "sts";
        let expected = if between {
            "16 after 2".to_owned()
        } else {
            expected
        };
        assert_eq!(story.output(), format!("Ok({expected:?})"), "{order}");
    }
    assert_eq!(all.len(), 6);
}

/// At most two at a time in each of two branches, in two rounds.
#[workflow]
async fn bounded_in_branches(n: u64) -> Result<(u64, Vec<u64>), Error> {
    let (mut total, mut seen) = (0, Vec::new());
    for round in 0..2 {
        let (sum, ()) = try_join!(
            async {
                let mut set = JoinSet::new();
                let (mut next, mut sum) = (0, 0);
                loop {
                    while next < n && set.len() < 2 {
                        set.spawn(square(10 * round + next));
                        next += 1;
                    }
                    let Some(x) = set.join_next().await else {
                        return Ok::<u64, Error>(sum);
                    };
                    sum += x?;
                }
            },
            async {
                let mut set: JoinSet<Squared> = (0..2).map(|i| square(100 + i)).collect();
                while let Some(x) = set.join_next().await {
                    seen.push(x? % 10);
                }
                Ok(())
            },
        )?;
        total += sum;
    }
    Ok((total, seen))
}

#[test]
fn sets_inside_of_branches_are_bounded() {
    for order in (0..60).map(Order::Seed).chain([Order::First, Order::Last]) {
        let story = story(&bounded_in_branches(3), order);
        let seen: Vec<_> = story
            .answered
            .iter()
            .filter_map(|name| name.strip_prefix("square 10"))
            .filter(|rest| rest.len() == 1)
            .map(|rest| rest.parse::<u64>().unwrap())
            .collect();
        assert_eq!(story.output(), format!("Ok((370, {seen:?}))"), "{order:?}");
        assert_eq!((story.most, story.begun.len()), (4, 10), "{order:?}");
    }
}
