//! A body as text: the form that tests and documents use.

use super::{Body, BranchCode, Code, Fork, Locals, Statement, Terminator};
use quote::{ToTokens, quote};
use std::fmt::{self, Display, Write};

impl Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, block) in self.blocks.iter().enumerate() {
            writeln!(f, "b{number}:")?;
            let marks = |s: &&Statement| matches!(s.code, Code::Taken(_));
            for statement in block.statements.iter().filter(|s| !marks(s)) {
                writeln!(f, "  {}", self.statement(statement))?;
            }
            writeln!(f, "  {}", self.terminator(&block.terminator))?;
        }
        Ok(())
    }
}

impl Body {
    fn statement(&self, statement: &Statement) -> String {
        let code = match &statement.code {
            Code::Let { pat, init, .. } => format!("let {} = {}", show(pat), show(init)),
            Code::Start { cursor, source } => {
                format!(
                    "let {} = rest({})",
                    self.locals[cursor.0].ident,
                    show(source)
                )
            }
            Code::Param { index, pat, .. } => format!("let {} = param {index}", show(pat)),
            Code::Stmt(stmt) => show(stmt),
            Code::Taken(taken) => format!("taken {}", show(&taken.part)),
        };
        format!(
            "{code}  {}",
            self.sets(&statement.binds, &statement.assigns, &statement.uses)
        )
    }

    fn terminator(&self, terminator: &Terminator) -> String {
        match terminator {
            Terminator::Goto(next) => format!("goto b{}", next.0),
            Terminator::If {
                cond,
                then,
                otherwise,
                ..
            } => {
                format!("if {} -> b{}, else b{}", show(cond), then.0, otherwise.0)
            }
            Terminator::Match {
                scrutinee, arms, ..
            } => {
                let mut text = format!("match {}", show(scrutinee));
                for arm in arms {
                    let _ = write!(text, " [{} -> b{}]", show(&arm.pat), arm.target.0);
                }
                text
            }
            Terminator::LetElse {
                pat,
                init,
                next,
                otherwise,
                ..
            } => {
                format!(
                    "let {} = {} -> b{}, else b{}",
                    show(pat),
                    show(init),
                    next.0,
                    otherwise.0
                )
            }
            Terminator::Next {
                cursor,
                source,
                tail,
                pat,
                body,
                exit,
                ..
            } => {
                let cursor = &self.locals[source.unwrap_or(*cursor).0].ident;
                let through = tail
                    .as_ref()
                    .map(|tail| format!(" by {}", show(&tail.adaptors)));
                format!(
                    "next {} of {cursor}{} -> b{}, end b{}",
                    show(pat),
                    through.unwrap_or_default(),
                    body.0,
                    exit.0
                )
            }
            Terminator::Suspend {
                point,
                operation,
                answer,
                resume,
                ..
            } => {
                let label = &self.points[point.0].label;
                let answer = &self.locals[answer.0].ident;
                format!(
                    "suspend `{label}` {} -> {answer} in b{}",
                    show(operation),
                    resume.0
                )
            }
            Terminator::Fork(fork) => self.fork(fork),
            Terminator::Return { value, .. } => format!("return {}", show(&quote!(#value))),
            Terminator::Unreachable => "unreachable".to_owned(),
        }
    }

    fn fork(&self, fork: &Fork) -> String {
        let mut text = format!("fork `{}`", self.points[fork.point.0].label);
        for (number, branch) in fork.branches.iter().enumerate() {
            let _ = write!(text, " [{number}");
            if let Some(enabled) = branch.enabled {
                let _ = write!(text, " if {}", self.locals[enabled.0].ident);
            }
            let _ = match &branch.code {
                BranchCode::Operation { operation, .. } => write!(text, ": {}]", show(operation)),
                BranchCode::Region(code) => write!(text, ": b{}]", code.entry.0),
            };
        }
        let answer = &self.locals[fork.answer.0].ident;
        let _ = write!(text, " -> {answer} in b{}", fork.resume.0);
        text
    }

    fn sets(&self, binds: &Locals, assigns: &Locals, uses: &Locals) -> String {
        let names = |sign: &str, set: &Locals| {
            set.iter()
                .map(|l| format!("{sign}{}", self.locals[l.0].ident))
                .collect::<Vec<_>>()
        };
        let all = [names("+", binds), names("=", assigns), names("?", uses)].concat();
        if all.is_empty() {
            String::new()
        } else {
            format!("// {}", all.join(" "))
        }
    }
}

/// Tokens with as few spaces as reading needs.
pub(super) fn show(tokens: &impl ToTokens) -> String {
    crate::normalize::source_text(tokens.to_token_stream())
}
