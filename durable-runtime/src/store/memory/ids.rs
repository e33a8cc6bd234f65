//! Who may have an id.

use super::run::{Frames, Run};
use super::state::State;
use crate::id::{Incarnation, RunId, Timestamp};
use crate::store::{IdPolicy, NewRun, Phase, Written};

/// What a start finds.
pub(super) enum Admission {
    /// Nobody has its id or its number.
    Free,
    /// It takes its id from this run.
    Taken(RunId),
    /// It is refused with this answer.
    Refused(Written),
}

impl State {
    /// Looks at a start, and changes nothing.
    pub(super) fn admit(&self, new: &NewRun) -> Admission {
        let current = self.current(&new.id).map(Run::record);
        if let Some(current) = &current
            && !new.takes_id_from(current)
        {
            return Admission::Refused(Written::Exists(Box::new(current.clone())));
        }
        if self.runs.contains_key(&new.run) {
            return Admission::Refused(Written::RunTaken);
        }
        current.map_or(Admission::Free, |current| Admission::Taken(current.run))
    }

    /// Takes the id from its current run, which ends if it still runs.
    pub(super) fn free(&mut self, number: RunId, at: Timestamp) {
        let Some(run) = self.runs.get_mut(&number) else {
            return;
        };
        run.row.current = false;
        self.ids.remove(&run.row.new.id);
        if run.row.phase != Phase::Running {
            return;
        }
        let (seq, row) = (run.last_seq(), &mut run.row);
        row.error = Some(IdPolicy::REPLACED.into());
        let owner = row.place.owner();
        if owner.is_some() {
            row.seq = seq;
        }
        row.evicted = owner;
        row.frames = Frames::Latest;
        self.finish(number, Phase::Terminated, at);
        if owner.is_some() {
            self.put_message(number, IdPolicy::eviction(at));
        }
    }

    /// Notes that a worker knows by now that one of its runs was ended by somebody else.
    pub(super) fn let_go(&mut self, number: RunId, worker: Incarnation) {
        let run = self.runs.get_mut(&number);
        if let Some(run) = run.filter(|run| run.row.evicted == Some(worker)) {
            run.row.evicted = None;
            run.drop_unread();
        }
    }

    /// The runs that `worker` owns, or did until another start took their id.
    pub(super) fn told(&self, worker: Incarnation) -> impl Iterator<Item = RunId> + '_ {
        let evicted = move |(number, run): (&RunId, &Run)| {
            (run.row.evicted == Some(worker)).then_some(*number)
        };
        self.owned_by(worker)
            .chain(self.runs.iter().filter_map(evicted))
    }
}
