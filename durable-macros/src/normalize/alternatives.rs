//! The alternatives of a pattern with a guard. Rust runs the guard for each of them that fits, in
//! order, so where it matters which one has been taken there is an arm for each.
//!
//! ```text
//! Input:   (Some(x), _) | (_, Some(x)) if *x == 2 => { op().await; use(x) }
//! Output:  (Some(x), _) if *x == 2 => { which = 0; goto body }
//!          (_, Some(x)) if *x == 2 => { which = 1; goto body }
//!    body: let (x,) = match b { (Some(x), _) if which == 0 => (x,), (_, Some(x)) if which == 1 => (x,), … };
//! ```

use super::borrowed_loops::borrowed_in;
use super::borrowed_patterns::Matched;
use super::{Builder, Dest, uses};
use crate::ir::{Arm, LocalId, LocalKind, Locals, Recipe, Terminator};
use proc_macro2::Literal;
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat, PatGuard, PatOr, parse_quote};

/// More arms than this are not written for one pattern.
const MOST: usize = 16;

/// The patterns without alternatives that a pattern stands for, in the order in which they are
/// tried; `None` where they are too many.
pub(super) fn alternatives(pat: &Pat) -> Option<Vec<Pat>> {
    let mut done = Vec::new();
    let mut open = vec![pat.clone()];
    while let Some(next) = open.pop() {
        let mut first = First(None);
        first.visit_pat_mut(&mut next.clone());
        let Some(or) = first.0 else {
            done.push(next);
            continue;
        };
        for case in or.cases.iter().rev() {
            let mut one = next.clone();
            Choose(Some(case)).visit_pat_mut(&mut one);
            open.push(one);
        }
        if done.len() + open.len() > MOST {
            return None;
        }
    }
    Some(done)
}

/// Finds the first alternatives of a pattern.
struct First(Option<PatOr>);

impl VisitMut for First {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        match pat {
            _ if self.0.is_some() => {}
            Pat::Or(or) => self.0 = Some(or.clone()),
            other => visit_mut::visit_pat_mut(self, other),
        }
    }
    fn visit_expr_mut(&mut self, _: &mut Expr) {}
}

/// Puts one case in the place of the first alternatives.
struct Choose<'p>(Option<&'p Pat>);

impl VisitMut for Choose<'_> {
    fn visit_pat_mut(&mut self, pat: &mut Pat) {
        match pat {
            _ if self.0.is_none() => {}
            Pat::Or(_) => *pat = self.0.take().cloned().expect("asked just before"),
            Pat::Paren(paren) if matches!(*paren.pat, Pat::Or(_)) => {
                *pat = self.0.take().cloned().expect("asked just before");
            }
            other => visit_mut::visit_pat_mut(self, other),
        }
    }
    fn visit_expr_mut(&mut self, _: &mut Expr) {}
}

impl Builder<'_> {
    /// The arms of one arm of a `match`: one for each of its alternatives, where its guard chooses
    /// among them what its body borrows over an await.
    pub(super) fn arm_by_alternatives(
        &mut self,
        arm: &mut syn::Arm,
        matched: Option<Matched>,
        dest: Dest,
        after: crate::ir::BlockId,
    ) -> Vec<Arm> {
        let ways = match (&arm.pat, matched) {
            (Pat::Guard(guarded), Some(Matched::Borrow(..))) if self.suspends(&arm.body) => {
                alternatives(&guarded.pat).map(|pats| with_guard(pats, guarded))
            }
            _ => None,
        };
        match ways {
            Some(ways) if ways.len() > 1 => self.arms_to_one_body(arm, ways, matched, dest, after),
            _ => vec![self.arm(arm, None, matched, dest, after)],
        }
    }

    /// An arm with several patterns, each with a guard of its own.
    pub(super) fn arms_to_one_body(
        &mut self,
        arm: &mut syn::Arm,
        ways: Vec<Pat>,
        matched: Option<Matched>,
        dest: Dest,
        after: crate::ir::BlockId,
    ) -> Vec<Arm> {
        let serves = self.next_point();
        let span = syn::spanned::Spanned::span(&arm.pat);
        let which = self.new_temp(LocalKind::Temp { serves }, span);
        let first = ways[0].clone();
        let mut used = Vec::new();
        let body = self.arm_of(arm, &first, dest, after, |s, binds| {
            used.extend(ways.iter().map(|pat| uses::of_pat(pat, &s.scopes)));
            s.bind_one_of(&ways, which, binds, matched);
        });
        let at = self.current;
        let arms = ways.into_iter().zip(used).enumerate();
        let arms = arms.map(|(number, (pat, uses))| {
            let target = self.new_block();
            self.current = target;
            self.deliver(number_of(number), Dest::Into(which));
            self.end_with(Terminator::Goto(body.target), at);
            Arm {
                pat,
                binds: body.binds.clone(),
                uses,
                target,
            }
        });
        arms.collect()
    }

    /// What the alternatives bind to parts of a borrow is made again by the one that was taken.
    fn bind_one_of(
        &mut self,
        ways: &[Pat],
        which: LocalId,
        binds: &Locals,
        matched: Option<Matched>,
    ) {
        let (Some(Matched::Borrow(local, unique)), Some(first)) = (matched, ways.first()) else {
            return;
        };
        // Choices of a guard have one pattern.
        let text = |way: &Pat| without_guard(way).to_token_stream().to_string();
        if ways.iter().all(|way| text(way) == text(first)) {
            return self.bind_matched(first, binds, matched);
        }
        let mut names = Vec::new();
        borrowed_in(first, &mut names);
        let is = |l: &LocalId| names.contains(&self.body.locals[l.0].ident);
        let binds: Locals = binds.iter().copied().filter(is).collect();
        if binds.is_empty() {
            return;
        }
        if unique {
            return self.bind_in_doubt(&binds);
        }
        let made: Vec<_> = (binds.iter())
            .map(|local| self.body.locals[local.0].ident.clone())
            .collect();
        let (borrow, which_ident) = (self.temp_expr(local), self.temp_expr(which));
        let cases = ways.iter().enumerate().map(|(number, way)| -> syn::Arm {
            let (number, pat) = (number_of(number), without_guard(way));
            parse_quote!(#pat if #which_ident == #number => (#(#made,)*),)
        });
        let init = parse_quote!((match #borrow { #(#cases)* _ => ::core::unreachable!(), }));
        self.register(Recipe {
            pat: parse_quote!((#(#made,)*)),
            ty: None,
            init,
            binds,
            inputs: Locals::from([local, which]),
            keys: Vec::new(),
            // One of the names may be that of a constant.
            refutable: true,
            unique: false,
            code: None,
            mixed: Locals::new(),
            looked_up_by: Locals::new(),
        });
    }
}

/// A number that the machine keeps.
pub(super) fn number_of(number: usize) -> Expr {
    let number = Literal::u8_suffixed(u8::try_from(number).expect("at most `MOST`"));
    parse_quote!(#number)
}

/// Each pattern with the guard of their arm.
pub(super) fn with_guard(pats: Vec<Pat>, guarded: &PatGuard) -> Vec<Pat> {
    let with = |pat| {
        Pat::Guard(PatGuard {
            pat: Box::new(pat),
            ..guarded.clone()
        })
    };
    pats.into_iter().map(with).collect()
}

fn without_guard(pat: &Pat) -> Pat {
    match pat {
        Pat::Guard(guarded) => (*guarded.pat).clone(),
        other => other.clone(),
    }
}
