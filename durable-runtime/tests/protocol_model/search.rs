//! The search: every state that can be reached, and the invariants in each.

use crate::Flaw;
use crate::database::{Database, LIVES_MAX, Phase, Request, Rule, Worker};
use crate::process::Process;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

/// What happens, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) flaw: Flaw,
    pub(crate) signals: u8,
    pub(crate) steps: u8,
    /// Leases that end while their worker may be alive.
    pub(crate) expiries: u8,
    /// Lives of worker processes, the first two included.
    pub(crate) incarnations: usize,
    pub(crate) answers_get_lost: bool,
    /// One backup is taken, and restored once.
    pub(crate) restores: bool,
}

/// What a search found.
pub(crate) enum Found {
    Nothing { states: usize },
    Violation { rule: Rule, path: Vec<String> },
}

/// Where a backup is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Backup {
    NotTaken,
    Taken(Database),
    Restored,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    database: Database,
    processes: [Option<Process>; 2],
    backup: Backup,
    lives: usize,
    signals: u8,
    expiries: u8,
}

/// A successor: what happened, and what it led to.
type Next = (String, Result<State, Rule>);

impl State {
    fn first(config: Config) -> Self {
        let mut state = Self {
            database: Database::default(),
            processes: [None, None],
            backup: Backup::NotTaken,
            lives: 0,
            signals: 0,
            expiries: 0,
        };
        for process in 0..2 {
            state.begin_life(config, process);
        }
        state
    }

    /// A process registers as a new incarnation, while there are any left.
    fn begin_life(&mut self, config: Config, process: usize) {
        assert!(config.incarnations <= LIVES_MAX);
        self.processes[process] = (self.lives < config.incarnations).then(|| {
            let worker = Worker {
                alive: true,
                beat: 0,
            };
            self.database.workers[self.lives] = Some(worker);
            self.lives += 1;
            Process::new(self.lives - 1)
        });
    }

    /// Everything that can happen next.
    fn successors(&self, config: Config) -> Vec<Next> {
        let mut next = self.of_clients(config);
        next.extend(self.of_backups(config));
        for process in 0..2 {
            next.extend(self.of_process(config, process));
        }
        next
    }

    fn with(&self, what: &str, change: impl FnOnce(&mut Self)) -> Next {
        let mut state = self.clone();
        change(&mut state);
        (what.to_owned(), Ok(state))
    }

    fn of_clients(&self, config: Config) -> Vec<Next> {
        let mut next = vec![
            self.with("client: start", |s| s.database.start()),
            self.with("client: terminate", |s| s.database.terminate(config.flaw)),
        ];
        if self.signals < config.signals {
            next.push(self.with("client: signal", |s| {
                s.signals += u8::from(s.database.signal());
            }));
        }
        // Any lease may end, whether its worker works, is stalled or is gone.
        for worker in 0..self.lives {
            if self.expiries < config.expiries && self.is_alive(worker) {
                next.push(
                    self.with(&format!("worker {worker} is declared dead"), |s| {
                        s.expiries += 1;
                        s.database.workers[worker]
                            .iter_mut()
                            .for_each(|w| w.alive = false);
                    }),
                );
            }
        }
        next
    }

    fn of_backups(&self, config: Config) -> Option<Next> {
        match &self.backup {
            Backup::NotTaken if config.restores => Some(self.with("a backup is taken", |s| {
                s.backup = Backup::Taken(s.database.clone());
            })),
            Backup::Taken(old) => Some(self.with("the backup is restored", |s| {
                s.database = old.clone();
                s.backup = Backup::Restored;
            })),
            Backup::NotTaken | Backup::Restored => None,
        }
    }

    fn of_process(&self, config: Config, number: usize) -> Vec<Next> {
        let Some(process) = &self.processes[number] else {
            return vec![self.with(&format!("{number} starts"), |s| {
                s.begin_life(config, number);
            })];
        };
        let mut next =
            vec![self.with(&format!("{number} crashes"), |s| s.processes[number] = None)];
        if process.memory.is_some() && process.unanswered.is_none() {
            next.push(self.with(&format!("{number} reads its mail"), |s| {
                if let Some(process) = &mut s.processes[number] {
                    process.read_mail(&s.database);
                }
            }));
        }
        for request in process.requests(config.steps) {
            next.extend(self.of_request(config, number, process, &request));
        }
        next
    }

