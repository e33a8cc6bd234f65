//! Failed attempts on record.

use super::error::Outcome;
use super::rows::tried;
use super::text::Text;
use super::transact::Tx;
use crate::store::AttemptRecord;

/// Records failed attempts of runs that their writer owns; one that is on record already is harmless.
pub(super) async fn record(tx: &Tx, attempts: &[&AttemptRecord]) -> Outcome<()> {
    let (mut kinds, mut numbers) = (Vec::new(), Vec::new());
    for attempt in attempts {
        let (kind, number) = tried(attempt.of);
        kinds.push(kind);
        numbers.push(number);
    }
    let attempts = || attempts.iter();
    tx.execute(
        "INSERT INTO @attempt(run,kind,number,attempt,at,error,next_at) \
         SELECT run,kind,number,attempt,at,error,next_at FROM unnest($1::bigint[],$2::smallint[],\
         $3::bigint[],$4::bigint[],$5::bigint[],$6::text[],$7::bigint[]) WITH ORDINALITY \
         AS t(run,kind,number,attempt,at,error,next_at,n) ORDER BY n ON CONFLICT DO NOTHING",
        &[
            &attempts().map(|attempt| attempt.run.0).collect::<Vec<_>>(),
            &kinds,
            &numbers,
            &attempts()
                .map(|attempt| i64::from(attempt.attempt))
                .collect::<Vec<_>>(),
            &attempts().map(|attempt| attempt.at.0).collect::<Vec<_>>(),
            &attempts()
                .map(|attempt| Text::from(&*attempt.error))
                .collect::<Vec<_>>(),
            &attempts()
                .map(|attempt| attempt.next_at.0)
                .collect::<Vec<_>>(),
        ],
    )
    .await?;
    Ok(())
}
