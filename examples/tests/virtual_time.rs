//! The examples on a virtual clock check their own outcome; here they run as a user would.

use std::process::Command;

fn output_of(program: &str) -> String {
    let output = Command::new(program).output().expect("it can be run");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn a_year_of_a_subscription_is_charged() {
    let text = output_of(env!("CARGO_BIN_EXE_subscription"));
    assert_eq!(text.matches("Ada pays 120").count(), 12, "{text}");
}

#[test]
fn a_trip_is_booked_and_one_is_undone() {
    let text = output_of(env!("CARGO_BIN_EXE_trip"));
    assert!(text.contains("booked: Good Air for 240"), "{text}");
    let undone = ["cancelled: Good Air", "cancelled: Grand Hotel Lisbon"];
    assert!(undone.iter().all(|line| text.contains(line)), "{text}");
    assert!(!text.contains("Slow Air flies"), "{text}");
}
