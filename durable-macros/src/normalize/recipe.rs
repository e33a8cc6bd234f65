//! Which borrows can be made again after a resume, and from what: decided by syntax alone.
//!
//! ```text
//! recipe  = & place | &mut place
//! place   = local | value | place.field | *place | place[operand]
//! operand = literal | & place | a borrow with a recipe | value
//! ```
//!
//! A *value* is computed once, where the borrow is made first, into a local of its own that is
//! saved. A local that is mentioned is held by the borrow: in the twin it is [tied](Wrapper::Tied)
//! to it, so that rustc refuses to change or move it while the borrow lives.

use super::twin::{Wrapper, tie, wrap};
use super::{Builder, uses};
use crate::ir::{LocalId, LocalKind, Locals, Recipe, RecipeId};
use crate::names;
use syn::spanned::Spanned;
use syn::{Expr, Ident, Pat, Type, UnOp, parse_quote};

/// A borrow that can be made again, before what it is bound to has locals.
#[derive(Debug)]
pub(super) struct Draft {
    /// The binding after which keys are named.
    name: String,
    depth: usize,
    /// What makes the borrow.
    init: Expr,
    /// The same in the twin.
    twin: Expr,
    inputs: Locals,
    keys: Vec<(LocalId, Expr)>,
    /// Locals that the borrow must hold.
    tied: Vec<Ident>,
    /// What is borrowed is a value without a name.
    owner: bool,
}

