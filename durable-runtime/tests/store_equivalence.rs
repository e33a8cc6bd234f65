//! The same calls have the same answers on both stores: random sequences, compared call by call.

mod store_kit;

use durable_runtime::id::{Incarnation, RunId, Timestamp};
use durable_runtime::store::{
    AttemptOf, AttemptRecord, Attribute, Claim, Compare, Concurrency, Condition, End, Fairness,
    Fence, FenceError, Field, IdPolicy, MessageKind, NewMessage, NewRun, NewStep, NewTask, Note,
    OnConflict, Page, Parent, ParentClose, Park, Phase, Queueing, Reuse, RunFilter, Store,
    TagChanges, Tags, Task, TaskClaim, TaskOf, TaskWrite, Unblock, Unfit, Write,
};
use store_kit::pair::each_seed;
use store_kit::{POINT, Worker, id, message, new_run, park, step};

/// A sequence of numbers that a seed fixes (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % sides).expect("small")
    }
}

/// Few ids, runs, workers and times, so that calls meet.
fn write(dice: &mut Dice, worker: i64, last: &[i64]) -> Write {
    let run = dice.roll(6);
    let seq = last[usize::try_from(run).expect("small")];
    match dice.roll(12) {
        0 | 1 => Write::Start(NewRun {
            id: id(dice.roll(4)),
            parent: (dice.roll(2) == 0).then(|| parent(dice, run)),
            ids: ids(dice),
            tags: tags(dice),
            ..new_run(run, (dice.roll(3) > 0).then_some(worker))
        }),
        2..=4 => Write::Step(NewStep {
            consumed: (dice.roll(4) == 0)
                .then(|| dice.roll(4))
                .into_iter()
                .collect(),
            tags: changes(dice),
            settled: (dice.roll(3) == 0)
                .then(|| tried(dice))
                .into_iter()
                .collect(),
            ..step(run, (seq + 1 - dice.roll(8) / 7).max(1))
        }),
        5 | 6 => Write::Park(Park {
            due_at: (dice.roll(2) == 0).then(|| Timestamp(dice.roll(200))),
            blocked: (dice.roll(4) == 0).then(|| "why".into()),
            held: dice.roll(2) == 0,
            fingerprint: dice.roll(2).unsigned_abs(),
            ..park(run, dice.roll(3), dice.roll(4))
        }),
        7 => Write::Attempt(AttemptRecord {
            run: RunId(run),
            of: tried(dice),
            attempt: u32::try_from(dice.roll(3)).expect("small"),
            at: Timestamp(seq),
            error: "no".into(),
            next_at: Timestamp(9),
        }),
        8 => Write::Note(Note {
            run: RunId(run),
            op: 1 + dice.roll(2).unsigned_abs(),
            body: vec![u8::try_from(dice.roll(9)).expect("small")],
            consumed: (dice.roll(3) == 0)
                .then(|| dice.roll(4))
                .into_iter()
                .collect(),
        }),
        9 | 10 => Write::Task(task(dice, run)),
        _ => Write::End(End {
            keep_frames: dice.roll(2) == 0,
            ..store_kit::end(run, Phase::Failed, dice.roll(4))
        }),
    }
}

fn task(dice: &mut Dice, run: i64) -> TaskWrite {
    let of = TaskOf {
        run: RunId(run),
        op: 1 + dice.roll(2).unsigned_abs(),
        attempt: 1 + u32::from(dice.roll(4) == 0),
    };
    let message = NewMessage {
        kind: MessageKind::Activity,
        ..message(&format!("task {}", dice.roll(3)))
    };
    match dice.roll(9) {
        0..=3 => TaskWrite::Put(NewTask {
            of,
            queue: "gpu".into(),
            queueing: Queueing {
                priority: (dice.roll(3) == 0).then_some(1),
                fairness: (dice.roll(3) == 0).then(|| Fairness::new("a", 2.0)),
                concurrency: (dice.roll(3) == 0).then(|| Concurrency::new("a", 1)),
            },
            activity: "charge".into(),
            put_at: Timestamp(dice.roll(9)),
            body: vec![1],
        }),
        4 => TaskWrite::Cancel { of, message },
        5 => TaskWrite::Beat {
            of,
            at: Timestamp(dice.roll(9)),
            details: vec![2],
        },
        6 => TaskWrite::Begin { of, message },
        7 => TaskWrite::Report { of, message },
        _ => TaskWrite::Remove {
            run: of.run,
            op: of.op,
        },
    }
}

fn tags(dice: &mut Dice) -> Tags {
    let mut tags = Tags::default();
    for key in ["x", "y"] {
        if let Some(value) = attribute(dice) {
            tags.attributes.insert(key.into(), value);
        }
    }
    tags
}

fn attribute(dice: &mut Dice) -> Option<Attribute> {
    match dice.roll(4) {
        0 => None,
        1 => Some(Attribute::Text(dice.roll(2).to_string())),
        2 => Some(Attribute::Bool(dice.roll(2) == 0)),
        _ => Some(Attribute::Int(dice.roll(3))),
    }
}

