//! Why a local is saved: the line in which it is used next.

use crate::analysis::liveness::liveness;
use crate::diag::Diagnostics;
use crate::lower::{self, next_use};
use expect_test::{Expect, expect};
use std::fmt::Write;

/// `label@line: local→line` for each suspend point.
fn check(source: &str, expected: &Expect) {
    let body = super::lowered(source);
    let layout = lower::layout(&body, &liveness(&body), &mut Diagnostics::default());
    let mut text = String::new();
    for plan in &layout.points {
        let point = &body.points[plan.point.0];
        let after = point.span.start().line;
        let uses = plan.locals.iter().map(|&number| {
            let name = &layout.saved[number].1;
            format!("{name}→{}", next_use(&body, &layout, plan, number))
        });
        let uses: Vec<_> = uses.collect();
        let _ = writeln!(text, "{}@{after}: {}", point.label, uses.join(", "));
    }
    expected.assert_eq(&text);
}

#[test]
fn the_nearest_of_several_ways() {
    check(
        "async fn f(c: bool, a: u32) {
            op(1).await;
            if c {
                other(
                    a,
                ).await;
            }
            last(a).await;
        }",
        &expect![[r"
            op@2: c→3, a→5
            other@6: a→8
            last@8: 
        "]],
    );
}

#[test]
fn around_a_loop() {
    check(
        "async fn f(items: Vec<u32>) -> u32 {
            let mut total = 0;
            for item in items {
                total += item;
                op(item).await;
            }
            total
        }",
        &expect![[r"
            op@5: total→7, item.at→3
        "]],
    );
}

#[test]
fn not_what_has_another_value_by_then() {
    check(
        "async fn f(c: bool) -> u32 {
            let mut x = 1;
            op(1).await;
            if c {
                x = 2;
                log(x);
            }
            x
        }",
        &expect![[r"
            op@3: c→4, x→8
        "]],
    );
}

#[test]
fn through_a_borrow() {
    check(
        "async fn f(order: Order) -> u32 {
            let items = &order.items;
            op(1).await;
            log();
            count(items)
        }",
        &expect![[r"
            op@3: order→5
        "]],
    );
}

#[test]
fn operands_and_answers() {
    check(
        "async fn f() -> u32 {
            add(
                one(),
                two().await,
            )
            + three().await
        }",
        &expect![[r#"
            two@4: two.arg0→3
            three@6: three.arg0→2
        "#]],
    );
}

#[test]
fn in_a_format_string() {
    check(
        "async fn f(name: String) {
            op(1).await;
            println!(\"{name}\");
        }",
        &expect![[r#"
            op@2: name→3
        "#]],
    );
}

#[test]
fn in_branches_and_after_them() {
    check(
        "async fn f(order: Order, note: String, mut log: Log) -> u32 {
            let (a, b) = join!(
                async {
                    one(&order).await;
                    log.add(1);
                    two(&order).await
                },
                three(4),
            );
            use_it(&note, &log);
            a + b
        }",
        &expect![[r#"
            join(async,three)@2: note→10
            one@4: order→6, ^log→5
            two@6: ^log→10
            three@8: 
        "#]],
    );
}
