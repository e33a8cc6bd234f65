//! The database: rows of one workflow id, and the transactions on them.

use crate::Flaw;

/// A worker's number; never used again.
pub(crate) type Incarnation = usize;

/// More lives than the bounds of any search allow.
pub(crate) const LIVES_MAX: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Worker {
    pub(crate) alive: bool,
    pub(crate) beat: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Phase {
    Running,
    Ended,
    Terminated,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) ord: u8,
    pub(crate) used: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Run {
    pub(crate) owner: Option<Incarnation>,
    pub(crate) phase: Phase,
    pub(crate) wakes: u8,
    /// The numbers of the recorded steps, in the order of recording.
    pub(crate) steps: Vec<u8>,
    /// The `ready` row, and whether it is due.
    pub(crate) ready: Option<bool>,
    pub(crate) inbox: Vec<Message>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    pub(crate) workers: [Option<Worker>; LIVES_MAX],
    pub(crate) run: Option<Run>,
}

/// What a process asks for in one fenced transaction.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Request {
    Start,
    Append { seq: u8, consumed: Option<u8> },
    Park { wakes: u8, due: bool },
    End,
    Claim,
    TakeOver,
}

/// What it hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// It owns the run now.
    Yours,
    /// Nothing to take, or the id exists.
    Nothing,
    Woken(u8),
    /// Its own condition failed.
    Refused,
    /// The fence: declared dead, or another history.
    Fenced,
    AlreadyApplied,
}

/// A broken invariant.
pub(crate) type Rule = &'static str;

impl Run {
    fn born(owner: Option<Incarnation>) -> Self {
        Self {
            owner,
            phase: Phase::Running,
            wakes: 0,
            steps: Vec::new(),
            ready: owner.is_none().then_some(true),
            inbox: Vec::new(),
        }
    }

    pub(crate) fn last_seq(&self) -> u8 {
        self.steps.last().copied().unwrap_or(0)
    }

    pub(crate) fn unread(&self) -> Vec<u8> {
        let unread = self.inbox.iter().filter(|message| !message.used);
        unread.map(|message| message.ord).collect()
    }
}

impl Database {
    /// The fence: the first statement of every transaction of a worker.
    fn pass(&mut self, flaw: Flaw, me: Incarnation, beat: u8) -> Result<(), Answer> {
        let Some(worker) = &mut self.workers[me] else {
            // Without any fence nothing looks for the row.
            return (flaw == Flaw::NoFence).then_some(()).ok_or(Answer::Fenced);
        };
        let state_fits = worker.alive || matches!(flaw, Flaw::NoFence | Flaw::NoState);
        let beat_fits = worker.beat == beat || matches!(flaw, Flaw::NoFence | Flaw::NoBeat);
        match (state_fits, beat_fits) {
            (true, true) => {
                worker.beat = beat + 1;
                Ok(())
            }
            (true, false) if worker.beat == beat + 1 => Err(Answer::AlreadyApplied),
            _ => Err(Answer::Fenced),
        }
    }

    /// One transaction of an owner. An error is an invariant that it would break.
    pub(crate) fn commit(
        &mut self,
        flaw: Flaw,
        me: Incarnation,
        beat: u8,
        request: &Request,
    ) -> Result<Answer, Rule> {
        if let Err(answer) = self.pass(flaw, me, beat) {
            return Ok(answer);
        }
        Ok(match request {
            Request::Start if self.run.is_some() => Answer::Nothing,
            Request::Start => {
                self.run = Some(Run::born(Some(me)));
                Answer::Yours
            }
            Request::Claim => self.claim(me),
            Request::TakeOver => self.take_over(me),
            Request::Append { seq, consumed } => self.append(me, *seq, *consumed)?,
            Request::Park { wakes, due } => self.park(flaw, me, *wakes, *due),
            Request::End => match self.owned(me) {
                Some(run) => {
                    (run.phase, run.owner) = (Phase::Ended, None);
                    run.inbox.retain(|message| message.used);
                    Answer::Done
                }
                None => Answer::Refused,
            },
        })
    }

    fn owned(&mut self, me: Incarnation) -> Option<&mut Run> {
        let run = self.run.as_mut()?;
        (run.owner == Some(me) && run.phase == Phase::Running).then_some(run)
    }

    fn claim(&mut self, me: Incarnation) -> Answer {
        match &mut self.run {
            Some(run) if run.ready == Some(true) => {
                (run.ready, run.owner) = (None, Some(me));
                Answer::Yours
            }
            _ => Answer::Nothing,
        }
    }

    fn take_over(&mut self, me: Incarnation) -> Answer {
        let is_dead = |owner: Incarnation| self.workers[owner].as_ref().is_none_or(|w| !w.alive);
        match &mut self.run {
            Some(run) if run.owner.is_some_and(is_dead) => {
                run.owner = Some(me);
                Answer::Yours
            }
            _ => Answer::Nothing,
        }
    }

    /// No condition but the unique key: the fence alone must make this right.
    fn append(&mut self, me: Incarnation, seq: u8, consumed: Option<u8>) -> Result<Answer, Rule> {
        let run = self
            .run
            .as_mut()
            .ok_or("F1: a step of a run that is gone")?;
        if run.phase != Phase::Running {
            return Err("S3: a step after the end");
        }
        if run.owner != Some(me) {
            return Err("F1: a step by somebody who is not the owner");
        }
        if run.steps.contains(&seq) {
            return Err("C1: a second result for a step");
        }
        if run.last_seq() + 1 != seq {
            return Err("C1: a gap before a step");
        }
        if let Some(ord) = consumed {
            match run.inbox.iter_mut().find(|message| message.ord == ord) {
                Some(message) if message.used => return Err("W2: a message is consumed twice"),
                Some(message) => message.used = true,
                // Lost with a restored backup: the transaction fails like one with a stale beat.
                None => return Ok(Answer::Fenced),
            }
        }
        run.steps.push(seq);
        Ok(Answer::Done)
    }

    fn park(&mut self, flaw: Flaw, me: Incarnation, wakes: u8, due: bool) -> Answer {
        match self.owned(me) {
            None => Answer::Refused,
            Some(run) if run.wakes != wakes && flaw != Flaw::NoWakeCounter => {
                Answer::Woken(run.wakes)
            }
            Some(run) => {
                (run.owner, run.ready) = (None, Some(due));
                Answer::Done
            }
        }
    }

    /// A client starts the run.
    pub(crate) fn start(&mut self) {
        if self.run.is_none() {
            self.run = Some(Run::born(None));
        }
    }

    /// A client sends a message. Whether it was accepted.
    pub(crate) fn signal(&mut self) -> bool {
        match &mut self.run {
            Some(run) if run.phase == Phase::Running => {
                run.wakes += 1;
                run.inbox.push(Message {
                    ord: run.wakes,
                    used: false,
                });
                run.ready = run.ready.map(|_| true);
                true
            }
            _ => false,
        }
    }

    /// A client terminates the run, if nobody owns it. (Otherwise it is a message like others.)
    pub(crate) fn terminate(&mut self, flaw: Flaw) {
        if let Some(run) = &mut self.run
            && run.phase == Phase::Running
            && (run.owner.is_none() || flaw == Flaw::DirectTerminate)
        {
            (run.phase, run.ready) = (Phase::Terminated, None);
            run.inbox.retain(|message| message.used);
        }
    }
}
