//! The commit protocol as a model, explored exhaustively.
//!
//! One workflow id, two processes, and everything that can go wrong: leases that end while their
//! worker lives, crashes before and after a commit, answers that get lost, a database that is
//! restored from a backup. Transactions are atomic, as on SQLite and in memory; what a process
//! writes is decided by what it remembers, which may be stale. A breadth-first search visits
//! every state within the bounds of [`Config`] and checks the invariants in each:
//!
//! * **F1** only the owner writes a run, and it knows the run's last step;
//! * **C1** steps are numbered without gaps;
//! * **S3** what has ended never changes;
//! * **W1** a waiting run with an unread message is due;
//! * **W2** a message is consumed once;
//! * **stuck** no run belongs to a healthy worker that does not know it, or to nobody.
//!
//! The protocol holds; each of its parts left out is caught. `database` is the protocol,
//! `process` the engine's side of it. Two things are stricter in the stores than here: they also
//! check the owner at every append, and the number of a run.
//!
//! Not modelled: several ids, children, more than two processes, retention. A known hole: a backup
//! that lost nothing of a worker but a message which this worker has read, and, after the restore,
//! another message in its place; so stop the workers before restoring.

mod database;
mod process;
mod search;

use search::{Config, Found, search};

/// A part of the protocol that is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    /// No compare-and-set on the worker's row at all.
    NoFence,
    /// The fence looks at the worker's state, but not at its beat.
    NoBeat,
    /// The fence looks at the beat, but not at the worker's state.
    NoState,
    /// A park does not compare the wake counter.
    NoWakeCounter,
    /// After a refused park the counter is read, but not the inbox.
    CounterWithoutInbox,
    /// A terminate ends a run that somebody owns.
    DirectTerminate,
    /// A worker is told of its new runs, loses the answer and goes on without them.
    LostAnswerIgnored,
}

const PLAIN: Config = Config {
    flaw: Flaw::None,
    signals: 2,
    steps: 3,
    expiries: 2,
    incarnations: 4,
    answers_get_lost: false,
    restores: false,
};

fn holds(name: &str, config: Config) {
    match search(config) {
        Found::Nothing { states } => println!("{name}: {states} states, every invariant holds"),
        Found::Violation { rule, path } => panic!("{name}: {rule}\n{}", path.join("\n")),
    }
}

/// The search must break one of `rules`; prints the shortest way to it.
fn breaks(rules: &[&str], config: Config) {
    match search(config) {
        Found::Nothing { states } => panic!("{:?} passed unnoticed ({states} states)", config.flaw),
        Found::Violation { rule, path } => {
            println!("{:?} breaks {rule}:\n{}", config.flaw, path.join("\n"));
            let expected = rules.iter().any(|expected| rule.starts_with(expected));
            assert!(expected, "{:?} broke {rule}, not {rules:?}", config.flaw);
        }
    }
}

#[test]
fn the_protocol_holds() {
    holds("leases, crashes, signals", PLAIN);
}

#[test]
fn the_protocol_holds_when_answers_get_lost() {
    let config = Config {
        answers_get_lost: true,
        signals: 1,
        steps: 2,
        expiries: 1,
        incarnations: 3,
        ..PLAIN
    };
    holds("lost answers", config);
}

#[test]
fn the_protocol_holds_when_the_database_is_restored() {
    let config = Config {
        restores: true,
        signals: 1,
        steps: 1,
        expiries: 1,
        incarnations: 3,
        ..PLAIN
    };
    holds("restored backups", config);
}

/// `cargo test --release --test protocol_model -- --ignored --nocapture`
#[test]
#[ignore = "takes minutes and gigabytes"]
fn the_protocol_holds_within_wider_bounds() {
    let lost = Config {
        answers_get_lost: true,
        signals: 1,
        steps: 2,
        ..PLAIN
    };
    holds("lost answers, wider", lost);
    let restored = Config {
        restores: true,
        signals: 1,
        steps: 2,
        expiries: 1,
        incarnations: 3,
        ..PLAIN
    };
    holds("restored backups, wider", restored);
}

#[test]
fn without_a_fence_the_dead_write() {
    let flaw = Flaw::NoFence;
    breaks(&["F1"], Config { flaw, ..PLAIN });
}

#[test]
fn without_the_state_the_dead_write() {
    let flaw = Flaw::NoState;
    breaks(&["F1"], Config { flaw, ..PLAIN });
}

#[test]
fn without_the_beat_a_live_worker_survives_its_lost_history() {
    let config = Config {
        flaw: Flaw::NoBeat,
        restores: true,
        ..PLAIN
    };
    breaks(&["F1", "C1", "S3", "stuck"], config);
}

#[test]
fn without_the_wake_counter_a_message_is_lost() {
    let flaw = Flaw::NoWakeCounter;
    breaks(&["W1"], Config { flaw, ..PLAIN });
}

#[test]
fn a_counter_without_its_inbox_loses_a_message() {
    let flaw = Flaw::CounterWithoutInbox;
    breaks(&["W1"], Config { flaw, ..PLAIN });
}

#[test]
fn a_direct_terminate_does_not_stop_the_owner() {
    let flaw = Flaw::DirectTerminate;
    breaks(&["F1", "S3"], Config { flaw, ..PLAIN });
}

#[test]
fn a_lost_answer_that_is_ignored_leaves_a_run_behind() {
    let config = Config {
        flaw: Flaw::LostAnswerIgnored,
        answers_get_lost: true,
        ..PLAIN
    };
    breaks(&["stuck"], config);
}
