//! In which order the writes of a batch are applied: those that are alike together.
//!
//! ```text
//!   writes    start a · step a · step b · end b · start c · step c · park c
//!   stages    start a, c  ─▶  step a, b, c  ─▶  end b  ─▶  park c
//! ```
//!
//! A stage is a few statements for all its writes. A write moves forward to the first stage of its kind
//! that comes after all earlier writes that it has to do with: those of the same run or the same id, and
//! of runs to which it belongs as parent or child. So what the batch does and answers is what its writes
//! do one after the other, and a batch of many runs has few stages.

use super::error::Outcome;
use super::rows;
use super::session::{Columns, Session};
use crate::id::RunId;
use crate::store::Write;
use std::collections::{BTreeMap, BTreeSet};

/// Writes of one kind, by their places in the batch, in that order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stage {
    pub(super) kind: Kind,
    pub(super) writes: Vec<usize>,
}

/// What kind of write it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Start,
    Step,
    Attempt,
    Note,
    Task,
    Park,
    End,
}

/// The id and the parent of runs that a batch is about and does not start itself.
#[derive(Debug, Default)]
pub(super) struct Known(BTreeMap<RunId, (String, Option<RunId>)>);

/// What two writes may have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Touched<'a> {
    /// It is a write of this run.
    Run(RunId),
    /// What it sends, or what it answers, depends on this run: its own, or the parent of that.
    Family(RunId),
    /// It takes or frees this id.
    Id(&'a str),
}

impl Kind {
    pub(super) fn of(write: &Write) -> Self {
        match write {
            Write::Start(_) => Self::Start,
            Write::Step(_) => Self::Step,
            Write::Attempt(_) => Self::Attempt,
            Write::Note(_) => Self::Note,
            Write::Task(_) => Self::Task,
            Write::Park(_) => Self::Park,
            Write::End(_) => Self::End,
        }
    }

    /// Whether several that have this in common may be in one stage: they are of different things, or
    /// are applied there one after the other.
    fn may_share(self, touched: Touched<'_>) -> bool {
        match touched {
            Touched::Run(_) => !matches!(self, Self::Park | Self::End),
            // The later one may take it from the earlier, which has begun by then in every way.
            Touched::Id(_) => self != Self::Start,
            Touched::Family(_) => true,
        }
    }

    /// Whether it has to do with the parent and the children of its run: it ends one, sends to one, or
    /// answers whether something was sent.
    fn is_of_family(self) -> bool {
        matches!(self, Self::Start | Self::Task | Self::Park | Self::End)
    }
}

impl Known {
    fn family(&self, run: RunId) -> Option<(&str, Option<RunId>)> {
        let (id, parent) = self.0.get(&run)?;
        Some((id, *parent))
    }

    /// Looks up what [`stages`] has to know: nothing, unless runs are started or let go of.
    pub(super) async fn of(conn: &Session, writes: &[Write]) -> Outcome<Self> {
        if !writes.iter().any(|write| matches!(write, Write::End(_))) {
            return Ok(Self::default());
        }
        let runs: BTreeSet<_> = writes.iter().map(|write| write.run().0).collect();
        let runs: Vec<_> = runs.into_iter().collect();
        let sql = "SELECT run, id, parent FROM @workflow WHERE run=ANY($1)";
        let found = conn
            .all(sql, &[&runs], |row| {
                let mut row = Columns::of(row);
                let (run, id) = (RunId(row.next()?), rows::id(&mut row)?);
                let parent = row.next::<Option<i64>>()?.map(RunId);
                Ok((run, (String::from(id), parent)))
            })
            .await?;
        Ok(Self(found.into_iter().collect()))
    }
}

/// The stages of a batch.
pub(super) fn stages(writes: &[Write], known: &Known) -> Vec<Stage> {
    let mut of_batch = BTreeMap::new();
    for write in writes {
        if let Write::Start(new) = write {
            let parent = new.parent.map(|parent| parent.run);
            of_batch.insert(new.run, (new.id.as_str(), parent));
        }
    }
    let mut stages = Vec::<Stage>::new();
    let mut last = BTreeMap::<Touched<'_>, usize>::new();
    for (at, write) in writes.iter().enumerate() {
        let kind = Kind::of(write);
        let family = of_batch.get(&write.run()).copied();
        let touched = touched(write, family.or_else(|| known.family(write.run())));
        let after = touched.iter().filter_map(|touched| {
            let stage = *last.get(touched)?;
            let together = stages[stage].kind == kind && kind.may_share(*touched);
            Some(if together { stage } else { stage + 1 })
        });
        let first = after.max().unwrap_or(0);
        let later = stages.iter().skip(first);
        let stage = match later.into_iter().position(|stage| stage.kind == kind) {
            Some(offset) => first + offset,
            None => {
                let writes = Vec::new();
                stages.push(Stage { kind, writes });
                stages.len() - 1
            }
        };
        stages[stage].writes.push(at);
        last.extend(touched.into_iter().map(|touched| (touched, stage)));
    }
    stages
}

