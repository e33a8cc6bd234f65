//! Closures in the twin: they lend their signature, and hold what they mention.
//!
//! ```text
//! Input:   let scale = |x| x * rate;
//! Output:  let scale = |x| { held(&rate); x * rate };
//!          { trait scale_can_be_called_again<A, R> { … }  … lend(&scale, __ty7) }
//! ```
//!
//! A trait for each closure is what lets the message name it, as in [`proofs`].

use super::{proofs, unknown};
use crate::ir::{Body, LocalId, PointId, Signature};
use crate::names::{self, unraw};
use quote::{format_ident, quote, quote_spanned};
use syn::{Expr, Stmt, parse_quote};

/// A statement after the `let` of a closure: its signature is that of the token, and it can be
/// called more than once.
pub(super) fn lent(
    body: &Body,
    local: LocalId,
    signature: Signature,
    point: Option<PointId>,
) -> Stmt {
    let ident = &body.locals[local.0].ident;
    let (rt, token, name) = (names::rt(), names::local_ty(local.0), unraw(ident));
    let params = unknown(signature.params);
    let place = point.map_or_else(|| "an `.await`".to_owned(), |p| proofs::place(body, p));
    let message = format!(
        "`{name}` is a closure that is still needed after {place}, and cannot be made again there: it gives away what it captures"
    );
    let what = format_ident!("{name}_can_be_called_again");
    // At the binding stands no more than `_`, as in the proofs.
    let inferred = quote_spanned!(ident.span()=> _);
    let moves = signature.moves;
    let unchanging = moves.then(|| quote!(<#inferred as #rt::Unchanging>::unchanging(&#ident);));
    parse_quote! {
        #[allow(
            warnings, unused, clippy::all, clippy::pedantic, clippy::nursery,
            reason = "generated code"
        )]
        {
            #[diagnostic::on_unimplemented(
                message = #message,
                label = "can be called only once",
                note = "let it borrow or clone what it captures, or write it again after the `.await`",
                note = "code: durable D17"
            )]
            trait #what<__A, __R> {
                fn lend(&self, _: #rt::Ty<(__A, __R)>) {}
            }
            #[diagnostic::do_not_recommend]
            impl<__F: #rt::Again<__A, __R>, __A, __R> #what<__A, __R> for __F {}
            <#inferred as #what<#params, _>>::lend(&#ident, #token);
            #unchanging
        }
    }
}

/// Whether an initialiser is a closure.
pub(super) fn is_code(expr: &Expr) -> bool {
    match expr {
        Expr::Closure(_) => true,
        Expr::Paren(inner) => is_code(&inner.expr),
        Expr::Group(inner) => is_code(&inner.expr),
        Expr::Reference(reference) => is_code(&reference.expr),
        _ => false,
    }
}
