//! All metrics; `docs/metrics.md` has the same table.

use super::{Kind, Metric, Unit};

macro_rules! table {
    ($($constant:ident = $name:literal, $kind:ident, $unit:ident, [$($label:literal),*], $help:literal;)*) => {
        $(
            pub(crate) const $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                unit: Unit::$unit,
                labels: &[$($label),*],
                help: $help,
            };
        )*

        /// All of them, in the order in which they are documented.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

table! {
    RUNS_BEGUN = "durable_runs_begun_total", Counter, Count, ["workflow"],
        "runs that came to their first await";
    RUNS_ENDED = "durable_runs_ended_total", Counter, Count, ["workflow", "phase"],
        "runs that ended: `completed`, `failed`, `cancelled`, `terminated`, `timed_out`, or `continued` by another run";
    RUNS_BLOCKED = "durable_runs_blocked_total", Counter, Count, ["workflow"],
        "how often a run was parked because this worker cannot go on with it";
    RUNS_QUARANTINED = "durable_runs_quarantined_total", Counter, Count, ["workflow"],
        "those of them that had killed their workers";
    STEPS = "durable_steps_total", Counter, Count, ["workflow"],
        "awaits that were recorded";
    CODE_PANICS = "durable_code_panics_total", Counter, Count, ["workflow"],
        "panics of workflow code";
    CODE_HUNG = "durable_code_hung_total", Counter, Count, ["workflow"],
        "turns of workflow code, from one await to the next, that lasted longer than a second; counted while they last";
    TIMER_LAG = "durable_timer_lag_seconds", Histogram, Seconds, ["workflow"],
        "from when a timer was due to when its workflow went on";
    PAYLOAD_BYTES = "durable_payload_bytes", Histogram, Bytes, ["workflow", "what"],
        "what is stored of a run, encoded: `input` (of starts in the worker's own process), `answers`, `checkpoint`, `result`";
    ATTEMPTS_BEGUN = "durable_activity_attempts_begun_total", Counter, Count, ["activity"],
        "attempts whose body began";
    ATTEMPTS_RETRIED = "durable_activity_attempts_retried_total", Counter, Count, ["activity"],
        "those of them that followed a failed one";
    ATTEMPTS_ENDED = "durable_activity_attempts_ended_total", Counter, Count, ["activity", "outcome"],
        "attempts that ended: `succeeded`, `failed`, `timed_out`, `panicked`, `refused` (by an interceptor), `cancelled`, `elsewhere` (by its token), `stopped` (nobody waits for it any more), `unfit`; or were `not_begun` in time";
    ATTEMPTS_RUNNING = "durable_activity_attempts_running", Gauge, Count, ["activity"],
        "attempts whose body runs";
    ATTEMPT_SECONDS = "durable_activity_attempt_seconds", Histogram, Seconds, ["activity"],
        "from the beginning of a body to its end";
    SCHEDULE_TO_START = "durable_activity_schedule_to_start_seconds", Histogram, Seconds, ["activity"],
        "how long an attempt waited for a slot of its worker";
    RUNS_OWNED = "durable_runs_owned", Gauge, Count, ["queue"],
        "runs in the memory of the worker";
    QUEUE_DEPTH = "durable_queue_depth", Gauge, Count, ["queue"],
        "runs that are due and that no worker has, counted up to 10,000; looked at every third of a lease";
    QUEUE_ACTIVITIES_WAITING = "durable_queue_activities_waiting", Gauge, Count, ["queue"],
        "activities of workflows of other queues that no worker has and that do not wait behind others of their key, counted up to 10,000; looked at every third of a lease";
    QUEUE_ACTIVITIES_RUNNING = "durable_queue_activities_running", Gauge, Count, ["queue"],
        "those that workers carry out, counted alike";
    QUEUE_LAG = "durable_queue_lag_seconds", Histogram, Seconds, ["queue"],
        "how long the first of those had been due when the worker claimed";
    RUNS_CLAIMED = "durable_runs_claimed_total", Counter, Count, ["queue"],
        "runs that the worker took from its queue";
    RUNS_TAKEN_OVER = "durable_runs_taken_over_total", Counter, Count, ["queue"],
        "runs that it took over from dead workers";
    LEASES_LOST = "durable_worker_leases_lost_total", Counter, Count, ["queue", "reason"],
        "how often the worker dropped all that it had and started over: `dead`, `history`, `claim`, `bug`, `store`";
    COMMIT_WRITES = "durable_commit_writes", Histogram, Count, ["queue"],
        "writes in one transaction of the worker";
    COMMIT_BYTES = "durable_commit_bytes", Histogram, Bytes, ["queue"],
        "values in one transaction of the worker";
    COMMIT_SECONDS = "durable_commit_seconds", Histogram, Seconds, ["queue"],
        "from the beginning of such a transaction until it is on disk, repeats included";
    STORE_ERRORS = "durable_store_errors_total", Counter, Count, ["queue"],
        "transactions that the store did not take and that were repeated";
}
