//! Whose turn it is: priorities, and lines of starts.

use super::kit::{
    QUEUE, Worker, claim, end, id, numbers, owned, park_until, send, start, state, step, terminate,
    waiting,
};
use crate::id::{RunId, Timestamp};
use crate::store::{
    Claim, End, Fairness, FenceError, MessageKind, NewMessage, NewRun, Phase, QueueChange,
    Queueing, Rate, RunState, Sent, Store, Write, Written,
};
use std::time::Duration;

/// A start with this key.
fn of(run: i64, key: &str, weight: f64) -> NewRun {
    let queueing = Queueing {
        fairness: Some(Fairness::new(key, weight)),
        ..Queueing::default()
    };
    NewRun {
        queueing,
        ..waiting(run)
    }
}

fn with_priority(new: NewRun, priority: u8) -> NewRun {
    let queueing = Queueing {
        priority: Some(priority),
        ..new.queueing
    };
    NewRun { queueing, ..new }
}

async fn started(store: &dyn Store, new: NewRun) {
    assert_eq!(store.start(new).await, Ok(Written::Started));
}

/// Claims one after the other, at most this many.
async fn one_by_one(worker: &mut Worker<'_>, now: i64, at_most: usize) -> Vec<i64> {
    let mut all = Vec::new();
    for _ in 0..at_most {
        let one = Claim {
            limit: 1,
            ..claim(now)
        };
        let claimed = worker.try_claim(one).await.expect("the fence holds");
        all.extend(numbers(&claimed));
    }
    all
}

pub async fn a_claim_takes_higher_priorities_first(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let starts = [
        (10, None),
        (11, Some(5)),
        (12, Some(1)),
        (13, Some(2)),
        (14, Some(1)),
    ];
    for (run, priority) in starts {
        let new = NewRun {
            due_at: Timestamp(run),
            ..waiting(run)
        };
        let new = priority.map_or(new.clone(), |priority| with_priority(new, priority));
        started(store, new).await;
    }
    // The one that is due last is of the highest priority.
    assert_eq!(one_by_one(&mut worker, 13, 3).await, [12, 13, 10]);
    assert_eq!(numbers(&worker.claim(20).await), [14, 11]);
    let found = store.find(&id(12)).await.expect("readable").expect("there");
    assert_eq!(found.queueing.priority, Some(1));
}

pub async fn a_parked_run_keeps_its_priority(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let urgent = with_priority(owned(11, worker.id()), 1);
    assert_eq!(worker.write(Write::Start(urgent)).await, Written::Started);
    for (run, due) in [(10, 5), (11, 6)] {
        worker.write(Write::Park(park_until(run, due))).await;
    }
    start(store, 12).await;
    let next = store
        .next_due(QUEUE, &claim(1).points, &[], Timestamp(1_000_000))
        .await;
    assert_eq!(next, Ok(Some(Timestamp(1))));
    assert_eq!(one_by_one(&mut worker, 10, 3).await, [11, 12, 10]);
}

pub async fn keys_have_their_turns(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..16 {
        started(store, of(run, "large", 1.0)).await;
    }
    for run in 20..22 {
        started(store, of(run, "small", 1.0)).await;
    }
    // One without a key is of one key more.
    start(store, 30).await;
    let turns = one_by_one(&mut worker, 5, 9).await;
    assert_eq!(turns, [10, 20, 30, 11, 21, 12, 13, 14, 15]);
}

pub async fn a_heavier_key_has_more_turns(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..14 {
        started(store, of(run, "light", 1.0)).await;
    }
    for run in 20..28 {
        started(store, of(run, "heavy", 2.0)).await;
    }
    let turns = one_by_one(&mut worker, 5, 12).await;
    for seen in [3, 6, 9, 12] {
        let heavy = turns[..seen].iter().filter(|run| **run >= 20).count();
        assert_eq!(heavy, seen / 3 * 2, "{turns:?}");
    }
}

pub async fn a_key_saves_no_turns_up(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..20 {
        started(store, of(run, "old", 1.0)).await;
    }
    assert_eq!(
        one_by_one(&mut worker, 5, 6).await,
        [10, 11, 12, 13, 14, 15]
    );
    // It has had nothing so far, and has no more turns for that.
    for run in 20..23 {
        started(store, of(run, "new", 1.0)).await;
    }
    let turns = one_by_one(&mut worker, 5, 7).await;
    assert_eq!(turns, [20, 16, 21, 17, 22, 18, 19]);
}

pub async fn priority_goes_before_fairness(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..13 {
        started(store, with_priority(of(run, "large", 1.0), 2)).await;
    }
    started(store, of(20, "small", 1.0)).await;
    started(store, with_priority(of(21, "small", 1.0), 2)).await;
    assert_eq!(numbers(&worker.claim(5).await), [10, 21, 11, 12, 20]);
}

