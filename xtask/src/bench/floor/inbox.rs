//! The rows of signals: sent by some, taken by one workflow, each in a commit of its own.

use super::{Floor, Shape, StepShape, bytes, start, step};
use anyhow::Context;
use rusqlite::params;

impl Floor {
    /// Sends so many signals to one workflow, so many in each commit.
    pub(in crate::bench) fn send(&mut self, many: usize, batch: usize) -> anyhow::Result<()> {
        self.commit(|transaction| start(transaction, 1, None, &[7; 8]))?;
        let payload = bytes(8);
        for first in (0..many).step_by(batch) {
            self.commit(|transaction| {
                for number in first..(first + batch).min(many) {
                    let number = i64::try_from(number)?;
                    transaction
                        .prepare_cached("UPDATE workflow SET wakes = wakes + 1 WHERE run = 1")?
                        .execute([])?;
                    transaction
                        .prepare_cached("INSERT INTO inbox VALUES (1, ?1, ?2, ?3, NULL)")?
                        .execute(params![format!("message-{number:024}"), number, payload])?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Takes all of them, one in each commit.
    pub(in crate::bench) fn take(&mut self, many: usize, shape: &Shape) -> anyhow::Result<()> {
        let StepShape { result, frame } = *shape.steps.get(1).context("a second step")?;
        let result = bytes(result.unwrap_or_default());
        let frame = bytes(frame.unwrap_or_default());
        for number in 0..many {
            let number = i64::try_from(number)?;
            self.commit(|transaction| {
                transaction
                    .prepare_cached(
                        "UPDATE inbox SET used_seq = ?2
                         WHERE run = 1 AND ord = ?1 AND used_seq IS NULL",
                    )?
                    .execute(params![number, number + 1])?;
                step(transaction, 1, number + 1, Some(&result), Some(&frame))
            })?;
        }
        Ok(())
    }
}
