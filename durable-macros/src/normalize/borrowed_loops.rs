//! Loops over borrowed things: a position is saved, and both the iterator and its item are made
//! again from what they borrow.
//!
//! ```text
//! Input:   for (i, x) in v.iter().enumerate() { op(i).await; use(x) }
//! Output:  let at = 0;
//!          next (i, x) of v.iter().enumerate() at `at` -> body
//!            x = v.iter().enumerate() at `at - 1`       i is a value, and saved
//! ```
//!
//! ```text
//! source = & place | &mut place | a borrow with a recipe | place.iter() …
//!        | source.enumerate() … | source.zip(source | a..b)
//! loop   = source | a tail of closures over it
//! ```
//!
//! Whether each is what it looks like is rustc's to say: in the twin what is borrowed must be
//! `Steady`, the iterator one of std's, and what is mentioned is tied to it.

use super::recipe::{By, Draft, bare, steady};
use super::scope::pattern_names;
use super::{Builder, tails};
use crate::ir::{LocalId, LocalKind, Locals, Recipe, RecipeId, Tail};
use crate::names;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprMethodCall, Ident, Pat, Token, parse_quote, parse_quote_spanned};

/// Methods that give an iterator over what they are called on.
const ITERATORS: &[(&str, Shape, By)] = &[
    ("iter", Shape::Borrow, By::Shared),
    ("iter_mut", Shape::Borrow, By::Unique),
    ("keys", Shape::Borrow, By::Shared),
    ("values", Shape::Borrow, By::Shared),
    ("values_mut", Shape::Borrow, By::Unique),
    ("windows", Shape::Borrow, By::Shared),
    ("chunks", Shape::Borrow, By::Shared),
    ("chunks_exact", Shape::Borrow, By::Shared),
    ("chunks_mut", Shape::Borrow, By::Unique),
    ("lines", Shape::Borrow, By::Shared),
    ("split", Shape::Borrow, By::Shared),
    ("split_whitespace", Shape::Borrow, By::Shared),
    ("chars", Shape::Value, By::Shared),
    ("bytes", Shape::Value, By::Shared),
    ("char_indices", Shape::Value, By::Shared),
];

/// What the items of an iterator are.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A reference, or several in a tuple.
    Borrow,
    Value,
    Pair(Box<Shape>, Box<Shape>),
}

/// A loop over a borrowed source.
pub(super) struct Lent {
    /// The iterator: a borrow without a name.
    pub(super) source: LocalId,
    /// It as written.
    pub(super) iter: Expr,
    /// The closures over it.
    pub(super) tail: Option<Tail>,
    /// How many items it has given.
    pub(super) at: LocalId,
    /// What makes the current item again.
    item: Expr,
    inputs: Locals,
    shape: Shape,
    unique: bool,
    /// The recipe's operands, which are computed before the loop.
    pub(super) keys: Locals,
}

