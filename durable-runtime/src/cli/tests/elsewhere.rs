//! `activity`: attempts that are ended by their tokens.

use super::*;
use crate::activity::{ActivityToken, Progress};
use crate::clock::VirtualClock;
use crate::store::{Note, Write};
use std::sync::Arc;

/// A run whose activity `charge` ends elsewhere, and the token.
async fn waiting(world: &World) -> String {
    let answers = vec![returned(&"r-42"), Resolution::Fired];
    let run = world.drive("waits", a_book(), answers).await;
    let op = world.client.handle::<()>("waits").await.unwrap();
    let op = op.describe().await.unwrap().waiting.unwrap().operations[0].op;
    let progress = Progress {
        elsewhere: Some(at(30)),
        ..Progress::default()
    };
    world
        .commit(Write::Note(Note {
            run,
            op,
            body: progress.encode(),
            consumed: Vec::new(),
        }))
        .await;
    let attempt = 1;
    ActivityToken { run, op, attempt }.to_string()
}

#[tokio::test]
async fn an_activity_is_ended_by_its_token() {
    let mut world = World::new().await;
    world.client = world.client.clock(Arc::new(VirtualClock::new(at(60))));
    let token = waiting(&world).await;
    let (_, text) = run(&world, &["show", "waits"]).await;
    let line = format!("ends elsewhere: activity complete {token}");
    assert!(text.contains(&line), "{text}");
    let shown = async |args: &[&str]| {
        let (exit, text) = run(&world, args).await;
        (exit, text.replace(&token, "TOKEN"))
    };
    let (exit, text) = shown(&["activity", "heartbeat", &token, "-d", "3"]).await;
    expect![[r#"
        TOKEN: heard; it may go on
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::Ok);
    let (exit, text) = shown(&["activity", "complete", &token, "-v", "7"]).await;
    expect![[r#"
        error: this does not fit what activity `charge` gives
          because: invalid type: integer `7`, expected a string
          hint: give the JSON of the type in the activity's return type; nothing was sent
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::Usage);
    let (exit, text) = shown(&["activity", "fail", &token, "-e", "{}", "-o", "json"]).await;
    expect![[r#"
        error: this does not fit what activity `charge` gives
          because: missing field `kind`
          hint: give the JSON of the type in the activity's return type; nothing was sent
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::Usage);
    let value = r#""c-1999""#;
    let (exit, text) = shown(&["activity", "complete", &token, "-v", value]).await;
    expect![[r#"
        TOKEN: completed
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::Ok);
    let (exit, text) = shown(&["activity", "cancelled", &token]).await;
    expect![[r#"
        error: the activity with the token `TOKEN` has been completed already
          hint: the first one counts; nothing was sent
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::Conflict);
    let unknown = ActivityToken {
        run: crate::id::RunId(7),
        op: 1,
        attempt: 1,
    };
    let (exit, text) = run(&world, &["activity", "complete", &unknown.to_string()]).await;
    expect![[r#"
        error: no activity has the token `da1-7-1-1-2090`
          hint: is it from another database? name that with --store URL or DURABLE_STORE
    "#]]
    .assert_eq(&text);
    assert_eq!(exit, Exit::NotFound);
    let (exit, text) = run(&world, &["activity", "complete", "da1-12-"]).await;
    expect![[r#"
        error: invalid value 'da1-12-' for '<TOKEN>': `da1-12-` is no token of an activity, or not all of one

        For more information, try '--help'.
    "#]].assert_eq(&text);
    assert_eq!(exit, Exit::Usage);
}
