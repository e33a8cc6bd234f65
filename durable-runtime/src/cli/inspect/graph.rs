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
