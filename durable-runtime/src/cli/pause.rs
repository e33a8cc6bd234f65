//! `pause`: lets workflows rest.

use super::failure::{Exit, Failure};
use super::stop::{self, Targets};
use super::terminal::Terminal;
use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: Targets,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let reason = args.targets.reason("paused from the command line");
    stop::each(&args.targets.ids, client, term, "paused", async |handle| {
        handle.pause(reason.clone()).await
    })
    .await
}