/// `family`: the id of its run, and its parent, as far as there are any to know of.
fn touched<'a>(write: &Write, family: Option<(&'a str, Option<RunId>)>) -> Vec<Touched<'a>> {
    let run = write.run();
    let mut touched = vec![Touched::Run(run)];
    if Kind::of(write).is_of_family() {
        touched.push(Touched::Family(run));
        if let Some((id, parent)) = family {
            touched.push(Touched::Id(id));
            touched.extend(parent.map(Touched::Family));
        }
    }
    touched
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Incarnation;
    use crate::store::conformance::kit::{end, owned, park, step};
    use crate::store::{NewRun, Parent, ParentClose};

    fn start(run: i64) -> Write {
        Write::Start(owned(run, Incarnation(1)))
    }

    fn child(run: i64, parent: i64) -> Write {
        let parent = Some(Parent {
            run: RunId(parent),
            op: 1,
            close: ParentClose::Cancel,
            reports: true,
        });
        Write::Start(NewRun {
            parent,
            ..owned(run, Incarnation(1))
        })
    }

    fn known(runs: &[(i64, &str, Option<i64>)]) -> Known {
        let known = |(run, id, parent): &(i64, &str, Option<i64>)| {
            (RunId(*run), ((*id).to_owned(), parent.map(RunId)))
        };
        Known(runs.iter().map(known).collect())
    }

    fn plan(writes: &[Write], known: &Known) -> Vec<(Kind, Vec<usize>)> {
        let stages = stages(writes, known).into_iter();
        stages.map(|stage| (stage.kind, stage.writes)).collect()
    }

    #[test]
    fn what_is_alike_is_applied_together() {
        let mut writes = Vec::new();
        for run in 0..50 {
            writes.extend([
                start(run),
                Write::Step(step(run, 1)),
                Write::Step(step(run, 2)),
            ]);
            writes.push(match run % 2 {
                0 => Write::Park(park(run, 0, 2)),
                _ => Write::End(end(run, 2)),
            });
        }
        let kinds: Vec<_> = plan(&writes, &Known::default())
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(kinds, [Kind::Start, Kind::Step, Kind::Park, Kind::End]);
    }

    #[test]
    fn a_start_that_needs_an_id_comes_behind_the_end_that_frees_it() {
        let again = |run: i64| {
            let id = crate::store::conformance::kit::id(1);
            Write::Start(NewRun {
                id,
                ..owned(run, Incarnation(1))
            })
        };
        let writes = [
            Write::End(end(1, 0)),
            again(2),
            start(3),
            Write::Step(step(2, 1)),
        ];
        let known = known(&[(1, "order-1", None)]);
        let expected = [
            (Kind::End, vec![0]),
            (Kind::Start, vec![1, 2]),
            (Kind::Step, vec![3]),
        ];
        assert_eq!(plan(&writes, &known), expected);
        // The other way round the start finds it taken.
        let writes = [again(2), Write::End(end(1, 0))];
        assert_eq!(
            plan(&writes, &known),
            [(Kind::Start, vec![0]), (Kind::End, vec![1])]
        );
    }

    #[test]
    fn one_id_is_taken_once_in_a_stage() {
        let again = |run: i64| {
            let id = crate::store::conformance::kit::id(1);
            Write::Start(NewRun {
                id,
                ..owned(run, Incarnation(1))
            })
        };
        let writes = [start(1), again(2), start(3)];
        let expected = [(Kind::Start, vec![0, 2]), (Kind::Start, vec![1])];
        assert_eq!(plan(&writes, &Known::default()), expected);
    }

    #[test]
    fn a_parent_is_parked_on_the_same_side_of_the_ends_of_its_children() {
        let known = known(&[
            (1, "order-1", None),
            (2, "order-2", Some(1)),
            (3, "order-3", Some(1)),
        ]);
        let (park, one, two) = (
            Write::Park(park(1, 0, 0)),
            Write::End(end(2, 0)),
            Write::End(end(3, 0)),
        );
        let before = [park.clone(), one.clone(), two.clone()];
        let expected = [(Kind::Park, vec![0]), (Kind::End, vec![1, 2])];
        assert_eq!(plan(&before, &known), expected);
        let after = [one.clone(), two.clone(), park.clone()];
        let expected = [(Kind::End, vec![0, 1]), (Kind::Park, vec![2])];
        assert_eq!(plan(&after, &known), expected);
        let between = [one, park, two];
        assert_eq!(plan(&between, &known).len(), 3);
    }

    #[test]
    fn a_child_starts_on_the_same_side_of_the_end_of_its_parent() {
        let known = known(&[(1, "order-1", None)]);
        for writes in [
            [child(2, 1), Write::End(end(1, 0)), child(3, 1)],
            [Write::End(end(1, 0)), child(2, 1), Write::End(end(1, 0))],
        ] {
            assert_eq!(plan(&writes, &known).len(), 3);
        }
    }

    #[test]
    fn one_run_is_let_go_of_once_in_a_stage() {
        let writes = [
            Write::Park(park(1, 0, 0)),
            Write::Park(park(1, 1, 0)),
            Write::Park(park(2, 0, 0)),
        ];
        let expected = [(Kind::Park, vec![0, 2]), (Kind::Park, vec![1])];
        assert_eq!(plan(&writes, &Known::default()), expected);
    }
}
