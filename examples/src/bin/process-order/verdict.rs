//! What is printed before and after the story: the promises, and whether they were kept.

use crate::killer::Moment;
use crate::narrator::Seen;
use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, ContentArrangement, Table, presets};
use durable_examples::audit::{OnRecord, Problem, Report, phase_of};
use durable_examples::ledger::{Action, Call, Effect};
use durable_examples::scenario::{Scenario, Then};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Columns that the table takes at least.
const WIDTH_MIN: u16 = 100;

const BOLD: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const KEPT: Style = AnsiColor::Green.on_default();
const BROKEN: Style = AnsiColor::Red.on_default().bold();

/// All that is known in the end.
pub(crate) struct Evidence<'a> {
    pub(crate) scenarios: &'a [Scenario],
    pub(crate) records: &'a BTreeMap<String, OnRecord>,
    pub(crate) calls: &'a [Call],
    pub(crate) report: &'a Report,
    pub(crate) seen: &'a Seen,
    /// What went wrong for customers.
    pub(crate) trouble: &'a [String],
    pub(crate) kills_wanted: usize,
}

/// A promise, and whether it was kept.
struct Promise {
    kept: bool,
    text: String,
}

/// Says what is going to happen.
pub(crate) fn prologue(orders: usize, kills: usize, seed: u64, folder: &Path) {
    let folder = folder.display();
    anstream::println!(
        "{BOLD}{orders} orders, one workflow, one worker process that is killed {kills} times{BOLD:#}

  reserve ─▶ cancellation window ─▶ charge ─▶ send        undone in reverse if a step fails

The workflow is an ordinary async fn: examples/src/process_order.rs. Its state is saved at every
.await, so whenever the process dies the next one goes on at the same line. The services outside
are flaky and write down every call they get; in the end that ledger is held against the store.
{FAINT}seed {seed}, files in {folder}{FAINT:#}
"
    );
}

/// Says where the files are, and how to look at them.
pub(crate) fn kept(folder: &Path) {
    let folder = folder.display();
    anstream::println!(
        "
Kept in {folder}: orders.db, ledger.jsonl, worker-1.log. To look inside:
  cargo run --release -p durable-examples --bin process-order -- list --store sqlite://{folder}/orders.db"
    );
}

/// Prints the verdict. Answers whether all promises were kept.
pub(crate) fn pronounce(evidence: &Evidence<'_>) -> bool {
    anstream::println!("\n{}\n", orders(evidence));
    let promises = promises(evidence);
    for Promise { kept, text } in &promises {
        let (mark, style) = if *kept {
            ("✔", KEPT)
        } else {
            ("✘", BROKEN)
        };
        anstream::println!("{style}{mark}{style:#} {text}");
    }
    for finding in &evidence.report.findings {
        anstream::println!("{BROKEN}  {finding}{BROKEN:#}");
    }
    for trouble in evidence.trouble {
        anstream::println!("{BROKEN}  {trouble}{BROKEN:#}");
    }
    let all_kept = promises.iter().all(|promise| promise.kept);
    if all_kept {
        anstream::println!("\n{KEPT}All promises kept.{KEPT:#}");
    } else {
        anstream::println!(
            "\n{BROKEN}A promise was broken.{BROKEN:#} Run with --keep to look into it."
        );
    }
    all_kept
}

fn orders(evidence: &Evidence<'_>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header([
            "order",
            "what happened to it",
            "ended",
            "took effect",
            "calls",
        ]);
    // Some terminals say that they have no width at all.
    if table.width().is_none_or(|width| width < WIDTH_MIN) {
        table.set_width(WIDTH_MIN);
    }
    for scenario in evidence.scenarios {
        let id = &scenario.order.id;
        let calls = || evidence.calls.iter().filter(|call| call.order == *id);
        let effects = calls().filter(|call| call.effect == Effect::Applied);
        let effects: Vec<_> = effects.map(|call| call.action.name()).collect();
        table.add_row([
            Cell::new(id),
            Cell::new(&scenario.story),
            Cell::new(ended(evidence, scenario)),
            Cell::new(effects.join(", ")),
            Cell::new(calls().count()),
        ]);
    }
    table
}

/// The ending, or what is there instead.
fn ended(evidence: &Evidence<'_>, scenario: &Scenario) -> String {
    let Scenario { order, ends, .. } = scenario;
    let findings = &evidence.report.findings;
    if !findings.iter().any(|finding| finding.order == order.id) {
        return ends.to_string();
    }
    match evidence.records.get(&order.id) {
        None => "✘ vanished".to_owned(),
        Some(record) if record.phase == phase_of(*ends) => format!("✘ {ends}"),
        Some(record) => format!("✘ {}, not {ends}", record.phase),
    }
}

fn promises(evidence: &Evidence<'_>) -> Vec<Promise> {
    let report = evidence.report;
    let orders = report.orders;
    let free_of = |problems: &[Problem]| report.is_free_of(problems);
    vec![
        killed(evidence),
        Promise {
            kept: free_of(&[Problem::Vanished, Problem::Unfinished, Problem::WrongEnding])
                && evidence.trouble.is_empty(),
            text: format!("every order ended as it had to ({orders} orders)"),
        },
        Promise {
            kept: free_of(&[Problem::TwiceDone]),
            text: format!(
                "no reservation, charge or package took effect twice ({} effects, {} repeated calls recognised by their key)",
                report.applied, report.replayed
            ),
        },
        Promise {
            kept: free_of(&[Problem::RanAgain, Problem::OffRecord]),
            text: format!(
                "no step ran again once it was recorded ({} steps)",
                report.steps
            ),
        },
        Promise {
            kept: free_of(&[Problem::WrongEffects]),
            text: "what failed was undone, completely and in reverse".to_owned(),
        },
        refused_twice(evidence),
        never_charged(evidence),
    ]
}

fn killed(evidence: &Evidence<'_>) -> Promise {
    let kills = &evidence.seen.kills;
    let moments: BTreeSet<Moment> = kills.iter().copied().collect();
    Promise {
        kept: evidence.kills_wanted == 0 || !kills.is_empty(),
        text: format!(
            "the worker process was killed {} times, at {} different awaits",
            kills.len(),
            moments.len()
        ),
    }
}

fn refused_twice(evidence: &Evidence<'_>) -> Promise {
    let meant = customers_who(evidence, Then::OrderAgain);
    let refused = &evidence.seen.refused_twice;
    Promise {
        kept: meant == *refused,
        text: format!(
            "an order that was placed twice was refused the second time ({} of {})",
            refused.len(),
            meant.len()
        ),
    }
}

fn never_charged(evidence: &Evidence<'_>) -> Promise {
    let meant = customers_who(evidence, Then::Cancel);
    let cancelled = &evidence.seen.cancelled;
    let is_charge = |call: &&Call| call.action == Action::Charge && meant.contains(&call.order);
    Promise {
        kept: meant == *cancelled && !evidence.calls.iter().any(|call| is_charge(&call)),
        text: format!(
            "an order that was cancelled inside its window was never charged ({} of {})",
            cancelled.len(),
            meant.len()
        ),
    }
}

fn customers_who(evidence: &Evidence<'_>, then: Then) -> BTreeSet<String> {
    let does = evidence.scenarios.iter().filter(|s| s.then == then);
    does.map(|scenario| scenario.order.id.clone()).collect()
}
