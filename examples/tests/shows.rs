//! The small examples run to their end; their workflows stand in a library that the binary only calls.

use std::process::Command;

fn ends_well(binary: &str, shown: &str) {
    let output = Command::new(binary).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains(shown), "no `{shown}` in\n{text}\n{errors}");
}

#[test]
fn the_year_of_a_subscription_is_over() {
    ends_well(env!("CARGO_BIN_EXE_subscription"), "1440 in total");
}

#[test]
fn a_trip_is_booked() {
    ends_well(env!("CARGO_BIN_EXE_trip"), "with 1000 to spend");
}