pub async fn a_start_joins_the_line_when_it_is_due(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for (run, due) in [(10, 50), (11, 40)] {
        let late = NewRun {
            due_at: Timestamp(due),
            ..of(run, "late", 1.0)
        };
        started(store, late).await;
    }
    let next = async || {
        let next = store
            .next_due(QUEUE, &claim(1).points, &[], Timestamp(1_000_000))
            .await;
        next.expect("readable").map(|at| at.0)
    };
    assert_eq!(next().await, Some(40));
    assert_eq!(worker.claim(39).await, []);
    for run in 20..23 {
        started(store, of(run, "early", 1.0)).await;
    }
    assert_eq!(next().await, Some(1));
    // By then two of the others have had their turns: the late ones are not before them.
    assert_eq!(one_by_one(&mut worker, 30, 2).await, [20, 21]);
    assert_eq!(one_by_one(&mut worker, 60, 4).await, [11, 10, 22]);
    assert_eq!(next().await, None);
    // A message that wakes one makes it due.
    let late = NewRun {
        due_at: Timestamp(90),
        ..of(30, "late", 1.0)
    };
    started(store, late).await;
    send(store, 30, "cancel").await;
    assert_eq!(numbers(&worker.claim(60).await), [30]);
}

pub async fn what_has_begun_goes_before_starts(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    for run in 20..22 {
        started(store, of(run, "a", 1.0)).await;
    }
    worker.write(Write::Park(park_until(10, 7))).await;
    worker.write(Write::Park(park_until(11, 6))).await;
    started(store, with_priority(of(22, "a", 1.0), 1)).await;
    assert_eq!(one_by_one(&mut worker, 9, 6).await, [22, 11, 10, 20, 21]);
    // A claim takes of both without exceeding its limit.
    for run in 30..33 {
        started(store, of(run, "b", 1.0)).await;
    }
    worker.write(Write::Park(park_until(10, 7))).await;
    let two = Claim {
        limit: 2,
        ..claim(9)
    };
    let claimed = worker.try_claim(two).await.expect("the fence holds");
    assert_eq!(numbers(&claimed), [10, 30]);
    assert_eq!(numbers(&worker.claim(9).await), [31, 32]);
}

pub async fn nobody_is_born_owned_past_a_line(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let born = |run| Write::Start(owned(run, worker.fence.worker));
    let keyed = Write::Start(NewRun {
        owner: Some(worker.id()),
        ..of(9, "a", 1.0)
    });
    let (first, second, third) = (born(11), born(12), born(13));
    // Where there is no line, the one that wants one is refused alone.
    let written = worker
        .commit(vec![keyed, Write::Step(step(9, 1)), first])
        .await;
    assert_eq!(
        written,
        [Written::InLine, Written::Refused, Written::Started]
    );
    assert_eq!(store.find(&id(9)).await, Ok(None));
    started(store, of(10, "a", 1.0)).await;
    assert_eq!(worker.write(second.clone()).await, Written::InLine);
    assert_eq!(store.find(&id(12)).await, Ok(None));
    let other = NewRun {
        queue: "other".into(),
        ..owned(14, worker.id())
    };
    assert_eq!(worker.write(Write::Start(other)).await, Written::Started);
    // One that goes on in the place of another has had its turn.
    let followed = End {
        phase: Phase::Continued,
        followed: true,
        ..end(11, 0)
    };
    let next = NewRun {
        id: id(11),
        ..of(15, "a", 1.0)
    };
    worker
        .commit(vec![Write::End(followed), Write::Start(next)])
        .await;
    assert_eq!(one_by_one(&mut worker, 5, 3).await, [15, 10]);
    // The line is over with the last one in it.
    assert_eq!(worker.write(third).await, Written::Started);
}

pub async fn a_start_that_ends_leaves_the_line(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..13 {
        started(store, of(run, "a", 1.0)).await;
    }
    let sent = store.send(&id(10), terminate("end")).await;
    assert_eq!(sent, Ok(Sent::Terminated(RunId(10))));
    assert_eq!(state(store, 10).await, RunState::Finished);
    assert_eq!(numbers(&worker.claim(5).await), [11, 12]);
}

pub async fn a_batch_that_fails_moves_nobody_in_line(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    started(store, of(10, "a", 1.0)).await;
    started(store, of(11, "a", 1.0)).await;
    let bug = Write::End(End {
        phase: Phase::Running,
        ..end(14, 0)
    });
    let writes = vec![
        Write::Start(owned(14, worker.id())),
        Write::Start(of(12, "b", 1.0)),
        Write::Start(of(13, "a", 1.0)),
        bug,
    ];
    // Another queue has no line: the owned run is born there.
    let writes = writes.into_iter().map(|write| match write {
        Write::Start(new) if new.owner.is_some() => Write::Start(NewRun {
            queue: "other".into(),
            ..new
        }),
        other => other,
    });
    let failed = worker.try_commit(writes.collect()).await;
    assert!(matches!(failed, Err(FenceError::Store(_))), "{failed:?}");
    started(store, of(20, "b", 1.0)).await;
    started(store, of(21, "b", 1.0)).await;
    started(store, of(22, "a", 1.0)).await;
    assert_eq!(one_by_one(&mut worker, 5, 5).await, [10, 20, 11, 21, 22]);
}

