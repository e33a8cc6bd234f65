//! `resume`: lets workflows go on that were paused, or that were set apart for killing workers.

use super::failure::{Exit, Failure};
use super::stop::{self, Ids};
use super::terminal::Terminal;
use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: Ids,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    stop::each(&args.targets, client, term, "resumed", async |handle| {
        handle.resume().await
    })
    .await
}
