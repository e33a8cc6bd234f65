//! A line that says what is being measured: rewritten on a terminal, one a run elsewhere.

use std::io::{IsTerminal, Write, stderr};

/// Says what a scenario is doing.
#[derive(Debug)]
pub(super) struct Progress {
    scenario: &'static str,
    rewrites: bool,
}

impl Progress {
    pub(super) fn new(scenario: &'static str) -> Self {
        Self {
            scenario,
            rewrites: stderr().is_terminal(),
        }
    }

    /// A run begins.
    pub(super) fn run(&self, run: usize, runs: usize) {
        if self.rewrites {
            self.rewrite(run, runs, "");
        } else {
            eprintln!("{}: run {run} of {runs}", self.scenario);
        }
    }

    /// A part of a run begins.
    pub(super) fn part(&self, run: usize, runs: usize, part: &str) {
        if self.rewrites {
            self.rewrite(run, runs, part);
        }
    }

    fn rewrite(&self, run: usize, runs: usize, part: &str) {
        eprint!("\r\x1b[K{}: run {run} of {runs}  {part}", self.scenario);
        // A line that cannot be shown is no reason to stop.
        let _ = stderr().flush();
    }
}

/// The line goes away with what it tells of.
impl Drop for Progress {
    fn drop(&mut self) {
        if self.rewrites {
            eprint!("\r\x1b[K");
        }
    }
}
