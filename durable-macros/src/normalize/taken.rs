//! Values of which a part is moved out. What is left of one cannot be saved, so each such move is
//! marked; where the rest is needed after an await, `emit` asks rustc whether the part is `Copy`.
//!
//! ```text
//! Input:   let name = order.name;                let Order { name, .. } = order;
//! Output:  taken order.name; let name = …        let Order { … } = order; taken name
//! ```
//!
//! A move that is not found here (a method that takes its receiver, code inside `if`) is refused
//! all the same, in rustc's words: the value cannot go back into its slot.

use super::{Builder, place};
use crate::ir::{Arm, Code, LocalId, Locals, Statement, Taken};
use crate::names::unraw;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Ident, Pat, PatIdent};

impl Builder<'_> {
    /// Marks the fields of variables that an expression takes by value; it comes next.
    pub(super) fn takes(&mut self, expr: &Expr) {
        let mut fields = Vec::new();
        taken(expr, &mut fields);
        for field in fields {
            let root = place::root(field).and_then(|root| self.scopes.resolve(&unraw(root)));
            let Some(root) = root.filter(|root| self.body.recipe(*root).is_none()) else {
                continue;
            };
            self.push_aside(Statement {
                uses: Locals::from([root]),
                ..Statement::new(Code::Taken(Taken {
                    root,
                    from: field.clone(),
                    part: field.clone(),
                    binding: None,
                }))
            });
        }
    }

    /// Marks what the arms of a `match` take by value out of the variable that is matched, where
    /// their code begins.
    pub(super) fn taken_in(&mut self, from: &Expr, arms: &[Arm]) {
        let root = self.root_of(from);
        for arm in arms {
            let marks = self.bound_parts((from, root), &arm.pat, &arm.binds);
            let block = &mut self.body.blocks[arm.target.0];
            block.statements.splice(0..0, marks);
        }
    }

    /// The same, for the pattern of a `let`, here. The variable is asked for before the pattern is
    /// bound, which may give its name to another.
    pub(super) fn taken_by_let(
        &mut self,
        from: (&Expr, Option<LocalId>),
        pat: &Pat,
        binds: &Locals,
    ) {
        for mark in self.bound_parts(from, pat, binds) {
            self.push_aside(mark);
        }
    }

    /// The variable of which a pattern may take parts.
    pub(super) fn root_of(&self, from: &Expr) -> Option<LocalId> {
        let root = self.scopes.resolve(&unraw(place::root(from)?))?;
        (place::is_field_path(from) && self.body.recipe(root).is_none()).then_some(root)
    }

    fn bound_parts(
        &self,
        (from, root): (&Expr, Option<LocalId>),
        pat: &Pat,
        binds: &Locals,
    ) -> Vec<Statement> {
        let whole = matches!(from, Expr::Path(_)) && matches!(pat, Pat::Ident(_));
        let Some(root) = root.filter(|_| !whole) else {
            return Vec::new();
        };
        let by_value = by_value(pat);
        let is_taken = |local: &&LocalId| {
            self.body.recipe(**local).is_none()
                && by_value.contains(&self.body.locals[local.0].ident)
        };
        let bound = binds.iter().filter(is_taken);
        bound
            .map(|&local| {
                let ident = &self.body.locals[local.0].ident;
                Statement::new(Code::Taken(Taken {
                    root,
                    from: from.clone(),
                    part: syn::parse_quote!(#ident),
                    binding: Some(local),
                }))
            })
            .collect()
    }

    /// A statement of ours before the user's: the jumps that wait for theirs stay.
    fn push_aside(&mut self, statement: Statement) {
        let statements = &mut self.body.blocks[self.current.0].statements;
        statements.push(statement);
    }
}

/// The fields that an expression takes by value whenever it is evaluated. Only what is sure.
fn taken<'e>(expr: &'e Expr, fields: &mut Vec<&'e Expr>) {
    match expr {
        Expr::Field(_) if place::is_field_path(expr) => fields.push(expr),
        Expr::Paren(e) => taken(&e.expr, fields),
        Expr::Group(e) => taken(&e.expr, fields),
        Expr::Try(e) => taken(&e.expr, fields),
        Expr::Assign(e) => taken(&e.right, fields),
        Expr::Array(e) => e.elems.iter().for_each(|e| taken(e, fields)),
        Expr::Tuple(e) => e.elems.iter().for_each(|e| taken(e, fields)),
        Expr::Struct(e) => e.fields.iter().for_each(|f| taken(&f.expr, fields)),
        // A call in the place of a macro borrows what it is given.
        Expr::Call(e) if super::standard::kind(e).is_none() => {
            e.args.iter().for_each(|e| taken(e, fields));
        }
        Expr::MethodCall(e) => {
            if !place::is_field_path(&e.receiver) {
                taken(&e.receiver, fields);
            }
            e.args.iter().for_each(|e| taken(e, fields));
        }
        _ => {}
    }
}

/// The names that a pattern binds without `ref`.
fn by_value(pat: &Pat) -> Vec<Ident> {
    struct Names(Vec<Ident>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
            if pat.by_ref.is_none() {
                self.0.push(pat.ident.clone());
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pat);
    names.0
}

/// Whether a statement gives a variable a new value in a part.
pub(crate) fn mends(code: &Code, root: &Ident) -> bool {
    struct Mends<'a>(&'a Ident, bool);
    impl<'ast> Visit<'ast> for Mends<'_> {
        fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
            self.1 |= place::root(&assign.left).is_some_and(|root| root == self.0)
                || !place::is_field_path(&assign.left);
            visit::visit_expr_assign(self, assign);
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            // It may assign anything that its arguments name.
            let name = self.0.to_string();
            self.1 |= mac.to_token_stream().to_string().contains(&name);
        }
    }
    let mut mends = Mends(root, false);
    match code {
        Code::Let { init, .. } => mends.visit_expr(init),
        Code::Start { source, .. } => mends.visit_expr(source),
        Code::Stmt(stmt) => mends.visit_stmt(stmt),
        Code::Param { .. } | Code::Taken(_) => {}
    }
    mends.1
}
