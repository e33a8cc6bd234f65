//! A process: what it remembers, what it may ask for, and what it makes of an answer.

use crate::Flaw;
use crate::database::{Answer, Database, Incarnation, Request};

/// What an owner remembers of the run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Memory {
    pub(crate) seq: u8,
    pub(crate) wakes: u8,
    /// Messages that it has read and not consumed.
    pub(crate) unread: Vec<u8>,
    /// Whether it has read the inbox after it learnt `wakes`.
    pub(crate) has_read: bool,
}

/// A worker process that runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) me: Incarnation,
    pub(crate) beat: u8,
    pub(crate) memory: Option<Memory>,
    /// A request whose answer was lost: repeated before anything else.
    pub(crate) unanswered: Option<Request>,
}

impl Process {
    pub(crate) fn new(me: Incarnation) -> Self {
        Self {
            me,
            beat: 0,
            memory: None,
            unanswered: None,
        }
    }

    /// What it might ask for next.
    pub(crate) fn requests(&self, steps_max: u8) -> Vec<Request> {
        if let Some(request) = &self.unanswered {
            return vec![request.clone()];
        }
        let Some(memory) = &self.memory else {
            return vec![Request::Start, Request::Claim, Request::TakeOver];
        };
        let mut requests = Vec::new();
        if memory.seq < steps_max {
            let consumed = memory.unread.iter().map(|ord| Some(*ord));
            let append = |consumed| Request::Append {
                seq: memory.seq + 1,
                consumed,
            };
            requests.extend(consumed.chain([None]).map(append));
        }
        if memory.has_read && memory.unread.is_empty() {
            let wakes = memory.wakes;
            requests.extend([true, false].map(|due| Request::Park { wakes, due }));
        }
        requests.push(Request::End);
        requests
    }

    /// Reads the inbox: counter and messages of one moment, if the run is still its own. If it is
    /// not, nothing has been read: a restored backup may make it the owner again.
    pub(crate) fn read_mail(&mut self, database: &Database) {
        let run = database.run.as_ref();
        let own = run.filter(|run| run.owner == Some(self.me));
        if let (Some(memory), Some(run)) = (&mut self.memory, own) {
            memory.wakes = run.wakes;
            memory.unread = run.unread();
            memory.has_read = true;
        }
    }

    /// Takes an answer in. `false`: it must drop everything and begin a new life.
    pub(crate) fn hear(
        &mut self,
        flaw: Flaw,
        request: &Request,
        answer: &Answer,
        database: &Database,
    ) -> bool {
        self.unanswered = None;
        if *answer == Answer::Fenced {
            return false;
        }
        self.beat += 1;
        match (request, answer) {
            (_, Answer::Yours) => self.memory = database.run.as_ref().map(remember),
            (Request::Append { seq, consumed }, Answer::Done | Answer::AlreadyApplied) => {
                if let Some(memory) = &mut self.memory {
                    memory.seq = *seq;
                    memory.unread.retain(|ord| Some(*ord) != *consumed);
                }
            }
            (Request::End | Request::Park { .. }, Answer::Done)
            | (Request::End, Answer::AlreadyApplied) => self.memory = None,
            // Parked or woken? The run's row says whose it is.
            (Request::Park { .. }, Answer::AlreadyApplied) => {
                let run = database.run.as_ref();
                let own = run.filter(|run| run.owner == Some(self.me));
                self.memory = own.map(remember);
            }
            (_, Answer::Woken(wakes)) => {
                if let Some(memory) = &mut self.memory {
                    memory.wakes = *wakes;
                    memory.has_read = flaw == Flaw::CounterWithoutInbox;
                }
            }
            // It may own a run of which it knows nothing: only a new life is safe.
            (_, Answer::AlreadyApplied) => return flaw == Flaw::LostAnswerIgnored,
            // A refusal under a fence that holds: what it remembers is wrong.
            (_, Answer::Refused) => return false,
            (_, Answer::Nothing | Answer::Done | Answer::Fenced) => {}
        }
        true
    }
}

/// Counter, inbox and latest step, read in the transaction that made it the owner.
fn remember(run: &crate::database::Run) -> Memory {
    Memory {
        seq: run.last_seq(),
        wakes: run.wakes,
        unread: run.unread(),
        has_read: true,
    }
}
