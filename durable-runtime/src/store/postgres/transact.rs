//! Transactions: how one begins, what is done if it fails, and when it may be tried again.
//!
//! ```text
//!   names ─▶ BEGIN, version of the schema, fence ─▶ work ─▶ COMMIT ─▶ told
//!                    (one text)                               └─ cut: the outcome is unknown
//! ```
//!
//! `READ COMMITTED`: each statement sees what was committed before it began, so what a statement has
//! waited for is seen by the next one, and not always by itself. All take rows in one order, which is
//! that of `mod.rs`; where two meet all the same, the server undoes one of them, and it is tried again.

use super::bell::Bell;
use super::error::{Fault, Outcome, bug};
use super::names::{Names, Numbers};
use super::news::News;
use super::pool::{Conn, Pool};
use super::session::Session;
use super::{fence, migrate};
use crate::store::{Fence, FenceError, StoreError};
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

/// How often a transaction is tried again that the server has undone because of another one.
const AGAIN_MAX: u32 = 12;

/// How often a call looks for another connection, before its caller has to do so.
const RECONNECTS_MAX: u32 = 4;

/// The pause before the first of them; each is twice as long as the one before.
const PAUSE_AGAIN: Duration = Duration::from_millis(1);
const PAUSE_RECONNECT: Duration = Duration::from_millis(50);
const PAUSE_MAX: Duration = Duration::from_millis(400);

/// It does not depend on what a server or a role has as its default.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const BEGIN_MOMENT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A transaction under way. Its clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Tx {
    conn: Conn,
    names: Arc<Numbers>,
    news: Arc<News>,
}

impl Deref for Tx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.conn
    }
}

impl Tx {
    /// The number of a name that was given with the call.
    pub(super) fn name(&self, name: &str) -> Outcome<i64> {
        self.names.of(name)
    }

    /// What others may wait for.
    pub(super) fn news(&self) -> &News {
        &self.news
    }
}

/// Makes transactions.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) pool: Pool,
    pub(super) names: Arc<Names>,
    pub(super) bell: Bell,
}

/// What a call did not come to, and whether its `COMMIT` was on its way.
struct Failed {
    fault: Fault,
    committing: bool,
}

impl From<Fault> for Failed {
    fn from(fault: Fault) -> Self {
        let committing = false;
        Self { fault, committing }
    }
}

impl Writer {
    /// Does `work` in a transaction, behind the fence if there is one; on disk when it answers. `names` are
    /// all that it writes. It may be done several times, of which one counts.
    pub(super) async fn call<T, F>(
        &self,
        fence: Option<Fence>,
        names: &[Cow<'_, str>],
        work: impl Fn(Tx) -> F + Sync,
    ) -> Result<T, FenceError>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        let (mut again, mut reconnects) = (0, 0);
        loop {
            let failed = match self.once(fence, names, &work).await {
                Ok(done) => return Ok(done),
                Err(failed) => failed,
            };
            match failed.fault {
                Fault::Again(_) if again < AGAIN_MAX => {
                    pause(PAUSE_AGAIN, again).await;
                    again += 1;
                }
                Fault::Broken(StoreError::Unavailable(_) | StoreError::ReadOnly(_))
                    if !failed.committing && reconnects < RECONNECTS_MAX =>
                {
                    self.pool.drop_idle();
                    pause(PAUSE_RECONNECT, reconnects).await;
                    reconnects += 1;
                }
                Fault::Broken(error) if failed.committing => return Err(unknown(&error).into()),
                fault => return Err(fault.into()),
            }
        }
    }

