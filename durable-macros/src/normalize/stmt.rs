//! Statements and blocks.

use super::borrowed_patterns::Ends;
use super::control::first_name;
use super::{Builder, Dest, calls, closures, code, items, macros, recipe, twin, uses};
use crate::diag::Code as ErrorCode;
use crate::ir::{Code, LocalKind, Locals, Statement, Terminator};
use crate::names::unraw;
use syn::{Attribute, Block, Expr, Lit, Meta, Pat, Stmt, Type};

impl Builder<'_> {
    /// The body of the function: its items move out, its value is returned.
    pub(super) fn function_body(&mut self, body: &mut Block) {
        let mut kept = Vec::new();
        for stmt in std::mem::take(&mut body.stmts) {
            match stmt {
                Stmt::Item(item) => {
                    // Above the body it would already hold for the statements before it.
                    if matches!(&item, syn::Item::Macro(_)) && !kept.is_empty() {
                        self.diagnostics.report(
                            &item,
                            ErrorCode::Unsupported,
                            "a macro that is defined after the first statement is not supported",
                            "define it at the top of the function or out of it",
                        );
                    }
                    self.items.push(item);
                }
                other => kept.push(other),
            }
        }
        body.stmts = kept;
        self.block(body, Dest::Return);
    }

    /// A block in a scope of its own; its value goes to `dest`.
    pub(super) fn block(&mut self, block: &mut Block, dest: Dest) {
        self.scopes.push();
        let mut stmts = std::mem::take(&mut block.stmts).into_iter();
        let mut tail = false;
        while let Some(mut stmt) = stmts.next() {
            let rest = stmts.as_slice();
            let last = rest.is_empty();
            let mut probes = Vec::new();
            match &mut stmt {
                Stmt::Local(local) => {
                    self.called = calls::params(&first_name(&local.pat), rest);
                    probes = self.local(local);
                }
                Stmt::Item(item) => {
                    let (what, help) = items::refusal(item);
                    self.diagnostics
                        .report(&*item, ErrorCode::Unsupported, &what, help);
                }
                Stmt::Expr(expr, None) if last => {
                    tail = true;
                    self.labelled(expr, |s, expr| s.expr_into(expr, dest));
                }
                Stmt::Expr(expr, _) if last && self.may_diverge(expr, dest) => {
                    tail = true;
                    let value = self.residual(expr);
                    self.deliver(syn::parse_quote!({ #value; }), dest);
                }
                Stmt::Expr(expr, _) => {
                    self.assigned_code(expr);
                    self.labelled(expr, |s, expr| s.expr_into(expr, Dest::Discard));
                }
                Stmt::Macro(mac) if last && mac.semi_token.is_none() => {
                    tail = true;
                    self.refuse_jumps(&mac.mac);
                    let expr = Expr::Macro(syn::ExprMacro {
                        attrs: mac.attrs.clone(),
                        mac: mac.mac.clone(),
                    });
                    self.deliver(expr, dest);
                }
                Stmt::Macro(mac) if last && matches!(dest, Dest::Into(_)) => {
                    // `bail!(…);`
                    tail = true;
                    self.refuse_jumps(&mac.mac);
                    self.deliver(syn::parse_quote!({ #mac }), dest);
                }
                Stmt::Macro(mac) => {
                    let proof = self.macro_stmt(mac);
                    block.stmts.extend(proof);
                }
            }
            block.stmts.push(stmt);
            block.stmts.extend(probes);
        }
        if !tail {
            self.deliver_unit(dest);
        }
        self.scopes.pop();
    }

    /// Whether the last statement of a block that should have a value may never end; then the
    /// block has the type of that statement, and not `()`.
    fn may_diverge(&self, expr: &Expr, dest: Dest) -> bool {
        let assigns = matches!(expr, Expr::Assign(_));
        let jumps = matches!(expr, Expr::Return(_) | Expr::Break(_) | Expr::Continue(_));
        matches!(dest, Dest::Into(_)) && !assigns && !jumps && !self.suspends(expr)
    }

    /// Control falls off the end of a block.
    pub(super) fn deliver_unit(&mut self, dest: Dest) {
        match dest {
            Dest::Discard => {}
            Dest::Into(_) => self.deliver(syn::parse_quote!(()), dest),
            Dest::Return => self.diverge(Terminator::Return {
                value: None,
                uses: Locals::new(),
            }),
        }
    }

    /// A statement that is an expression, and perhaps has a label.
    fn labelled(&mut self, expr: &mut Expr, walk: impl FnOnce(&mut Self, &mut Expr)) {
        let first = self.body.points.len();
        let label = attrs_of(expr).and_then(take_label);
        self.label = label.as_ref().map(syn::LitStr::value);
        walk(self, expr);
        self.label = None;
        self.label_is_used(label.as_ref(), first);
    }

    /// A label names the first suspend point of its statement.
    fn label_is_used(&mut self, label: Option<&syn::LitStr>, first: usize) {
        let Some(label) = label else { return };
        let text = Some(label.value());
        if !self.body.points[first..].iter().any(|p| p.fixed == text) {
            self.diagnostics.report(
                label,
                ErrorCode::Label,
                "there is no `.await` in this statement itself that the label could name",
                "put `#[label = \"…\"]` on the statement with the `.await`",
            );
        }
    }

    /// Answers the twin's proof that the macro binds no name which is needed after the block: here
    /// blocks open no scopes, and nothing shows what a macro binds.
    fn macro_stmt(&mut self, mac: &syn::StmtMacro) -> Option<Stmt> {
        self.refuse_jumps(&mac.mac);
        let names = macros::may_bind(&mac.mac);
        let outer = |name: &String| {
            let local = self.scopes.resolve(name)?;
            (!self.scopes.is_innermost(local)).then_some(local)
        };
        let outer: Locals = names.iter().filter_map(outer).collect();
        self.opaque(&Stmt::Macro(mac.clone()));
        let proof = (!outer.is_empty()).then(|| {
            self.macros += 1;
            let statements = &mut self.body.blocks[self.current.0].statements;
            if let Some(statement) = statements.last_mut() {
                statement.hides = Some(self.macros);
            }
            twin::outlives(self.macros, &outer, mac)
        });
        if uses::panics(&mac.mac) {
            self.diverge(Terminator::Unreachable);
        }
        proof
    }

    /// `let`. Answers the probes to put after it.
    fn local(&mut self, local: &mut syn::Local) -> Vec<Stmt> {
        let first = self.body.points.len();
        let label = take_label(&mut local.attrs);
        self.label = label.as_ref().map(syn::LitStr::value);
        let (pat, ty) = split_type(&local.pat);
        let Some(init) = &mut local.init else {
            self.label = None;
            self.label_is_used(label.as_ref(), first);
            return self.deferred(local);
        };
        let binds = match &mut init.diverge {
            Some((_, otherwise)) if self.suspends(&init.expr) || self.suspends(otherwise) => {
                let value = self.hinted(&pat, &mut init.expr);
                let (value, matched) =
                    self.matched([&local.pat], value, &mut init.expr, Ends::AtOnce);
                let binds = self.let_else(&local.pat, value, otherwise);
                self.bind_matched(&pat, &binds, matched);
                binds
            }
            Some((_, otherwise)) => {
                let value = self.with_exits(&init.expr);
                let (init, matched) =
                    self.matched([&local.pat], value, &mut init.expr, Ends::AtOnce);
                let otherwise = self.with_exits(otherwise);
                let uses = &self.uses_of(&init) | &self.uses_of(&otherwise);
                let binds = self.bind_fallible(&local.pat, Some(&init));
                self.bind_matched(&pat, &binds, matched);
                let otherwise = Some(otherwise);
                let code = Code::Let {
                    pat,
                    ty,
                    init,
                    otherwise,
                };
                self.push(Statement {
                    binds: binds.clone(),
                    uses,
                    ..Statement::new(code)
                });
                binds
            }
            None => {
                let value = self.hinted(&pat, &mut init.expr);
                self.let_value(&local.pat, value, &mut init.expr)
            }
        };
        self.label = None;
        self.label_is_used(label.as_ref(), first);
        binds.into_iter().map(twin::probe).collect()
    }

    /// `let pat = value;`, where `twin` is the twin's copy of the value. Answers what it binds.
    fn let_value(&mut self, pat: &Pat, mut value: Expr, twin: &mut Expr) -> Locals {
        self.takes(&value);
        let written = (value.clone(), self.root_of(&value));
        let uses = self.uses_of(&value);
        let (mut signature, mut never) = (None, None);
        let mut draft = match self.code(pat, &value, twin) {
            Some(code::Held::Again(draft, closure)) => {
                signature = Some(closure);
                Some(*draft)
            }
            Some(code::Held::Never(words)) => {
                never = Some(words);
                None
            }
            None => {
                signature = self.shared_code(&value);
                recipe::is_plain_binding(pat)
                    .then(|| self.draft(&first_name(pat), &value, twin))
                    .flatten()
            }
        };
        let mut lookup = None;
        // A written type may make something else of it, which is not what is shown.
        let typed = matches!(pat, Pat::Type(_));
        let mut shown = self.shown(&value).filter(|_| !typed);
        let (value, matched) = if recipe::is_plain_binding(pat) {
            if draft.is_none() && never.is_none() {
                lookup = self.lookup(&value, twin);
            }
            if let Some(dbg) = &shown {
                let mut inner = dbg.value.clone();
                // A value without a name would end with the `let`.
                draft = self
                    .draft(&first_name(pat), &dbg.value, &inner)
                    .filter(|draft| !draft.owner);
                if draft.is_some() {
                    (value, *twin) = (dbg.value.clone(), inner);
                } else {
                    lookup = self.lookup(&dbg.value, &mut inner);
                    if let Some(id) = lookup {
                        (value, *twin) = (self.show_found(dbg, id), inner);
                    }
                    shown = None;
                }
            }
            (value, None)
        } else {
            self.matched([pat], value, twin, Ends::AtOnce)
        };
        let uses = if matched.is_some() {
            uses::of_expr(&value, &self.scopes)
        } else {
            uses
        };
        let binds = self.bind_pattern(pat, Some(&value));
        let whole = pat;
        let (pat, ty) = split_type(pat);
        self.bind_matched(&pat, &binds, matched);
        if let Some(id) = lookup {
            self.bind_lookup(id, (&pat, ty.as_ref()), &binds);
        }
        match &never {
            Some(words) => self.never_again(whole, &value, &binds, words),
            None => {
                let hint = self.hint(whole, &value);
                let rest =
                    matches!(split_type(whole).0, Pat::Ident(_)) && closures::is_rest(&value);
                for local in &binds {
                    self.body.locals[local.0].rest = rest;
                    self.body.locals[local.0].instead.clone_from(&hint);
                }
            }
        }
        let mut all = binds.clone();
        if let Some(draft) = draft {
            let id = self.adopt(draft, pat.clone(), ty.clone(), &binds, twin);
            let recipe = &mut self.body.recipes[id.0];
            recipe.code = signature;
            all.extend(recipe.keys.iter().map(|(key, _)| key));
        }
        let parts = (!recipe::is_plain_binding(&pat)).then(|| pat.clone());
        let code = Code::Let {
            pat,
            ty,
            init: value,
            otherwise: None,
        };
        self.push(Statement {
            binds: all,
            uses,
            ..Statement::new(code)
        });
        if let Some(pat) = parts {
            self.taken_by_let((&written.0, written.1), &pat, &binds);
        } else if let (Some(dbg), Some(bound)) = (shown, binds.first()) {
            self.body.shown.borrows.insert(*bound);
            let value = self.temp_expr(*bound);
            self.show(&dbg, &value);
        }
        binds
    }

    /// `let x;`
    fn deferred(&mut self, local: &syn::Local) -> Vec<Stmt> {
        let binds = self.bind_pattern(&local.pat, None);
        for bound in &binds {
            self.body.locals[bound.0].kind = LocalKind::Deferred;
        }
        let code = Code::Stmt(Stmt::Local(local.clone()));
        let declared = binds.iter().map(|&l| twin::declared(l)).collect();
        self.push(Statement {
            binds,
            ..Statement::new(code)
        });
        declared
    }

    /// The value of an initialiser; an await that it consists of is named after the binding.
    fn hinted(&mut self, pat: &Pat, init: &mut Expr) -> Expr {
        if let Pat::Ident(pat) = pat
            && awaits_first(init)
        {
            self.hint = Some(unraw(&pat.ident));
        }
        let value = self.residual(init);
        self.hint = None;
        value
    }

    fn let_else(&mut self, pat: &Pat, init: Expr, otherwise: &mut Expr) -> Locals {
        let exits = std::mem::take(&mut self.pending);
        let root = self.root_of(&init);
        let uses = self.uses_of(&init);
        let (next, other) = (self.new_block(), self.new_block());
        let at = self.current;
        self.current = other;
        self.expr_into(otherwise, Dest::Discard);
        let binds = self.bind_fallible(pat, Some(&init));
        self.current = at;
        let written = init.clone();
        self.pending = exits;
        let terminator = Terminator::LetElse {
            pat: pat.clone(),
            init,
            binds: binds.clone(),
            uses,
            next,
            otherwise: other,
        };
        self.end_with(terminator, next);
        self.taken_by_let((&written, root), pat, &binds);
        binds
    }
}

/// `pat: ty` as its parts.
fn split_type(pat: &Pat) -> (Pat, Option<Type>) {
    match pat {
        Pat::Type(typed) => ((*typed.pat).clone(), Some((*typed.ty).clone())),
        other => (other.clone(), None),
    }
}

/// Whether an initialiser is one await with `?`, fields or methods after it.
fn awaits_first(expr: &Expr) -> bool {
    match expr {
        Expr::Await(_) => true,
        Expr::Try(e) => awaits_first(&e.expr),
        Expr::Paren(e) => awaits_first(&e.expr),
        Expr::Group(e) => awaits_first(&e.expr),
        Expr::MethodCall(e) => awaits_first(&e.receiver),
        Expr::Field(e) => awaits_first(&e.base),
        other => crate::syntax::fork::fork_kind(other).is_some(),
    }
}

/// Takes `#[label = "…"]` off a statement.
fn take_label(attrs: &mut Vec<Attribute>) -> Option<syn::LitStr> {
    let at = attrs.iter().position(|a| a.path().is_ident("label"))?;
    match attrs.remove(at).meta {
        Meta::NameValue(meta) => match meta.value {
            Expr::Lit(lit) => match lit.lit {
                Lit::Str(text) => Some(text),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Where the attributes of an expression statement are: the parser gives them to its first part.
fn attrs_of(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    let (attrs, first) = match expr {
        Expr::Try(e) => (&mut e.attrs, Some(&mut *e.expr)),
        Expr::MethodCall(e) => (&mut e.attrs, Some(&mut *e.receiver)),
        Expr::Await(e) => (&mut e.attrs, Some(&mut *e.base)),
        Expr::Call(e) => (&mut e.attrs, Some(&mut *e.func)),
        Expr::Assign(e) => (&mut e.attrs, Some(&mut *e.left)),
        Expr::Path(e) => (&mut e.attrs, None),
        Expr::Match(e) => (&mut e.attrs, None),
        Expr::If(e) => (&mut e.attrs, None),
        _ => return None,
    };
    match first {
        Some(first) if attrs.is_empty() => attrs_of(first),
        _ => Some(attrs),
    }
}
