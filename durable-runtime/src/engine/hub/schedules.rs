//! The hub's part in schedules: when to look at them, and what follows.

use super::super::life::Stage;
use super::super::schedules::{self, Driven};
use super::{Hub, WorkerEvent};
use crate::clock::Busy;

impl Hub<'_> {
    /// Lets the schedules that are due go on.
    pub(super) fn drive(&mut self) {
        if self.stage() > Stage::Run || !self.driving.wanted() {
            return;
        }
        let (life, unreadable) = (self.life.clone(), self.unreadable.clone());
        let busy = self.life.clock.busy();
        self.jobs.spawn(async {
            let driven = schedules::drive(life, unreadable).await;
            WorkerEvent::Scheduled(driven, busy)
        });
    }

    pub(super) fn driven(&mut self, driven: &Driven, busy: Busy) {
        if driven.acted {
            self.fetch();
            self.look();
        }
        if let Some(at) = driven.next {
            self.wake_at(at);
        }
        if self.driving.back() {
            self.drive();
        }
        drop(busy);
    }
}
