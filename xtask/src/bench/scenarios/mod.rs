//! What can be measured: one file each, in the order of the page.

mod frames;
mod latency;
mod loops;
mod orders;
mod processes;
mod resume;
mod signals;
mod sleepers;
mod throughput;
mod wakes;

use super::figures::Table;
use super::plot::Plot;
use super::setting::Setting;

/// One thing to measure.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What its rows differ in.
    pub(super) rows: &'static str,
    pub(super) plot: Option<Plot>,
    pub(super) measure: fn(&Setting, &mut Table) -> anyhow::Result<()>,
}

/// All of them.
pub(super) const ALL: [&Scenario; 9] = [
    &throughput::SCENARIO,
    &latency::SCENARIO,
    &loops::SCENARIO,
    &resume::SCENARIO,
    &sleepers::SCENARIO,
    &wakes::SCENARIO,
    &signals::SCENARIO,
    &frames::SCENARIO,
    &processes::SCENARIO,
];
