//! `async` blocks that run by themselves: what is given to `join_all`, to `spawn`, or kept. Each is a
//! function inside the workflow's own, and its call stands where the block stood.
//!
//! ```text
//! Input:   join_all(orders.iter().map(|o| async move { charge(&o.id).await })).await
//! Taken:   join_all(orders.iter().map(|o| __durable_block_0(&o))).await
//!     0:   let o = __held_o.__durable_opened(); charge(&o.id).await
//! ```
//!
//! The call has what the block mentions as arguments, so that every pass sees it. Which of these are
//! variables is known where the scopes are: the others are functions and constants.

use super::lookups::OPENED;
use super::scope::Scopes;
use super::twin::probe;
use super::{Builder, standard, uses};
use crate::diag::Code as ErrorCode;
use crate::ir::{Code, Detached, LocalId, LocalKind, Region, RegionId, Statement};
use crate::names::{self, unraw};
use crate::syntax::Input;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprAsync, ExprCall, Macro, Stmt, parse_quote, parse_quote_spanned};

const BLOCK: &str = "__durable_block_";

/// A block that was taken out of a function.
#[derive(Clone, Debug)]
pub(crate) struct AsyncBlock {
    /// It is an `async move` block.
    pub(crate) moves: bool,
    pub(crate) code: Block,
    /// Where its `async` stands.
    pub(crate) span: Span,
    /// What it mentions and does not bind itself.
    names: Vec<Ident>,
    /// The names among them that it changes, as its syntax shows.
    changes: Vec<Ident>,
    written: String,
}

impl LoweredBlock {
    /// What stands for the variables that the block takes along, in the arguments of its call.
    pub(crate) fn places(&self, args: &TokenStream) -> impl Iterator<Item = Ident> {
        let idents = args.clone().into_iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(ident),
            _ => None,
        });
        let takes = self
            .takes
            .iter()
            .map(|(_, place)| *place)
            .collect::<Vec<_>>();
        idents
            .enumerate()
            .filter(move |(place, _)| takes.contains(place))
            .map(|(_, ident)| ident)
    }
}

/// What each block takes along, as far as it has been seen where it stands: names, and which locals
/// those are, where they are variables of the function itself.
#[derive(Debug, Default)]
pub(crate) struct Seen(RefCell<BTreeMap<usize, BTreeMap<String, Option<LocalId>>>>);

/// A block as normalisation leaves it.
#[derive(Debug)]
pub(crate) struct LoweredBlock {
    /// Its code in the twin.
    pub(crate) twin: Block,
    /// Probes of what it holds.
    pub(crate) probes: Vec<Stmt>,
    /// The variables that it takes along, in the order of what it holds, with their places among the
    /// arguments of its call.
    pub(crate) takes: Vec<(Ident, usize)>,
    /// Those among them that are variables of the function, and `mut`.
    pub(crate) mutable: BTreeSet<String>,
    /// The type that leads to its definition, where no name does.
    pub(crate) by_type: Option<TokenStream>,
}

/// Takes the blocks out of a function's body; `rewrite` opens the macros in the code of each.
pub(crate) fn take(body: &mut Block, rewrite: &mut dyn FnMut(&mut Block)) -> Vec<AsyncBlock> {
    let mut take = Take {
        blocks: Vec::new(),
        rewrite,
    };
    take.visit_block_mut(body);
    take.blocks
        .into_iter()
        .map(|block| block.expect("each block that was begun was taken"))
        .collect()
}

/// Which block a call stands for.
pub(crate) fn called(call: &ExprCall) -> Option<usize> {
    match &*call.func {
        Expr::Path(path) => number(path.path.get_ident()?),
        _ => None,
    }
}

/// The same for the name that is called.
pub(crate) fn number(name: &Ident) -> Option<usize> {
    name.to_string().strip_prefix(BLOCK)?.parse().ok()
}

/// Text in which calls of blocks stand as people wrote them.
pub(super) fn as_written(text: &str, blocks: &[AsyncBlock]) -> String {
    let mut parts = text.split(BLOCK);
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit());
        let (number, rest) = part.split_at(digits.unwrap_or(part.len()));
        let block = number.parse::<usize>().ok().and_then(|n| blocks.get(n));
        let end = rest.find(')').map_or(rest.len(), |at| at + 1);
        written += &block.map_or_else(String::new, |b| as_written(&b.written, blocks));
        written += &rest[end..];
    }
    written
}

impl Seen {
    fn note(&self, block: usize, name: String, local: Option<LocalId>) {
        let mut seen = self.0.borrow_mut();
        seen.entry(block).or_default().insert(name, local);
    }