impl Builder<'_> {
    /// Reads what a loop goes over as a borrowed source; changes the twin's copy accordingly.
    pub(super) fn lent(&mut self, name: &str, machine: &Expr, twin: &mut Expr) -> Option<Lent> {
        let mut draft = Draft::new(name, self.scopes.count(name) + 1, machine, twin);
        let mut iter = machine.clone();
        let tail = self.tail(&mut iter)?;
        let (chain, length) = (twin, tail.as_ref().map_or(0, |tail| tail.length));
        let twin = match length {
            0 => &mut *chain,
            length => tails::under(chain, length),
        };
        let (mut init, mut checked) = (iter.clone(), twin.clone());
        let mut shape = self.source(&mut init, &mut checked, &mut draft)?;
        if tail.as_ref().is_some_and(|tail| tail.gives_values) {
            shape = Shape::Value;
        }
        let span = twin.span();
        let rt = names::rt_at(span);
        // The values of a hash map do not tell their keys.
        let by_pairs = tail.is_none() && by_pairs(&mut iter) && by_pairs(&mut init);
        *twin = draft.tied.iter().fold(
            if tail.is_some() {
                parse_quote_spanned!(span=> #rt::lent_in_order(#checked))
            } else if by_pairs {
                parse_quote_spanned!(span=> #rt::lent_values(#checked))
            } else {
                parse_quote_spanned!(span=> #rt::lent(#checked))
            },
            |source: Expr, held| {
                let rt = names::rt_at(held.span());
                parse_quote_spanned!(held.span()=> #rt::tie(#source, &#held))
            },
        );
        self.hold_in_tail(chain, length);
        let ident = names::at(names::temp(self.body.locals.len()), span);
        let kind = LocalKind::Key {
            name: format!("{name}.at"),
        };
        let at = self.new_local(ident.clone(), kind, draft.depth);
        self.scopes.bind_temp(ident.to_string(), at);
        let source = self.new_temp(LocalKind::Borrow, span);
        let rt = names::rt();
        let mut inputs = draft.inputs.clone();
        inputs.insert(at);
        let keys = draft.keys.iter().map(|(key, _)| *key).collect();
        let lent = Lent {
            source,
            iter,
            tail: tail.map(|found| found.tail),
            at,
            item: parse_quote!((&#rt::walk(#init)).current(&#ident)),
            inputs,
            shape,
            unique: draft.unique,
            keys,
        };
        let name = &self.body.locals[source.0].ident;
        let recipe = Recipe {
            pat: parse_quote!(#name),
            ty: None,
            init,
            binds: Locals::from([source]),
            inputs: draft.inputs,
            keys: draft.keys,
            refutable: false,
            unique: draft.unique,
            code: None,
            mixed: Locals::new(),
            looked_up_by: Locals::new(),
        };
        self.register(recipe);
        Some(lent)
    }

    /// Gives the bindings of a loop that are borrows their recipe.
    pub(super) fn lend(&mut self, lent: Lent, pat: &Pat, binds: &Locals) {
        let mut found = Found::default();
        found.borrowed(pat, &lent.shape);
        let among = |names: &[Ident]| -> Locals {
            let is = |l: &LocalId| names.contains(&self.body.locals[l.0].ident);
            binds.iter().copied().filter(is).collect()
        };
        let (refused, mixed) = (among(&found.changing), among(&found.mixed));
        let binds: Locals = &among(&found.borrows) | &mixed;
        for local in refused {
            self.body.locals[local.0].borrow = true;
        }
        if binds.is_empty() {
            return;
        }
        self.register(Recipe {
            pat: pat.clone(),
            ty: None,
            init: lent.item,
            binds,
            inputs: lent.inputs,
            keys: Vec::new(),
            refutable: false,
            unique: lent.unique,
            code: None,
            mixed,
            looked_up_by: Locals::new(),
        });
    }

    /// Makes this the recipe of what it binds.
    pub(super) fn register(&mut self, recipe: Recipe) -> RecipeId {
        let id = RecipeId(self.body.recipes.len());
        for local in &recipe.binds {
            self.body.locals[local.0].recipe = Some(id);
        }
        self.body.recipes.push(recipe);
        id
    }

    fn source(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) -> Option<Shape> {
        match (bare(machine), bare(twin)) {
            (Expr::Reference(machine), Expr::Reference(borrow)) => {
                let by = By::reference(machine);
                let place = borrow.expr.clone();
                let owner = self.steady_place(&mut machine.expr, &mut borrow.expr, by, draft)?;
                if !owner {
                    steady(twin, &place);
                }
                Some(Shape::Borrow)
            }
            (Expr::MethodCall(machine), Expr::MethodCall(call)) => {
                let known = ITERATORS.iter().find(|(name, ..)| call.method == name);
                let Some((name, shape, by)) = known else {
                    return self.adaptor(machine, call, draft);
                };
                let place = call.receiver.clone();
                let owner =
                    self.steady_place(&mut machine.receiver, &mut call.receiver, *by, draft)?;
                for (machine, twin) in machine.args.iter_mut().zip(&mut call.args) {
                    self.argument(machine, twin, draft)?;
                }
                if !owner {
                    steady(twin, &place);
                }
                Some(match *name {
                    "char_indices" => Shape::Pair(Shape::Value.into(), Shape::Value.into()),
                    _ => shape.clone(),
                })
            }
            (machine @ Expr::Path(_), _) => {
                let local = self.variable(machine)?;
                draft.unique |= self.body.recipe(local)?.unique;
                draft.inputs.insert(local);
                let place = twin.clone();
                steady(twin, &place);
                Some(Shape::Borrow)
            }
            _ => None,
        }
    }

    /// An iterator over another.
    fn adaptor(
        &mut self,
        machine: &mut ExprMethodCall,
        twin: &mut ExprMethodCall,
        draft: &mut Draft,
    ) -> Option<Shape> {
        let name = twin.method.to_string();
        let known = [
            "enumerate",
            "rev",
            "zip",
            "skip",
            "take",
            "step_by",
            "chain",
            "copied",
        ];
        if !known.contains(&name.as_str()) || machine.args.len() != twin.args.len() {
            return None;
        }
        let inner = self.source(&mut machine.receiver, &mut twin.receiver, draft)?;
        let mut other = Shape::Value;
        for (machine, twin) in machine.args.iter_mut().zip(&mut twin.args) {
            match name.as_str() {
                "zip" | "chain" if !matches!(bare(twin), Expr::Range(_)) => {
                    other = self.source(machine, twin, draft)?;
                }
                _ => self.argument(machine, twin, draft)?,
            }
        }
        Some(match name.as_str() {
            "enumerate" => Shape::Pair(Shape::Value.into(), inner.into()),
            "zip" => Shape::Pair(inner.into(), other.into()),
            "copied" => Shape::Value,
            _ => inner,
        })
    }

    /// An argument by value or by reference.
    fn argument(&mut self, machine: &mut Expr, twin: &mut Expr, draft: &mut Draft) -> Option<()> {
        if matches!(bare(machine), Expr::Closure(_)) {
            return None;
        }
        self.operand(machine, twin, draft);
        Some(())
    }

    /// A place whose type must be steady; answers whether it is a value without a name, which is
    /// then checked.
    fn steady_place(
        &mut self,
        machine: &mut Expr,
        twin: &mut Expr,
        by: By,
        draft: &mut Draft,
    ) -> Option<bool> {
        draft.unique |= by == By::Unique;
        let owner = self.borrowed_place(machine, twin, by, draft);
        if owner {
            // A part of it would have to be named to be checked.
            if !matches!(bare(machine), Expr::Path(_)) {
                return None;
            }
            let rt = names::rt_at(twin.span());
            let inner = twin.clone();
            *twin = parse_quote_spanned!(twin.span()=> #rt::steady_value(#inner));
        }
        Some(owner)
    }
}

/// Turns the values of a map into those of its pairs, if that is what it is.
fn by_pairs(iter: &mut Expr) -> bool {
    let Expr::MethodCall(call) = bare(iter) else {
        return false;
    };
    let pairs = match call.method.to_string().as_str() {
        "values" => "iter",
        "values_mut" => "iter_mut",
        _ => return false,
    };
    call.method = Ident::new(pairs, call.method.span());
    let (rt, inner) = (names::rt(), &*iter);
    *iter = parse_quote!(#rt::valued(#inner));
    true
}

/// The names of a pattern that are bound to borrows in an item.
#[derive(Default)]
struct Found {
    borrows: Vec<Ident>,
    /// To a tuple that holds values as well.
    mixed: Vec<Ident>,
    /// `mut`, so they may borrow something else later.
    changing: Vec<Ident>,
}

impl Found {
    fn borrowed(&mut self, pat: &Pat, shape: &Shape) {
        match (pat, shape) {
            (Pat::Paren(pat), _) => self.borrowed(&pat.pat, shape),
            (Pat::Tuple(pat), Shape::Pair(first, second)) => self.pair(&pat.elems, first, second),
            (Pat::Ident(pat), shape) if pat.subpat.is_none() => {
                let names = match shape {
                    _ if !shape.borrows() || pat.by_ref.is_some() => return,
                    _ if pat.mutability.is_some() => &mut self.changing,
                    Shape::Pair(..) => &mut self.mixed,
                    _ => &mut self.borrows,
                };
                names.push(pat.ident.clone());
            }
            (pat, Shape::Borrow) => borrowed_in(pat, &mut self.borrows),
            _ => {}
        }
    }

    fn pair(&mut self, elems: &Punctuated<Pat, Token![,]>, first: &Shape, second: &Shape) {
        let rest = elems.iter().position(|p| matches!(p, Pat::Rest(_)));
        for (index, pat) in elems.iter().enumerate() {
            let is_first = index == 0 && rest != Some(0);
            if rest != Some(index) {
                self.borrowed(pat, if is_first { first } else { second });
            }
        }
    }
}

/// The names that a pattern binds to borrows if what it is matched against is borrowed: all but
/// those under `&` and those which are `mut`.
pub(super) fn borrowed_in(pat: &Pat, names: &mut Vec<Ident>) {
    struct Borrows<'n> {
        names: &'n mut Vec<Ident>,
        /// Inside a `&`.
        copied: bool,
    }
    impl<'ast> syn::visit::Visit<'ast> for Borrows<'_> {
        fn visit_pat_reference(&mut self, pat: &'ast syn::PatReference) {
            let before = std::mem::replace(&mut self.copied, true);
            syn::visit::visit_pat_reference(self, pat);
            self.copied = before;
        }
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            let borrows = pat.by_ref.is_some() || (!self.copied && pat.mutability.is_none());
            let binds = !pattern_names(&Pat::Ident(pat.clone())).is_empty();
            if binds && borrows {
                self.names.push(pat.ident.clone());
            }
            syn::visit::visit_pat_ident(self, pat);
        }
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut borrows = Borrows {
        names,
        copied: false,
    };
    syn::visit::Visit::visit_pat(&mut borrows, pat);
}

impl Shape {
    fn borrows(&self) -> bool {
        match self {
            Self::Borrow => true,
            Self::Value => false,
            Self::Pair(first, second) => first.borrows() || second.borrows(),
        }
    }
}
