//! `async` blocks that have a name until they are joined in the next statement.
//!
//! ```text
//! let a = async { … };
//! let b = async { … };
//! let (x, y) = join!(a, b);         let (x, y) = join!(async { … }, async { … });
//! ```
//!
//! A block runs nothing before it is joined, so it may as well stand there. What a block copies
//! (`async move`) it copies where it is written: so nothing that could change a variable may stand
//! between, not even in an operand beside it.

use super::fork::macro_kind;
use super::limit;
use super::select::{Select, biased};
use crate::syntax::fork::ForkKind;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprAsync, Macro, Pat, Stmt, Token};

/// Writes the blocks of a block's `let`s where they are joined.
pub(super) fn inline(block: &mut Block) {
    let mut at = 0;
    while at < block.stmts.len() {
        let run = block.stmts[at..].iter().map_while(named).count();
        let end = at + run;
        if run == 0 || end == block.stmts.len() {
            at = end + 1;
            continue;
        }
        let mut written = Vec::new();
        for place in at..end {
            let Some((name, code)) = named(&block.stmts[place]) else {
                continue;
            };
            let (name, code) = (name.clone(), code.clone());
            let others: Vec<_> = block.stmts[place + 1..end]
                .iter()
                .filter_map(named)
                .collect();
            let hidden = others
                .iter()
                .any(|(other, _)| **other == name || count(code.to_token_stream(), other) > 0);
            let earlier: usize = (others.iter())
                .map(|(_, other)| count(other.to_token_stream(), &name))
                .sum();
            if !hidden
                && earlier == 0
                && is_used_once(&block.stmts[end..], &name)
                && write(&mut block.stmts[end], &name, &code)
            {
                written.push(place);
            }
        }
        for place in written.iter().rev() {
            block.stmts.remove(*place);
        }
        at = end + 1 - written.len();
    }
}

/// `let name = async { … };`
fn named(stmt: &Stmt) -> Option<(&Ident, &ExprAsync)> {
    let Stmt::Local(local) = stmt else {
        return None;
    };
    let (Pat::Ident(pat), Some(init)) = (&local.pat, &local.init) else {
        return None;
    };
    let plain = pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none();
    match &*init.expr {
        Expr::Async(code) if plain && init.diverge.is_none() && local.attrs.is_empty() => {
            Some((&pat.ident, code))
        }
        _ => None,
    }
}

/// Whether the first statement uses the name, and nothing else does.
fn is_used_once(stmts: &[Stmt], name: &Ident) -> bool {
    let (used, bound) = match &stmts[0] {
        Stmt::Local(local) => {
            let init = local.init.iter();
            let parts = init.flat_map(|i| [Some(&i.expr), i.diverge.as_ref().map(|(_, e)| e)]);
            let used = parts.flatten().map(|e| count(e.to_token_stream(), name));
            (used.sum(), count(local.pat.to_token_stream(), name) > 0)
        }
        other => (count(other.to_token_stream(), name), false),
    };
    let after = stmts[1..].iter();
    used == 1
        && (bound
            || after
                .map(|s| count(s.to_token_stream(), name))
                .sum::<usize>()
                == 0)
}

fn count(tokens: TokenStream, name: &Ident) -> usize {
    let each = tokens.into_iter().map(|token| match token {
        TokenTree::Group(group) => count(group.stream(), name),
        TokenTree::Ident(ident) => usize::from(ident == *name),
        _ => 0,
    });
    each.sum()
}

/// Writes a block in the place of its name, if that is an operand of what the statement evaluates
/// first; whether it has.
fn write(stmt: &mut Stmt, name: &Ident, code: &ExprAsync) -> bool {
    let expr = match stmt {
        Stmt::Macro(stmt) => return write_in_macro(&mut stmt.mac, name, code),
        Stmt::Expr(expr, _) => expr,
        Stmt::Local(local) => match &mut local.init {
            Some(init) => &mut *init.expr,
            None => return false,
        },
        Stmt::Item(_) => return false,
    };
    write_first(expr, name, code)
}

