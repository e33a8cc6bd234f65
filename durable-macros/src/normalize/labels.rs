//! Labels of suspend points: names that stay when code around them changes.
//!
//! ```text
//! charge(order).await                               charge
//! let a = charge(1).await; let b = charge(2).await  charge(a), charge(b)
//! charge(x).await; charge(x).await                  charge(x)#1/2, charge(x)#2/2
//! ```
//!
//! An exact tie carries "k of n", so that inserting an equal await renames all of them: an old
//! frame then finds no suspend point and is parked instead of resuming at the wrong one.

use crate::diag::{Code, Diagnostics};
use crate::ir::Point;
use std::collections::BTreeMap;

/// Longer details become a digest.
const DETAIL_BYTES_MAX: usize = 40;

/// Fills in the label of each point.
pub(super) fn assign(points: &mut [Point], diagnostics: &mut Diagnostics) {
    let mut callees: BTreeMap<String, usize> = BTreeMap::new();
    for point in points.iter().filter(|p| p.fixed.is_none()) {
        *callees.entry(point.callee.clone()).or_default() += 1;
    }
    for point in points.iter_mut() {
        point.label = match &point.fixed {
            Some(fixed) => fixed.clone(),
            None if callees[&point.callee] == 1 => point.callee.clone(),
            None => format!("{}({})", point.callee, digest(&point.detail)),
        };
    }
    let mut ties: BTreeMap<String, usize> = BTreeMap::new();
    for point in points.iter() {
        *ties.entry(point.label.clone()).or_default() += 1;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for point in points.iter_mut() {
        let of = ties[&point.label];
        let k = seen.entry(point.label.clone()).or_default();
        *k += 1;
        if of > 1 {
            if point.fixed.is_some() && *k > 1 {
                diagnostics.report_at(
                    point.span,
                    Code::Label,
                    &format!("two suspend points are labelled `{}`", point.label),
                    "give each `#[label = \"…\"]` a text of its own",
                );
            }
            point.label = format!("{}#{k}/{of}", point.label);
        }
    }
}

fn digest(detail: &str) -> String {
    if detail.len() <= DETAIL_BYTES_MAX {
        return detail.to_owned();
    }
    // FNV-1a: small and stable, since it is part of the stored format.
    let hash = detail
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}
