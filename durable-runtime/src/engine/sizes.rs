//! Values that become large: said once for each place, while there is still room to the limit.

use super::options::WorkerOptions;
use crate::codec::limits::{FRAME_BYTES_MAX, PAYLOAD_BYTES_MAX};
use crate::frame::{Checkpoint, Frame};
use crate::store::Write;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// How many variables are named.
const NAMED: usize = 3;

/// Of which places it was said, in the life of a worker.
#[derive(Debug, Default)]
pub(super) struct Sizes(Mutex<BTreeSet<(String, String, &'static str)>>);

/// A value that is larger than is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Large {
    pub(super) what: &'static str,
    /// The await; empty at the end of a run and at its start.
    pub(super) label: String,
    pub(super) bytes: usize,
    pub(super) limit: usize,
    /// The largest variables of a checkpoint, each with its size.
    pub(super) largest: String,
}

impl Sizes {
    /// What a write of a workflow stores that is large, and was not said yet.
    pub(super) fn look(
        &self,
        workflow: &str,
        write: &Write,
        options: &WorkerOptions,
    ) -> Option<Large> {
        let payload = (options.payload_warn_bytes, PAYLOAD_BYTES_MAX);
        let (what, label, value, (warn, limit)) = match write {
            Write::Start(new) => ("an input", "", Some(&new.input), payload),
            Write::End(end) => ("a return value", "", end.output.as_ref(), payload),
            Write::Step(step) => {
                let label = step.label.as_str();
                let frame = step.frame.as_ref();
                if frame.is_some_and(|frame| frame.len() > options.frame_warn_bytes) {
                    let checkpoint = (options.frame_warn_bytes, FRAME_BYTES_MAX);
                    ("a checkpoint", label, frame, checkpoint)
                } else {
                    let answers = step.result.as_ref();
                    ("what was answered before", label, answers, payload)
                }
            }
            Write::Attempt(_) | Write::Note(_) | Write::Task(_) | Write::Park(_) => return None,
        };
        let value = value.filter(|value| value.len() > warn)?;
        let place = (workflow.to_owned(), label.to_owned(), what);
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(place).then(|| Large {
            what,
            label: label.to_owned(),
            bytes: value.len(),
            limit,
            largest: largest(value),
        })
    }
}

/// The largest variables of a checkpoint, for people.
fn largest(value: &[u8]) -> String {
    let Ok(checkpoint) = Checkpoint::decode(value) else {
        return String::new();
    };
    let mut all = Vec::new();
    let mut open: Vec<&Frame> = vec![&checkpoint.frame];
    while let Some(frame) = open.pop() {
        let locals = frame.locals.iter();
        all.extend(locals.map(|local| (local.value.len(), local.name.as_str())));
        open.extend(frame.children());
    }
    all.sort_unstable_by(|one, other| other.cmp(one));
    let named = all.into_iter().take(NAMED);
    let named = named.map(|(bytes, name)| format!("{name} ({bytes} bytes)"));
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec;
    use crate::frame::{SavedLocal, Wait};
    use crate::id::{RunId, Timestamp, WorkflowId};
    use crate::store::{NewRun, NewStep, TagChanges};

    fn options() -> WorkerOptions {
        WorkerOptions {
            payload_warn_bytes: 100,
            frame_warn_bytes: 200,
            ..WorkerOptions::default()
        }
    }

    fn start(bytes: usize) -> Write {
        let id = WorkflowId::new("w").unwrap();
        let (workflow, queue) = ("order".to_owned(), "main".to_owned());
        let input = vec![0; bytes];
        Write::Start(NewRun::new(
            RunId(1),
            id,
            workflow,
            queue,
            input,
            Timestamp(1),
        ))
    }

    fn step(label: &str, sizes: &[(&str, usize)], result: usize) -> Write {
        let local = |(name, size): &(&str, usize)| SavedLocal {
            name: (*name).to_owned(),
            value: vec![0; *size],
        };
        let checkpoint = Checkpoint {
            frame: Frame {
                workflow: "order".into(),
                label: label.into(),
                fingerprint: 1,
                locals: sizes.iter().map(local).collect(),
                waits: vec![Wait::Off],
            },
            next_op: 1,
            cancelled: false,
            spawned: Vec::new(),
            published: std::collections::BTreeMap::new(),
        };
        Write::Step(NewStep {
            run: RunId(1),
            seq: 1,
            label: label.into(),
            at: Timestamp(1),
            result: Some(vec![0; result]),
            frame: Some(checkpoint.encode().unwrap()),
            consumed: Vec::new(),
            replies: Vec::new(),
            settled: Vec::new(),
            tags: TagChanges::default(),
        })
    }

    #[test]
    fn a_large_value_is_said_once_for_each_place() {
        let (sizes, options) = (Sizes::default(), options());
        let look = |write: &Write| sizes.look("order", write, &options);
        assert_eq!(look(&start(100)), None);
        let large = look(&start(101)).unwrap();
        assert_eq!(
            (large.what, large.bytes, large.limit),
            ("an input", 101, 2 << 20)
        );
        assert_eq!(look(&start(1000)), None);
        assert!(sizes.look("other", &start(1000), &options).is_some());
        assert_eq!(look(&step("charge", &[], 50)), None);
        let answered = look(&step("charge", &[], 101)).unwrap();
        assert_eq!(
            (answered.what, answered.label.as_str()),
            ("what was answered before", "charge")
        );
    }

    #[test]
    fn of_a_large_checkpoint_the_largest_variables_are_named() {
        let (sizes, options) = (Sizes::default(), options());
        let look = |write: &Write| sizes.look("order", write, &options);
        let locals = [("a", 10), ("log", 500), ("b", 20), ("order", 90)];
        let large = look(&step("charge", &locals, 0)).unwrap();
        assert_eq!(
            (large.what, large.label.as_str(), large.limit),
            ("a checkpoint", "charge", 4 << 20)
        );
        assert_eq!(
            large.largest,
            "log (500 bytes), order (90 bytes), b (20 bytes)"
        );
        assert_eq!(look(&step("charge", &locals, 0)), None);
        assert!(look(&step("ship", &locals, 0)).is_some());
    }

    #[test]
    fn the_levels_are_below_the_limits() {
        let options = WorkerOptions::default();
        assert!(options.payload_warn_bytes < PAYLOAD_BYTES_MAX);
        assert!(options.frame_warn_bytes < FRAME_BYTES_MAX);
        assert!(codec::encode(&vec![0_u8; options.payload_warn_bytes + 1]).is_ok());
    }
}
