//! What a binary knows about its workflows without running their code.

use super::cx::{Cx, Entry, Said};
use super::live::{self, Inlines};
use crate::frame::{Checkpoint, Frame};
use crate::hash::Fnv;
use crate::registry::WorkflowDef;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};

/// One saved local of a workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalDescription {
    /// Its stable name.
    pub name: &'static str,
    /// Its type, for people.
    pub type_name: &'static str,
    /// Names of structs, fields and variants that its decoder asks for.
    pub shape: String,
}

/// The saved locals of a workflow and the fingerprint of each suspend point.
#[derive(Clone, Debug)]
pub struct Description {
    /// By index, as in the workflow's table.
    pub locals: Vec<LocalDescription>,
    /// One for each suspend point: digest of its label, its locals' names and shapes.
    pub fingerprints: Vec<u64>,
}

/// A frame does not fit this binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The local to blame, if one is.
    pub local: Option<String>,
    /// What is wrong.
    pub error: String,
}

impl Problem {
    /// The same, seen from the function that awaits the one whose frame this is about.
    fn inside(self, child: &Frame) -> Self {
        let (name, label) = (&child.workflow, &child.label);
        let error = match (&self.local, self.error) {
            (_, error) if error.starts_with("await ") => error,
            (Some(local), error) => format!("await {name}/{label}, local {local}: {error}"),
            (None, error) => format!("await {name}/{label}: {error}"),
        };
        Self { local: None, error }
    }
}

/// Describes a workflow; computed once in the life of the process.
pub fn describe(def: &'static WorkflowDef) -> Arc<Description> {
    static KNOWN: Mutex<BTreeMap<usize, Arc<Description>>> = Mutex::new(BTreeMap::new());
    let key = std::ptr::from_ref(def).addr();
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    known
        .entry(key)
        .or_insert_with(|| Arc::new(ask(def)))
        .clone()
}

/// The fingerprint of a workflow's suspend point called `label` in this binary.
#[must_use]
pub fn fingerprint(def: &'static WorkflowDef, label: &str) -> Option<u64> {
    let point = def.points.iter().position(|p| p.label == label)?;
    Some(describe(def).fingerprints[point])
}

/// Decodes a frame, and those of its branches, with this binary's types and says what does not
/// fit. Runs no user code.
#[must_use]
pub fn check(def: &'static WorkflowDef, frame: &Frame) -> Vec<Problem> {
    let (mut problems, inlines) = check_one(def, frame);
    for (branch, wait) in frame.waits.iter().enumerate() {
        let mut children = Vec::new();
        wait.frames(&mut children);
        let inlines = inlines.get(branch).copied().unwrap_or(live::no_inline);
        for child in children {
            // A branch belongs to its parent's function; other frames are functions awaited inline.
            let inside = match live::definition(&child.workflow, inlines) {
                Ok(def) => check(def, child),
                Err(_) if child.workflow == def.name => check(def, child),
                Err(error) => vec![Problem { local: None, error }],
            };
            problems.extend(inside.into_iter().map(|problem| problem.inside(child)));
        }
    }
    problems
}

/// [`check`] for what a workflow has spawned.
#[must_use]
pub fn check_spawned(checkpoint: &Checkpoint) -> Vec<Problem> {
    let mut frames = Vec::new();
    for (_, wait) in &checkpoint.spawned {
        wait.frames(&mut frames);
    }
    let check = |frame: &Frame| match live::definition(&frame.workflow, || None) {
        Ok(def) => check(def, frame),
        Err(error) => vec![Problem { local: None, error }],
    };
    let inside = |frame| check(frame).into_iter().map(move |p| p.inside(frame));
    frames.into_iter().flat_map(inside).collect()
}

fn check_one(def: &'static WorkflowDef, frame: &Frame) -> (Vec<Problem>, Vec<Inlines>) {
    let stands = |point: &usize| def.points[*point].label == frame.label && def.holds(*point);
    let Some(point) = (0..def.points.len()).find(stands) else {
        let error = format!("no await is labelled `{}` any more", frame.label);
        return (vec![Problem { local: None, error }], Vec::new());
    };
    let cx = Cx::new(def);
    let problems = said(&cx, Entry::Check(point, frame.without_waits()))
        .into_iter()
        .filter_map(|said| match said {
            Said::Problem { local, error } => Some(Problem {
                local: Some(def.locals[usize::from(local)].name.to_owned()),
                error: error.to_string(),
            }),
            Said::Type { .. } => None,
        })
        .collect();
    (problems, cx.take_inlines())
}

fn said(cx: &Cx, entry: Entry) -> Vec<Said> {
    let mut future = (cx.def().run)(cx.clone(), entry);
    let poll = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    debug_assert!(poll.is_pending(), "these entries end without a result");
    cx.take_said()
}

fn ask(def: &'static WorkflowDef) -> Description {
    let mut locals: Vec<_> = def
        .locals
        .iter()
        .map(|l| LocalDescription {
            name: l.name,
            type_name: "",
            shape: String::new(),
        })
        .collect();
    for said in said(&Cx::new(def), Entry::Describe) {
        if let Said::Type {
            local,
            type_name,
            shape,
        } = said
        {
            let local = &mut locals[usize::from(local)];
            local.type_name = type_name;
            local.shape = shape;
        }
    }
    let fingerprints = (0..def.points.len())
        .map(|point| {
            let mut hash = Fnv::new();
            hash.text(def.name);
            add_point(&mut hash, def, &locals, point);
            hash.finish()
        })
        .collect();
    Description {
        locals,
        fingerprints,
    }
}

/// Adds a suspend point, with those of the branches that it joins.
fn add_point(hash: &mut Fnv, def: &WorkflowDef, locals: &[LocalDescription], number: usize) {
    let point = &def.points[number];
    hash.text(point.label);
    for &local in point.locals {
        let local = &locals[usize::from(local)];
        hash.text(local.name);
        hash.text(&local.shape);
    }
    for (inside, point) in def.points.iter().enumerate() {
        if let Some((fork, branch)) = point.parent
            && usize::from(fork) == number
        {
            hash.text(&branch.to_string());
            add_point(hash, def, locals, inside);
        }
    }
}
