//! The demonstration as a newcomer runs it: real processes, real kills, and an honest exit code.

use std::path::Path;
use std::process::{Command, Output};

fn story(orders: &Path, kills: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_process-order"))
        .args(["--seed", "7", "--kills", kills, "--orders"])
        .arg(orders)
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    let all = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8(all).unwrap()
}

/// The orders that come with the example, by what is special about them.
fn orders(stories: &[&str], folder: &Path) -> Vec<serde_json::Value> {
    let all: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../data/orders.json")).unwrap();
    let chosen: Vec<_> = all
        .into_iter()
        .filter(|order| stories.contains(&order["story"].as_str().unwrap()))
        .collect();
    assert!(chosen.len() >= stories.len());
    save(&chosen, folder);
    chosen
}

fn save(orders: &[serde_json::Value], folder: &Path) {
    let json = serde_json::to_vec(orders).unwrap();
    std::fs::write(folder.join("orders.json"), json).unwrap();
}

#[test]
fn orders_survive_kills_and_nothing_is_left_behind() {
    let folder = tempfile::tempdir().unwrap();
    orders(
        &[
            "charged, but the answer gets lost (twice)",
            "the customer cancels in time",
            "no carrier goes there",
            "the button is pressed twice",
        ],
        folder.path(),
    );
    let output = story(&folder.path().join("orders.json"), "2");
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("All promises kept."), "{text}");
    assert!(text.contains("kill -9"), "{text}");
    assert!(!text.contains('✘'), "{text}");
    assert!(!text.contains('\x1b'), "colours in a pipe: {text}");

    let files = text.split("files in ").nth(1).unwrap();
    let files = files.lines().next().unwrap();
    assert!(files.contains("process-order-"), "{files}");
    assert!(!Path::new(files).exists(), "{files} was left behind");
}

#[test]
fn a_broken_promise_is_told_and_shows_in_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let mut orders = orders(&["the card is declined"], folder.path());
    orders[0]["ends"] = "delivered".into();
    save(&orders, folder.path());
    let output = story(&folder.path().join("orders.json"), "0");
    let text = text(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("✘ every order ended as it had to"), "{text}");
    assert!(text.contains("it had to end as delivered"), "{text}");
    assert!(text.contains("A promise was broken."), "{text}");
}

#[test]
fn a_bad_file_of_orders_is_refused_with_its_name() {
    let output = story(Path::new("/nowhere/orders.json"), "1");
    assert!(!output.status.success());
    assert!(text(&output).contains("cannot read the orders in /nowhere/orders.json"));
}
