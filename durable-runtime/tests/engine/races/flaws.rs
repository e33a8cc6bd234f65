//! Engines with a bug, each of which is noticed: a check that finds nothing would find these.

use super::{
    Course, calendar, family, kin, letters, limits, meanwhile_with, orders, requests, starts, undo,
};
use crate::faulty::Flaw;
use durable_runtime::Overlap;
use durable_runtime::operation::ChildCancellation;
use durable_runtime::store::{
    MemoryStore, MessageKind, NewRun, OnConflict, Parent, ParentClose, Phase, Reuse, Store, Write,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells a story of an engine with this flaw in every order, not cut and cut after each call.
async fn told<E: Copy>(
    flaw: Flaw,
    arrivals: &[E],
    story: impl AsyncFn(Arc<dyn Store>, &[E], Course) -> bool,
) {
    let all = (1 << arrivals.len()) - 1;
    for order in orders(arrivals) {
        for rests in [0, all] {
            for cut in std::iter::once(Course::WHOLE).chain(0..) {
                let course = Course {
                    flaw,
                    ..Course::new(rests, cut)
                };
                let was_cut = story(Arc::new(MemoryStore::new()), &order, course).await;
                if cut != Course::WHOLE && !was_cut {
                    break;
                }
            }
        }
    }
}

/// A step leaves what it has taken unread.
const TAKES_AGAIN: Flaw = Flaw {
    writes: |writes| {
        for write in writes {
            if let Write::Step(step) = write {
                step.consumed.clear();
            }
        }
    },
    ..Flaw::NONE
};

/// An answer is not written with what the workflow has become.
const LOSES_ANSWERS: Flaw = Flaw {
    writes: |writes| {
        for write in writes {
            if let Write::Step(step) = write {
                step.replies.clear();
            }
        }
    },
    ..Flaw::NONE
};

/// A cancelled run says that it has completed.
const SAYS_COMPLETED: Flaw = Flaw {
    writes: |writes| {
        for write in writes {
            if let Write::End(end) = write
                && end.phase == Phase::Cancelled
            {
                end.phase = Phase::Completed;
            }
        }
    },
    ..Flaw::NONE
};

/// What is said of their parents where children are started.
fn parents(writes: &mut [Write]) -> impl Iterator<Item = &mut Parent> {
    writes.iter_mut().filter_map(|write| match write {
        Write::Start(new) => new.parent.as_mut(),
        _ => None,
    })
}

/// A child is let go, whatever its policy.
const LETS_GO: Flaw = Flaw {
    writes: |writes| parents(writes).for_each(|parent| parent.close = ParentClose::Abandon),
    ..Flaw::NONE
};

/// A child's end is not told.
const HEARS_NOTHING: Flaw = Flaw {
    writes: |writes| parents(writes).for_each(|parent| parent.op += 1),
    ..Flaw::NONE
};

/// A letter that is sent again is another one.
const WRITES_AGAIN: Flaw = Flaw {
    message: |message| {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        message.msg = format!("letter {}", COUNT.fetch_add(1, Ordering::Relaxed));
    },
    ..Flaw::NONE
};

/// A schedule notes what it does not start, but for the first run.
const STARTS_NOTHING: Flaw = Flaw {
    schedule: |write| {
        let first = |run: &NewRun| run.id.as_str().ends_with("trigger-1");
        write.starts.retain(first);
    },
    ..Flaw::NONE
};

/// The answers of a step are not kept with it.
const FORGETS_RESULTS: Flaw = Flaw {
    writes: |writes| {
        for write in writes {
            if let Write::Step(step) = write {
                step.result = None;
            }
        }
    },
    ..Flaw::NONE
};

/// A run that goes on has the time of a new one.
const HAS_MORE_TIME: Flaw = Flaw {
    writes: |writes| {
        for write in writes {
            if let Write::Start(run) = write {
                run.terms.deadline = None;
            }
        }
    },
    ..Flaw::NONE
};

/// Whoever starts an id takes it.
const TAKES_ANY: Flaw = Flaw {
    start: |run| {
        run.ids.conflict = OnConflict::TerminateExisting;
        run.ids.reuse = Reuse::Allow;
    },
    ..Flaw::NONE
};

/// A child that is awaited is not asked to stop.
const ASKS_NOBODY: Flaw = Flaw {
    message: |message| {
        if message.kind == MessageKind::Cancel {
            message.kind = MessageKind::Resume;
        }
    },
    ..Flaw::NONE
};

#[tokio::test]
#[should_panic(expected = "W2")]
async fn a_request_that_is_taken_twice_is_noticed() {
    told(TAKES_AGAIN, &requests::TWICE, requests::story).await;
}

#[tokio::test]
#[should_panic(expected = "W2 One")]
async fn an_answer_that_is_lost_is_noticed() {
    told(LOSES_ANSWERS, &requests::TWICE, requests::story).await;
}

#[tokio::test]
#[should_panic(expected = "X2")]
async fn an_untrue_end_is_noticed() {
    told(SAYS_COMPLETED, &requests::TWICE, requests::story).await;
}

#[tokio::test]
#[should_panic(expected = "X4")]
async fn a_child_that_is_not_closed_is_noticed() {
    told(LETS_GO, &family::CLOSES, family::story).await;
}

#[tokio::test]
#[should_panic(expected = "X4")]
async fn an_end_that_nobody_hears_of_is_noticed() {
    told(HEARS_NOTHING, &family::CLOSES, family::story).await;
}

#[tokio::test]
#[should_panic(expected = "X5")]
async fn a_letter_that_is_sent_twice_is_noticed() {
    told(WRITES_AGAIN, &letters::WRITTEN, letters::story).await;
}

#[tokio::test]
#[should_panic(expected = "W5: the starts of s")]
async fn a_start_that_is_only_noted_is_noticed() {
    let story = async |store, order: &[_], course| {
        calendar::story(Overlap::BufferOne, store, order, course).await
    };
    told(STARTS_NOTHING, &calendar::PAUSED, story).await;
}

#[tokio::test]
#[should_panic(expected = "X3")]
async fn an_undo_of_what_has_succeeded_is_noticed() {
    told(SAYS_COMPLETED, &undo::LATE, undo::story).await;
}

#[tokio::test]
#[should_panic(expected = "C1")]
async fn an_answer_that_is_not_on_record_is_noticed() {
    told(FORGETS_RESULTS, &undo::LATE, undo::story).await;
}

#[tokio::test]
#[should_panic(expected = "W4")]
async fn a_run_with_more_time_than_the_first_is_noticed() {
    told(HAS_MORE_TIME, &limits::ARRIVALS, limits::story).await;
}

#[tokio::test]
#[should_panic(expected = "S2")]
async fn a_start_that_takes_an_id_unasked_is_noticed() {
    told(TAKES_ANY, &starts::USED, starts::beside(true)).await;
}

#[tokio::test]
#[should_panic(expected = "W2")]
async fn a_signal_with_a_start_that_is_taken_twice_is_noticed() {
    told(TAKES_AGAIN, &starts::USED, starts::beside(true)).await;
}

#[tokio::test]
#[should_panic(expected = "X2")]
async fn an_untrue_end_of_a_parent_is_noticed() {
    let story = kin::by(ChildCancellation::Request);
    told(SAYS_COMPLETED, &kin::GONE, story).await;
}

#[tokio::test]
#[should_panic(expected = "X4")]
async fn a_child_that_is_not_asked_to_stop_is_noticed() {
    let story = kin::by(ChildCancellation::Request);
    told(ASKS_NOBODY, &kin::STOPPED, story).await;
}

#[tokio::test]
#[should_panic(expected = "W2")]
async fn what_comes_meanwhile_and_is_taken_twice_is_noticed() {
    meanwhile_with(TAKES_AGAIN, &starts::USED, starts::beside(true)).await;
}
