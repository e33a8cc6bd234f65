//! One run of a scenario, with a crash or without.

use super::super::{TestEnv, TestEnvBuilder};
use super::compare::{End, Kill, Outcome};
use super::cuts::Cuts;
use crate::codec;
use crate::store::{AttemptOf, Phase};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

/// In what the surroundings of a run differ from those that the test has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// In nothing.
    Straight,
    /// Every workflow is forgotten at every await, and made again from its bytes.
    Forgotten,
    /// Two workers compete.
    TwoWorkers,
}

/// Runs the scenario in surroundings of its own and gathers what can be seen from outside.
pub(super) async fn run<T, S>(
    builder: &TestEnvBuilder,
    scenario: &S,
    cuts: &Arc<Cuts>,
    mode: Mode,
) -> Outcome<T>
where
    S: AsyncFn(&TestEnv) -> T,
{
    let mut builder = builder.clone();
    builder.cuts = cuts.clone();
    match mode {
        Mode::Straight => {}
        Mode::Forgotten => builder.options.evict_always = true,
        Mode::TwoWorkers => builder.workers = builder.workers.max(2),
    }
    let env = builder.build();
    let killed = Mutex::new(None);
    let replace = async {
        let life = cuts.dead().await;
        let busy = env.kill_this(life).await;
        let kill = on_record(&env).await;
        *killed.lock().unwrap_or_else(PoisonError::into_inner) = Some(kill);
        env.start_worker();
        drop(busy);
        std::future::pending().await
    };
    let course = async {
        let value = told(scenario(&env), &env, cuts).await;
        env.settle().await;
        value
    };
    let value = tokio::select! {
        biased;
        value = replace => value,
        value = course => value,
    };
    let killed = killed.into_inner().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(
        killed.is_some(),
        cuts.fired().is_some(),
        "a crash has come, and a worker was replaced"
    );
    Outcome {
        value,
        ends: ends(&env).await,
        log: env.log(),
        writes: cuts.writes(),
        killed,
    }
}

/// Adds to a panic of the scenario what had happened before.
async fn told<T>(scenario: impl Future<Output = T>, env: &TestEnv, cuts: &Cuts) -> T {
    let mut scenario = pin!(scenario);
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| scenario.as_mut().poll(cx));
        match catch_unwind(poll) {
            Ok(Poll::Ready(value)) => Poll::Ready(value),
            Ok(Poll::Pending) => Poll::Pending,
            Err(panic) => {
                let when = match cuts.fired() {
                    Some(what) => format!("after a crash at the write of {}", what.text),
                    None => "without any crash".to_owned(),
                };
                eprintln!(
                    "crash_everywhere: the scenario panics {when}; the outside world saw\n{}",
                    env.log()
                );
                resume_unwind(panic)
            }
        }
    })
    .await
}

/// What the store knows of calls that are under way.
async fn on_record(env: &TestEnv) -> Kill {
    let mut kill = Kill {
        calls: env.log().len(),
        ..Kill::default()
    };
    for record in env.ends().all().await.unwrap_or_default() {
        if record.phase != Phase::Running {
            continue;
        }
        let checkpoint = env.ends().checkpoint(record.run).await;
        for call in checkpoint.iter().flat_map(|checkpoint| checkpoint.calls()) {
            if call.answer.is_none() {
                kill.open.insert(format!("{}/{}", record.run, call.op));
            }
        }
        for failed in env.store().attempts(record.run).await.unwrap_or_default() {
            if let AttemptOf::Activity { op } = failed.of {
                let key = format!("{}/{op}", record.run);
                kill.failed.insert((key, failed.attempt));
            }
        }
    }
    kill
}

/// How each workflow ended, or where it stands.
async fn ends(env: &TestEnv) -> Vec<End> {
    let mut ends = Vec::new();
    for record in env.ends().all().await.unwrap_or_default() {
        let shown = |bytes: &[u8]| {
            codec::to_json(bytes).map_or_else(|error| error.to_string(), |json| json.to_string())
        };
        let at = match env.ends().checkpoint(record.run).await {
            Some(checkpoint) if record.phase == Phase::Running => Some(checkpoint.frame.label),
            _ => None,
        };
        ends.push(End {
            id: record.id.to_string(),
            workflow: record.workflow,
            phase: record.phase,
            at,
            output: record.output.as_deref().map(shown),
            error: record.error,
        });
    }
    // In the order of their starts for each id; that of different ids may change.
    ends.sort_by(|a, b| a.id.cmp(&b.id));
    ends
}
