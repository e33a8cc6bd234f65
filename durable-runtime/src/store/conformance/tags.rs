//! Attributes, memos, and the conditions by which runs are found.

use super::kit::{Worker, end, find, id, step, waiting};
use crate::id::{RunId, Timestamp};
use crate::store::limits::{ATTRIBUTES_MAX, NAME_BYTES_MAX, TAGS_BYTES_MAX};
use crate::store::{
    Attribute, Compare, Condition, FenceError, Field, MemoValue, NewRun, NewStep, Page, Phase,
    RunFilter, RunRecord, Store, StoreError, TagChanges, Tags, Write, Written,
};
use Attribute::{Bool, Float, Int, Text, Time};

const ALL: Page = Page {
    before: None,
    limit: 100,
};

fn with(run: i64, attributes: &[(&str, Attribute)]) -> NewRun {
    let attributes = attributes
        .iter()
        .map(|(key, value)| ((*key).into(), value.clone()));
    NewRun {
        tags: Tags {
            attributes: attributes.collect(),
            headers: Box::new([("trace".to_owned(), format!("of {run}"))].into()),
            ..Tags::default()
        },
        ..waiting(run)
    }
}

fn text(text: &str) -> Attribute {
    Text(text.into())
}

fn is(key: &str, compare: Compare, value: Attribute) -> Condition {
    Condition::Is(Field::Attribute(key.into()), compare, value)
}

/// The runs of a condition, in pages of two, oldest first; as many as are counted.
async fn found(store: &dyn Store, condition: &Condition) -> Vec<i64> {
    let filter = RunFilter {
        condition: Some(condition.clone()),
        ..RunFilter::default()
    };
    let (mut runs, mut page) = (
        Vec::new(),
        Page {
            before: None,
            limit: 2,
        },
    );
    loop {
        let listing = store.list(filter.clone(), page).await.expect("readable");
        runs.extend(listing.runs.iter().map(|run| run.run.0));
        page.before = listing.next;
        if page.before.is_none() {
            let count = store.count(filter).await;
            assert_eq!(count, Ok(runs.len() as u64), "{condition:?}");
            runs.reverse();
            return runs;
        }
    }
}

pub async fn a_run_is_found_by_its_attributes(store: &dyn Store) {
    use Compare::{Eq, Ge, Gt, Le, Lt, StartsWith};
    for run in [
        with(1, &[("x", Int(5)), ("name", text("jane"))]),
        with(2, &[("x", Float(5.5)), ("name", text("Jane"))]),
        with(3, &[("x", text("5")), ("paid", Bool(true))]),
        with(4, &[("x", Bool(true)), ("due", Time(Timestamp(5)))]),
        with(5, &[("x", Time(Timestamp(5)))]),
        with(6, &[("x", Float(f64::NAN))]),
        with(7, &[]),
    ] {
        assert_eq!(store.start(run).await, Ok(Written::Started));
    }
    for (condition, expected) in [
        (is("x", Eq, Int(5)), vec![1]),
        (is("x", Eq, Float(5.0)), vec![1]),
        (is("x", Gt, Int(5)), vec![2]),
        (is("x", Ge, Float(4.9)), vec![1, 2]),
        (is("x", Lt, Int(5)), vec![]),
        (is("x", Le, Float(f64::INFINITY)), vec![1, 2]),
        (is("x", Eq, Float(f64::NAN)), vec![]),
        (is("x", Eq, text("5")), vec![3]),
        (is("x", Eq, Bool(true)), vec![4]),
        (is("x", Eq, Bool(false)), vec![]),
        (is("x", Eq, Time(Timestamp(5))), vec![5]),
        (is("name", StartsWith, text("jan")), vec![1]),
        (is("name", StartsWith, text("")), vec![1, 2]),
        (is("name", Lt, text("a")), vec![2]),
        (is("x", StartsWith, Int(5)), vec![]),
        (is("unknown", Eq, Int(5)), vec![]),
        // What is not there is not equal, and so not unequal either.
        (is("x", Eq, Int(5)).not(), vec![2, 3, 4, 5, 6, 7]),
        (is("unknown", Ge, Int(5)).not(), vec![1, 2, 3, 4, 5, 6, 7]),
        (
            is("x", Ge, Int(5)).and(is("name", Eq, text("Jane"))),
            vec![2],
        ),
        (
            is("paid", Eq, Bool(true)).or(is("name", Eq, text("jane"))),
            vec![1, 3],
        ),
        (Condition::All(vec![]), vec![1, 2, 3, 4, 5, 6, 7]),
        (Condition::Any(vec![]), vec![]),
        (Condition::Any(vec![]).not(), vec![1, 2, 3, 4, 5, 6, 7]),
    ] {
        assert_eq!(found(store, &condition).await, expected, "{condition:?}");
        // The condition says the same of each record.
        let all = store
            .list(RunFilter::default(), ALL)
            .await
            .expect("readable");
        let holds = |run: &&RunRecord| condition.holds(run);
        let mut held: Vec<_> = all.runs.iter().filter(holds).map(|run| run.run.0).collect();
        held.reverse();
        assert_eq!(held, expected, "{condition:?}");
    }
}

