//! What a scenario has found, as it goes from the process that measures to the one that shows.

use super::figures::Table;
use serde::{Deserialize, Serialize};

/// A scenario's figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Outcome {
    pub(super) scenario: String,
    pub(super) runs: usize,
    /// Small sizes: it works, and the figures mean little.
    pub(super) quick: bool,
    pub(super) table: Table,
}

impl Outcome {
    /// How to read the cells.
    pub(super) fn how(&self) -> String {
        match self.runs {
            1 => "One run.".to_owned(),
            runs => format!("The median of {runs} runs, the least and the most."),
        }
    }
}