fn write_first(expr: &mut Expr, name: &Ident, code: &ExprAsync) -> bool {
    match expr {
        Expr::Macro(mac) => write_in_macro(&mut mac.mac, name, code),
        Expr::Await(waits) => match &mut *waits.base {
            Expr::Call(call) if limit::is_timeout(call) => {
                let plain = code.capture.is_none() || is_plain(&call.args[0]);
                plain && write_operand(&mut call.args[1], name, code)
            }
            base => write_first(base, name, code),
        },
        Expr::Try(inner) => write_first(&mut inner.expr, name, code),
        Expr::Paren(inner) => write_first(&mut inner.expr, name, code),
        Expr::Field(field) => write_first(&mut field.base, name, code),
        Expr::MethodCall(call) => write_first(&mut call.receiver, name, code),
        Expr::Match(switch) => write_first(&mut switch.expr, name, code),
        Expr::Return(ret) => match &mut ret.expr {
            Some(value) => write_first(value, name, code),
            None => false,
        },
        _ => false,
    }
}

fn write_operand(expr: &mut Expr, name: &Ident, code: &ExprAsync) -> bool {
    match expr {
        Expr::Path(path) if path.path.is_ident(name) => {
            *expr = Expr::Async(code.clone());
            true
        }
        Expr::Paren(inner) => write_operand(&mut inner.expr, name, code),
        Expr::Call(call) if limit::is_timeout(call) => write_operand(&mut call.args[1], name, code),
        _ => false,
    }
}

/// The same for the tokens of a macro of ours.
fn write_in_macro(mac: &mut Macro, name: &Ident, code: &ExprAsync) -> bool {
    let Some(kind) = macro_kind(mac) else {
        return false;
    };
    let mut wrote = false;
    let tokens = replaced(mac.tokens.clone(), name, code, &mut wrote);
    let changed = Macro {
        tokens,
        ..mac.clone()
    };
    let operands = operands(&changed, kind);
    let may = wrote
        && operands.as_ref().is_some_and(|operands| {
            let is_it = |operand: &Expr| innermost(operand) == Some(code);
            let here = operands.iter().filter(|o| is_it(o)).count() == 1;
            here && (code.capture.is_none() || operands.iter().all(is_plain))
        });
    if may {
        *mac = changed;
    }
    may
}

fn replaced(tokens: TokenStream, name: &Ident, code: &ExprAsync, wrote: &mut bool) -> TokenStream {
    let each = tokens.into_iter().map(|token| match token {
        TokenTree::Ident(ident) if ident == *name => {
            *wrote = true;
            code.to_token_stream()
        }
        TokenTree::Group(group) => {
            let inside = replaced(group.stream(), name, code, wrote);
            let mut made = Group::new(group.delimiter(), inside);
            made.set_span(group.span());
            TokenTree::Group(made).into()
        }
        other => other.into(),
    });
    each.collect()
}

/// What such a macro evaluates when it is entered.
fn operands(mac: &Macro, kind: ForkKind) -> Option<Vec<Expr>> {
    if kind == ForkKind::Select {
        let select = mac.parse_body::<Select>().ok()?;
        let each = select.branches.into_iter();
        return Some(
            each.flat_map(|one| [Some(one.operand), one.condition])
                .flatten()
                .collect(),
        );
    }
    let parse = |input: ParseStream<'_>| {
        biased(input)?;
        Punctuated::<Expr, Token![,]>::parse_terminated(input)
    };
    let parsed = mac.parse_body_with(parse);
    parsed.ok().map(|operands| operands.into_iter().collect())
}

/// The block that an operand is, or that it limits.
fn innermost(operand: &Expr) -> Option<&ExprAsync> {
    match operand {
        Expr::Async(code) => Some(code),
        Expr::Paren(inner) => innermost(&inner.expr),
        Expr::Call(call) if limit::is_timeout(call) => innermost(&call.args[1]),
        _ => None,
    }
}

/// Whether an operand changes no variable, as its syntax shows.
fn is_plain(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Lit(_) | Expr::Async(_) => true,
        Expr::Paren(inner) => is_plain(&inner.expr),
        Expr::Field(field) => is_plain(&field.base),
        Expr::Unary(unary) => is_plain(&unary.expr),
        Expr::Binary(binary) => {
            !crate::normalize::assigns(&binary.op)
                && is_plain(&binary.left)
                && is_plain(&binary.right)
        }
        // `&mut handle` itself changes nothing; what is called with it may.
        Expr::Reference(borrow) => is_plain(&borrow.expr),
        Expr::Call(call) => call.args.iter().all(|arg| {
            let changes = matches!(arg, Expr::Reference(borrow) if borrow.mutability.is_some());
            !changes && is_plain(arg)
        }),
        Expr::MethodCall(call) => {
            let names = [
                "clone",
                "to_owned",
                "to_string",
                "len",
                "is_some",
                "is_none",
            ];
            names.iter().any(|name| call.method == name) && is_plain(&call.receiver)
        }
        _ => false,
    }
}
