//! What is recorded of runs: counted where it is on disk.

use super::Meters;
use crate::id::Timestamp;
use crate::metrics::{self as table, Counter, Histogram, ON};
use crate::store::{AttemptOf, Phase, Write, Written};

/// The handles of one workflow.
#[derive(Debug)]
pub(super) struct OfWorkflow {
    name: String,
    begun: Counter,
    steps: Counter,
    blocked: Counter,
    quarantined: Counter,
    panics: Counter,
    hung: Counter,
    timer_lag: Histogram,
    input: Histogram,
    answers: Histogram,
    checkpoint: Histogram,
    result: Histogram,
}

/// What one write means when it is on disk.
#[derive(Debug)]
enum Means {
    Start {
        input: usize,
    },
    Step {
        first: bool,
        answers: Option<usize>,
        checkpoint: Option<usize>,
    },
    Panic,
    Blocked {
        held: bool,
    },
    End {
        phase: Phase,
        result: Option<usize>,
    },
    Nothing,
}

/// What a batch of writes means; one for each.
#[derive(Debug, Default)]
pub(in crate::engine) struct Tally(Vec<Means>);

impl Tally {
    pub(in crate::engine) fn of(writes: &[Write]) -> Self {
        if !ON {
            return Self::default();
        }
        Self(writes.iter().map(Means::of).collect())
    }
}

impl Means {
    fn of(write: &Write) -> Self {
        let size = |value: &Option<Vec<u8>>| value.as_ref().map(Vec::len);
        match write {
            Write::Start(new) => Self::Start {
                input: new.input.len(),
            },
            Write::Step(step) => Self::Step {
                first: step.seq == 1,
                answers: size(&step.result),
                checkpoint: size(&step.frame),
            },
            Write::Attempt(attempt) => match attempt.of {
                AttemptOf::Workflow { .. } => Self::Panic,
                AttemptOf::Activity { .. } => Self::Nothing,
            },
            Write::Park(park) if park.blocked.is_some() => Self::Blocked { held: park.held },
            Write::End(end) => Self::End {
                phase: end.phase,
                result: size(&end.output),
            },
            Write::Park(_) | Write::Note(_) | Write::Task(_) => Self::Nothing,
        }
    }
}

impl Meters {
    /// Writes of a run of this workflow were answered.
    pub(in crate::engine) fn written(&self, workflow: &str, tally: &Tally, written: &[Written]) {
        if tally.0.is_empty() {
            return;
        }
        let own = self.workflows.get(workflow, OfWorkflow::new);
        for (means, written) in tally.0.iter().zip(written) {
            if matches!(written, Written::Started | Written::Done | Written::Parked) {
                own.count(means);
            }
        }
    }

    /// The code of a run of this workflow does not come to its next await.
    pub(in crate::engine) fn hung(&self, workflow: &str) {
        if ON {
            self.workflows
                .get(workflow, OfWorkflow::new)
                .hung
                .increment(1);
        }
    }

    /// A timer of a run of this workflow has fired.
    pub(in crate::engine) fn fired(&self, workflow: &str, due: Timestamp) {
        if ON {
            let own = self.workflows.get(workflow, OfWorkflow::new);
            own.timer_lag
                .record(due.until(self.clock.now()).as_secs_f64());
        }
    }
}

impl OfWorkflow {
    fn new(name: &str) -> Self {
        let of = &[name];
        let bytes = |what| table::PAYLOAD_BYTES.histogram(&[name, what]);
        Self {
            begun: table::RUNS_BEGUN.counter(of),
            steps: table::STEPS.counter(of),
            blocked: table::RUNS_BLOCKED.counter(of),
            quarantined: table::RUNS_QUARANTINED.counter(of),
            panics: table::CODE_PANICS.counter(of),
            hung: table::CODE_HUNG.counter(of),
            timer_lag: table::TIMER_LAG.histogram(of),
            input: bytes("input"),
            answers: bytes("answers"),
            checkpoint: bytes("checkpoint"),
            result: bytes("result"),
            name: name.to_owned(),
        }
    }

    fn count(&self, means: &Means) {
        match means {
            Means::Start { input } => sized(&self.input, Some(*input)),
            Means::Step {
                first,
                answers,
                checkpoint,
            } => {
                self.begun.increment(u64::from(*first));
                self.steps.increment(1);
                sized(&self.answers, *answers);
                sized(&self.checkpoint, *checkpoint);
            }
            Means::Panic => self.panics.increment(1),
            Means::Blocked { held } => {
                self.blocked.increment(1);
                self.quarantined.increment(u64::from(*held));
            }
            Means::End { phase, result } => {
                let ended = table::RUNS_ENDED.counter(&[&self.name, word(*phase)]);
                ended.increment(1);
                sized(&self.result, *result);
            }
            Means::Nothing => {}
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "values have limits")]
fn sized(histogram: &Histogram, bytes: Option<usize>) {
    if let Some(bytes) = bytes {
        histogram.record(bytes as f64);
    }
}

fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Running => "running",
        Phase::Completed => "completed",
        Phase::Failed => "failed",
        Phase::Cancelled => "cancelled",
        Phase::Terminated => "terminated",
        Phase::TimedOut => "timed_out",
        Phase::Continued => "continued",
    }
}