    /// A request is answered, or it or its answer is lost on the way. (A crash before or after it
    /// is an event of its own.)
    fn of_request(
        &self,
        config: Config,
        number: usize,
        process: &Process,
        request: &Request,
    ) -> Vec<Next> {
        let what = format!("{number} (worker {}): {request:?}", process.me);
        let mut after = self.clone();
        let commit = after
            .database
            .commit(config.flaw, process.me, process.beat, request);
        let answer = match commit {
            Ok(answer) => answer,
            Err(rule) => return vec![(what, Err(rule))],
        };
        let mut next = Vec::new();
        if config.answers_get_lost && process.unanswered.is_none() {
            for (mut state, how) in [
                (self.clone(), "never arrives"),
                (after.clone(), "answer lost"),
            ] {
                let unanswered = Some(request.clone());
                state.processes[number] = Some(Process {
                    unanswered,
                    ..process.clone()
                });
                next.push((format!("{what}: {how}"), Ok(state)));
            }
        }
        let mut process = process.clone();
        if process.hear(config.flaw, request, &answer, &after.database) {
            after.processes[number] = Some(process);
        } else {
            // Its old life ends in good order, as far as the database knows it.
            after.database.workers[process.me]
                .iter_mut()
                .for_each(|w| w.alive = false);
            after.begin_life(config, number);
        }
        next.push((format!("{what} -> {answer:?}"), Ok(after)));
        next
    }

    fn is_alive(&self, worker: usize) -> bool {
        self.database.workers[worker]
            .as_ref()
            .is_some_and(|w| w.alive)
    }

    /// The invariants that a single state can break.
    fn check(&self) -> Result<(), Rule> {
        let Some(run) = &self.database.run else {
            return Ok(());
        };
        if run.phase != Phase::Running {
            return match run.ready {
                Some(_) => Err("S3: a finished run waits"),
                None => Ok(()),
            };
        }
        match (run.owner, run.ready) {
            (None, None) => Err("stuck: the run belongs to nobody and waits nowhere"),
            (Some(_), Some(_)) => Err("F1: the run has an owner and can be claimed"),
            (None, Some(false)) if !run.unread().is_empty() => {
                Err("W1: a message waits for a run that waits for a message")
            }
            (None, Some(_)) => Ok(()),
            (Some(owner), None) => self.check_owner(owner),
        }
    }

    /// A dead or crashed owner is found by its lease; a healthy one must know the run.
    fn check_owner(&self, owner: usize) -> Result<(), Rule> {
        let process = self.processes.iter().flatten().find(|p| p.me == owner);
        let Some(process) = process.filter(|_| self.is_alive(owner)) else {
            return Ok(());
        };
        // With another beat its next call is refused, and it begins a new life.
        let row = self.database.workers[owner].as_ref();
        let healthy = row.is_some_and(|worker| worker.beat == process.beat);
        if healthy && process.memory.is_none() && process.unanswered.is_none() {
            return Err("stuck: the run belongs to a healthy worker that does not know it");
        }
        Ok(())
    }

    /// Makes states equal that differ only in how often workers wrote: of beats only equality and
    /// succession matter.
    fn normalise(&mut self) {
        for worker in 0..self.lives {
            let Self {
                database,
                processes,
                backup,
                ..
            } = self;
            let backed_up = match backup {
                Backup::Taken(old) => old.workers[worker].as_mut(),
                Backup::NotTaken | Backup::Restored => None,
            };
            let rows = database.workers[worker].iter_mut().chain(backed_up);
            let known = processes.iter_mut().flatten().filter(|p| p.me == worker);
            let mut beats: Vec<&mut u8> = rows.map(|row| &mut row.beat).collect();
            beats.extend(known.map(|process| &mut process.beat));
            beats.sort();
            let (mut old, mut new) = (beats.first().map_or(0, |beat| **beat), 0);
            for beat in beats {
                new += (*beat - old).min(2);
                old = std::mem::replace(beat, new);
            }
        }
    }
}

/// Visits every state, nearest first.
pub(crate) fn search(config: Config) -> Found {
    let first = Rc::new(State::first(config));
    // How each state was reached first.
    let mut reached: HashMap<Rc<State>, Option<(Rc<State>, String)>> = HashMap::new();
    reached.insert(Rc::clone(&first), None);
    let mut open = VecDeque::from([first]);
    while let Some(state) = open.pop_front() {
        for (what, next) in state.successors(config) {
            let mut next = match next.and_then(|next| next.check().map(|()| next)) {
                Ok(next) => next,
                Err(rule) => {
                    let path = path(&reached, &state, what);
                    return Found::Violation { rule, path };
                }
            };
            next.normalise();
            if !reached.contains_key(&next) {
                let next = Rc::new(next);
                reached.insert(Rc::clone(&next), Some((Rc::clone(&state), what)));
                open.push_back(next);
            }
        }
    }
    Found::Nothing {
        states: reached.len(),
    }
}

/// The steps that led to `last`, and the one after it.
fn path(
    reached: &HashMap<Rc<State>, Option<(Rc<State>, String)>>,
    last: &Rc<State>,
    what: String,
) -> Vec<String> {
    let mut path = vec![what];
    let mut state = last;
    while let Some(Some((before, what))) = reached.get(state) {
        path.push(what.clone());
        state = before;
    }
    path.reverse();
    path
}
