//! What the end of a run does to its parent and its children.

use super::kit::{
    Worker, blocked, end, find, id, message, owned, park, start, state, step, terminate, waiting,
};
use crate::codec;
use crate::id::RunId;
use crate::store::{
    ChildEnd, End, Message, MessageKind, NewRun, Parent, ParentClose, Phase, RunState, Sent, Store,
    Write, Written,
};

const PARENT: RunId = RunId(10);

/// What links a child to run 10.
fn of_ten(close: ParentClose) -> Parent {
    Parent {
        run: PARENT,
        op: 3,
        close,
        reports: true,
    }
}

fn child(run: i64, parent: Parent) -> NewRun {
    NewRun {
        parent: Some(parent),
        ..waiting(run)
    }
}

async fn starts_child(store: &dyn Store, run: i64, parent: Parent) {
    let started = store.start(child(run, parent)).await;
    assert_eq!(started, Ok(Written::Started));
}

async fn inbox(store: &dyn Store, run: i64) -> Vec<Message> {
    store.inbox(RunId(run)).await.expect("readable")
}

/// The one message of run 10: how a child ended.
async fn told(store: &dyn Store) -> ChildEnd {
    let inbox = inbox(store, 10).await;
    let [only] = &inbox[..] else {
        panic!("one message: {inbox:?}");
    };
    assert_eq!(
        (only.kind, only.name.as_str(), only.msg.as_str()),
        (MessageKind::ChildEnded, "3", "child/3")
    );
    codec::decode(&only.payload).expect("an end")
}

async fn kinds(store: &dyn Store, run: i64) -> Vec<MessageKind> {
    let inbox = inbox(store, run).await;
    inbox.into_iter().map(|message| message.kind).collect()
}

pub async fn an_end_is_told_to_the_parent(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let mut born = child(20, of_ten(ParentClose::Cancel));
    born.owner = Some(worker.id());
    worker.write(Write::Start(born)).await;
    let failed = End {
        phase: Phase::Failed,
        error: Some("no".into()),
        ..end(20, 0)
    };
    assert_eq!(worker.write(Write::End(failed)).await, Written::Done);
    let expected = ChildEnd {
        phase: Phase::Failed,
        output: Some(vec![8]),
        error: Some("no".into()),
        child: Some((RunId(20), id(20))),
    };
    assert_eq!(told(store).await, expected);
    let mail = store.mail(worker.id(), &[]).await.expect("readable");
    assert_eq!((mail[0].0, mail[0].2.len()), (PARENT, 1));
}

pub async fn a_parent_that_waits_is_due_with_the_end_of_a_child(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let step = Write::Step(step(10, 1));
    worker.commit(vec![step, Write::Park(park(10, 0, 1))]).await;
    starts_child(store, 20, of_ten(ParentClose::Cancel)).await;
    assert_eq!(state(store, 10).await, RunState::Idle);
    worker.claim(1).await;
    worker.write(Write::End(end(20, 0))).await;
    let claimed = worker.claim(50).await;
    assert_eq!(claimed[0].run.run, PARENT);
    assert_eq!(claimed[0].inbox.len(), 1);
}

pub async fn a_terminated_child_is_told_of(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    starts_child(store, 20, of_ten(ParentClose::Cancel)).await;
    let sent = store.send(&id(20), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Terminated(RunId(20))));
    let expected = ChildEnd {
        phase: Phase::Terminated,
        output: None,
        error: Some("changed my mind".into()),
        child: Some((RunId(20), id(20))),
    };
    assert_eq!(told(store).await, expected);
}

pub async fn a_parent_that_has_ended_is_told_nothing(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    starts_child(store, 20, of_ten(ParentClose::Abandon)).await;
    worker.write(Write::End(end(10, 0))).await;
    worker.claim(1).await;
    assert_eq!(worker.write(Write::End(end(20, 0))).await, Written::Done);
    assert_eq!(inbox(store, 10).await, []);
}

pub async fn a_run_that_does_not_report_tells_nobody(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let silent = Parent {
        reports: false,
        ..of_ten(ParentClose::Abandon)
    };
    starts_child(store, 20, silent).await;
    worker.claim(1).await;
    worker.write(Write::End(end(20, 0))).await;
    assert_eq!(inbox(store, 10).await, []);
}

pub async fn a_continued_child_is_told_of_at_its_last_end(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    let link = of_ten(ParentClose::Cancel);
    starts_child(store, 20, link).await;
    worker.claim(1).await;
    let next = NewRun {
        id: id(20),
        parent: Some(link),
        ..owned(21, worker.id())
    };
    let goes_on = End {
        phase: Phase::Continued,
        output: None,
        ..end(20, 0)
    };
    let both = vec![Write::End(goes_on), Write::Start(next)];
    worker.commit(both).await;
    assert_eq!(inbox(store, 10).await, []);
    worker.write(Write::End(end(21, 0))).await;
    assert_eq!(told(store).await.phase, Phase::Completed);
}