    fn of(&self, block: usize) -> BTreeMap<String, Option<LocalId>> {
        self.0.borrow().get(&block).cloned().unwrap_or_default()
    }
}

/// Notes what the block of a call takes along: what is a variable there.
pub(super) fn see(call: &ExprCall, scopes: &Scopes, hidden: &[String]) {
    let Some(block) = called(call) else { return };
    for arg in &call.args {
        let name = super::place::root(match arg {
            Expr::Reference(reference) => &reference.expr,
            other => other,
        });
        let Some(name) = name.map(unraw) else {
            continue;
        };
        if hidden.contains(&name) {
            scopes.blocks().note(block, name, None);
        } else if let Some(local) = scopes.resolve(&name) {
            scopes.blocks().note(block, name, Some(local));
        }
    }
}

struct Take<'r> {
    blocks: Vec<Option<AsyncBlock>>,
    rewrite: &'r mut dyn FnMut(&mut Block),
}

impl Take<'_> {
    fn block(&mut self, code: &ExprAsync) -> Expr {
        let number = self.blocks.len();
        self.blocks.push(None);
        let span = code.async_token.span;
        let written = super::source_text(code.to_token_stream());
        let mut block = code.block.clone();
        (self.rewrite)(&mut block);
        self.visit_block_mut(&mut block);
        let (names, changes) = free(&block);
        let callee = names::at(quote::format_ident!("{BLOCK}{number}"), span);
        let call = parse_quote_spanned!(span=> #callee(#(&#names),*));
        self.blocks[number] = Some(AsyncBlock {
            moves: code.capture.is_some(),
            code: block,
            span,
            names,
            changes,
            written,
        });
        call
    }

    fn operands(&mut self, mac: &mut Macro) {
        if mentions_async(mac.tokens.clone()) {
            standard::each_operand(mac, &mut |operand| self.visit_expr_mut(operand));
        }
    }
}

impl VisitMut for Take<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Async(code) => *expr = self.block(code),
            Expr::Macro(mac) => self.operands(&mut mac.mac),
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_stmt_macro_mut(&mut self, mac: &mut syn::StmtMacro) {
        self.operands(&mut mac.mac);
    }

    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Whether tokens hold calls of blocks.
pub(crate) fn are_called(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => are_called(group.stream()),
        TokenTree::Ident(name) => number(&name).is_some(),
        _ => false,
    })
}

fn mentions_async(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions_async(group.stream()),
        TokenTree::Ident(name) => name == "async",
        _ => false,
    })
}

/// The names that a block mentions and does not bind itself, and those of them that it changes.
fn free(block: &Block) -> (Vec<Ident>, Vec<Ident>) {
    let mut all = Vec::new();
    words(block.to_token_stream(), &mut all);
    let mut scopes = Scopes::default();
    scopes.push();
    for (number, name) in all.iter().enumerate() {
        scopes.bind(unraw(name), LocalId(number), None);
    }
    // Not by way of tokens: a call that stands for a `select!` has patterns among its arguments.
    let code = Expr::Block(syn::ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: block.clone(),
    });
    let found = uses::of_stmt(&Stmt::Expr(code.clone(), None), &scopes);
    let assigned = &found.assigns | &found.maybe_assigns;
    let used = &(&found.uses | &assigned) | &found.mentions;
    let changed = |local: &LocalId| {
        assigned.contains(local)
            || super::changes_by_name(std::slice::from_ref(&code), &unraw(&all[local.0]))
    };
    let names = |local: &LocalId| all[local.0].clone();
    let changes = used.iter().filter(|l| changed(l)).map(names).collect();
    (used.iter().map(names).collect(), changes)
}

/// All words of some code, once each, those in its texts included; not the labels of fields in
/// `Name { field: value }`, which are no variables in the arguments of a user's macro either.
fn words(tokens: TokenStream, found: &mut Vec<Ident>) {
    words_in(tokens, false, found);
}

