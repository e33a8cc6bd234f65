//! From the user's function to a control-flow graph: resolve names, hoist awaits out of
//! expressions in evaluation order, and turn control flow that suspends into blocks.
//!
//! ```text
//! Input:   let r = reserve(order.clone()).await?;
//! Output:  suspend `reserve` reserve(order.clone()) -> a in b1
//!      b1: let r = a?
//! ```
//!
//! The same walk prepares the *twin*: the user's own body, which rustc type-checks and which lends
//! its types to the machine. Where a value will need a slot, the twin gets a placeholder; `emit`
//! turns it into a probe or removes it (see [`twin`]).

mod alternatives;
mod assign;
pub(crate) mod blocks;
mod borrowed_loops;
mod borrowed_patterns;
mod calls;
mod chosen;
mod closures;
mod code;
mod constants;
mod control;
mod disturbs;
mod events;
mod exits;
mod expr;
mod fork;
mod found_loops;
mod guard_terms;
mod guards;
mod held;
pub(crate) mod hygiene;
pub(crate) mod items;
mod labels;
mod lends;
mod lookups;
mod loops;
mod macro_parts;
mod macros;
mod needs;
mod operands;
mod place;
mod places;
mod receivers;
mod recipe;
mod scope;
pub(crate) mod shown;
pub(crate) mod standard;
mod stmt;
mod suspend;
mod tails;
mod taken;
mod temporaries;
mod text;
pub(crate) mod twin;
mod uses;

pub(crate) use disturbs::changes_by_name;
pub(crate) use exits::exit;
pub(crate) use fork::clean_pattern;
pub(crate) use found_loops::is_item;
pub(crate) use held::holding;
pub(crate) use lookups::{finds_text, is_common, may_lend};
pub(crate) use macros::{contains_await, first_await, mentions as macro_mentions, reads};
pub(crate) use place::{assigns, compares};
pub(crate) use receivers::Owner;
pub(crate) use scope::pattern_names;
pub(crate) use taken::mends;
pub(crate) use temporaries::{holds_temporaries, makes_a_value};
pub(crate) use text::source_text;
pub(crate) use uses::{exit_of, panics};

use crate::diag::{Code as ErrorCode, Diagnostics};
use crate::ir::{
    Block, BlockId, Body, Code, ExitId, Local, LocalId, LocalKind, Locals, Point, PointId,
    ScopeEnd, Statement, Terminator,
};
use crate::names;
use crate::syntax::{Input, by_ref};
use proc_macro2::{Ident, Span, TokenStream};
use scope::Scopes;
use std::collections::BTreeSet;
use syn::{Expr, Item, Pat, Stmt};

/// What normalisation makes of a function.
#[derive(Debug)]
pub(crate) struct Normalized {
    pub(crate) body: Body,
    /// The user's body with placeholders; see [`twin`].
    pub(crate) twin: syn::Block,
    /// Items of the body; both copies use them, so they stand above both.
    pub(crate) items: Vec<Item>,
    /// Its blocks that run by themselves.
    pub(crate) blocks: Vec<blocks::LoweredBlock>,
}

/// Normalises a function. Mistakes go to `diagnostics`; the result is then not to be used.
pub(crate) fn normalize<'d>(input: &'d Input, diagnostics: &'d mut Diagnostics) -> Normalized {
    let mut twin = input.body.clone();
    let mut builder = Builder {
        body: Body::default(),
        current: BlockId(0),
        scopes: Scopes::default(),
        targets: Vec::new(),
        items: Vec::new(),
        hint: None,
        label: None,
        pending: Vec::new(),
        macros: 0,
        held: Vec::new(),
        opened: &input.macros,
        mutable: scope::mutable_anywhere(input),
        called: None,
        hands_on: input.hands_on,
        diagnostics,
    };
    builder.current = builder.new_block();
    builder.scopes.push();
    let mut probes = Vec::new();
    for (index, param) in input.params.iter().enumerate() {
        let binds = builder.bind_pattern(&param.pat, None);
        probes.extend(binds.iter().map(|&l| twin::probe(l)));
        if let (Pat::Ident(_), Some(local)) = (&param.pat, binds.first()) {
            builder.body.locals[local.0].owner = receivers::of_type(param.stored());
        }
        let code = Code::Param {
            index,
            pat: param.pat.clone(),
            ty: param.stored().clone(),
        };
        builder.push(Statement {
            binds,
            ..Statement::new(code)
        });
    }
    builder.function_body(&mut twin);
    twin.stmts.splice(0..0, probes);
    builder.scopes.pop();
    let blocks = builder.blocks(input);
    let Builder {
        mut body,
        items,
        diagnostics,
        ..
    } = builder;
    for point in &mut body.points {
        point.source = blocks::as_written(&point.source, &input.blocks);
        point.detail = blocks::as_written(&point.detail, &input.blocks);
    }
    labels::assign(&mut body.points, diagnostics);
    blocks::name(&mut body);
    Normalized {
        body,
        twin,
        items,
        blocks,
    }
}

