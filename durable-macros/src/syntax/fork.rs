//! `join!`, `try_join!`, `select!` and `timeout` over a block, rewritten before anything else to
//! calls that the rest of the compiler can walk like any expression.
//!
//! ```text
//! join!(a, async { b })                    __durable_join(a, #[__durable_branch] { b })
//! select! { p = a, if c => h, else => e }  match __durable_select(let p = a, c) {
//!                                              (Some(p),) => h,
//!                                              _ => e,
//!                                          }
//! timeout(d, async { b }).await            see `limit`
//! ```
//!
//! Handlers are thereby arms of an ordinary `match`, in which `?`, `return` and `break` work.

use super::select::{Select, biased};
use super::{limit, named_blocks};
use crate::diag::{Code, Diagnostics};
use crate::names;
use crate::normalize::standard;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{format_ident, quote_spanned};
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, Attribute, Block, Expr, ExprAsync, ExprCall, ExprMatch, Ident, Macro, Pat, Stmt, Token,
    Type, parse_quote, parse_quote_spanned,
};

/// More branches than this are refused, as by Tokio's `select!`.
const BRANCHES_MAX: usize = 64;
const PREFIX: &str = "__durable_";
const BRANCH: &str = "__durable_branch";
const BRANCH_MOVE: &str = "__durable_branch_move";
const BODY: &str = "__durable_body";

/// How branches are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForkKind {
    /// All outputs.
    Join,
    /// All values, or the first error.
    TryJoin,
    /// The first output that fits its pattern.
    Select,
    /// The output of a block, if it comes before its limit.
    Timeout,
}

impl ForkKind {
    const ALL: [Self; 4] = [Self::Join, Self::TryJoin, Self::Select, Self::Timeout];

    /// As the user writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::TryJoin => "try_join",
            Self::Select => "select",
            Self::Timeout => "timeout",
        }
    }

    /// The same, as it is called.
    pub(crate) fn called(self) -> String {
        match self {
            Self::Timeout => self.name().to_owned(),
            _ => format!("{}!", self.name()),
        }
    }
}

/// Which kind of fork an expression is, if it is one that [`rewrite`] made.
pub(crate) fn fork_kind(expr: &Expr) -> Option<ForkKind> {
    match expr {
        Expr::Call(call) => fork_call(call),
        _ => None,
    }
}

/// The same for a call.
pub(crate) fn fork_call(call: &ExprCall) -> Option<ForkKind> {
    match &*call.func {
        Expr::Path(path) => fork_name(path.path.get_ident()?),
        _ => None,
    }
}

/// The same for the name that is called.
pub(crate) fn fork_name(name: &Ident) -> Option<ForkKind> {
    let name = name.to_string();
    let name = name.strip_prefix(PREFIX)?;
    ForkKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// Whether a macro of this name may be one of ours, before it is known.
pub(crate) fn may_be_fork(name: &str) -> bool {
    ForkKind::ALL.into_iter().any(|kind| kind.name() == name)
}

/// Whether a branch is code (an `async` block), and then whether it is `async move`.
pub(crate) fn branch_code(expr: &Expr) -> Option<bool> {
    let Expr::Block(block) = expr else {
        return None;
    };
    let is = |name: &str| block.attrs.iter().any(|a| a.path().is_ident(name));
    if is(BRANCH) || is(BODY) {
        Some(false)
    } else {
        is(BRANCH_MOVE).then_some(true)
    }
}

/// Whether this attribute marks a branch that is code.
pub(crate) fn is_branch(attr: &Attribute) -> bool {
    [BRANCH, BRANCH_MOVE, BODY]
        .iter()
        .any(|name| attr.path().is_ident(name))
}

/// The body of a function as a branch of its own.
pub(super) fn body(code: &Block, output: &Type) -> Expr {
    let (span, name) = (Span::mixed_site(), Ident::new(BODY, Span::mixed_site()));
    let code = parse_quote!(#[#name(#output)] #code);
    call(ForkKind::Join, span, [code])
}

/// What a function returns whose body this branch is.
pub(crate) fn body_output(operand: &Expr) -> Option<Type> {
    let Expr::Block(block) = operand else {
        return None;
    };
    let attr = block.attrs.iter().find(|a| a.path().is_ident(BODY))?;
    attr.parse_args().ok()
}

/// The text of code in which branches are marked, as people wrote it.
pub(crate) fn as_written(text: &str) -> String {
    let text = text
        .replace(&format!("#[{BRANCH}]"), "async ")
        .replace(&format!("#[{BRANCH_MOVE}]"), "async move ");
    let mut parts = text.split(PREFIX);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let bang = if part.starts_with(ForkKind::Timeout.name()) {
            "("
        } else {
            "!("
        };
        written += &part.replacen('(', bang, 1);
    }
    written
}

/// Where an operand begins in the user's code.
pub(crate) fn operand_span(operand: &Expr) -> Span {
    match operand {
        Expr::Block(block) if branch_code(operand).is_some() => block
            .attrs
            .iter()
            .find(|attr| is_branch(attr))
            .map_or_else(|| operand.span(), |attr| attr.path().span()),
        _ => operand.span(),
    }
}

/// Rewrites all of a function's body; notes the names by which the macros were called.
pub(crate) fn rewrite(body: &mut Block, called: &mut Vec<Ident>, diagnostics: &mut Diagnostics) {
    let mut rewrite = Rewrite {
        diagnostics,
        called,
    };
    rewrite.visit_block_mut(body);
}

struct Rewrite<'d> {
    diagnostics: &'d mut Diagnostics,
    /// The macros that were called by a single name.
    called: &'d mut Vec<Ident>,
}

