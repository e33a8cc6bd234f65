//! What a piece of user code without a suspend point uses, and what it assigns.
//!
//! Names are resolved as rustc does: bindings inside the piece hide those outside. Nested items
//! are not entered, closures are (their captures are uses).

use super::macros::{Arguments, arguments};
use super::scope::{Scopes, pattern_names};
use crate::ir::{ExitId, LocalId, Locals};
use crate::names::{self, unraw};
use syn::visit::{self, Visit};
use syn::{
    Arm, BinOp, Block, Expr, ExprClosure, ExprForLoop, ExprIf, ExprWhile, Ident, Macro, Pat, Stmt,
};

/// The locals that an expression uses.
pub(super) fn of_expr(expr: &Expr, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_expr(expr);
    uses.found.extend(&uses.assigned);
    uses.found.extend(&uses.maybe_assigned);
    uses.found
}

/// The locals that the arguments of a macro in the expression name before a `=` or `:`.
pub(super) fn mentioned(expr: &Expr, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_expr(expr);
    uses.mentioned
}

/// The locals that the arguments of a macro use, or assign for all that can be known of it.
pub(super) fn of_macro(mac: &Macro, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_macro(mac);
    uses.found.extend(uses.mentioned);
    uses.found
}

/// The locals that the guard and the constants of a pattern use.
pub(super) fn of_pat(pat: &Pat, scopes: &Scopes) -> Locals {
    let mut uses = Uses::new(scopes);
    uses.visit_pat(pat);
    uses.found.extend(uses.mentioned);
    uses.found
}

/// What a statement uses, and which locals it assigns as a whole on every way through it, before
/// it reads them (`x = value;`).
pub(super) fn of_stmt(stmt: &Stmt, scopes: &Scopes) -> Found {
    let mut uses = Uses::new(scopes);
    uses.visit_stmt(stmt);
    Found {
        assigns: &uses.assigned - &uses.found,
        uses: uses.found,
        maybe_assigns: uses.maybe_assigned,
        mentions: uses.mentioned,
        at_exits: uses.at_exits,
    }
}

/// What [`of_stmt`] finds; see [`Statement`](crate::ir::Statement).
pub(super) struct Found {
    pub(super) uses: Locals,
    pub(super) assigns: Locals,
    pub(super) maybe_assigns: Locals,
    pub(super) mentions: Locals,
    /// What is assigned where a jump leaves.
    pub(super) at_exits: Vec<(ExitId, Locals)>,
}

/// The local that an expression is, if it is nothing but its name.
pub(super) fn plain_local(expr: &Expr, scopes: &Scopes) -> Option<LocalId> {
    match expr {
        Expr::Path(path) if path.qself.is_none() => scopes.resolve(&unraw(path.path.get_ident()?)),
        Expr::Paren(paren) => plain_local(&paren.expr, scopes),
        Expr::Group(group) => plain_local(&group.expr, scopes),
        _ => None,
    }
}

struct Uses<'s> {
    scopes: &'s Scopes,
    /// Names bound inside the piece, innermost last.
    hidden: Vec<String>,
    /// Read, changed in part, or perhaps so, where they are not in `assigned`.
    found: Locals,
    /// Assigned as a whole on every way to the current place.
    assigned: Locals,
    /// Assigned on some way: they need a variable.
    maybe_assigned: Locals,
    /// Before a `=` or `:` in the arguments of an unknown macro.
    mentioned: Locals,
    at_exits: Vec<(ExitId, Locals)>,
}

impl<'s> Uses<'s> {
    fn new(scopes: &'s Scopes) -> Self {
        Self {
            scopes,
            hidden: Vec::new(),
            found: Locals::new(),
            assigned: Locals::new(),
            maybe_assigned: Locals::new(),
            mentioned: Locals::new(),
            at_exits: Vec::new(),
        }
    }

