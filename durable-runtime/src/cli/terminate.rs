//! `terminate`: ends workflows without running their code.

use super::failure::{Exit, Failure};
use super::stop::{self, Targets};
use super::terminal::Terminal;
use crate::client::Client;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    targets: Targets,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(crate) async fn run(
    args: Args,
    client: &Client,
    term: &mut Terminal<'_>,
) -> Result<Exit, Failure> {
    let question = format!(
        "Terminate {}? Its code will not run again, so nothing is cleaned up; `cancel` lets it.",
        args.targets.ids.names()
    );
    if !args.yes && !stop::agreed(&question, term)? {
        return Err(Failure::new(Exit::Error, "nothing was terminated"));
    }
    let reason = args.targets.reason("terminated from the command line");
    stop::each(
        &args.targets.ids,
        client,
        term,
        "terminated",
        async |handle| handle.terminate(reason.clone()).await,
    )
    .await
}
