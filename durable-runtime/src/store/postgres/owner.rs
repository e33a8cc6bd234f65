//! How runs change owners: claim, death, takeover, retirement.

use super::error::{Outcome, bug};
use super::text::Text;
use super::transact::Tx;
use crate::store::NewWorker;

pub(super) async fn register(tx: Tx, new: &NewWorker) -> Outcome<()> {
    let points: Vec<_> = new
        .points
        .iter()
        .map(|point| Text::from(&**point))
        .collect();
    let inserted = tx
        .execute(
            "INSERT INTO @worker(worker,lease_until,label,points) VALUES($1,$2,$3,$4) \
         ON CONFLICT DO NOTHING",
            &[
                &new.worker.0,
                &new.lease_until.0,
                &Text::from(&*new.label),
                &points,
            ],
        )
        .await?;
    match inserted {
        1 => Ok(()),
        _ => Err(bug(format!("worker {} is registered already", new.worker)).into()),
    }
}