pub async fn children_hear_of_the_end_by_their_policies(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    let mut other = Worker::register(store, 2).await;
    starts_child(store, 20, of_ten(ParentClose::Terminate)).await;
    other.claim(1).await;
    worker.starts(&[10]).await;
    starts_child(store, 21, of_ten(ParentClose::Terminate)).await;
    starts_child(store, 22, of_ten(ParentClose::Cancel)).await;
    starts_child(store, 23, of_ten(ParentClose::Abandon)).await;
    worker.write(Write::End(end(10, 0))).await;
    assert_eq!(kinds(store, 20).await, [MessageKind::Terminate]);
    let ended = find(store, 21).await;
    assert_eq!(ended.phase, Phase::Terminated);
    assert_eq!(ended.error.as_deref(), Some("its parent has ended"));
    assert_eq!(kinds(store, 22).await, [MessageKind::Cancel]);
    assert_eq!(kinds(store, 23).await, []);
    // Another request changes nothing more.
    let again = message("cancel");
    assert!(store.send(&id(22), again).await.is_ok());
    assert_eq!(kinds(store, 22).await.len(), 1);
}

pub async fn a_terminated_child_takes_its_own_with_it(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    starts_child(store, 20, of_ten(ParentClose::Terminate)).await;
    worker.claim(1).await;
    let stuck = Write::Park(blocked(20, "order/charge", 7));
    worker.write(stuck).await;
    let grandchild = Parent {
        run: RunId(20),
        ..of_ten(ParentClose::Cancel)
    };
    starts_child(store, 30, grandchild).await;
    worker.write(Write::End(end(10, 0))).await;
    assert_eq!(find(store, 20).await.phase, Phase::Terminated);
    assert_eq!(kinds(store, 30).await, [MessageKind::Cancel]);
}

pub async fn a_client_that_terminates_a_run_reaches_its_children(store: &dyn Store) {
    start(store, 10).await;
    starts_child(store, 20, of_ten(ParentClose::Terminate)).await;
    let sent = store.send(&id(10), terminate("t")).await;
    assert_eq!(sent, Ok(Sent::Terminated(PARENT)));
    assert_eq!(find(store, 20).await.phase, Phase::Terminated);
}

pub async fn a_continued_run_leaves_its_children_behind(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    starts_child(store, 20, of_ten(ParentClose::Cancel)).await;
    starts_child(
        store,
        21,
        Parent {
            op: 4,
            ..of_ten(ParentClose::Cancel)
        },
    )
    .await;
    worker.claim(1).await;
    worker.write(Write::End(end(20, 0))).await;
    assert_eq!(told(store).await.phase, Phase::Completed);
    let next = NewRun {
        id: id(10),
        ..owned(11, worker.id())
    };
    let goes_on = End {
        phase: Phase::Continued,
        output: None,
        ..end(10, 0)
    };
    let both = vec![Write::End(goes_on), Write::Start(next)];
    assert_eq!(worker.commit(both).await, [Written::Done, Written::Started]);
    assert_eq!(inbox(store, 11).await, []);
    assert_eq!(inbox(store, 10).await, []);
    assert_eq!(kinds(store, 21).await, [MessageKind::Cancel]);
}

pub async fn a_child_whose_parent_has_ended_hears_of_it_at_once(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    worker.write(Write::End(end(10, 0))).await;
    starts_child(store, 20, of_ten(ParentClose::Cancel)).await;
    starts_child(store, 21, of_ten(ParentClose::Terminate)).await;
    starts_child(store, 22, of_ten(ParentClose::Abandon)).await;
    assert_eq!(kinds(store, 20).await, [MessageKind::Cancel]);
    assert_eq!(kinds(store, 21).await, [MessageKind::Terminate]);
    assert_eq!(kinds(store, 22).await, []);
    let claimed = worker.claim(1).await;
    assert_eq!(claimed.len(), 3);
    assert_eq!(claimed[0].inbox.len(), 1);
}

pub async fn a_batch_that_fails_leaves_the_family_alone(store: &dyn Store) {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10, 11]).await;
    worker.write(Write::Step(step(11, 1))).await;
    starts_child(store, 20, of_ten(ParentClose::Terminate)).await;
    starts_child(store, 21, of_ten(ParentClose::Cancel)).await;
    let before = (find(store, 20).await, inbox(store, 21).await);
    let twice = Write::Step(step(11, 1));
    let failed = worker.try_commit(vec![Write::End(end(10, 0)), twice]).await;
    assert!(failed.is_err());
    assert_eq!(find(store, 10).await.phase, Phase::Running);
    assert_eq!((find(store, 20).await, inbox(store, 21).await), before);
    worker.write(Write::End(end(10, 0))).await;
    assert_eq!(find(store, 20).await.phase, Phase::Terminated);
}
