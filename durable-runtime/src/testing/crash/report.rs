//! What `crash_everywhere` has done, as a value to assert on and to print.

use super::super::log::Log;
use super::cuts::What;
use std::collections::BTreeSet;
use std::fmt;

/// On which side of a write a worker is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// The write is lost.
    Before,
    /// The write is stored, and nobody has heard of it.
    After,
}

/// A crash that has come: a worker was killed there, and another one has gone on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrashPoint {
    /// On which side of the write.
    pub when: When,
    /// What the write recorded, for people.
    pub write: String,
    /// The awaits that the write recorded, as `workflow/label`.
    pub awaits: Vec<String>,
    /// Activities whose call came again, because its answer was not on record.
    pub repeated: Vec<String>,
}

/// What [`crash_everywhere`](super::crash_everywhere) has done. Shows as one line for each crash.
#[derive(Clone, Debug, PartialEq)]
pub struct CrashReport {
    points: Vec<CrashPoint>,
    undisturbed: Log,
}

/// Which run has another outcome than the undisturbed one.
pub(super) enum Failed<'a> {
    NotRepeatable,
    Forgotten,
    TwoWorkers,
    Crashed(&'a CrashPoint),
}

impl CrashPoint {
    pub(super) fn new(when: When, what: What) -> Self {
        Self {
            when,
            write: what.text,
            awaits: what.awaits,
            repeated: Vec::new(),
        }
    }
}

impl CrashReport {
    pub(super) fn new(points: Vec<CrashPoint>, undisturbed: Log) -> Self {
        Self {
            points,
            undisturbed,
        }
    }

    /// The crashes that have come, in order: first all before a write, then all after one.
    #[must_use]
    pub fn points(&self) -> &[CrashPoint] {
        &self.points
    }

    /// The awaits at which a worker was killed, as `workflow/label`, each once.
    #[must_use]
    pub fn awaits(&self) -> Vec<&str> {
        let all = self.points.iter().flat_map(|point| &point.awaits);
        let all: BTreeSet<_> = all.map(String::as_str).collect();
        all.into_iter().collect()
    }

    /// How many calls of activities came again, because their answers were not on record.
    #[must_use]
    pub fn repeats(&self) -> usize {
        self.points.iter().map(|point| point.repeated.len()).sum()
    }

    /// What the outside world saw in the undisturbed run.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.undisturbed
    }

    /// Every await of the undisturbed run must have had its crashes.
    pub(super) fn check(&self, writes: &[What]) {
        let awaits: BTreeSet<_> = writes.iter().flat_map(|what| &what.awaits).collect();
        assert!(
            !awaits.is_empty(),
            "crash_everywhere: no workflow of the scenario has come to an await"
        );
        for when in [When::Before, When::After] {
            if let Some(missed) = missed(writes, &self.points, when) {
                panic!("crash_everywhere: the await `{missed}` had no crash ({when})");
            }
        }
    }
}

/// An await of the undisturbed run that has had no such crash.
pub(super) fn missed<'w>(
    writes: &'w [What],
    points: &[CrashPoint],
    when: When,
) -> Option<&'w String> {
    let points = points.iter().filter(|point| point.when == when);
    let hit: BTreeSet<_> = points.flat_map(|point| &point.awaits).collect();
    let mut awaits = writes.iter().flat_map(|what| &what.awaits);
    awaits.find(|label| !hit.contains(label))
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { when, write, .. } = self;
        write!(f, "killed {when} the write of {write}")
    }
}

impl fmt::Display for CrashReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} crashes at {} awaits, {} calls repeated",
            self.points.len(),
            self.awaits().len(),
            self.repeats()
        )?;
        for point in &self.points {
            write!(f, "  {point}")?;
            if !point.repeated.is_empty() {
                write!(f, "; again: {}", point.repeated.join(", "))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Failed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("crash_everywhere: ")?;
        match self {
            Self::NotRepeatable => f.write_str(
                "the scenario is not repeatable: two runs without any crash differ. Something \
                 outlives a run (a `static`, a file) or is drawn anew (time, chance)",
            ),
            Self::Forgotten => f.write_str(
                "the outcome is another one when each workflow is made again from what is stored \
                 at every await",
            ),
            Self::TwoWorkers => {
                f.write_str("the outcome is another one with two workers on one store")
            }
            Self::Crashed(point) => write!(f, "the outcome is another one with a worker {point}"),
        }
    }
}
