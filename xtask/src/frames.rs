//! `cargo xtask frames`: how many bytes each example workflow stores at each await, and of what.
//!
//! The machines run here without a store and without the activities, on answers that stand below,
//! so that the page in `docs/` is the same everywhere.

use anyhow::{Context, anyhow, bail, ensure};
use durable_examples::order::{Item, Order, Package, Payment, Reservation};
use durable_examples::process_order::process_order;
use durable_examples::subscription::{Subscription, subscription};
use durable_examples::trip::{Offer, Trip, book_trip};
use durable_runtime::codec;
use durable_runtime::frame::{Checkpoint, Frame, Wait};
use durable_runtime::id::Timestamp;
use durable_runtime::machine::{Machine, Turn};
use durable_runtime::operation::{Answered, Request, Resolution, WorkflowCall};
use durable_runtime::registry;
use serde::Serialize;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const PAGE: &str = "docs/frames.md";

const BEGIN: &str = "# Bytes per await

What each example stores at each await: the whole checkpoint, as it goes to the database, and how much
of that are the values of locals. The rest is the operation that is awaited with its arguments (they
are needed to carry it out again after a crash), names, and a digest. `inspect WORKFLOW` says why each
local is saved.

Written by `cargo xtask frames --write`; the gate checks that it is up to date. A loop that stores the same
again is one row, with the largest.
";

/// What to do with the page.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write it anew.
    #[arg(long)]
    write: bool,
    /// Fail if it is not up to date.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let mut page = BEGIN.to_owned();
    page += &section(&process_order(order()))?;
    page += &section(&subscription(Subscription::of_ada()))?;
    page += &section(&book_trip(Trip::to_lisbon(1_000)))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    let path = root.context("xtask has a parent")?.join(PAGE);
    if args.write {
        fs::write(&path, page).with_context(|| format!("cannot write {PAGE}"))?;
        println!("wrote {PAGE}");
    } else if args.check {
        let known = fs::read_to_string(&path).unwrap_or_default();
        ensure!(
            known == page,
            "{PAGE} is not up to date: cargo xtask frames --write"
        );
        println!("frames: {PAGE} is up to date");
    } else {
        println!("{page}");
    }
    Ok(ExitCode::SUCCESS)
}

fn order() -> Order {
    let item = |sku: &str, price_cents| Item {
        sku: sku.to_owned(),
        quantity: 1,
        price_cents,
    };
    Order {
        id: "order-42".to_owned(),
        customer: "Ada".to_owned(),
        items: vec![item("book", 1_999), item("lamp", 4_500)],
        card: "4242 4242 4242 4242".to_owned(),
        address: "12 St James's Square, London".to_owned(),
        cancellation_window_ms: 30 * 60 * 1_000,
    }
}

/// What the activity called so gives.
fn returned(name: &str) -> anyhow::Result<Resolution> {
    let (order, id) = (order().id, "7f3a".to_owned());
    let offer = |from: &str, price| Offer {
        from: from.to_owned(),
        price,
    };
    match name {
        "reserve" => encoded(&Reservation { id, order }),
        "charge" => encoded(&Payment {
            id,
            order,
            cents: 6_499,
        }),
        "send_package" => encoded(&Package { id, order }),
        "ask_airline" => encoded(&offer("Good Air", 240)),
        "find_hotel" => encoded(&offer("Grand Hotel Lisbon", 550)),
        "accepts" => encoded(&true),
        "rent_car" => encoded(&offer("Lisbon Cars", 70)),
        "book" | "cancel" => encoded(&()),
        other => bail!("no answer is known for `{other}`"),
    }
}

fn encoded(value: &impl Serialize) -> anyhow::Result<Resolution> {
    Ok(Resolution::Returned(codec::encode(value)?))
}

/// One await of a workflow.
struct Row {
    label: String,
    times: usize,
    bytes: usize,
    locals: Vec<(String, usize)>,
}

/// The rows of one workflow that runs to its end.
fn section<R>(call: &WorkflowCall<R>) -> anyhow::Result<String> {
    let name = call.name();
    let def = registry::workflow(name).with_context(|| format!("no workflow `{name}`"))?;
    let mut machine = Machine::start(def, call.input()?.to_vec());
    let mut rows: Vec<Row> = Vec::new();
    let mut answers = Vec::new();
    loop {
        let checkpoint = match machine.turn(&answers, Timestamp(0)) {
            Turn::Suspended(checkpoint) => checkpoint,
            Turn::Finished(finished) => {
                ensure!(!finished.failed, "`{name}` fails");
                break;
            }
            other => return Err(anyhow!("`{name}`: {other:?}")),
        };
        note(&mut rows, &checkpoint)?;
        let call = *checkpoint.calls().first().context("it waits")?;
        let answer = match &call.request {
            Request::Timer { .. } => Resolution::Fired,
            Request::Activity(_) if name == "subscription" => encoded(&120_u64)?,
            Request::Activity(activity) => returned(&activity.name)?,
            Request::Signal { name } => bail!("nobody sends the signal `{name}`"),
            other => bail!("nobody answers {other:?}"),
        };
        answers = vec![Answered {
            op: call.op,
            answer,
        }];
    }
    Ok(table(name, &rows))
}

fn note(rows: &mut Vec<Row>, checkpoint: &Checkpoint) -> anyhow::Result<()> {
    let mut label = checkpoint.frame.label.clone();
    let mut locals = Vec::new();
    inside(&checkpoint.frame, "", &mut label, &mut locals);
    let bytes = checkpoint.encode()?.len();
    match rows.iter_mut().find(|row| row.label == label) {
        Some(row) => {
            row.times += 1;
            if bytes > row.bytes {
                (row.bytes, row.locals) = (bytes, locals);
            }
        }
        None => rows.push(Row {
            label,
            times: 1,
            bytes,
            locals,
        }),
    }
    Ok(())
}

/// The locals of a frame and of those inside; the label tells where each of them stands.
fn inside(frame: &Frame, prefix: &str, label: &mut String, locals: &mut Vec<(String, usize)>) {
    for local in &frame.locals {
        locals.push((format!("{prefix}{}", local.name), local.value.len()));
    }
    for (place, wait) in frame.waits.iter().enumerate() {
        let mut frames = Vec::new();
        wait.frames(&mut frames);
        for child in frames {
            let _ = write!(label, " › {}", child.label);
            inside(child, &format!("{prefix}{place}."), label, locals);
        }
        if let Wait::Done(_) = wait {
            let _ = write!(label, " › ✓");
        }
    }
}

fn table(name: &str, rows: &[Row]) -> String {
    let mut text = format!(
        "\n## {name}\n\n| await | times | bytes | of locals | which |\n|---|---|---|---|---|\n"
    );
    for row in rows {
        let mut locals = row.locals.clone();
        locals.sort_by_key(|(name, bytes)| (std::cmp::Reverse(*bytes), name.clone()));
        let sum: usize = locals.iter().map(|(_, bytes)| bytes).sum();
        let which: Vec<String> = locals
            .iter()
            .map(|(name, bytes)| format!("`{name}` {bytes}"))
            .collect();
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {sum} | {} |",
            row.label,
            row.times,
            row.bytes,
            which.join(", ")
        );
    }
    text
}
