//! `delete`: removes ended workflows from the store.

use super::failure::{Exit, Failure};
use super::stop::{self, Ids};
use super::terminal::Terminal;
use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: Ids,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let names = args.targets.names();
    let question = format!("Delete {names} and all that is on record of it?");
    if !args.yes && !stop::agreed(&question, term)? {
        return Err(Failure::new(Exit::Error, "nothing was deleted"));
    }
    stop::each(&args.targets, client, term, "deleted", async |handle| {
        client.delete(handle.id().as_str()).await
    })
    .await
}