    async fn once<T, F>(
        &self,
        fence: Option<Fence>,
        names: &[Cow<'_, str>],
        work: &(impl Fn(Tx) -> F + Sync),
    ) -> Result<T, Failed>
    where
        T: Send,
        F: Future<Output = Outcome<T>> + Send,
    {
        let conn = self.pool.get().await?;
        let names = Arc::new(self.names.intern(&conn, names).await?);
        let news = Arc::default();
        let tx = Tx { conn, names, news };
        // If this future is dropped half way, so is the connection, and the server undoes what was done.
        tx.conn.set_free(false);
        tx.conn.forgive();
        let done = match begin(&tx.conn, fence).await {
            Ok(()) => work(tx.clone()).await,
            Err(fault) => Err(fault),
        };
        let done = match done {
            Ok(_) if tx.conn.has_failed() => {
                let text = "a call went on after a statement of it had failed";
                Err(Fault::from(bug(text)))
            }
            done => done,
        };
        match done {
            Ok(done) => {
                let committed = tx.conn.batch("COMMIT").await;
                committed.map_err(|fault| Failed {
                    fault,
                    committing: true,
                })?;
                tx.conn.set_free(true);
                tx.news.tell(&self.bell);
                Ok(done)
            }
            Err(fault) => {
                if !matches!(fault, Fault::Broken(_)) && tx.conn.batch("ROLLBACK").await.is_ok() {
                    tx.conn.set_free(true);
                }
                if let Fault::Told(FenceError::HistoryLost) = fault {
                    self.names.forget();
                }
                Err(fault.into())
            }
        }
    }
}

/// Sends what every transaction begins with, as one text: if its `BEGIN` is refused the server runs none of
/// the rest, and the fence is not moved outside of a transaction.
///
/// A process that freezes or is cut off in a transaction holds its locks no longer than others may wait for
/// one; and what is acknowledged is on disk, whatever a role has as its default.
async fn begin(conn: &Session, fence: Option<Fence>) -> Outcome<()> {
    let patience = conn.patience.as_millis();
    let mut text = format!(
        "{BEGIN}; SET LOCAL idle_in_transaction_session_timeout={patience}; \
         SET LOCAL lock_timeout={patience}; {version}; \
         SELECT set_config('synchronous_commit','on',true) \
         WHERE current_setting('synchronous_commit')='off'",
        version = migrate::VERSION,
    );
    if let Some(fence) = fence {
        text.push_str("; ");
        text.push_str(&fence::statement(fence));
    }
    let (version, moved) = conn.sequence(&text).await?;
    migrate::is_current(version.and_then(|version| version.parse().ok()))?;
    match fence {
        Some(fence) if moved != 1 => Err(fence::refused(conn, fence).await),
        _ => Ok(()),
    }
}

/// Does `work` on a connection that writes nothing; each statement sees the last commit.
pub(super) async fn read<T, F>(
    pool: &Pool,
    work: impl Fn(Conn) -> F + Sync,
) -> Result<T, StoreError>
where
    T: Send,
    F: Future<Output = Outcome<T>> + Send,
{
    let mut reconnects = 0;
    loop {
        let done = match pool.get().await {
            Ok(conn) => work(conn).await,
            Err(fault) => Err(fault),
        };
        match done {
            Err(Fault::Broken(StoreError::Unavailable(_) | StoreError::ReadOnly(_)))
                if reconnects < RECONNECTS_MAX =>
            {
                pool.drop_idle();
                pause(PAUSE_RECONNECT, reconnects).await;
                reconnects += 1;
            }
            done => return Ok(done?),
        }
    }
}

/// The same for several statements that are to see one moment.
pub(super) async fn moment<T, F>(
    pool: &Pool,
    work: impl Fn(Conn) -> F + Sync,
) -> Result<T, StoreError>
where
    T: Send,
    F: Future<Output = Outcome<T>> + Send,
{
    let work = &work;
    read(pool, |conn| async move {
        conn.set_free(false);
        conn.batch(BEGIN_MOMENT).await?;
        let done = work(conn.clone()).await;
        let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
        if conn.batch(end).await.is_ok() {
            conn.set_free(true);
        }
        done
    })
    .await
}

async fn pause(first: Duration, before: u32) {
    tokio::time::sleep((first * 2_u32.pow(before)).min(PAUSE_MAX)).await;
}

/// The link was cut behind a `COMMIT`.
fn unknown(error: &StoreError) -> StoreError {
    StoreError::Unavailable(format!(
        "it is unknown whether a transaction was committed; {error}"
    ))
}
