//! The graph of suspend points, for Mermaid and for Graphviz.
//!
//! Nodes are called `start`, `p0`, `p1` … and `done`; what people read is in quoted labels. Points
//! in a branch stand in a box that is named after the point that joins it.

use crate::machine::Point;
use crate::registry::WorkflowDef;
use std::fmt::Write as _;

/// A Mermaid flow chart.
pub(super) fn mermaid(def: &WorkflowDef) -> String {
    let mut text = format!("flowchart TD\n    start([{}])\n", mermaid_text(def.name));
    nodes(
        def,
        None,
        1,
        &mut text,
        &Dialect {
            node: |number, lines| {
                let lines: Vec<_> = lines.iter().map(|l| mermaid_escaped(l)).collect();
                format!("p{number}[\"{}\"]", lines.join("<br/>"))
            },
            open: |number, branch, label| {
                format!("subgraph p{number}b{branch} [{}]", mermaid_text(label))
            },
            close: "end",
        },
    );
    text.push_str("    done([end])\n");
    for &(from, to) in def.edges {
        let _ = writeln!(text, "    {} --> {}", node(from), node(to));
    }
    text
}

/// A Graphviz digraph.
pub(super) fn dot(def: &WorkflowDef) -> String {
    let mut text = format!(
        "digraph {} {{\n    node [shape=box];\n    start [shape=oval, label={}];\n",
        dot_text(&[def.name.to_owned()]),
        dot_text(&[def.name.to_owned()])
    );
    nodes(
        def,
        None,
        1,
        &mut text,
        &Dialect {
            node: |number, lines| format!("p{number} [label={}];", dot_text(lines)),
            open: |number, branch, label| {
                let label = dot_text(&[label.to_owned()]);
                format!("subgraph cluster_p{number}b{branch} {{ label={label};")
            },
            close: "}",
        },
    );
    text.push_str("    done [shape=oval, label=\"end\"];\n");
    for &(from, to) in def.edges {
        let _ = writeln!(text, "    {} -> {};", node(from), node(to));
    }
    text + "}\n"
}

struct Dialect {
    node: fn(usize, &[String]) -> String,
    open: fn(usize, u16, &str) -> String,
    close: &'static str,
}

/// The points inside `parent`, each followed by a box for each of its branches.
fn nodes(
    def: &WorkflowDef,
    parent: Option<(u16, u16)>,
    depth: usize,
    text: &mut String,
    as_: &Dialect,
) {
    let pad = "    ".repeat(depth);
    for (number, point) in def.points.iter().enumerate() {
        if point.parent != parent {
            continue;
        }
        let _ = writeln!(text, "{pad}{}", (as_.node)(number, &lines(def, point)));
        for branch in super::branches(def, super::number(number)) {
            let label = format!("{} branch {branch}", point.label);
            let _ = writeln!(text, "{pad}{}", (as_.open)(number, branch, &label));
            let this = Some((super::number(number), branch));
            nodes(def, this, depth + 1, text, as_);
            let _ = writeln!(text, "{pad}{}", as_.close);
        }
    }
    if parent.is_none() {
        for (name, (of, block)) in super::blocks(def) {
            let _ = writeln!(text, "{pad}{}", (as_.open)(usize::from(of), block, name));
            nodes(def, Some((of, block)), depth + 1, text, as_);
            let _ = writeln!(text, "{pad}{}", as_.close);
        }
    }
}

fn lines(def: &WorkflowDef, point: &Point) -> Vec<String> {
    let mut lines = vec![point.label.to_owned(), format!("line {}", point.line)];
    let names = point
        .locals
        .iter()
        .map(|&l| def.locals[usize::from(l)].name);
    let names: Vec<_> = names.collect();
    if !names.is_empty() {
        lines.push(format!("saves {}", names.join(", ")));
    }
    lines
}

fn node(number: u16) -> String {
    match number {
        Point::ENTRY => "start".to_owned(),
        Point::EXIT => "done".to_owned(),
        number => format!("p{number}"),
    }
}

fn mermaid_text(label: &str) -> String {
    format!("\"{}\"", mermaid_escaped(label))
}

/// Inside quotes Mermaid knows `#name;` and `#number;`, and takes the rest for HTML or Markdown.
fn mermaid_escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " _.,:()+-/".contains(c) => escaped.push(c),
            c => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
        }
    }
    escaped
}