impl Rewrite<'_> {
    /// What a macro call becomes.
    fn call(&mut self, mac: &Macro, attrs: &[Attribute]) -> Option<Expr> {
        let kind = macro_kind(mac)?;
        if let Some(name) = mac.path.get_ident()
            && !self.called.contains(name)
        {
            self.called.push(name.clone());
        }
        let made = if kind == ForkKind::Select {
            self.select(mac)
        } else {
            self.join(mac, kind)
        };
        let mut expr = made?;
        match &mut expr {
            Expr::Call(call) => call.attrs.extend(attrs.iter().cloned()),
            Expr::Match(switch) => switch.attrs.extend(attrs.iter().cloned()),
            _ => {}
        }
        Some(expr)
    }

    fn count(&mut self, mac: &Macro, count: usize) -> bool {
        let name = &mac.path.segments.last().expect("a path has a name").ident;
        if count == 0 {
            self.diagnostics.report(
                &mac.path,
                Code::Unsupported,
                &format!("this `{name}!` has no branches, so there is nothing to wait for"),
                "remove it, or give it a branch",
            );
        } else if count > BRANCHES_MAX {
            self.diagnostics.report(
                &mac.path,
                Code::Unsupported,
                &format!(
                    "this `{name}!` has {count} branches, and at most {BRANCHES_MAX} are supported"
                ),
                "put some of the branches into an `async` block with a `join!` of their own",
            );
        }
        (1..=BRANCHES_MAX).contains(&count)
    }

    fn malformed(&mut self, mac: &Macro, error: &syn::Error, help: &str) {
        let name = &mac.path.segments.last().expect("a path has a name").ident;
        self.diagnostics.report_at(
            error.span(),
            Code::Unsupported,
            &format!("this is not what `{name}!` takes: {error}"),
            help,
        );
    }

    fn join(&mut self, mac: &Macro, kind: ForkKind) -> Option<Expr> {
        let parse = |input: ParseStream<'_>| {
            biased(input)?;
            Punctuated::<Expr, Token![,]>::parse_terminated(input)
        };
        let operands = match mac.parse_body_with(parse) {
            Ok(operands) => operands,
            Err(error) => {
                let help =
                    "write the branches with commas between: `join!(charge(order), async { … })`";
                self.malformed(mac, &error, help);
                return None;
            }
        };
        if !self.count(mac, operands.len()) {
            return None;
        }
        let span = mac.path.span();
        let operands = operands.into_iter().map(|o| self.branch(o, false));
        Some(call(kind, span, operands.collect::<Vec<_>>()))
    }

    fn select(&mut self, mac: &Macro) -> Option<Expr> {
        let select = match mac.parse_body::<Select>() {
            Ok(select) => select,
            Err(error) => {
                let help = "write `pattern = operation => handler,` for each branch, as in Tokio's `select!`";
                self.malformed(mac, &error, help);
                return None;
            }
        };
        if !self.count(mac, select.branches.len()) {
            return None;
        }
        let (span, count) = (mac.path.span(), select.branches.len());
        let mut operands = Vec::new();
        let mut arms = Vec::new();
        for (index, one) in select.branches.into_iter().enumerate() {
            let (pat, operand) = (one.pat, self.branch(one.operand, false));
            operands.push(parse_quote_spanned!(span=> let #pat = #operand));
            operands.push(one.condition.unwrap_or_else(|| parse_quote!(true)));
            let places = (0..count).map(|place| {
                if place == index {
                    quote_spanned!(span=> ::core::option::Option::Some(#pat))
                } else {
                    quote_spanned!(span=> _)
                }
            });
            let pat: Pat = parse_quote_spanned!(span=> (#(#places,)*));
            arms.push(arm(pat, one.handler, span));
        }
        let otherwise = select.otherwise.unwrap_or_else(|| names::no_branch(span));
        arms.push(arm(parse_quote_spanned!(span=> _), otherwise, span));
        Some(Expr::Match(ExprMatch {
            attrs: Vec::new(),
            match_token: Token![match](span),
            expr: Box::new(call(ForkKind::Select, span, operands)),
            brace_token: syn::token::Brace::default(),
            arms,
        }))
    }
}

impl Rewrite<'_> {
    /// An operand. What makes a fork of its own is put into a block; `alone` if no other operand is
    /// evaluated beside it.
    fn branch(&mut self, operand: Expr, alone: bool) -> Expr {
        match operand {
            Expr::Paren(inner) => self.branch(*inner.expr, alone),
            Expr::Group(inner) => self.branch(*inner.expr, alone),
            Expr::Async(code) => region(code),
            other => match limit::over_code(&other) {
                Some(call) if alone => region(limit::in_a_block(call)),
                Some(call) => {
                    limit::check_order(call, self.diagnostics);
                    region(limit::in_a_block(call))
                }
                None => other,
            },
        }
    }

    /// The operands of a macro of std, which is opened later.
    fn operands(&mut self, mac: &mut Macro) {
        if mentions_fork(mac.tokens.clone()) {
            standard::each_operand(mac, &mut |operand| self.visit_expr_mut(operand));
        }
    }

    /// `timeout` over a block, where it is awaited.
    fn timeout(&mut self, expr: &Expr) -> Option<Expr> {
        let awaited = limit::awaited(expr)?;
        let (limit, code) = limit::opened(awaited);
        let code = self.branch(code, true);
        Some(call(ForkKind::Timeout, awaited.func.span(), [limit, code]))
    }
}

/// A block that is awaited where it stands: a join of one branch, in which `?` and `return` are its own.
fn awaited_block(expr: &Expr) -> Option<Expr> {
    let Expr::Await(awaited) = expr else {
        return None;
    };
    let mut base = &*awaited.base;
    while let Expr::Paren(syn::ExprParen { expr, .. }) | Expr::Group(syn::ExprGroup { expr, .. }) =
        base
    {
        base = expr;
    }
    let Expr::Async(code) = base else { return None };
    let span = code.async_token.span;
    let joined = call(ForkKind::Join, span, [region(code.clone())]);
    Some(parse_quote_spanned!(span=> #joined.0))
}

fn arm(pat: Pat, body: Expr, span: Span) -> Arm {
    Arm {
        attrs: Vec::new(),
        pat,
        fat_arrow_token: Token![=>]([span, span]),
        body: Box::new(body),
        comma: Some(Token![,](span)),
    }
}

fn call(kind: ForkKind, span: Span, args: impl IntoIterator<Item = Expr>) -> Expr {
    let name = format_ident!("{PREFIX}{}", kind.name(), span = span);
    let args = args.into_iter();
    Expr::Call(ExprCall {
        attrs: Vec::new(),
        func: parse_quote!(#name),
        paren_token: syn::token::Paren(span),
        args: args.collect(),
    })
}

/// Which kind of fork a macro is. None is left in a function's body but in the arguments of other
/// macros.
pub(super) fn macro_kind(mac: &Macro) -> Option<ForkKind> {
    let segments: Vec<String> = mac
        .path
        .segments
        .iter()
        .map(|s| s.ident.to_string())
        .collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match *segments.as_slice() {
        ["join"] | ["durable_runtime", "join"] => Some(ForkKind::Join),
        ["try_join"] | ["durable_runtime", "try_join"] => Some(ForkKind::TryJoin),
        ["select"] | ["durable_runtime", "select"] => Some(ForkKind::Select),
        _ => None,
    }
}

/// Whether the tokens of another macro may hold one of ours, or a `timeout`.
fn mentions_fork(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_fork(group.stream()),
        TokenTree::Ident(name) => ForkKind::ALL.iter().any(|kind| name == kind.name()),
        _ => false,
    })
}

/// An `async` block, marked as a branch that is code.
fn region(code: ExprAsync) -> Expr {
    let name = if code.capture.is_some() {
        BRANCH_MOVE
    } else {
        BRANCH
    };
    let name = Ident::new(name, code.async_token.span);
    let attr: Attribute = parse_quote!(#[#name]);
    Expr::Block(syn::ExprBlock {
        attrs: vec![attr],
        label: None,
        block: code.block,
    })
}

impl VisitMut for Rewrite<'_> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        named_blocks::inline(block);
        let count = block.stmts.len();
        for (number, stmt) in block.stmts.iter_mut().enumerate() {
            if let Stmt::Macro(mac) = &*stmt
                && let Some(expr) = self.call(&mac.mac, &mac.attrs)
            {
                let mut semi = mac.semi_token;
                if number + 1 < count && matches!(expr, Expr::Call(_)) {
                    semi.get_or_insert_with(Default::default);
                }
                *stmt = Stmt::Expr(expr, semi);
            } else if let Stmt::Macro(mac) = stmt {
                self.operands(&mut mac.mac);
            }
        }
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        if let Expr::Macro(mac) = &*expr
            && let Some(made) = self.call(&mac.mac, &mac.attrs)
        {
            *expr = made;
        } else if let Some(made) = self.timeout(expr) {
            *expr = made;
        } else if let Some(made) = awaited_block(expr) {
            *expr = made;
        } else if let Expr::Macro(mac) = expr {
            self.operands(&mut mac.mac);
        }
        visit_mut::visit_expr_mut(self, expr);
    }

    // What runs at another time cannot wait here; the macro itself says so.
    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}
    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}
