//! Which borrows can be made again after a resume, and from what: decided by syntax alone.
//!
//! ```text
//! recipe  = & place | &mut place | local.method(operand) | a shared borrow with a recipe
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
use syn::{Expr, Pat, Type, UnOp, parse_quote};

/// What a recipe does with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// Borrows it.
    Shared,
    /// Borrows it mutably, and so holds it by itself.
    Unique,
    /// Looks something up with a reference to it.
    Key,
}

impl By {
    pub(super) fn reference(reference: &syn::ExprReference) -> Self {
        match reference.mutability {
            None => Self::Shared,
            Some(_) => Self::Unique,
        }
    }
}

/// A borrow that can be made again, before what it is bound to has locals.
#[derive(Debug)]
pub(super) struct Draft {
    /// The binding after which keys are named.
    name: String,
    pub(super) depth: usize,
    /// What makes the borrow.
    pub(super) init: Expr,
    /// The same in the twin.
    twin: Expr,
    pub(super) inputs: Locals,
    pub(super) keys: Vec<(LocalId, Expr)>,
    looked_up_by: Locals,
    /// Locals that the borrow must hold.
    pub(super) tied: Vec<Expr>,
    /// What is borrowed is a value without a name.
    pub(super) owner: bool,
    /// It is a `&mut`.
    pub(super) unique: bool,
}