    /// One of several ways through the piece; answers what is assigned at its end.
    fn way(&mut self, inside: impl FnOnce(&mut Self)) -> Locals {
        let before = self.assigned.clone();
        inside(self);
        let after = std::mem::replace(&mut self.assigned, before);
        self.maybe_assigned.extend(&after - &self.assigned);
        after
    }

    /// The ways meet again; those that diverge are not among them.
    fn meet(&mut self, ways: impl IntoIterator<Item = Locals>) {
        if let Some(all) = ways.into_iter().reduce(|a, b| &a & &b) {
            self.maybe_assigned.retain(|l| !all.contains(l));
            self.assigned = all;
        }
    }

    /// The left side of an assignment.
    fn assign(&mut self, place: &Expr) {
        match place {
            Expr::Tuple(e) => e.elems.iter().for_each(|e| self.assign(e)),
            Expr::Array(e) => e.elems.iter().for_each(|e| self.assign(e)),
            // The pattern of a tuple struct, and of a struct.
            Expr::Call(e) => e.args.iter().for_each(|e| self.assign(e)),
            Expr::Struct(e) => e.fields.iter().for_each(|f| self.assign(&f.expr)),
            Expr::Infer(_) => {}
            Expr::Paren(e) => self.assign(&e.expr),
            Expr::Group(e) => self.assign(&e.expr),
            other => match plain_local(other, self.scopes) {
                Some(local) if !self.is_hidden(other) => {
                    self.assigned.insert(local);
                }
                Some(_) => {}
                None => self.visit_expr(other),
            },
        }
    }

    fn is_hidden(&self, place: &Expr) -> bool {
        let root = super::place::root(place).map(unraw);
        root.is_some_and(|name| self.hidden.contains(&name))
    }

    fn name(&mut self, name: &str) {
        if !self.hidden.iter().any(|h| h == name)
            && let Some(local) = self.scopes.resolve(name)
            && !self.assigned.contains(&local)
        {
            self.found.insert(local);
        }
    }

    fn hide(&mut self, pat: &Pat) {
        self.hidden.extend(pattern_names(pat).iter().map(unraw));
    }

    fn scoped(&mut self, inside: impl FnOnce(&mut Self)) {
        let depth = self.hidden.len();
        inside(self);
        self.hidden.truncate(depth);
    }

    fn ident(&mut self, ident: &Ident) {
        self.name(&unraw(ident));
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if path.qself.is_none()
            && let Some(ident) = path.path.get_ident()
        {
            self.ident(ident);
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.scoped(|s| visit::visit_block(s, block));
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        visit::visit_expr_call(self, call);
        super::blocks::see(call, self.scopes, &self.hidden);
        if let Some(exit) = exit_of(call) {
            self.at_exits.push((exit, self.assigned.clone()));
        }
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.visit_expr(&assign.right);
        self.assign(&assign.left);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.visit_expr(&binary.left);
        if matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) {
            // What the right side binds by `let` stays visible, what it assigns may not happen.
            self.way(|s| s.visit_expr(&binary.right));
        } else {
            self.visit_expr(&binary.right);
        }
    }

    fn visit_expr_block(&mut self, block: &'ast syn::ExprBlock) {
        if block.label.is_some() {
            self.way(|s| s.visit_block(&block.block));
        } else {
            self.visit_block(&block.block);
        }
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.way(|s| s.visit_block(&expr.body));
    }

    fn visit_expr_async(&mut self, expr: &'ast syn::ExprAsync) {
        self.elsewhere(|s| s.visit_block(&expr.block));
    }

    fn visit_expr_match(&mut self, expr: &'ast syn::ExprMatch) {
        self.visit_expr(&expr.expr);
        let mut ways = Vec::new();
        for arm in &expr.arms {
            let way = self.way(|s| s.visit_arm(arm));
            if !diverges(&arm.body) {
                ways.push(way);
            }
        }
        self.meet(ways);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init {
            self.visit_expr(&init.expr);
            if let Some((_, diverge)) = &init.diverge {
                // It leaves: what it assigns is not assigned in what follows.
                self.way(|s| s.visit_expr(diverge));
            }
        }
        self.visit_pat(&local.pat);
        self.hide(&local.pat);
    }

