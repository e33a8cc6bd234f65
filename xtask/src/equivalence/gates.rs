//! Finds out what the compiler accepts: each gated template is tried in programs of its own.

use super::batch::{self, Outcome};
use super::generate::{Gates, Gen, Program, TEMPLATES};
use super::toolchain::Toolchain;
use std::path::Path;

/// Programs per template; it is used when the compiler accepts more than half of them.
const SAMPLES: u64 = 6;

/// Seeds that give other programs than those that are compared.
const SEED: u64 = 0x6A7E;

/// The gates that are open, and what went wrong in samples that were accepted.
pub(super) fn open(tools: &Toolchain, dir: &Path) -> anyhow::Result<(Gates, Vec<Closed>)> {
    let mut samples: Vec<(&'static str, Program)> = Vec::new();
    for (at, template) in TEMPLATES.iter().enumerate().filter(|(_, t)| t.gated) {
        for n in 0..SAMPLES {
            let name = format!("{}{at}_{n}", super::PREFIX);
            let seed = SEED + n;
            if let Some(program) = Gen::sample(template, &name, seed, &Gates::default()) {
                samples.push((template.name, program));
            }
        }
    }
    let programs: Vec<_> = samples.iter().map(|(_, p)| p.clone()).collect();
    let outcomes = batch::run(tools, dir, &programs)?;
    let mut gates = Gates::default();
    let mut closed = Vec::new();
    for template in TEMPLATES.iter().filter(|t| t.gated) {
        let of_it: Vec<&Outcome> = samples
            .iter()
            .zip(&outcomes)
            .filter(|((name, _), _)| *name == template.name)
            .map(|(_, outcome)| outcome)
            .collect();
        let refusals: Vec<&str> = of_it
            .iter()
            .filter_map(|o| match o {
                Outcome::Refused { text, .. } | Outcome::Invalid(text) => Some(text.as_str()),
                Outcome::Equal | Outcome::Diverged(_) => None,
            })
            .collect();
        if refusals.len() * 2 < of_it.len() {
            gates.0.insert(template.name);
        } else {
            let why = refusals
                .first()
                .map_or("it has no sample", |text| first_line(text));
            closed.push(Closed {
                name: template.name,
                why: why.to_owned(),
            });
        }
    }
    Ok((gates, closed))
}

/// A template that the compiler does not accept.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) name: &'static str,
    pub(super) why: String,
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}