/// Where the value of an expression goes.
#[derive(Clone, Copy, Debug)]
enum Dest {
    /// Nowhere.
    Discard,
    /// Into this temporary.
    Into(LocalId),
    /// It is what the function returns.
    Return,
}

/// Where `break` and `continue` go.
#[derive(Debug)]
struct Target {
    label: Option<String>,
    /// A loop; a labelled block otherwise.
    is_loop: bool,
    break_to: BlockId,
    continue_to: Option<BlockId>,
    dest: Dest,
}

/// Where a scope begins: the block, and how many locals there are.
#[derive(Clone, Copy, Debug)]
struct ScopeStart {
    from: BlockId,
    locals: usize,
}

struct Builder<'d> {
    body: Body,
    current: BlockId,
    scopes: Scopes,
    /// Lowered loops and labelled blocks around the current place.
    targets: Vec<Target>,
    items: Vec<Item>,
    /// The binding that receives the next answer.
    hint: Option<String>,
    /// `#[label = "…"]` of the current statement.
    label: Option<String>,
    /// Jumps in the expression that is being built; they belong to the next statement or
    /// terminator.
    pending: Vec<ExitId>,
    /// Macros so far that might bind names.
    macros: usize,
    /// Variables that rustc must find unchanged by the operands after the current one.
    held: Vec<Ident>,
    opened: &'d standard::Opened,
    /// Names that are bound as `mut` somewhere in the function.
    mutable: BTreeSet<String>,
    /// How many arguments the variable of the current `let` is called with.
    called: Option<usize>,
    /// Whether a `dbg!` is std's, which hands a borrow on.
    hands_on: bool,
    diagnostics: &'d mut Diagnostics,
}