    // The names of a `let` in a condition are visible in what follows it; the enclosing `if`,
    // `while` or arm closes the scope.
    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.visit_expr(&expr.expr);
        self.visit_pat(&expr.pat);
        self.hide(&expr.pat);
    }

    fn visit_expr_if(&mut self, expr: &'ast ExprIf) {
        let mut ways = Vec::new();
        self.scoped(|s| {
            s.visit_expr(&expr.cond);
            let way = s.way(|s| s.visit_block(&expr.then_branch));
            if !block_diverges(&expr.then_branch) {
                ways.push(way);
            }
        });
        let otherwise = expr.else_branch.as_ref().map(|(_, otherwise)| otherwise);
        let way = self.way(|s| otherwise.iter().for_each(|e| s.visit_expr(e)));
        if !otherwise.is_some_and(|e| diverges(e)) {
            ways.push(way);
        }
        self.meet(ways);
    }

    fn visit_expr_while(&mut self, expr: &'ast ExprWhile) {
        self.scoped(|s| {
            s.visit_expr(&expr.cond);
            s.way(|s| s.visit_block(&expr.body));
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.scoped(|s| {
            s.visit_pat(&expr.pat);
            s.hide(&expr.pat);
            s.way(|s| s.visit_block(&expr.body));
        });
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        self.scoped(|s| {
            s.hide(&arm.pat);
            s.visit_pat(&arm.pat);
            s.visit_expr(&arm.body);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.scoped(|s| {
            for input in &closure.inputs {
                s.hide(input);
            }
            s.elsewhere(|s| s.visit_expr(&closure.body));
        });
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        match arguments(mac) {
            Arguments::Known { exprs, captures } => {
                for expr in &exprs {
                    // The expressions live in this function only.
                    Uses::visit_detached(self, expr);
                }
                for name in &captures {
                    self.name(name);
                }
            }
            Arguments::Searched { names, fields } => {
                for name in &names {
                    self.name(name);
                }
                let fields = fields.iter().filter_map(|name| self.scopes.resolve(name));
                self.mentioned.extend(fields);
            }
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Uses<'_> {
    fn visit_detached(&mut self, expr: &Expr) {
        let mut inner = Uses {
            scopes: self.scopes,
            hidden: self.hidden.clone(),
            assigned: self.assigned.clone(),
            ..Uses::new(self.scopes)
        };
        inner.visit_expr(expr);
        self.found.extend(inner.found);
        self.found.extend(&inner.assigned - &self.assigned);
        self.found.extend(inner.maybe_assigned);
        self.mentioned.extend(inner.mentioned);
        self.at_exits.extend(inner.at_exits);
    }

    /// Code that runs at another time: what it assigns is captured.
    fn elsewhere(&mut self, inside: impl FnOnce(&mut Self)) {
        let captured = self.way(inside);
        self.found.extend(&captured - &self.assigned);
    }
}

/// Whether control leaves an expression only by a jump, as its syntax shows.
pub(super) fn diverges(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => block.label.is_none() && block_diverges(&block.block),
        Expr::Call(call) => exit_of(call).is_some() || names::is_no_branch(&call.func),
        Expr::Macro(mac) => panics(&mac.mac),
        _ => false,
    }
}

/// The jump that a call stands for.
pub(crate) fn exit_of(call: &syn::ExprCall) -> Option<ExitId> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    path.path.get_ident().and_then(super::exit)
}

fn block_diverges(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => diverges(expr),
        Some(Stmt::Macro(mac)) => panics(&mac.mac),
        _ => false,
    }
}

/// A macro that never gives a value.
pub(crate) fn panics(mac: &Macro) -> bool {
    let names = ["panic", "unreachable", "todo", "unimplemented"];
    mac.path
        .get_ident()
        .is_some_and(|name| names.iter().any(|n| name == n))
}
