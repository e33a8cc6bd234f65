//! The rows of workflows that sleep, and what waking them takes at least.

use super::{Floor, Shape, bytes, end, start, step};
use anyhow::ensure;
use rusqlite::params;

impl Floor {
    /// Puts so many to sleep, so many in each commit.
    pub(in crate::bench) fn fall_asleep(
        &mut self,
        many: usize,
        batch: usize,
        shape: &Shape,
    ) -> anyhow::Result<()> {
        let input = bytes(shape.input);
        let frame = bytes(shape.steps[0].frame.unwrap_or_default());
        for first in (0..many).step_by(batch) {
            self.commit(|transaction| {
                for number in first..(first + batch).min(many) {
                    let run = i64::try_from(number)? + 1;
                    start(transaction, run, None, &input)?;
                    step(transaction, run, 1, None, Some(&frame))?;
                    transaction
                        .prepare_cached("INSERT INTO ready VALUES (?1, ?2)")?
                        .execute(params![run, 1])?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Wakes all that are due, so many in each commit, and ends them in a second one.
    pub(in crate::bench) fn wake(
        &mut self,
        many: usize,
        batch: usize,
        shape: &Shape,
    ) -> anyhow::Result<()> {
        let output = bytes(shape.output);
        let mut woken = 0;
        loop {
            let runs = self.commit(|transaction| {
                let mut claim = transaction.prepare_cached(
                    "DELETE FROM ready WHERE run IN
                       (SELECT run FROM ready WHERE due_at <= 1 ORDER BY due_at LIMIT ?1)
                     RETURNING run",
                )?;
                let runs = claim.query_map([i64::try_from(batch)?], |row| row.get(0))?;
                let runs: Vec<i64> = runs.collect::<Result<_, _>>()?;
                for run in &runs {
                    transaction
                        .prepare_cached("UPDATE workflow SET owner = 1 WHERE run = ?1")?
                        .execute([run])?;
                    let _: Option<Vec<u8>> = transaction
                        .prepare_cached(
                            "SELECT frame FROM step WHERE run = ?1 ORDER BY seq DESC LIMIT 1",
                        )?
                        .query_row([run], |row| row.get(0))?;
                }
                Ok(runs)
            })?;
            if runs.is_empty() {
                ensure!(woken == many, "{woken} of {many} were woken");
                return Ok(());
            }
            woken += runs.len();
            self.commit(|transaction| {
                for &run in &runs {
                    step(transaction, run, 2, Some(&[7; 4]), None)?;
                    end(transaction, run, &output)?;
                }
                Ok(())
            })?;
        }
    }
}