/// Lines as a quoted string of Graphviz.
fn dot_text(lines: &[String]) -> String {
    let lines: Vec<_> = lines
        .iter()
        .map(|l| {
            l.replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', " ")
        })
        .collect();
    format!("\"{}\"", lines.join("\\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A workflow with hostile labels, and with awaits inside another one.
    fn hostile() -> WorkflowDef {
        let point = |label, parent| Point {
            label,
            source: "",
            line: 7,
            locals: &[],
            next_uses: &[],
            parent,
        };
        let points = vec![
            point(r#"say("a\" -> [b]; <c> & #d`")#1/2"#, None),
            point("join", None),
            point("end", Some((1, 0))),
            point("beside", Some((1, 2))),
            point("ünïcode\n|{}", Some((2, 1))),
        ];
        let buy = crate::registry::workflow("buy").unwrap();
        WorkflowDef {
            name: r#"a "quoted" name"#,
            params: &[],
            file: buy.file,
            line: 1,
            points: Vec::leak(points),
            locals: &[],
            edges: &[
                (Point::ENTRY, 0),
                (0, 0),
                (0, 1),
                (1, 3),
                (2, 4),
                (1, Point::EXIT),
            ],
            options: buy.options,
            run: buy.run,
            check_input: buy.check_input,
            block: None,
        }
    }

    /// Replaces what is quoted by `Q`; a quote that is not closed fails.
    fn unquoted(line: &str, escape: Option<char>) -> String {
        let (mut text, mut chars) = (String::new(), line.chars());
        while let Some(c) = chars.next() {
            if c != '"' {
                text.push(c);
                continue;
            }
            loop {
                match chars.next().expect("a quoted text ends in its line") {
                    '"' => break,
                    c if Some(c) == escape => drop(chars.next()),
                    _ => {}
                }
            }
            text.push('Q');
        }
        text
    }

    fn is_node(name: &str) -> bool {
        let digits = name.strip_prefix('p').unwrap_or("");
        name == "start" || name == "done" || digits.parse::<usize>().is_ok()
    }

    struct Grammar {
        escape: Option<char>,
        arrow: &'static str,
        node: &'static str,
        open: &'static str,
        close: &'static str,
    }

    /// Every line is a statement of the language, every box is closed, every edge joins nodes.
    fn parse(statements: &[&str], grammar: &Grammar) {
        let (mut nodes, mut boxes, mut ends) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
        let mut depth = 0;
        for line in statements {
            let line = unquoted(line.trim(), grammar.escape);
            let line = line.trim_end_matches(';');
            let (name, rest) = line.split_at(line.find([' ', '[', '(']).unwrap_or(line.len()));
            if let Some((from, to)) = line.split_once(grammar.arrow) {
                ends.extend([from.to_owned(), to.to_owned()]);
            } else if line == grammar.close {
                depth -= 1;
                assert!(depth >= 0, "closed what was not open");
            } else if name == "subgraph" {
                assert!(rest.ends_with(grammar.open), "{line}");
                assert!(boxes.insert(rest.to_owned()), "{rest} twice");
                depth += 1;
            } else if is_node(name) {
                let shapes = [grammar.node, "([Q])", "([end])", " [shape=oval, label=Q]"];
                assert!(shapes.contains(&rest), "{line}");
                assert!(nodes.insert(name.to_owned()), "{name} twice");
            } else {
                assert_eq!(line, "node [shape=box]");
            }
        }
        assert_eq!((depth, boxes.len(), nodes.len(), ends.len()), (0, 3, 7, 12));
        assert!(ends.iter().all(|end| nodes.contains(end)), "{ends:?}");
    }

    #[test]
    fn mermaid_keeps_hostile_labels_inside_their_quotes() {
        let text = mermaid(&hostile());
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "flowchart TD");
        let grammar = Grammar {
            escape: None,
            arrow: " --> ",
            node: "[Q]",
            open: " [Q]",
            close: "end",
        };
        parse(&lines[1..], &grammar);
    }

    #[test]
    fn dot_keeps_hostile_labels_inside_their_quotes() {
        let text = dot(&hostile());
        let lines: Vec<_> = text.lines().collect();
        let (last, body) = lines[1..].split_last().unwrap();
        assert_eq!(lines[0], r#"digraph "a \"quoted\" name" {"#);
        assert_eq!(*last, "}");
        let grammar = Grammar {
            escape: Some('\\'),
            arrow: " -> ",
            node: " [label=Q]",
            open: " { label=Q",
            close: "}",
        };
        parse(body, &grammar);
    }
}