pub async fn a_run_is_found_by_its_row(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    worker.write(Write::End(end(11, 0))).await;
    let other = NewRun {
        workflow: "refund".into(),
        queue: "gpu".into(),
        created_at: Timestamp(30),
        ..waiting(12)
    };
    assert_eq!(store.start(other).await, Ok(Written::Started));
    let of = |field: Field, compare, value| Condition::Is(field, compare, value);
    let time = |at| Time(Timestamp(at));
    for (condition, expected) in [
        (Condition::Phase(Phase::Running), vec![10, 12]),
        (Condition::Phase(Phase::Completed), vec![11]),
        (Condition::Phase(Phase::Failed), vec![]),
        (Condition::Phase(Phase::Failed).not(), vec![10, 11, 12]),
        (Condition::workflow("refund"), vec![12]),
        (of(Field::Queue, Compare::Eq, text("gpu")), vec![12]),
        (of(Field::Id, Compare::Eq, text("order-11")), vec![11]),
        (Condition::id_starts_with("order-1"), vec![10, 11, 12]),
        (Condition::started_since(Timestamp(2)), vec![12]),
        (of(Field::Started, Compare::Lt, time(2)), vec![10, 11]),
        (Condition::ended_since(Timestamp(0)), vec![11]),
        (Condition::ended_since(Timestamp(0)).not(), vec![10, 12]),
        (of(Field::Started, Compare::Ge, Int(0)), vec![]),
        (
            of(Field::Started, Compare::Ge, Int(0)).not(),
            vec![10, 11, 12],
        ),
    ] {
        assert_eq!(found(store, &condition).await, expected, "{condition:?}");
    }
}

pub async fn a_step_changes_attributes_and_memo(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut new = with(10, &[("x", Int(1)), ("y", Int(2))]);
    new.owner = Some(worker.id());
    new.tags.memo.insert("note".into(), MemoValue(vec![1]));
    new.tags.memo.insert("old".into(), MemoValue(vec![2]));
    worker.write(Write::Start(new)).await;
    let mut changes = TagChanges::default();
    changes.attributes.insert("x".into(), Some(text("one")));
    changes.attributes.insert("y".into(), None);
    changes.attributes.insert("z".into(), Some(Bool(true)));
    changes.attributes.insert("never".into(), None);
    changes.memo.insert("note".into(), Some(MemoValue(vec![3])));
    changes.memo.insert("old".into(), None);
    let changing = NewStep {
        tags: changes,
        ..step(10, 1)
    };
    assert_eq!(worker.write(Write::Step(changing)).await, Written::Done);
    // A step without changes keeps them.
    worker.write(Write::Step(step(10, 2))).await;
    let tags = find(store, 10).await.tags;
    let attributes: Vec<_> = tags.attributes.into_iter().collect();
    let expected = [("x".to_owned(), text("one")), ("z".to_owned(), Bool(true))];
    assert_eq!(attributes, expected);
    let memo: Vec<_> = tags.memo.into_iter().collect();
    assert_eq!(memo, [("note".to_owned(), MemoValue(vec![3]))]);
    for (condition, expected) in [
        (is("x", Compare::Eq, Int(1)), vec![]),
        (is("x", Compare::Eq, text("one")), vec![10]),
        (is("y", Compare::Ge, Int(0)), vec![]),
        (is("z", Compare::Eq, Bool(true)), vec![10]),
    ] {
        assert_eq!(found(store, &condition).await, expected, "{condition:?}");
    }
}

