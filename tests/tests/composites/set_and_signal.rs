//! A set of operations raced against a signal: each part is joined once, and each signal taken once,
//! whichever comes and whichever stands first.

use crate::drive::{Refused, TOLD, every_story, square};
use durable_runtime::operation::ActivityError;
use durable_runtime::prelude::*;
use std::collections::BTreeSet;

type Squared = Result<u64, ActivityError<Refused>>;
type Heard = Result<(Vec<u64>, Vec<u64>), Error>;

const ADD: Signal<u64> = Signal::new("add");

#[workflow]
async fn set_first(parts: u64, signals: usize) -> Heard {
    let mut set: JoinSet<Squared> = (1..=parts).map(square).collect();
    let (mut joined, mut told) = (Vec::new(), Vec::new());
    while !set.is_empty() || told.len() < signals {
        select! {
            Some(part) = set.join_next() => joined.push(part?),
            n = ADD.recv(), if told.len() < signals => told.push(n?),
        }
    }
    Ok((joined, told))
}

#[workflow]
async fn signal_first(parts: u64, signals: usize) -> Heard {
    let mut set: JoinSet<Squared> = (1..=parts).map(square).collect();
    let (mut joined, mut told) = (Vec::new(), Vec::new());
    while !set.is_empty() || told.len() < signals {
        select! {
            n = ADD.recv(), if told.len() < signals => told.push(n?),
            Some(part) = set.join_next() => joined.push(part?),
        }
    }
    Ok((joined, told))
}

/// What was joined before the signal, that, and what was joined after it.
type Told = (Vec<u64>, Option<u64>, Vec<u64>);

/// Gives up at the first signal, and joins what is left.
#[workflow]
async fn until_told(parts: u64) -> Result<Told, Error> {
    let mut set = JoinSet::new();
    for n in 1..=parts {
        set.spawn(async move {
            let once = square(n).await?;
            Ok::<_, Error>(once + square(n + 10).await?)
        });
    }
    let mut joined = Vec::new();
    let told = loop {
        select! {
            part = set.join_next() => match part {
                Some(part) => joined.push(part?),
                None => break None,
            },
            n = ADD.recv() => break Some(n?),
        }
    };
    let mut late = Vec::new();
    while let Some(part) = set.join_next().await {
        late.push(part?);
    }
    Ok((joined, told, late))
}

/// The squares in the order in which they were answered.
fn squares(answered: &[String]) -> Vec<u64> {
    let numbers = answered.iter().filter_map(|a| a.strip_prefix("square "));
    let numbers = numbers.map(|n| n.parse::<u64>().expect("a number"));
    numbers.map(|n| n * n).collect()
}

#[test]
fn each_is_heard_once_in_every_order() {
    for call in [set_first(3, 2), signal_first(3, 2)] {
        let stories = every_story(&call);
        let mut orders = BTreeSet::new();
        for story in &stories {
            let expected = format!("Ok(({:?}, {:?}))", squares(&story.answered), [TOLD; 2]);
            assert_eq!(story.output(), expected, "{story:?}");
            assert_eq!(story.answered.len(), 5, "{story:?}");
            assert!(orders.insert(story.answered.clone()), "twice: {story:?}");
        }
        // Three parts in any order, and two signals anywhere among them.
        assert_eq!(orders.len(), 60);
    }
}

/// What the parts give whose second square is among these.
fn parts(answered: &[String]) -> Vec<u64> {
    let seconds = squares(answered).into_iter().filter(|n| *n > 100);
    seconds
        .map(|second| {
            let first = second.isqrt() - 10;
            first * first + second
        })
        .collect()
}

#[test]
fn a_signal_leaves_the_set_as_it_is() {
    let stories = every_story(&until_told(2));
    let mut told_at = BTreeSet::new();
    for story in &stories {
        let told = story.answered.iter().position(|a| a == "signal add");
        let (before, after) = story
            .answered
            .split_at(told.unwrap_or(story.answered.len()));
        let expected = (parts(before), told.map(|_| TOLD), parts(after));
        assert_eq!(story.output(), format!("Ok({expected:?})"), "{story:?}");
        told_at.insert(told);
    }
    let never = None;
    assert_eq!(told_at, [never, Some(0), Some(1), Some(2), Some(3)].into());
}
