//! What data brings along does not reach the terminal.

use super::*;

const HOSTILE: &str = "a\nb\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}z";

/// A workflow whose error, reasons and names are hostile.
async fn hostile() -> World {
    let world = World::new().await;
    let stopped = world.drive("stopped", a_book(), vec![]).await;
    let reason = Some(HOSTILE.to_owned());
    world.end(stopped, 1, Phase::Terminated, None, reason).await;
    let done = vec![returned(&HOSTILE), Resolution::Fired, returned(&HOSTILE)];
    world.drive("done", a_book(), done).await;
    let retrying = vec![returned(&"r-42"), Resolution::Fired];
    let retrying = world.drive("retrying", a_book(), retrying).await;
    world.fail(retrying, 3, 1, HOSTILE).await;
    let blocked = world.drive("blocked", a_book(), vec![]).await;
    world.park(blocked, None, Some(HOSTILE)).await;
    world.start("paused", "buy", a_book().1).await;
    let paused = world.client.handle::<()>("paused").await.unwrap();
    paused.pause(HOSTILE).await.unwrap();
    world
}

/// What is left of escapes when our own colours are taken away.
fn remains(text: &str) -> Vec<char> {
    let harmful = |c: &char| (c.is_control() && *c != '\n') || *c == '\u{202e}';
    text.chars().filter(harmful).collect()
}

#[tokio::test]
async fn nothing_that_a_terminal_would_obey_is_printed() {
    let world = hostile().await;
    for args in [
        &["list"] as &[&str],
        &["show", "stopped"],
        &["show", "done"],
        &["show", "retrying"],
        &["show", "blocked"],
        &["show", "paused"],
        &["result", "stopped"],
        &["result", "done"],
        &["check"],
        &["cancel", "done"],
        &["signal", "retrying", HOSTILE],
        &["queue", "list"],
        &["start", HOSTILE, "--id", "x"],
        &["schedule", "show", HOSTILE],
        &["show", HOSTILE],
    ] {
        let (_, text) = run(&world, args).await;
        assert_eq!(remains(&text), [], "{args:?}: {text}");
    }
    let (_, list) = run(&world, &["list"]).await;
    // A row for each, and the header.
    assert_eq!(list.lines().count(), 6, "{list}");
    assert!(
        list.contains("a b\\x1b]0;owned\\x07\\u{9b}2J\\u{202e}z"),
        "{list}"
    );
}

#[tokio::test]
async fn programs_read_it_as_it_is() {
    let world = hostile().await;
    let (_, text) = run(&world, &["show", "stopped", "-o", "json"]).await;
    let shown: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["workflow"]["error"], HOSTILE);
    let (_, text) = run(&world, &["result", "done"]).await;
    let result: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (_, raw) = run(&world, &["result", "done", "-o", "json"]).await;
    let raw: serde_json::Value = serde_json::from_str(&raw).unwrap();
    assert_eq!(result, raw["output"]);
    assert!(result.to_string().contains("owned"), "{result}");
}