impl Builder<'_> {
    fn new_block(&mut self) -> BlockId {
        let terminator = Terminator::Unreachable;
        self.body.blocks.push(Block {
            statements: Vec::new(),
            terminator,
            exits: Vec::new(),
        });
        BlockId(self.body.blocks.len() - 1)
    }

    fn push(&mut self, mut statement: Statement) {
        statement.exits = std::mem::take(&mut self.pending);
        self.body.blocks[self.current.0].statements.push(statement);
    }

    /// Ends the current block and goes on in `next`.
    fn end_with(&mut self, terminator: Terminator, next: BlockId) {
        let exits = std::mem::take(&mut self.pending);
        let block = &mut self.body.blocks[self.current.0];
        (block.terminator, block.exits) = (terminator, exits);
        self.current = next;
    }

    /// Ends the current block and a scope around it; goes on in `after`.
    fn end_scope(&mut self, start: ScopeStart, after: BlockId) {
        self.end_with(Terminator::Goto(after), after);
        self.scope_ended(start, after);
    }

    /// A scope ends where control goes on in `after`.
    fn scope_ended(&mut self, start: ScopeStart, after: BlockId) {
        let ScopeStart { from, locals } = start;
        let locals = locals..self.body.locals.len();
        self.body.scope_ends.push(ScopeEnd {
            from,
            after,
            locals,
        });
    }

    /// A scope begins here.
    fn scope_start(&self) -> ScopeStart {
        ScopeStart {
            from: self.current,
            locals: self.body.locals.len(),
        }
    }

    /// Ends the current block; what follows in the source is not reached.
    fn diverge(&mut self, terminator: Terminator) {
        let dead = self.new_block();
        self.end_with(terminator, dead);
    }

    fn new_local(&mut self, ident: Ident, kind: LocalKind, depth: usize) -> LocalId {
        self.body.locals.push(Local {
            ident,
            kind,
            depth,
            owner: None,
            mutable: false,
            perhaps_constant: false,
            borrow: false,
            closure: false,
            rest: false,
            instead: None,
            recipe: None,
            lookup: None,
            typed_elsewhere: false,
        });
        LocalId(self.body.locals.len() - 1)
    }

    /// A temporary for the value of the code at `span`; code refers to it by [`names::temp`].
    fn new_temp(&mut self, kind: LocalKind, span: Span) -> LocalId {
        let ident = names::at(names::temp(self.body.locals.len()), span);
        let temp = self.new_local(ident.clone(), kind, 1);
        self.scopes.bind_temp(ident.to_string(), temp);
        temp
    }

    fn next_point(&self) -> PointId {
        PointId(self.body.points.len())
    }

    /// An expression that names a temporary.
    fn temp_expr(&self, temp: LocalId) -> Expr {
        let ident = &self.body.locals[temp.0].ident;
        syn::parse_quote!(#ident)
    }

    /// Binds the names of a pattern in the innermost scope.
    fn bind_pattern(&mut self, pat: &Pat, init: Option<&Expr>) -> Locals {
        // What an operation answers is data, and so is what a pattern takes apart.
        let guard = matches!(pat, Pat::Ident(_) | Pat::Type(_))
            && init.is_some_and(|init| !matches!(init, Expr::Lit(_)) && !self.is_answer(init));
        let named = match pat {
            Pat::Type(typed) => &typed.pat,
            other => other,
        };
        let borrow = matches!((named, init), (Pat::Ident(_), Some(Expr::Reference(_))));
        if let Some(mac) = scope::pattern_macro(pat) {
            self.diagnostics.report(
                mac,
                ErrorCode::Unsupported,
                "what a macro binds in a pattern cannot be seen, so it cannot be saved",
                "write the pattern out",
            );
        }
        let mutable = scope::mutable_names(pat);
        let in_capitals = scope::perhaps_constants(pat, false);
        let by_ref = by_ref::names(pat);
        let owner = receivers::of_binding(pat, init);
        let mut binds = Locals::new();
        for ident in scope::pattern_names(pat) {
            let name = names::unraw(&ident);
            let depth = self.scopes.count(&name) + 1;
            let guard = (guard && name.starts_with('_')).then(|| ident.clone());
            let local = self.new_local(ident, LocalKind::User, depth);
            self.body.locals[local.0].borrow = borrow;
            if by_ref.contains(&name) {
                self.body.locals[local.0].borrow = true;
                self.body.locals[local.0].instead = Some(by_ref::instead());
            }
            self.body.locals[local.0].owner = owner;
            self.body.locals[local.0].mutable = mutable.contains(&name);
            self.body.locals[local.0].perhaps_constant = in_capitals.contains(&name);
            self.body.locals[local.0].closure = matches!(init, Some(Expr::Closure(_)));
            self.scopes.bind(name, local, guard);
            binds.insert(local);
        }
        binds
    }

    /// Binds the names of a pattern that may fail, so that one of them may be a constant.
    fn bind_fallible(&mut self, pat: &Pat, init: Option<&Expr>) -> Locals {
        let binds = self.bind_pattern(pat, init);
        let names = scope::perhaps_constants(pat, true);
        for bound in &binds {
            let local = &mut self.body.locals[bound.0];
            local.perhaps_constant |= names.contains(&names::unraw(&local.ident));
        }
        binds
    }

    /// Sends the value of an expression without suspend points where it is wanted.
    fn deliver(&mut self, value: Expr, dest: Dest) {
        let diverges = uses::diverges(&value);
        match dest {
            Dest::Discard => {
                let stmt = Stmt::Expr(value, Some(syn::token::Semi::default()));
                self.opaque(&stmt);
            }
            Dest::Into(temp) => {
                let uses = self.uses_of(&value);
                self.takes(&value);
                let ident = &self.body.locals[temp.0].ident;
                let pat = syn::parse_quote!(#ident);
                let code = Code::Let {
                    pat,
                    ty: None,
                    init: value,
                    otherwise: None,
                };
                let binds = Locals::from([temp]);
                self.push(Statement {
                    binds,
                    uses,
                    ..Statement::new(code)
                });
            }
            Dest::Return => {
                let uses = self.uses_of(&value);
                let value = Some(value);
                self.diverge(Terminator::Return { value, uses });
            }
        }
        if diverges && !matches!(dest, Dest::Return) {
            self.diverge(Terminator::Unreachable);
        }
    }

    /// What the end of the block uses. What a macro in it may assign is noted just before.
    fn uses_of(&mut self, expr: &Expr) -> Locals {
        let mentions = uses::mentioned(expr, &self.scopes);
        if !mentions.is_empty() {
            let nothing = Stmt::Expr(Expr::Verbatim(TokenStream::new()), None);
            let statements = &mut self.body.blocks[self.current.0].statements;
            statements.push(Statement {
                mentions,
                ..Statement::new(Code::Stmt(nothing))
            });
        }
        uses::of_expr(expr, &self.scopes)
    }

    /// A statement that stays the user's own tokens and binds nothing.
    fn opaque(&mut self, stmt: &Stmt) {
        if let Stmt::Expr(expr, _) = stmt {
            self.takes(expr);
        }
        let found = uses::of_stmt(stmt, &self.scopes);
        for (exit, assigned) in found.at_exits {
            self.body.exits[exit.0].assigned = assigned;
        }
        self.push(Statement {
            assigns: found.assigns,
            uses: found.uses,
            maybe_assigns: found.maybe_assigns,
            mentions: found.mentions,
            ..Statement::new(Code::Stmt(stmt.clone()))
        });
    }

    fn new_point(&mut self, point: Point) -> PointId {
        self.body.points.push(point);
        PointId(self.body.points.len() - 1)
    }
}
