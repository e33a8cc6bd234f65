//! A run that is about to end: one look at all that belongs to it.

use super::error::{Outcome, bug};
use super::places::Place;
use super::{places, rows};
use crate::id::{Incarnation, RunId, WorkflowId};
use crate::store::Parent;
use rusqlite::Connection;

/// What is there of a run that ends, so that what is not need not be looked for.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are facts and no states"
)]
pub(super) struct Ending {
    pub(super) id: WorkflowId,
    pub(super) parent: Option<Parent>,
    pub(super) scheduled: bool,
    pub(super) place: Place,
    /// Others may wait for its place.
    pub(super) placed: bool,
    pub(super) notes: bool,
    pub(super) tasks: bool,
    pub(super) unread: bool,
    pub(super) children: bool,
}

impl Ending {
    /// `None` if the run has ended, or is another one's.
    pub(super) fn of(conn: &Connection, run: RunId, owner: Incarnation) -> Outcome<Option<Self>> {
        let found = rows::first(
            conn,
            "SELECT id, parent, parent_op, parent_close, reports, schedule IS NOT NULL, queue, ckey, \
             placed IS NOT NULL OR ckey IS NOT NULL, \
             EXISTS(SELECT 1 FROM note WHERE run=?1), EXISTS(SELECT 1 FROM task WHERE run=?1), \
             EXISTS(SELECT 1 FROM inbox WHERE run=?1 AND used_seq IS NULL), \
             EXISTS(SELECT 1 FROM workflow c WHERE c.parent=?1 AND c.phase=0) \
             FROM workflow WHERE run=?1 AND owner=?2 AND phase=0",
            [run.0, owner.0],
            |row| {
                let id: String = row.get(0)?;
                Ok((
                    id,
                    rows::parent(row, 1)?,
                    row.get(5)?,
                    places::of(row, 6)?,
                    [
                        row.get(8)?,
                        row.get(9)?,
                        row.get(10)?,
                        row.get(11)?,
                        row.get(12)?,
                    ],
                ))
            },
        )?;
        let Some((id, parent, scheduled, place, there)) = found else {
            return Ok(None);
        };
        let [placed, notes, tasks, unread, children] = there;
        Ok(Some(Self {
            id: WorkflowId::new(id).map_err(|error| bug(error.to_string()))?,
            parent,
            scheduled,
            place,
            placed,
            notes,
            tasks,
            unread,
            children,
        }))
    }
}