pub async fn a_batch_that_fails_changes_no_attribute(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let new = NewRun {
        owner: Some(worker.id()),
        ..with(10, &[("x", Int(1))])
    };
    worker.write(Write::Start(new)).await;
    let mut changes = TagChanges::default();
    changes.attributes.insert("x".into(), Some(Int(2)));
    let changing = NewStep {
        tags: changes,
        ..step(10, 1)
    };
    let twice = vec![Write::Step(changing), Write::Step(step(10, 1))];
    let answer = worker.try_commit(twice).await;
    let bug = matches!(answer, Err(FenceError::Store(StoreError::Bug(_))));
    assert!(bug, "{answer:?}");
    assert_eq!(found(store, &is("x", Compare::Eq, Int(1))).await, [10]);
    assert_eq!(find(store, 10).await.tags.attributes["x"], Int(1));
}

pub async fn attributes_have_limits(store: &dyn Store) {
    let long = "x".repeat(NAME_BYTES_MAX + 1);
    let many: Vec<_> = (0..=ATTRIBUTES_MAX).map(|n| n.to_string()).collect();
    let many: Vec<_> = many.iter().map(|key| (key.as_str(), Int(1))).collect();
    for run in [
        with(10, &[("x", Text(long.clone()))]),
        with(10, &[(&long, Int(1))]),
        with(10, &many),
    ] {
        let answer = store.start(run).await;
        let large = matches!(answer, Err(StoreError::TooLarge { .. }));
        assert!(large, "{answer:?}");
    }
    assert_eq!(store.find(&id(10)).await, Ok(None));
    assert_eq!(store.follow(RunId(10)).await, Ok(None));
}

/// Memos of three quarters of what is allowed, and what comes on top.
pub async fn all_tags_together_have_a_limit(store: &dyn Store) {
    let large = || MemoValue(incompressible(TAGS_BYTES_MAX / 4 * 3));
    let mut worker = Worker::register(store, 1).await;
    let noted = |run, notes: &[&str]| {
        let mut new = with(run, &[("x", Int(1))]);
        new.tags.memo = notes.iter().map(|n| ((*n).to_owned(), large())).collect();
        new
    };
    let answer = store.start(noted(10, &["a", "b"])).await;
    let too_large = |error: &StoreError| matches!(error, StoreError::TooLarge { limit, .. } if *limit == TAGS_BYTES_MAX);
    assert!(answer.as_ref().is_err_and(too_large), "{answer:?}");
    assert_eq!(store.find(&id(10)).await, Ok(None));
    let new = NewRun {
        owner: Some(worker.id()),
        ..noted(10, &["a"])
    };
    assert_eq!(worker.write(Write::Start(new)).await, Written::Started);
    let note = |seq, notes: &[(&str, Option<MemoValue>)]| {
        let mut changes = TagChanges::default();
        changes.attributes.insert("x".into(), Some(Int(seq)));
        let notes = notes.iter();
        changes.memo = notes
            .map(|(n, note)| ((*n).to_owned(), note.clone()))
            .collect();
        Write::Step(NewStep {
            tags: changes,
            ..step(10, seq)
        })
    };
    let answer = worker
        .try_commit(vec![note(1, &[("b", Some(large()))])])
        .await;
    let refused = matches!(&answer, Err(FenceError::Store(error)) if too_large(error));
    assert!(refused, "{answer:?}");
    let tags = find(store, 10).await.tags;
    assert_eq!((tags.memo.len(), &tags.attributes["x"]), (1, &Int(1)));
    assert_eq!(store.latest_step(RunId(10)).await, Ok(None));
    // One takes the place of the other.
    let instead = note(1, &[("a", None), ("b", Some(large()))]);
    assert_eq!(worker.write(instead).await, Written::Done);
    assert_eq!(find(store, 10).await.tags.memo.len(), 1);
}

/// So many bytes that no codec makes fewer of.
pub(super) fn incompressible(many: usize) -> Vec<u8> {
    // Xorshift, G. Marsaglia 2003.
    let mut state = 88_172_645_463_325_252_u64;
    let bytes = std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    });
    bytes.take(many).collect()
}