fn changes(dice: &mut Dice) -> TagChanges {
    let mut changes = TagChanges::default();
    if dice.roll(3) == 0 {
        changes.attributes.insert("x".into(), attribute(dice));
    }
    changes
}

fn ids(dice: &mut Dice) -> IdPolicy {
    let conflicts = [
        OnConflict::Fail,
        OnConflict::Fail,
        OnConflict::TerminateExisting,
    ];
    let reuses = [Reuse::Reject, Reuse::IfFailed, Reuse::Allow];
    IdPolicy {
        conflict: conflicts[usize::try_from(dice.roll(3)).expect("small")],
        reuse: reuses[usize::try_from(dice.roll(3)).expect("small")],
    }
}

/// An older run than its child, which need not exist.
fn parent(dice: &mut Dice, child: i64) -> Parent {
    let policies = [
        ParentClose::Cancel,
        ParentClose::Terminate,
        ParentClose::Abandon,
    ];
    Parent {
        run: RunId(child - 1 - dice.roll(4)),
        op: dice.roll(2).unsigned_abs(),
        close: policies[usize::try_from(dice.roll(3)).expect("small")],
        reports: dice.roll(2) == 0,
    }
}

fn tried(dice: &mut Dice) -> AttemptOf {
    match dice.roll(3) {
        0 => AttemptOf::Workflow { seq: dice.roll(2) },
        op => AttemptOf::Activity {
            op: op.unsigned_abs(),
        },
    }
}

/// One random call and all that can be seen after it, as text.
async fn act(store: &dyn Store, beats: &mut [i64; 3], dice: &mut Dice, now: i64) -> String {
    let number = dice.roll(3);
    let worker = Incarnation(number);
    let beat = &mut beats[usize::try_from(number).expect("small")];
    let fence = Fence {
        worker,
        // Sometimes stale, sometimes ahead.
        beat: *beat + [0, 0, 0, 0, 0, 0, -1, 1][usize::try_from(dice.roll(8)).expect("small")],
        lease_until: Timestamp(now + 500),
    };
    let (text, moved) = match dice.roll(14) {
        0 => (
            format!(
                "{:?}",
                store
                    .start({
                        let run = dice.roll(6);
                        NewRun {
                            parent: (dice.roll(2) == 0).then(|| parent(dice, run)),
                            ids: ids(dice),
                            ..new_run(run, None)
                        }
                    })
                    .await
            ),
            false,
        ),
        1 | 2 => {
            let kind = [
                MessageKind::Cancel,
                MessageKind::Cancel,
                MessageKind::Terminate,
                MessageKind::Signal,
                MessageKind::Pause,
                MessageKind::Resume,
            ];
            let kind = kind[usize::try_from(dice.roll(6)).expect("small")];
            let signal = kind == MessageKind::Signal;
            let message = NewMessage {
                kind,
                name: if signal { "approve" } else { "" }.into(),
                unread_max: Some(2),
                ..message(&dice.roll(3).to_string())
            };
            (
                format!("{:?}", store.send(&id(dice.roll(4)), message).await),
                false,
            )
        }
        3 | 4 => {
            let claim = Claim {
                queue: "main".into(),
                points: vec!["order/".into(), POINT.into()],
                unfit: unfit(dice.roll(3).unsigned_abs()),
                now: Timestamp(now),
                limit: 100,
            };
            let mut claimed = store.claim(fence, claim).await;
            // Runs that are due at the same time come in any order.
            if let Ok(runs) = &mut claimed {
                runs.sort_by_key(|run| run.run.run);
            }
            (format!("{claimed:?}"), claimed.is_ok())
        }
        5 => (
            format!("{:?}", store.mark_dead(Timestamp(dice.roll(2) * now)).await),
            false,
        ),
        12 => {
            let claimed = claim_tasks(store, fence, now).await;
            (format!("{claimed:?}"), claimed.is_ok())
        }
        6 => {
            let taken = store.take_over(fence, Incarnation(dice.roll(3)), 100).await;
            (format!("{taken:?}"), taken.is_ok())
        }
        7 => {
            let point = Unblock {
                point: POINT.into(),
                fingerprint: (dice.roll(2) == 0).then_some(1),
            };
            (
                format!("{:?}", store.unblock(&[point], Timestamp(now)).await),
                false,
            )
        }
        _ => {
            let writes = batch(store, dice, number).await.into();
            let written = store.commit(fence, writes).await;
            let text = match written {
                // Of a batch that breaks two rules each store names one.
                Err(FenceError::HistoryLost) => "Bug(or a message is not there)".into(),
                ref written => format!("{written:?}"),
            };
            (text, written.is_ok())
        }
    };
    *beat += i64::from(moved);
    format!("{} {}", outcome(text), seen(store).await)
}

