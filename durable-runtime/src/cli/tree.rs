//! JSON as an indented tree that fits the width.

use super::plain::{plain, plain_json};
use super::style::{DIM, paint};
use serde_json::Value;
use std::fmt::Write as _;

/// Values that are shorter than this stay on one line.
const INLINE_WIDTH: usize = 60;

/// Nesting beyond this is shown on one line, cut off.
const DEPTH_MAX: usize = 12;

/// One entry per name; every line is indented by `indent` columns.
pub(crate) fn render<'a>(
    entries: impl IntoIterator<Item = (&'a str, &'a Value)>,
    indent: usize,
    width: usize,
) -> String {
    let entries: Vec<_> = entries.into_iter().collect();
    let entries: Vec<_> = entries
        .into_iter()
        .map(|(name, value)| (plain(name), value))
        .collect();
    let longest = entries.iter().map(|(name, _)| name.chars().count()).max();
    let mut text = String::new();
    for (name, value) in entries {
        let pad = " ".repeat(indent);
        let gap = longest.unwrap_or(0).min(24);
        let inline = inline(value);
        let room = width.saturating_sub(indent + gap + 2);
        if is_leaf(value) || inline.chars().count() <= room.min(INLINE_WIDTH) {
            let fitted = fit(&inline, room);
            let _ = writeln!(text, "{pad}{name:<gap$}  {fitted}");
        } else {
            let _ = writeln!(text, "{pad}{name}");
            branch(&mut text, value, &pad, width, 1);
        }
    }
    text
}

fn branch(text: &mut String, value: &Value, prefix: &str, width: usize, depth: usize) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => {
            let name = |name| plain(name).into_owned();
            map.iter().map(|(k, v)| (name(k), v)).collect()
        }
        Value::Array(items) => (0..)
            .zip(items)
            .map(|(i, v): (u64, _)| (i.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    let last = children.len().saturating_sub(1);
    for (i, (name, child)) in children.into_iter().enumerate() {
        let (mark, below) = if i == last {
            ("└─ ", "   ")
        } else {
            ("├─ ", "│  ")
        };
        let used = prefix.chars().count() + 3 + name.chars().count() + 2;
        let room = width.saturating_sub(used);
        let inline = inline(child);
        let line = paint(DIM, format_args!("{prefix}{mark}"));
        let short = inline.chars().count() <= room.min(INLINE_WIDTH);
        if is_leaf(child) || short || depth >= DEPTH_MAX {
            let _ = writeln!(text, "{line}{name}: {}", fit(&inline, room));
        } else {
            let _ = writeln!(text, "{line}{name}");
            branch(text, child, &format!("{prefix}{below}"), width, depth + 1);
        }
    }
}

fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    }
}

/// A value on one line.
pub(crate) fn inline(value: &Value) -> String {
    plain_json(&value.to_string())
}

/// Cuts a line off where it no longer fits.
pub(crate) fn fit(text: &str, room: usize) -> String {
    // A value of some megabytes is cut before it is counted.
    let room = room.max(8);
    if text.chars().take(room + 1).count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use serde_json::json;

    #[test]
    fn small_values_stay_on_a_line_and_large_ones_become_branches() {
        let order = json!({
            "id": "42",
            "items": [{"sku": "book", "count": 2}, {"sku": "lamp", "count": 1}],
            "note": "leave it with the neighbours if nobody opens, they know about it",
        });
        let tree = render([("order", &order), ("left", &json!(3))], 2, 60);
        let plain = format!("Locals\n{}", anstream::adapter::strip_str(&tree));
        expect![[r#"
            Locals
              order
              ├─ id: "42"
              ├─ items
              │  ├─ 0: {"count":2,"sku":"book"}
              │  └─ 1: {"count":1,"sku":"lamp"}
              └─ note: "leave it with the neighbours if nobody opens, t…
              left   3
        "#]]
        .assert_eq(&plain);
    }
}
