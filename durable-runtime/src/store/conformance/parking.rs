//! Parking, waking, blocking.

use super::kit::{
    CHARGE, FRESH, QUEUE, Worker, blocked, end, find, numbers, park, park_until, send, state, step,
};
use crate::id::{RunId, Timestamp};
use crate::store::{Claim, Park, RunState, Store, Unblock, Write, Written};

pub async fn a_park_gives_the_run_away(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    worker.starts(&[10]).await;
    worker.write(Write::Step(step(10, 1))).await;
    let moved = Park {
        queue: "gpu".into(),
        due_at: Some(Timestamp(5)),
        ..park(10, 0, 1)
    };
    assert_eq!(worker.write(Write::Park(moved)).await, Written::Parked);
    let run = find(store, 10).await;
    assert_eq!((run.seq, run.queue.as_str()), (1, "gpu"));
    // The old owner has no say any more.
    let late = vec![
        Write::Step(step(10, 2)),
        Write::Park(park(10, 0, 1)),
        Write::End(end(10, 1)),
    ];
    assert_eq!(worker.commit(late).await, vec![Written::Refused; 3]);
    assert!(other.claim(5).await.is_empty());
    let claim = Claim {
        queue: "gpu".into(),
        ..super::kit::claim(5)
    };
    assert_eq!(
        numbers(&other.try_claim(claim).await.expect("the fence holds")),
        [10]
    );
}

pub async fn a_park_is_refused_after_a_message(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    send(store, 10, "a").await;
    let answer = worker.write(Write::Park(park(10, 0, 0))).await;
    let Written::Woken { wakes } = answer else {
        panic!("a message arrived, but the park was {answer:?}");
    };
    assert_eq!(state(store, 10).await, RunState::Owned(worker.id()));
    // A blocked run is no exception: the message may be a terminate.
    let answer = worker.write(Write::Park(blocked(10, CHARGE, 7))).await;
    assert_eq!(answer, Written::Woken { wakes });
    assert_eq!(store.inbox(RunId(10)).await.map(|inbox| inbox.len()), Ok(1));
    assert_eq!(
        worker.write(Write::Park(park(10, wakes, 0))).await,
        Written::Parked
    );
    assert_eq!(state(store, 10).await, RunState::Idle);
}

pub async fn a_sleeper_is_due_at_its_time(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Park(park_until(10, 30))).await;
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(30)));
    assert!(worker.claim(29).await.is_empty());
    assert_eq!(numbers(&worker.claim(30).await), [10]);
}

pub async fn an_idle_run_is_due_with_a_message(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::Park(park(10, 0, 0))).await;
    assert_eq!(state(store, 10).await, RunState::Idle);
    assert!(worker.claim(1_000_000).await.is_empty());
    send(store, 10, "a").await;
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(20)));
    let claimed = worker.claim(20).await;
    assert_eq!(numbers(&claimed), [10]);
    assert_eq!(claimed[0].inbox.len(), 1);
    // The counter came before the inbox: nothing is unread behind it.
    let answer = worker
        .write(Write::Park(park(10, claimed[0].wakes, 0)))
        .await;
    assert_eq!(answer, Written::Parked);
}

pub async fn a_message_never_makes_a_run_later(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    worker.write(Write::Park(park_until(10, 15))).await;
    worker.write(Write::Park(park_until(11, 500))).await;
    send(store, 10, "a").await;
    send(store, 11, "a").await;
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(15)));
    assert_eq!(state(store, 11).await, RunState::Waiting(Timestamp(20)));
}

pub async fn a_blocked_run_is_not_claimed(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let timed = Park {
        due_at: Some(Timestamp(5)),
        ..blocked(10, CHARGE, 7)
    };
    let reason = RunState::Blocked(timed.blocked.clone().unwrap_or_default());
    assert_eq!(worker.write(Write::Park(timed)).await, Written::Parked);
    assert_eq!(state(store, 10).await, reason);
    send(store, 10, "a").await;
    assert_eq!(state(store, 10).await, reason);
    assert!(worker.claim(1_000_000).await.is_empty());
    let points = [CHARGE.to_owned()];
    assert_eq!(
        store
            .next_due(QUEUE, &points, &[], Timestamp(1_000_000))
            .await,
        Ok(None)
    );
    // The message is kept for the one who can resume it.
    let point = Unblock {
        point: CHARGE.into(),
        fingerprint: None,
    };
    assert_eq!(store.unblock(&[point], Timestamp(40)).await, Ok(1));
    assert_eq!(state(store, 10).await, RunState::Waiting(Timestamp(40)));
    assert_eq!(worker.claim(40).await[0].inbox.len(), 1);
}

pub async fn unblock_goes_by_point_and_fingerprint(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11, 12, 13]).await;
    let large = u64::MAX - 1;
    let parks = [(10, CHARGE, 7), (11, CHARGE, large), (12, FRESH, 7)];
    for (run, point, fingerprint) in parks {
        worker
            .write(Write::Park(blocked(run, point, fingerprint)))
            .await;
    }
    worker.write(Write::Park(park_until(13, 500))).await;
    let unblock = |point: &str, fingerprint| Unblock {
        point: point.into(),
        fingerprint,
    };
    let now = Timestamp(40);
    assert_eq!(store.unblock(&[], now).await, Ok(0));
    let none = [unblock("order/other", None), unblock(CHARGE, Some(8))];
    assert_eq!(store.unblock(&none, now).await, Ok(0));
    assert_eq!(
        store.unblock(&[unblock(CHARGE, Some(large))], now).await,
        Ok(1)
    );
    assert_eq!(state(store, 11).await, RunState::Waiting(now));
    assert_eq!(numbers(&worker.claim(40).await), [11]);
    let both = [
        unblock(CHARGE, None),
        unblock(FRESH, Some(7)),
        unblock(FRESH, None),
    ];
    assert_eq!(store.unblock(&both, now).await, Ok(2));
    let mut claimed = numbers(&worker.claim(40).await);
    claimed.sort_unstable();
    assert_eq!(claimed, [10, 12]);
    // Only blocked runs are touched.
    assert_eq!(state(store, 13).await, RunState::Waiting(Timestamp(500)));
}