impl Builder<'_> {
    /// Reads an expression as a recipe. `machine` and `twin` are its two copies.
    pub(super) fn draft(&mut self, name: &str, machine: &Expr, twin: &Expr) -> Option<Draft> {
        let mut draft = Draft {
            name: name.to_owned(),
            depth: self.scopes.count(name) + 1,
            init: machine.clone(),
            twin: twin.clone(),
            inputs: Locals::new(),
            keys: Vec::new(),
            tied: Vec::new(),
            owner: false,
        };
        let (mut init, mut twin) = (machine.clone(), twin.clone());
        self.borrow(&mut init, &mut twin, &mut draft)?;
        // The value must live as long as the borrow, so the twin cannot pass the borrow on.
        if draft.owner && !draft.tied.is_empty() {
            return None;
        }
        (draft.init, draft.twin) = (init, twin);
        Some(draft)
    }

    /// Makes a draft the recipe of what `pat` binds, and changes the twin's copy accordingly.
    pub(super) fn adopt(
        &mut self,
        draft: Draft,
        pat: Pat,
        ty: Option<Type>,
        binds: &Locals,
        twin: &mut Expr,
    ) -> RecipeId {
        let id = RecipeId(self.body.recipes.len());
        for local in binds {
            self.body.locals[local.0].recipe = Some(id);
        }
        *twin = draft.twin;
        if let Some(local) = binds.first() {
            tie(twin, *local, &draft.tied);
        }
        self.body.recipes.push(Recipe {
            pat,
            ty,
            init: draft.init,
            binds: binds.clone(),
            inputs: draft.inputs,
            keys: draft.keys,
        });
        id
    }

    fn borrow(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) -> Option<()> {
        match (bare(machine), bare(twin)) {
            (Expr::Reference(machine), Expr::Reference(twin)) => {
                let shared = machine.mutability.is_none();
                draft.owner |=
                    self.borrowed_place(&mut machine.expr, &mut twin.expr, shared, draft);
                Some(())
            }
            _ => None,
        }
    }

    /// A place; answers whether it is in a value without a name. The local at its root is tied if
    /// `tied` is set: `&mut` holds it by itself.
    fn borrowed_place(
        &mut self,
        machine: &mut Expr,
        twin: &mut Expr,
        tied: bool,
        draft: &mut Draft,
    ) -> bool {
        match (bare(machine), bare(twin)) {
            (Expr::Field(machine), Expr::Field(twin)) => {
                self.borrowed_place(&mut machine.base, &mut twin.base, tied, draft)
            }
            (Expr::Unary(machine), Expr::Unary(twin)) if is_deref(&machine.op) => {
                self.borrowed_place(&mut machine.expr, &mut twin.expr, tied, draft)
            }
            (Expr::Index(machine), Expr::Index(twin)) => {
                let owner = self.borrowed_place(&mut machine.expr, &mut twin.expr, tied, draft);
                self.operand(&mut machine.index, &mut twin.index, draft);
                owner
            }
            (machine, twin) => {
                if let Some((local, name)) = self.variable(machine) {
                    draft.inputs.insert(local);
                    if tied {
                        draft.tied.push(name);
                    }
                    return false;
                }
                let count = draft.keys.iter();
                let count = count.filter(|(key, _)| self.is_owner(*key)).count();
                let name = match count {
                    0 => format!("{}.of", draft.name),
                    more => format!("{}.of{more}", draft.name),
                };
                let key = self.key(name, machine, twin, draft);
                *machine = key;
                true
            }
        }
    }

    /// An operand of an index.
    fn operand(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) {
        match (bare(machine), bare(twin)) {
            (Expr::Lit(_), _) => {}
            (Expr::Range(machine), Expr::Range(twin)) => {
                let machine = [&mut machine.start, &mut machine.end];
                let twin = [&mut twin.start, &mut twin.end];
                for (machine, twin) in machine.into_iter().zip(twin) {
                    if let (Some(machine), Some(twin)) = (machine, twin) {
                        self.operand(machine, twin, draft);
                    }
                }
            }
            (Expr::Reference(machine), Expr::Reference(twin)) if machine.mutability.is_none() => {
                if !matches!(bare(&mut machine.expr), Expr::Lit(_)) {
                    self.borrowed_place(&mut machine.expr, &mut twin.expr, true, draft);
                }
            }
            (machine, twin) => {
                if let Some((local, name)) = self.variable(machine)
                    && self.body.locals[local.0].recipe.is_some()
                {
                    draft.inputs.insert(local);
                    draft.tied.push(name);
                    return;
                }
                let count = draft.keys.iter();
                let count = count.filter(|(key, _)| !self.is_owner(*key)).count();
                let name = format!("{}.key{count}", draft.name);
                let key = self.key(name, machine, twin, draft);
                let rt = names::rt();
                *machine = parse_quote!(#rt::again(&#key));
            }
        }
    }

    /// Computes a value once; answers the expression that names it.
    fn key(&mut self, name: String, machine: &Expr, twin: &mut Expr, draft: &mut Draft) -> Expr {
        let ident = names::at(names::temp(self.body.locals.len()), machine.span());
        let key = self.new_local(ident, LocalKind::Key { name }, draft.depth);
        wrap(twin, Wrapper::Seen(key));
        draft.keys.push((key, machine.clone()));
        draft.inputs.insert(key);
        self.temp_expr(key)
    }

    fn is_owner(&self, key: LocalId) -> bool {
        let prefix = |name: &str| name.rsplit('.').next().is_some_and(|n| n.starts_with("of"));
        matches!(&self.body.locals[key.0].kind, LocalKind::Key { name } if prefix(name))
    }

    /// The user's local that an expression names.
    fn variable(&self, expr: &Expr) -> Option<(LocalId, Ident)> {
        let local = uses::plain_local(expr, &self.scopes)?;
        let this = &self.body.locals[local.0];
        let user = matches!(this.kind, LocalKind::User | LocalKind::Deferred);
        let name = super::place::root(expr)?.clone();
        user.then_some((local, name))
    }
}

/// Whether a pattern is one name that is bound by value and never assigned.
pub(super) fn is_plain_binding(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(pat) => pat.by_ref.is_none() && pat.mutability.is_none() && pat.subpat.is_none(),
        Pat::Type(pat) => is_plain_binding(&pat.pat),
        _ => false,
    }
}

fn is_deref(op: &UnOp) -> bool {
    matches!(op, UnOp::Deref(_))
}

/// The expression inside parentheses.
fn bare(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Paren(inner) => bare(&mut inner.expr),
        Expr::Group(inner) => bare(&mut inner.expr),
        other => other,
    }
}
