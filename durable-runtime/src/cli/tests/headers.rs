//! Headers: given to `start`, shown by `show`.

use super::*;

#[tokio::test]
async fn a_header_goes_along_from_the_command_line() {
    let world = World::new().await;
    let input = r#"{"cents": 5, "id": "42", "items": []}"#;
    let start = [
        "start",
        "buy",
        "--id",
        "h",
        "--input",
        input,
        "--header",
        "tenant=acme=1",
    ];
    let (exit, text) = run(&world, &start).await;
    assert_eq!(exit, Exit::Ok, "{text}");
    let (_, text) = run(&world, &["show", "h"]).await;
    assert!(text.contains("\n  header   tenant: acme=1\n"), "{text}");
    let (exit, text) = run(&world, &["start", "buy", "--id", "i", "--header", "tenant"]).await;
    assert_eq!(exit, Exit::Usage);
    assert!(text.contains("it is NAME=VALUE"), "{text}");
}
