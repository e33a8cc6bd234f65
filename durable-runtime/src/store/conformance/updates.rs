//! Requests and their answers, and what a run leaves published.

use super::kit::{Worker, end, find, id, message, owned, park, step, waiting};
use crate::id::RunId;
use crate::store::{
    End, Heard, MessageKind, NewMessage, NewRun, NewStep, Phase, Reply, ReplyStage, RunState, Sent,
    Store, Write, Written,
};

const RUN: RunId = RunId(10);

fn request(msg: &str) -> NewMessage {
    NewMessage {
        kind: MessageKind::Update,
        name: "add".into(),
        ..message(msg)
    }
}

fn reply(msg: &str, stage: ReplyStage, payload: u8) -> Reply {
    Reply {
        msg: msg.into(),
        stage,
        payload: vec![payload],
    }
}

/// Run 10, owned, with the request `a` consumed by its first step.
async fn asked(store: &dyn Store) -> Worker<'_> {
    let mut worker = Worker::register(store, 1).await;
    worker.starts(&[10]).await;
    assert!(store.send(&id(10), request("a")).await.is_ok());
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Nothing));
    let ord = store.inbox(RUN).await.expect("readable")[0].ord;
    let consumed = vec![ord];
    let first = NewStep {
        consumed,
        ..step(10, 1)
    };
    worker.write(Write::Step(first)).await;
    worker
}

async fn says(worker: &mut Worker<'_>, seq: i64, replies: Vec<Reply>) -> Written {
    let step = NewStep {
        replies,
        ..step(10, seq)
    };
    worker.write(Write::Step(step)).await
}

pub async fn an_answer_is_kept_with_its_message(store: &dyn Store) {
    let mut worker = asked(store).await;
    let accepted = reply("a", ReplyStage::Accepted, 0);
    says(&mut worker, 2, vec![accepted.clone()]).await;
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Reply(accepted)));
    let answer = reply("a", ReplyStage::Completed, 7);
    says(&mut worker, 3, vec![answer.clone()]).await;
    assert_eq!(
        store.reply(RUN, "a").await,
        Ok(Heard::Reply(answer.clone()))
    );
    // Also when the run has ended, and when the message is sent again.
    assert!(store.send(&id(10), request("a")).await.is_ok());
    worker.write(Write::End(end(10, 3))).await;
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Reply(answer)));
}

pub async fn a_final_answer_stands(store: &dyn Store) {
    let mut worker = asked(store).await;
    let refused = reply("a", ReplyStage::Rejected, 1);
    let later = reply("a", ReplyStage::Completed, 2);
    says(&mut worker, 2, vec![refused.clone(), later.clone()]).await;
    says(&mut worker, 3, vec![later]).await;
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Reply(refused)));
}

pub async fn an_answer_to_nothing_changes_nothing(store: &dyn Store) {
    let mut worker = asked(store).await;
    assert!(store.send(&id(10), request("unread")).await.is_ok());
    let stray = vec![
        reply("nobody", ReplyStage::Completed, 1),
        reply("unread", ReplyStage::Completed, 1),
    ];
    assert_eq!(says(&mut worker, 2, stray).await, Written::Done);
    assert_eq!(store.reply(RUN, "nobody").await, Ok(Heard::Unknown));
    assert_eq!(store.reply(RUN, "unread").await, Ok(Heard::Nothing));
    assert_eq!(store.reply(RunId(99), "a").await, Ok(Heard::Unknown));
}

pub async fn a_batch_that_fails_answers_nothing(store: &dyn Store) {
    let mut worker = asked(store).await;
    let answers = NewStep {
        replies: vec![reply("a", ReplyStage::Completed, 7)],
        ..step(10, 2)
    };
    let twice = Write::Step(step(10, 2));
    let failed = worker.try_commit(vec![Write::Step(answers), twice]).await;
    assert!(failed.is_err());
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Nothing));
}

pub async fn what_is_unread_at_the_end_is_never_answered(store: &dyn Store) {
    let mut worker = asked(store).await;
    assert!(store.send(&id(10), request("unread")).await.is_ok());
    worker.write(Write::End(end(10, 1))).await;
    assert_eq!(store.reply(RUN, "unread").await, Ok(Heard::Unknown));
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Nothing));
}

/// A run goes on as the one with the next number.
async fn goes_on(worker: &mut Worker<'_>, old: i64, seq: i64) {
    let continued = End {
        phase: Phase::Continued,
        output: None,
        ..end(old, seq)
    };
    let next = NewRun {
        id: id(10),
        ..owned(old + 1, worker.id())
    };
    worker
        .commit(vec![Write::End(continued), Write::Start(next)])
        .await;
}

pub async fn an_answer_is_found_in_the_run_that_goes_on(store: &dyn Store) {
    let mut worker = asked(store).await;
    assert!(store.send(&id(10), request("b")).await.is_ok());
    for (old, seq) in [(10, 1), (11, 0)] {
        goes_on(&mut worker, old, seq).await;
    }
    assert_eq!(store.reply(RUN, "b").await, Ok(Heard::Nothing));
    let answer = reply("b", ReplyStage::Completed, 7);
    let last = NewStep {
        consumed: vec![store.inbox(RunId(12)).await.expect("readable")[0].ord],
        replies: vec![answer.clone()],
        ..step(12, 1)
    };
    worker.write(Write::Step(last)).await;
    assert_eq!(store.reply(RUN, "b").await, Ok(Heard::Reply(answer)));
    assert_eq!(store.reply(RUN, "a").await, Ok(Heard::Nothing));
}

pub async fn an_answer_is_found_of_the_run_that_went_before(store: &dyn Store) {
    let mut worker = asked(store).await;
    let answer = reply("a", ReplyStage::Completed, 7);
    says(&mut worker, 2, vec![answer.clone()]).await;
    let chain = [(10, 2), (11, 0), (12, 0)];
    for (old, seq) in chain {
        goes_on(&mut worker, old, seq).await;
    }
    let last = RunId(13);
    // Sent again it is known, to whom it is sent now; and so is the answer.
    assert_eq!(
        store.send(&id(10), request("a")).await,
        Ok(Sent::Accepted(last))
    );
    for run in [10, 11, 12, 13].map(RunId) {
        let heard = store.reply(run, "a").await;
        assert_eq!(heard, Ok(Heard::Reply(answer.clone())), "{run}");
    }
    assert_eq!(store.reply(last, "b").await, Ok(Heard::Unknown));
    worker.write(Write::End(end(13, 0))).await;
    let sent = store.start_or_send(waiting(10), request("a")).await;
    assert_eq!(sent.map(|(_, sent)| sent), Ok(Sent::Accepted(last)));
    assert_eq!(store.reply(last, "a").await, Ok(Heard::Reply(answer)));
}

pub async fn a_request_wakes_who_waits(store: &dyn Store) {
    let mut worker = asked(store).await;
    worker.write(Write::Park(park(10, 1, 1))).await;
    assert_eq!(find(store, 10).await.state, RunState::Idle);
    assert!(store.send(&id(10), request("b")).await.is_ok());
    let claimed = worker.claim(20).await;
    assert_eq!(claimed[0].inbox[0].kind, MessageKind::Update);
}

pub async fn what_was_published_stays_after_the_end(store: &dyn Store) {
    let mut worker = asked(store).await;
    assert_eq!(find(store, 10).await.published, None);
    let leaves = End {
        published: Some(vec![1, 2, 3]),
        ..end(10, 1)
    };
    worker.write(Write::End(leaves)).await;
    assert_eq!(find(store, 10).await.published, Some(vec![1, 2, 3]));
}
