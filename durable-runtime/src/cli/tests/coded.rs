//! Commands without the codecs of those who have written what they show.

use super::*;
use crate::payload::{CodecFailure, Codecs, Coded, Context, PayloadCodec};

/// Gives nothing away, and nothing back.
#[derive(Debug)]
struct Sealed;

impl PayloadCodec for Sealed {
    fn name(&self) -> &'static str {
        "sealed"
    }

    fn encode(&self, _: &Context<'_>, _: &[u8]) -> Result<Option<Coded>, CodecFailure> {
        Ok(Some(Coded {
            key: "k1".to_owned(),
            bytes: Vec::new(),
        }))
    }

    fn decode(&self, _: &Context<'_>, _: &str, _: &[u8]) -> Result<Vec<u8>, CodecFailure> {
        Err(CodecFailure::new("and gone"))
    }
}

async fn world() -> World {
    let world = World::coded(&Codecs::new().with(Sealed)).await;
    world
        .drive("asleep", a_book(), vec![returned(&"r-42")])
        .await;
    let late = vec![Resolution::TimedOut(TimeoutKind::StartToClose)];
    world.drive("late", a_book(), late).await;
    world
}

#[tokio::test]
async fn show_says_how_values_are_coded() {
    let world = world().await;
    shows(
        &world,
        &["show", "asleep"],
        Exit::Ok,
        expect![[r#"
            asleep  buy  running
              started  2026-01-02 03:04:05 UTC (1m ago)
              queue    default
              run      1000
              worker   000000000000beef
              input    "(encoded by `sealed` with key `k1`)"

            Waiting at sleep
              durable-runtime/src/fixture.rs:46  sleep(Duration::from_secs(1800))
              for what its checkpoint says (encoded by `sealed` with key `k1`), since 58s ago

            Steps
              #  AWAIT    BEGAN           TOOK  TRIES  ANSWER
              1  reserve  01-02 03:04:06  1.0s         (encoded by `sealed` with key `k1`)
              2  sleep    01-02 03:04:07               …
        "#]],
    )
    .await;
    shows(
        &world,
        &["show", "late"],
        Exit::Ok,
        expect![[r#"
        late  buy  failed: (cannot be shown: encoded by `sealed` with key `k1`)
          started  2026-01-02 03:04:05 UTC (1m ago)
          ended    2026-01-02 03:04:07 UTC (58s ago), after 2.0s
          queue    default
          run      2000
          input    "(encoded by `sealed` with key `k1`)"
          result   "(encoded by `sealed` with key `k1`)"

        Steps
          #  AWAIT    BEGAN           TOOK  TRIES  ANSWER
          1  reserve  01-02 03:04:06  1.0s         (encoded by `sealed` with key `k1`)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn list_and_result_do_too() {
    let world = world().await;
    shows(
        &world,
        &["list"],
        Exit::Ok,
        expect![[r#"
        ID      WORKFLOW  STATUS   WHERE                                                 STARTED
        late    buy       failed   (cannot be shown: encoded by `sealed` with key `k1`)  1m ago
        asleep  buy       running  sleep                                                 1m ago
    "#]],
    )
    .await;
    shows(
        &world,
        &["result", "late"],
        Exit::Error,
        expect![[r#"
        error: the result of workflow `late` does not fit the expected type `JSON`
          because: encoded by `sealed` with key `k1`
    "#]],
    )
    .await;
    shows(&world, &["check"], Exit::Error, expect![[r#"
        WORKFLOW  AWAIT  COUNT  VERDICT                                                        FOR EXAMPLE
        buy       sleep  1      the checkpoint cannot be read: the frame cannot be decoded:    asleep
                                encoded by `sealed` with key `k1`

        1 of 1 running workflows would be parked by this binary.
        Nothing is lost: they wait until a binary that fits is deployed. To heal them, keep
        the await's name, give new fields a #[serde(default)], or keep the old function.
    "#]]).await;
}