impl Builder<'_> {
    /// Reads an expression as a recipe. `machine` and `twin` are its two copies.
    pub(super) fn draft(&mut self, name: &str, machine: &Expr, twin: &Expr) -> Option<Draft> {
        let mut draft = Draft::new(name, self.scopes.count(name) + 1, machine, twin);
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
        *twin = draft.twin;
        if let Some(local) = binds.first() {
            tie(twin, *local, &draft.tied);
        }
        self.register(Recipe {
            pat,
            ty,
            init: draft.init,
            binds: binds.clone(),
            inputs: draft.inputs,
            keys: draft.keys,
            refutable: false,
            unique: draft.unique,
            code: None,
            mixed: Locals::new(),
            looked_up_by: draft.looked_up_by,
        })
    }

    fn borrow(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) -> Option<()> {
        match (bare(machine), bare(twin)) {
            (Expr::Reference(machine), Expr::Reference(twin)) => {
                let by = By::reference(machine);
                draft.unique |= by == By::Unique;
                draft.owner |= self.borrowed_place(&mut machine.expr, &mut twin.expr, by, draft);
                Some(())
            }
            (Expr::MethodCall(call), Expr::MethodCall(other)) => {
                let local = self.variable(&call.receiver)?;
                let owner = self.body.locals[local.0].owner?;
                let closure = |arg: &Expr| matches!(arg, Expr::Closure(_));
                if !super::receivers::borrows(owner, &call.method.to_string())
                    || call.args.iter().any(closure)
                {
                    return None;
                }
                let place = other.receiver.clone();
                let (to, from) = (&mut call.receiver, &mut other.receiver);
                self.borrowed_place(to, from, By::Shared, draft);
                for (machine, twin) in call.args.iter_mut().zip(&mut other.args) {
                    self.operand(machine, twin, draft);
                }
                steady(twin, &place);
                Some(())
            }
            (machine, twin) => {
                // Another name for a borrow.
                let local = self.variable(machine)?;
                let recipe = self.body.recipe(local).filter(|recipe| !recipe.unique)?;
                if recipe.mixed.contains(&local) {
                    draft.tied.push(twin.clone());
                }
                draft.inputs.insert(local);
                Some(())
            }
        }
    }

    /// A place; answers whether it is in a value without a name.
    pub(super) fn borrowed_place(
        &mut self,
        machine: &mut Expr,
        twin: &mut Expr,
        by: By,
        draft: &mut Draft,
    ) -> bool {
        if let Some(held) = self.held(twin, by) {
            draft.tied.push(held);
        }
        self.place_in(machine, twin, by, draft)
    }

    fn place_in(&mut self, machine: &mut Expr, twin: &mut Expr, by: By, draft: &mut Draft) -> bool {
        match (bare(machine), bare(twin)) {
            (Expr::Field(machine), Expr::Field(twin)) => {
                self.place_in(&mut machine.base, &mut twin.base, by, draft)
            }
            (Expr::Unary(machine), Expr::Unary(twin)) if is_deref(&machine.op) => {
                self.place_in(&mut machine.expr, &mut twin.expr, by, draft)
            }
            (Expr::Index(machine), Expr::Index(twin)) => {
                let owner = self.place_in(&mut machine.expr, &mut twin.expr, by, draft);
                self.operand(&mut machine.index, &mut twin.index, draft);
                owner
            }
            (machine, twin) => {
                if let Some(local) = self.variable(machine) {
                    draft.inputs.insert(local);
                    return false;
                }
                if by != By::Unique && self.in_constant(machine) && self.in_constant(twin) {
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

    /// What the borrow of a place must hold that it may not hold by itself: the path of fields from
    /// the variable, up to where it goes through a pointer or an index. A variable that is not
    /// `mut` cannot change; a borrow that is made again holds what it comes from.
    pub(super) fn held(&self, place: &Expr, by: By) -> Option<Expr> {
        let path = prefix(place);
        let local = self.variable(root_of(path))?;
        let this = &self.body.locals[local.0];
        let mixed = self
            .body
            .recipe(local)
            .is_some_and(|r| r.mixed.contains(&local));
        if mixed || (by == By::Key && this.recipe.is_some()) {
            return Some(root_of(path).clone());
        }
        (by != By::Unique && this.mutable).then(|| path.clone())
    }

    /// An operand of an index.
    pub(super) fn operand(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) {
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
                    draft.looked_up_by.extend(self.variable(&machine.expr));
                    self.borrowed_place(&mut machine.expr, &mut twin.expr, By::Key, draft);
                }
            }
            (machine, twin) => {
                if let Some(local) = self.variable(machine)
                    && self.body.locals[local.0].recipe.is_some()
                {
                    draft.inputs.insert(local);
                    draft.tied.push(twin.clone());
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
    pub(super) fn variable(&self, expr: &Expr) -> Option<LocalId> {
        let local = uses::plain_local(expr, &self.scopes)?;
        let this = &self.body.locals[local.0];
        let user = matches!(
            this.kind,
            LocalKind::User | LocalKind::Deferred | LocalKind::Held { .. }
        );
        user.then_some(local)
    }
}

impl Draft {
    /// A recipe for a local of this name, of which nothing is known yet.
    pub(super) fn new(name: &str, depth: usize, machine: &Expr, twin: &Expr) -> Self {
        Self {
            name: name.to_owned(),
            depth,
            init: machine.clone(),
            twin: twin.clone(),
            inputs: Locals::new(),
            keys: Vec::new(),
            looked_up_by: Locals::new(),
            tied: Vec::new(),
            owner: false,
            unique: false,
        }
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

/// In the twin: what is borrowed is of a steady type.
pub(super) fn steady(twin: &mut Expr, place: &Expr) {
    let span = place.span();
    let rt = names::rt_at(span);
    let inner = std::mem::replace(twin, Expr::Verbatim(proc_macro2::TokenStream::new()));
    *twin = syn::parse_quote_spanned!(span=> #rt::after(#rt::steady(&#place), #inner));
}

/// The longest path of fields that a place begins with.
fn prefix(place: &Expr) -> &Expr {
    match place {
        Expr::Field(_) if super::place::is_field_path(place) => place,
        Expr::Field(field) => prefix(&field.base),
        Expr::Index(index) => prefix(&index.expr),
        Expr::Unary(unary) => prefix(&unary.expr),
        Expr::Paren(inner) => prefix(&inner.expr),
        Expr::Group(inner) => prefix(&inner.expr),
        other => other,
    }
}

/// The variable at the root of a path of fields.
fn root_of(path: &Expr) -> &Expr {
    match path {
        Expr::Field(field) => root_of(&field.base),
        Expr::Paren(inner) => root_of(&inner.expr),
        Expr::Group(inner) => root_of(&inner.expr),
        other => other,
    }
}

fn is_deref(op: &UnOp) -> bool {
    matches!(op, UnOp::Deref(_))
}

/// The expression inside parentheses.
pub(super) fn bare(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Paren(inner) => bare(&mut inner.expr),
        Expr::Group(inner) => bare(&mut inner.expr),
        other => other,
    }
}