pub async fn a_paused_start_rests_in_line(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..13 {
        started(store, of(run, "a", 1.0)).await;
    }
    let late = NewRun {
        due_at: Timestamp(3),
        ..of(13, "a", 1.0)
    };
    started(store, late).await;
    let steer = async |run, kind| {
        let message = NewMessage::steer(kind, "", Timestamp(20));
        let sent = store.send(&id(run), message).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
    };
    for run in [10, 12, 13] {
        steer(run, MessageKind::Pause).await;
    }
    assert_eq!(numbers(&worker.claim(5).await), [11]);
    let next = async || {
        store
            .next_due(QUEUE, &claim(1).points, &[], Timestamp(1_000_000))
            .await
    };
    assert_eq!(next().await, Ok(None));
    for run in [13, 12, 10] {
        steer(run, MessageKind::Resume).await;
    }
    assert_eq!(next().await, Ok(Some(Timestamp(1))));
    assert_eq!(one_by_one(&mut worker, 5, 4).await, [10, 12, 13]);
}

/// What leaves the line without its turn is no turn of its key, and of one key the order stays.
pub async fn a_start_that_leaves_the_line_costs_its_key_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for (from, key) in [(10, "leaves"), (30, "stays")] {
        for run in from..from + 10 {
            started(store, of(run, key, 1.0)).await;
        }
    }
    assert_eq!(one_by_one(&mut worker, 5, 2).await, [10, 30]);
    for run in 12..16 {
        let sent = store.send(&id(run), terminate("end")).await;
        assert_eq!(sent, Ok(Sent::Terminated(RunId(run))));
    }
    for run in 16..20 {
        let pause = NewMessage::steer(MessageKind::Pause, "", Timestamp(20));
        let sent = store.send(&id(run), pause).await;
        assert_eq!(sent, Ok(Sent::Accepted(RunId(run))));
    }
    for run in 50..52 {
        started(store, of(run, "leaves", 1.0)).await;
    }
    let turns = one_by_one(&mut worker, 5, 6).await;
    assert_eq!(turns, [11, 31, 32, 50, 33, 51]);
    // Nor does it get back what it has had: the next one waits for the turn of the other key.
    started(store, of(60, "leaves", 1.0)).await;
    assert_eq!(one_by_one(&mut worker, 5, 3).await, [34, 60, 35]);
}

/// What is set leaves turns and lines alone that it says nothing of.
pub async fn settings_rearrange_only_what_they_concern(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    for run in 10..16 {
        started(store, of(run, "old", 1.0)).await;
    }
    assert_eq!(one_by_one(&mut worker, 5, 3).await, [10, 11, 12]);
    for run in 20..22 {
        started(store, of(run, "new", 1.0)).await;
    }
    let rate = Rate::new(100, Duration::from_secs(1));
    let of_activities = QueueChange {
        activity_concurrency: Some(Some(1)),
        activity_per_key: Some(Some(1)),
        activity_rate: Some(Some(rate)),
        ..QueueChange::default()
    };
    let of_starts = QueueChange {
        concurrency: Some(Some(100)),
        rate: Some(Some(rate)),
        ..QueueChange::default()
    };
    for change in [of_activities, of_starts] {
        let changed = store.change_queue(QUEUE, change).await;
        changed.expect("a store that takes settings");
    }
    let turns = one_by_one(&mut worker, 5, 5).await;
    assert_eq!(turns, [20, 13, 21, 14, 15]);
    // Limits of activities need no line of starts.
    let changed = store.change_queue("gpu", of_activities).await;
    changed.expect("a store that takes settings");
    assert_eq!(store.has_line("gpu").await, Ok(false));
    let on_gpu = |new: NewRun| NewRun {
        queue: "gpu".into(),
        ..new
    };
    let born = Write::Start(on_gpu(owned(30, worker.id())));
    assert_eq!(worker.write(born).await, Written::Started);
    // Nor do they keep one that nobody stands in.
    started(store, on_gpu(of(31, "new", 1.0))).await;
    assert_eq!(store.has_line("gpu").await, Ok(true));
    let all = Claim {
        queue: "gpu".into(),
        ..claim(5)
    };
    let claimed = worker.try_claim(all).await.expect("the fence holds");
    assert_eq!(numbers(&claimed), [31]);
    assert_eq!(store.has_line("gpu").await, Ok(false));
}
