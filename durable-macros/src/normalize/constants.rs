//! Constants and statics that are borrowed over an await: what is made again needs nothing that is saved.
//!
//! ```text
//! Input:   let first = &STEPS[0]; for step in STEPS { op(step).await; } use(first)
//! Output:  let first = &(*constant(&STEPS))[0];
//!          for step in Constant(STEPS).value() { … }         a loop over what is found, see `found_loops`
//! ```
//!
//! `constant` asks rustc that the borrow is `'static`. That of a constant with a `Cell` or a destructor is not: it
//! would be another one each time.

use super::recipe::bare;
use super::{Builder, lookups, place};
use crate::ir::{Code, LocalId, LocalKind, Locals, Recipe, Statement};
use crate::names::{self, unraw};
use syn::spanned::Spanned;
use syn::{Expr, ExprUnary, Ident, Pat, UnOp, parse_quote, parse_quote_spanned};

impl Builder<'_> {
    /// Makes the base of a place, if that is a constant or a `static`, what it is wherever the place is computed.
    pub(super) fn in_constant(&self, place: &mut Expr) -> bool {
        let base = base_of(place);
        if !self.names_constant(base) {
            return false;
        }
        let (span, constant) = (base.span(), base.clone());
        let rt = names::rt_at(span);
        *base = parse_quote_spanned!(span=> (*#rt::constant(&#constant)));
        true
    }

    /// What a loop goes over, if that is a constant, as the call of a method that may lend.
    pub(super) fn constant_source(&self, source: &mut Expr, twin: &mut Expr) {
        if self.names_constant(bare(source)) {
            for source in [source, twin] {
                let span = source.span();
                let (rt, constant) = (names::rt_at(span), source.clone());
                let method = Ident::new(lookups::CONSTANT, span);
                *source = parse_quote_spanned!(span=> #rt::Constant(#constant).#method());
            }
        }
    }

    /// A variable that stands for what is found in a constant: it is there wherever that is made again.
    pub(super) fn constant_root(&mut self, at: &Expr) -> LocalId {
        let local = self.new_temp(LocalKind::Borrow, at.span());
        let ident = &self.body.locals[local.0].ident;
        let pat: Pat = parse_quote!(#ident);
        let init: Expr = parse_quote!(&());
        self.register(Recipe {
            pat: pat.clone(),
            ty: None,
            init: init.clone(),
            binds: Locals::from([local]),
            inputs: Locals::new(),
            keys: Vec::new(),
            refutable: false,
            unique: false,
            code: None,
            mixed: Locals::new(),
            looked_up_by: Locals::new(),
        });
        self.push(Statement {
            binds: Locals::from([local]),
            ..Statement::new(Code::Let {
                pat,
                ty: None,
                init,
                otherwise: None,
            })
        });
        local
    }

    /// Whether a path names a constant or a `static`: in capitals, and no variable. One that belongs to a type may
    /// depend on parameters.
    fn names_constant(&self, expr: &Expr) -> bool {
        let Expr::Path(path) = expr else {
            return false;
        };
        if path.qself.is_some() || !path.attrs.is_empty() {
            return false;
        }
        let capitals =
            |name: &str| name.starts_with(char::is_uppercase) && !name.contains(char::is_lowercase);
        let mut names = path.path.segments.iter().rev().map(|s| unraw(&s.ident));
        let named = names.next().is_some_and(|name| capitals(&name));
        named
            && names
                .next()
                .is_none_or(|of| of.starts_with(char::is_lowercase))
            && place::root(expr).is_none_or(|name| self.scopes.resolve(&unraw(name)).is_none())
    }
}

/// What a place is in.
fn base_of(place: &mut Expr) -> &mut Expr {
    match place {
        Expr::Field(field) => base_of(&mut field.base),
        Expr::Index(index) => base_of(&mut index.expr),
        Expr::Unary(ExprUnary {
            op: UnOp::Deref(_),
            expr,
            ..
        }) => base_of(expr),
        Expr::Paren(paren) => base_of(&mut paren.expr),
        Expr::Group(group) => base_of(&mut group.expr),
        other => other,
    }
}