fn words_in(tokens: TokenStream, fields: bool, found: &mut Vec<Ident>) {
    let add = |ident: Ident, found: &mut Vec<Ident>| {
        if !found.iter().any(|f| unraw(f) == unraw(&ident)) {
            found.push(ident);
        }
    };
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let colon =
        |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':');
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let named = at > 0 && matches!(tokens[at - 1], TokenTree::Ident(_));
                let fields = named && group.delimiter() == Delimiter::Brace;
                words_in(group.stream(), fields, found);
            }
            TokenTree::Ident(_) if fields && colon(at + 1) && !colon(at + 2) => {}
            // No keyword: one in the arguments of a user's macro would be taken for a name.
            TokenTree::Ident(ident) if syn::parse2::<Ident>(quote!(#ident)).is_ok() => {
                add(ident.clone(), found);
            }
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
                for word in words {
                    if let Ok(mut ident) = syn::parse_str::<Ident>(word) {
                        ident.set_span(literal.span());
                        add(ident, found);
                    }
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

impl Builder<'_> {
    /// Lowers the blocks, once all of the function has shown what they take along.
    pub(super) fn blocks(&mut self, input: &Input) -> Vec<LoweredBlock> {
        let mut lowered = Vec::new();
        for (number, block) in input.blocks.iter().enumerate() {
            let taken = self.scopes.blocks().of(number);
            let by_type = input.block_type(number);
            lowered.push(LoweredBlock {
                by_type,
                ..self.detached(block, &taken)
            });
        }
        lowered
    }

    fn detached(
        &mut self,
        block: &AsyncBlock,
        taken: &BTreeMap<String, Option<LocalId>>,
    ) -> LoweredBlock {
        let takes: Vec<(Ident, usize)> = (block.names.iter().cloned().zip(0..))
            .filter(|(name, _)| taken.contains_key(&unraw(name)))
            .collect();
        let mut code = block.code.clone();
        let output = names::at(names::temp(self.body.locals.len()), block.span);
        let output = self.new_local(output, LocalKind::Output, 1);
        let region = RegionId(self.body.regions.len());
        let (locals, points) = (self.body.locals.len(), self.body.points.len());
        self.body.regions.push(Region {
            moves: block.moves,
            output,
            joined: None,
            locals: locals..locals,
            points: points..points,
        });
        let entry = self.new_block();
        self.current = entry;
        self.scopes.push();
        let (mut held, mut probes, mut mutable) = (Vec::new(), Vec::new(), BTreeSet::new());
        let mut opened = Vec::new();
        let open = Ident::new(OPENED, Span::mixed_site());
        for (index, (name, _)) in takes.iter().enumerate() {
            let changed = block.changes.iter().any(|c| unraw(c) == unraw(name));
            let is_mutable = self.mutable.contains(&unraw(name));
            if changed && is_mutable && !block.moves {
                self.refuse_change(name);
            }
            let ident = names::held_in_block(name);
            let local = self.new_local(ident.clone(), LocalKind::Held { name: unraw(name) }, 1);
            self.scopes.bind(unraw(&ident), local, None);
            let code = Code::Param {
                index,
                pat: parse_quote!(mut #ident),
                ty: parse_quote!(_),
            };
            self.push(Statement {
                binds: [local].into(),
                ..Statement::new(code)
            });
            probes.push(probe(local));
            if let Some(local) = taken[&unraw(name)]
                && block.moves
                && self.body.locals[local.0].mutable
            {
                mutable.insert(unraw(name));
            }
            let mutability = (block.moves && is_mutable).then(|| quote!(mut));
            opened.push(parse_quote! {
                #[allow(
                    unused_variables, unused_mut,
                    clippy::shadow_same, clippy::shadow_reuse, clippy::shadow_unrelated,
                    reason = "generated code"
                )]
                let #mutability #name = #ident.#open();
            });
            held.push((local, unraw(name)));
        }
        code.stmts.splice(0..0, opened);
        self.block(&mut code, super::Dest::Return);
        self.scopes.pop();
        let this = &mut self.body.regions[region.0];
        this.locals.end = self.body.locals.len();
        this.points.end = self.body.points.len();
        self.body.detached.push(Detached {
            region,
            entry,
            held,
            name: String::new(),
        });
        LoweredBlock {
            twin: code,
            probes,
            takes,
            mutable,
            by_type: None,
        }
    }

    fn refuse_change(&mut self, name: &Ident) {
        self.diagnostics.report(
            name,
            ErrorCode::Capture,
            &format!(
                "`{name}` is changed by an `async` block that runs by itself, and what the block has of it is a copy"
            ),
            "write `async move`, and let the block return what it has changed; or make it a branch of `join!`",
        );
    }
}

/// Names for the blocks, after the first thing that each waits for: part of the stored format.
pub(super) fn name(body: &mut crate::ir::Body) {
    for number in 0..body.detached.len() {
        let region = &body.regions[body.detached[number].region.0];
        let first = body.points[region.points.clone()].first();
        body.detached[number].name = match first {
            Some(point) => format!("async({})", point.label),
            None => format!("async#{number}"),
        };
    }
}