/// Some writes of this worker.
async fn batch(store: &dyn Store, dice: &mut Dice, worker: i64) -> Vec<Write> {
    let mut last = Vec::new();
    for run in 0..6 {
        let latest = store.latest_step(RunId(run)).await.expect("readable");
        last.push(latest.map_or(0, |step| step.seq));
    }
    let mut writes: Vec<_> = (0..=dice.roll(3))
        .map(|_| write(dice, worker, &last))
        .collect();
    if dice.roll(3) == 0 {
        writes.extend(followed(store, dice).await);
    }
    writes
}

/// A run that is followed by another one, if there is a number for that.
async fn followed(store: &dyn Store, dice: &mut Dice) -> Vec<Write> {
    let page = Page {
        before: None,
        limit: 100,
    };
    let runs = store.list(RunFilter::default(), page).await;
    let runs = runs.expect("readable").runs;
    let running: Vec<_> = runs.iter().filter(|r| r.phase == Phase::Running).collect();
    let free = (0..6).find(|number| runs.iter().all(|run| run.run != RunId(*number)));
    let (Some(next), false) = (free, running.is_empty()) else {
        return Vec::new();
    };
    let sides = u64::try_from(running.len()).expect("few");
    let old = running[usize::try_from(dice.roll(sides)).expect("small")];
    let phases = [Phase::Failed, Phase::TimedOut, Phase::Continued];
    let phase = phases[usize::try_from(dice.roll(3)).expect("small")];
    let end = End {
        followed: true,
        ..store_kit::end(old.run.0, phase, dice.roll(4))
    };
    let next = NewRun {
        id: old.id.clone(),
        due_at: Timestamp(dice.roll(2) * 700),
        ..new_run(next, None)
    };
    vec![Write::End(end), Write::Start(next)]
}

async fn claim_tasks(store: &dyn Store, fence: Fence, now: i64) -> Result<Vec<Task>, FenceError> {
    let claim = TaskClaim {
        queue: "gpu".into(),
        activities: vec!["charge".into()],
        now: Timestamp(now),
        limit: 100,
        but: vec![],
    };
    store.claim_tasks(fence, claim).await
}

/// One kind that may exist, and one that never does.
fn unfit(fingerprint: u64) -> Vec<Unfit> {
    [POINT, "order/never"]
        .map(|point| Unfit {
            point: point.into(),
            fingerprint,
        })
        .to_vec()
}

/// The words of a bug are each store's own.
fn outcome(text: String) -> String {
    if text.contains("Bug(") {
        "a bug".into()
    } else {
        text
    }
}

async fn seen(store: &dyn Store) -> String {
    let page = Page {
        before: None,
        limit: 100,
    };
    let points = ["order/".to_owned(), POINT.to_owned()];
    let mut all = vec![format!(
        "{:?} {:?} {:?}",
        store.list(RunFilter::default(), page).await,
        store.workers().await,
        store
            .next_due("main", &points, &[], Timestamp(1_000_000))
            .await
    )];
    for value in [Attribute::Int(1), Attribute::Text("1".into())] {
        let is = Condition::Is(Field::Attribute("x".into()), Compare::Ge, value);
        for condition in [is.clone(), is.not()] {
            let filter = RunFilter {
                condition: Some(condition),
                ..RunFilter::default()
            };
            let runs = store.list(filter, page).await.expect("readable").runs;
            let runs: Vec<_> = runs.iter().map(|run| run.run).collect();
            all.push(format!("{runs:?}"));
        }
    }
    for fingerprint in 0..2 {
        let next = store
            .next_due("main", &points, &unfit(fingerprint), Timestamp(1_000_000))
            .await;
        all.push(format!("{next:?}"));
    }
    for run in (0..6).map(RunId) {
        let (steps, inbox) = (store.steps(run, 0, 100).await, store.inbox(run).await);
        let (attempts, notes) = (store.attempts(run).await, store.notes(run).await);
        let (last, tasks) = (store.follow(run).await, store.tasks(run).await);
        all.push(format!(
            "{run}: {steps:?} {attempts:?} {notes:?} {inbox:?} {last:?} {tasks:?}"
        ));
    }
    for worker in (0..3).map(Incarnation) {
        let mut tasks = store.tasks_of(worker).await.expect("readable");
        tasks.sort_unstable();
        all.push(format!(
            "{worker}: {:?} {tasks:?}",
            store.mail(worker, &[]).await
        ));
    }
    all.push(format!("{:?}", store.task_queues().await));
    all.join("\n")
}

#[tokio::test]
async fn both_stores_answer_alike() {
    each_seed(12, async |stores, seed| {
        let mut dice = [seed, seed].map(|seed| Dice(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed)));
        let mut beats = [[0; 3]; 2];
        for number in 0..3 {
            for store in stores {
                Worker::register(store, number).await;
            }
        }
        for now in 0..120 {
            let a = act(stores[0], &mut beats[0], &mut dice[0], now * 10).await;
            let b = act(stores[1], &mut beats[1], &mut dice[1], now * 10).await;
            for (a, b) in a.lines().zip(b.lines()) {
                assert_eq!(a, b, "seed {seed}, call {now}");
            }
            assert_eq!(a.len(), b.len());
        }
    })
    .await;
}
