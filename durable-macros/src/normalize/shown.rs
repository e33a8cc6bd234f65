//! `dbg!` around a borrow: what is made again after an await is the borrow, and it is shown once.
//!
//! ```text
//! Input:   match dbg!(&order.note) { Some(text) => { op().await; use(text) } … }
//! Output:  let b = &order.note; show(&b);
//!          match b { Some(text) => … }
//! ```
//!
//! Of what a method may have lent (`dbg!(order.items.first())`) the call that is made first is shown.

use super::Builder;
use super::borrowed_patterns::{Ends, Matched};
use super::place::is_field_path;
use super::standard::is_named;
use crate::ir::LookupId;
use crate::names;
use proc_macro2::Span;
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Macro, Stmt, parse_quote, parse_quote_spanned};

/// What a `dbg!` is given.
pub(super) struct Shown {
    pub(super) value: Expr,
    span: Span,
}

/// The value of a `dbg!` that may be a borrow.
pub(crate) fn borrow_shown(mac: &Macro) -> Option<Expr> {
    let value = mac.parse_body::<Expr>().ok()?;
    let may_borrow = match &value {
        Expr::Reference(_) | Expr::MethodCall(_) | Expr::Try(_) => true,
        Expr::Path(path) => path.path.get_ident().is_some(),
        _ => false,
    };
    (may_borrow && is_named(mac, "dbg")).then_some(value)
}

/// `dbg!` of a value, of which the text is what was written.
pub(super) fn show(span: Span, written: &impl ToTokens, value: &Expr) -> Expr {
    let shown = names::internal("shown");
    let place = quote_spanned!(span=> ::core::file!(), ::core::line!(), ::core::column!());
    let text = quote!(::core::stringify!(#written));
    // In parentheses, since `else` may follow.
    parse_quote!((match (#value) {
        #shown => {
            ::std::eprintln!("[{}:{}:{}] {} = {:#?}", #place, #text, &#shown);
            #shown
        }
    }))
}

impl Shown {
    /// The `dbg!` that an expression is, of something that may be a borrow.
    fn of(expr: &Expr) -> Option<Self> {
        match expr {
            Expr::Paren(inner) => Self::of(&inner.expr),
            Expr::Group(inner) => Self::of(&inner.expr),
            Expr::Macro(mac) => Some(Self {
                value: borrow_shown(&mac.mac)?,
                span: mac.mac.path.span(),
            }),
            _ => None,
        }
    }

    fn around(&self, value: &Expr) -> Expr {
        show(self.span, &self.value, value)
    }
}

impl Builder<'_> {
    /// The `dbg!` of std that an expression is, of something that may be a borrow.
    pub(super) fn shown(&self, expr: &Expr) -> Option<Shown> {
        Shown::of(expr).filter(|_| self.hands_on && !self.opened.is_shadowed("dbg"))
    }

    /// Shows a borrow that has just been made.
    pub(super) fn show(&mut self, shown: &Shown, value: &Expr) {
        let show = shown.around(&parse_quote!(&#value));
        self.opaque(&Stmt::Expr(show, Some(syn::token::Semi::default())));
    }

    /// `for x in dbg!(&place)`: the place is shown before the loop.
    pub(super) fn show_source(&mut self, source: &mut Expr, twin: &mut Expr) {
        let Some(shown) = self.shown(source) else {
            return;
        };
        let steady = match &shown.value {
            Expr::Reference(reference) if reference.mutability.is_none() => {
                is_field_path(&reference.expr)
            }
            Expr::Path(_) => self.variable(&shown.value).is_some_and(|local| {
                let recipe = self.body.recipe(local);
                recipe.is_some_and(|recipe| !recipe.unique && recipe.code.is_none())
            }),
            _ => false,
        };
        if steady {
            self.body.shown.in_loops = true;
            self.show(&shown, &shown.value);
            (*source, *twin) = (shown.value.clone(), shown.value);
        }
    }

    /// What is looked up is shown where that is done first.
    pub(super) fn show_found(&mut self, shown: &Shown, id: LookupId) -> Expr {
        self.body.shown.lookups.push(id);
        let lookup = &mut self.body.lookups[id.0];
        lookup.init = shown.around(&lookup.init);
        shown.around(&shown.value)
    }

    /// What patterns are matched against, where that is what `dbg!` shows.
    pub(super) fn matched_shown(
        &mut self,
        name: &str,
        shown: &Shown,
        twin: &mut Expr,
        ends: Ends,
    ) -> Option<(Expr, Matched)> {
        let mut inner = shown.value.clone();
        let (value, matched) = self.matched_value(name, inner.clone(), &mut inner, ends);
        let value = match matched? {
            Matched::Lookup(id) if self.variable(&value).is_none() => self.show_found(shown, id),
            Matched::Lookup(id) => {
                self.body.shown.lookups.push(id);
                self.show(shown, &value);
                value
            }
            Matched::Borrow(local, _) => {
                self.body.shown.borrows.insert(local);
                self.show(shown, &value);
                value
            }
        };
        // `dbg!` takes a variable.
        *twin = match &shown.value {
            path @ Expr::Path(_) => {
                parse_quote_spanned!(shown.span=> ::core::convert::identity(#path))
            }
            _ => inner,
        };
        Some((value, matched?))
    }
}
