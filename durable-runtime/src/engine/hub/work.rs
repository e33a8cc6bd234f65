//! Finding runs: those that are due, those of dead workers, and blocked ones that this binary can resume.

use super::super::jobs::{self, Found};
use super::super::life::Stage;
use super::{Hub, TAKE_OVER_MAX, WorkerEvent};
use crate::clock::Busy;
use crate::store::ClaimedRun;

impl Hub<'_> {
    pub(super) fn look(&mut self) {
        let limit = self.free().min(self.life.options.claim_batch);
        // They may come back with less than they hold.
        self.look_later = limit == 0 && self.held > 0;
        if self.stage() > Stage::Run || limit == 0 || !self.looking.wanted() {
            return;
        }
        self.held += limit;
        let (life, points, busy) = (
            self.life.clone(),
            self.points.clone(),
            self.life.clock.busy(),
        );
        self.jobs.spawn(async move {
            let found = jobs::look(life, points, limit).await;
            WorkerEvent::Looked {
                found,
                held: limit,
                busy,
            }
        });
    }

    pub(super) fn looked(&mut self, found: Found, held: usize, busy: Busy) {
        self.held -= held;
        let mut again = self.looking.back() || self.look_later;
        match found {
            Found::Runs(runs) => {
                again = true;
                self.adopt(runs);
            }
            Found::NothingBefore(Some(at)) => self.wake_at(at),
            Found::NothingBefore(None) => {}
        }
        if again {
            self.look();
        }
        drop(busy);
    }

    pub(super) fn sweep(&mut self, busy: Busy) {
        let limit = self.free().min(TAKE_OVER_MAX);
        let next = self.life.clock.now().after(self.life.options.lease / 3);
        let tick = self.life.clock.tick(next);
        self.jobs.spawn(async { WorkerEvent::SweepDue(tick.await) });
        if self.stage() > Stage::Run || limit == 0 {
            return;
        }
        self.spawn_sweep(limit, busy);
    }

    pub(super) fn unblock(&mut self) {
        if self.stage() > Stage::Run {
            return;
        }
        let (life, busy) = (self.life.clone(), self.life.clock.busy());
        self.jobs.spawn(async move {
            let any = jobs::unblock(life.clone()).await;
            jobs::expire(life).await;
            WorkerEvent::Unblocked { any, busy }
        });
    }

    pub(super) fn spawn_sweep(&mut self, limit: usize, busy: Busy) {
        self.held += limit;
        let life = self.life.clone();
        self.jobs.spawn(async move {
            let runs = jobs::sweep(life, limit).await;
            WorkerEvent::Swept {
                runs,
                held: limit,
                busy,
            }
        });
    }

    pub(super) fn swept(&mut self, runs: Vec<ClaimedRun>, held: usize, busy: Busy) {
        self.held -= held;
        let full = runs.len() == held;
        self.adopt(runs);
        let limit = self.free().min(TAKE_OVER_MAX);
        if full && limit > 0 && self.stage() == Stage::Run {
            self.spawn_sweep(limit, busy);
            return;
        }
        if self.look_later {
            self.look();
        }
        drop(busy);
    }
}
