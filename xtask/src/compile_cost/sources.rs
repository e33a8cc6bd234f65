//! The functions that are compiled, each as a workflow and as a plain `async fn`.

use std::fmt::Write;

/// In which form the same functions are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Workflow,
}

/// How many functions [`Program::Many`] has, and how many awaits each.
pub(super) const MANY: usize = 100;
pub(super) const AWAITS: usize = 10;

/// What to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Program {
    /// Nothing but what the others await: the cost of starting rustc.
    Nothing,
    /// 100 functions with 10 awaits and 8 locals each.
    Many,
    /// One function with 50 locals and 200 awaits; at each, few locals are needed later.
    FewLive,
    /// The same with all locals needed later.
    AllLive,
}

impl Program {
    /// The functions and how many awaits they have together, in words.
    pub(super) fn title(self) -> &'static str {
        match self {
            Program::Nothing => "no function",
            Program::Many => "100 functions, 8 locals, 10 awaits",
            Program::FewLive => "1 function, 50 locals, 200 awaits, few live",
            Program::AllLive => "1 function, 50 locals, 200 awaits, all live",
        }
    }

    /// A crate in one file.
    pub(super) fn source(self, form: Form) -> String {
        let (names, code) = match self {
            Program::Nothing => (Vec::new(), String::new()),
            Program::Many => (0..MANY).map(small).collect(),
            Program::FewLive => (vec!["large".to_owned()], large(false)),
            Program::AllLive => (vec!["large".to_owned()], large(true)),
        };
        match form {
            Form::Plain => format!("{PLAIN}{}{}", code.replace('@', ""), boxed(&names)),
            Form::Workflow => format!("{WORKFLOW}{}", code.replace('@', "#[workflow]")),
        }
    }
}

const WORKFLOW: &str = "
#![allow(unused, clippy::all)]
use durable_runtime::prelude::*;
#[activity]
async fn number(n: u64) -> Result<u64, String> { Ok(n) }
#[activity]
async fn text(n: u64) -> Result<String, String> { Ok(n.to_string()) }
";

/// The prelude is used here too, so that both forms load the same crates. What is awaited is
/// pending once: a future that is always ready is optimised away, and a workflow always waits.
const PLAIN: &str = "
#![allow(unused, clippy::all)]
use durable_runtime::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
pub struct Later(bool);
impl Future for Later {
    type Output = ();
    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) { return Poll::Ready(()); }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
async fn number(n: u64) -> Result<u64, String> { Later(false).await; Ok(n) }
async fn text(n: u64) -> Result<String, String> { Later(false).await; Ok(n.to_string()) }
";

/// All plain functions as boxes, which a library would leave to its callers to compile.
fn boxed(names: &[String]) -> String {
    let boxes = names.iter().map(|name| format!("Box::pin({name}(1)),\n"));
    let boxes: String = boxes.collect();
    format!(
        "pub fn all() -> Vec<Pin<Box<dyn Future<Output = u64> + Send>>> {{\nvec![\n{boxes}]\n}}\n"
    )
}

/// A function without its attribute, for which `@` stands.
fn small(number: usize) -> (String, String) {
    let name = format!("small{number}");
    let mut code = format!("@\npub async fn {name}(start: u64) -> u64 {{\n");
    for n in 0..8 {
        let _ = writeln!(
            code,
            "let l{n} = number(start + {n}).await.unwrap_or_default();"
        );
    }
    code += "if start > 1 { let _ = text(l1).await; let _ = text(l2).await; }\n";
    let sum: Vec<_> = (0..8).map(|n| format!("l{n}")).collect();
    let _ = writeln!(code, "{}\n}}", sum.join(" + "));
    (name, code)
}

fn large(all: bool) -> String {
    let mut code =
        String::from("@\npub async fn large(start: u64) -> u64 {\nlet mut total = start;\n");
    let begin = |code: &mut String, n: usize| {
        let (ty, call) = if n.is_multiple_of(2) {
            ("u64", "number(total)")
        } else {
            ("String", "text(total)")
        };
        let _ = writeln!(
            code,
            "let mut l{n}: {ty} = {call}.await.unwrap_or_default();"
        );
    };
    let again = |code: &mut String, n: usize| {
        let _ = match n % 2 {
            0 => writeln!(code, "l{n} += number(l{n}).await.unwrap_or_default();"),
            _ => writeln!(
                code,
                "l{n}.push_str(&text(total).await.unwrap_or_default());"
            ),
        };
    };
    let end = |code: &mut String, n: usize| {
        let value = if n.is_multiple_of(2) {
            format!("l{n}")
        } else {
            format!("l{n}.len() as u64")
        };
        let _ = writeln!(code, "total = total.wrapping_add({value});");
    };
    if all {
        (0..50).for_each(|n| begin(&mut code, n));
        (0..150).for_each(|n| again(&mut code, n % 50));
        (0..50).for_each(|n| end(&mut code, n));
    } else {
        for n in 0..50 {
            begin(&mut code, n);
            (0..3).for_each(|_| again(&mut code, n));
            end(&mut code, n);
        }
    }
    code + "total\n}\n"
}
