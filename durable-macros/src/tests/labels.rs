//! Labels of suspend points: part of the stored format, so each rule has its test.

use super::{errors, lowered};

fn labels(body: &str) -> Vec<String> {
    let source = format!("async fn f() {{ {body} }}");
    let points = lowered(&source).points;
    points.into_iter().map(|p| p.label).collect()
}

#[test]
fn a_callee_that_occurs_once() {
    assert_eq!(labels("charge(order).await;"), ["charge"]);
    assert_eq!(labels("let x = bank::charge(order).await?;"), ["charge"]);
    assert_eq!(labels("charge(1).timeout(d).await;"), ["charge"]);
    assert_eq!(labels("call.await;"), ["call"]);
    assert_eq!(labels("r#type(1).await;"), ["type"]);
}

#[test]
fn the_binding_tells_equal_callees_apart() {
    assert_eq!(
        labels("let deposit = charge(1).await?; let rest = charge(2).await?;"),
        ["charge(deposit)", "charge(rest)"]
    );
}

#[test]
fn without_a_binding_the_arguments_do() {
    assert_eq!(
        labels("charge(1, a).await; charge(2, b.c).await;"),
        ["charge(1,a)", "charge(2,b.c)"]
    );
}

#[test]
fn long_arguments_become_a_digest() {
    let long = "\"a text that is much longer than forty bytes in all\"";
    let found = labels(&format!("charge({long}).await; charge(1).await;"));
    assert_eq!(found, ["charge(c530911e0c867ab8)", "charge(1)"]);
}

#[test]
fn spaces_and_lines_do_not_matter() {
    let wide = labels("charge( 1 ,\n a . b ).await; charge(2).await;");
    assert_eq!(wide, labels("charge(1,a.b).await;charge(2).await;"));
}

#[test]
fn exact_ties_are_counted() {
    assert_eq!(
        labels("charge(x).await; charge(x).await; charge(y).await;"),
        ["charge(x)#1/2", "charge(x)#2/2", "charge(y)"]
    );
    assert_eq!(
        labels("charge(x).await; charge(x).await; charge(x).await;"),
        ["charge(x)#1/3", "charge(x)#2/3", "charge(x)#3/3"],
        "one more renames all of them, so that no old frame resumes at the wrong one"
    );
}

#[test]
fn a_label_by_hand_wins() {
    assert_eq!(
        labels("#[label = \"first\"] let a = charge(1).await; let b = charge(2).await;"),
        ["first", "charge"]
    );
    assert_eq!(
        labels("#[label = \"first\"] charge(1).await.ok(); charge(2).await.ok();"),
        ["first", "charge"]
    );
}

#[test]
fn labels_by_hand_must_differ() {
    let twice = "async fn f() { #[label = \"a\"] let x = one().await; #[label = \"a\"] let y = two().await; }";
    assert!(errors(twice).contains("durable D10"), "{}", errors(twice));
}

#[test]
fn labels_by_hand_are_texts() {
    for label in [
        "#[label(\"a\")]",
        "#[label = 2]",
        "#[label = \"\"]",
        "#[label]",
    ] {
        let source = format!("async fn f() {{ {label} let x = one().await; }}");
        assert!(
            errors(&source).contains("durable D10"),
            "{label} is accepted"
        );
    }
}

#[test]
fn cfg_on_a_statement_that_awaits_in_a_macro() {
    for code in [
        "op(1).await.ok();",
        "op(1).await?;",
        "op(1).await;",
        "let x = 1;",
    ] {
        let source = format!("async fn f() {{ join!(async {{ #[cfg(test)] {code} }}, one(2)); }}");
        assert!(
            errors(&source).contains("durable D07"),
            "{code} is accepted"
        );
    }
}
