//! Asks rustc whether each saved local is plain data, with the words for when it is not.
//!
//! ```text
//! Input:   let held = stock.lock(); charge(1).await; drop(held);
//! Output:  let __saved1 = {
//!              #[diagnostic::on_unimplemented(message = "`held` is still needed after …")]
//!              trait held_in_line_1_of_run_is_plain_data: Sized { fn saved() -> Data<Self>; }
//!              impl<T: rt::Durable> held_in_line_1_of_run_is_plain_data for T { … rt::data() … }
//!              <_ as held_in_line_1_of_run_is_plain_data>::saved()
//!          };
//! ```
//!
//! A trait for each local is what lets the message name it: only a trait carries words of ours,
//! and they are fixed where it is declared.

use super::forks;
use super::lending::{Borrow, Lending};
use super::tables::line;
use crate::ir::{Body, Code, LocalId, LocalKind, PointId};
use crate::lower::Layout;
use crate::names::{self, unraw};
use crate::syntax::Input;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

const WHY: &str = "what is needed after an `.await` is stored there, and may be loaded by another process: it must be plain data (`Serialize`, `Deserialize`, `Send`, and nothing borrowed)";
const HELP: &str = "of a borrow keep a clone (`.clone()`, `.cloned()`, `.to_owned()`); if the type is yours, write `#[derive(Serialize, Deserialize)]` on it; turn an error of another crate into a `durable_runtime::Error`; a lock or a connection must end before the `.await` (put it into a block `{{ … }}`), or be made again after it";
/// What helps in a generic function besides: only its type parameters themselves are data unasked.
const BOUND: &str =
    "if the type comes from a type parameter, say that it is data: `where I::Item: Durable`";

/// What to write instead of a borrow.
const BORROWED: &str = "keep a value of its own: `.to_owned()` of a text, `.clone()` of anything else, `.map(str::to_owned)` or `.cloned()` in an `Option`; or borrow it again after the `.await`";
const CURSOR: &str = "keep where it is instead, and borrow when it is used (`let mut at = 0;`, then `&text[at..]`), or give it a value of its own (`.to_owned()`, `.clone()`)";
const COLLECTED: &str = "collect values of its own: `.map(str::to_owned)` for texts, else `.cloned()`, before `.collect()`, and write their type (`Vec<String>`)";

/// The proof, at the user's binding, that each saved local is plain data. The words name the first
/// await that it crosses.
pub(super) fn saved(input: &Input, body: &Body, layout: &Layout, lending: &Lending) -> TokenStream {
    let mut told: Vec<Told> = Vec::new();
    let locals = layout.saved.iter().enumerate();
    // One proof for a local that is saved in two ways.
    let locals = locals.filter(|(number, (local, _))| {
        let again = layout.cared_for.contains(number);
        !again || layout.saved[..*number].iter().all(|(l, _)| l != local)
    });
    locals
        .map(|(number, (local, _))| {
            let mut points = layout.points.iter();
            let plan = points.find(|p| p.locals.contains(&number));
            let point = plan.map_or_else(|| forks::cares_for(layout, *local), |plan| plan.point);
            let borrow = lending.found.get(local);
            let sharing = borrow.map_or_else(Vec::new, |borrow| sharing(layout, lending, borrow));
            one(input, body, (*local, point), (lending, &sharing), &mut told)
        })
        .collect()
}

/// The locals that borrow from the same calls in the same way.
fn sharing(layout: &Layout, lending: &Lending, borrow: &Borrow) -> Vec<LocalId> {
    let mut all = Vec::new();
    for (local, _) in &layout.saved {
        let found = lending.found.get(local);
        if found.is_some_and(|other| other.is_as(borrow)) && !all.contains(local) {
            all.push(*local);
        }
    }
    all
}

/// What borrows from the same calls in the same way is refused once, at the first of the names. Which of
/// them borrow, only their types tell.
struct Told<'l> {
    borrow: &'l Borrow,
    at: Span,
    owns: Ident,
}

/// The proof that each call which changes what it is lent is awaited where it is made.
pub(super) fn in_place(body: &Body, layout: &Layout) -> TokenStream {
    let rt = names::rt();
    let points = body.points.iter().enumerate().filter(|(_, p)| !p.joins);
    let proofs = points.map(|(number, point)| {
        let lost = layout.lost.contains(&PointId(number));
        let lends = point.lends.iter().map(|place| match place {
            Some(_) if lost => quote!(#rt::PlaceLost),
            Some(_) => quote!(#rt::PlaceAgain),
            None => quote!(#rt::OtherArgument),
        });
        let (lends, name) = if point.lends.is_empty() {
            (None, "elsewhere")
        } else {
            (Some(quote!(::<(#(#lends,)*)>)), "in_place")
        };
        let (op, proof) = (
            names::op_ty(number),
            Ident::new(name, Span::call_site().located_at(point.span)),
        );
        quote!((&#op).#proof #lends();)
    });
    let proofs: TokenStream = proofs.collect();
    if proofs.is_empty() {
        return proofs;
    }
    quote! {
        let _ = || {
            use #rt::{AwaitedAnywhere as _, AwaitedInPlace as _};
            #proofs
        };
    }
}

fn one<'l>(
    input: &Input,
    body: &Body,
    (local, point): (LocalId, PointId),
    (lending, sharing): (&'l Lending, &[LocalId]),
    told: &mut Vec<Told<'l>>,
) -> TokenStream {
    let span = body.locals[local.0].ident.span();
    let (rt, at) = (names::rt(), names::rt_at(span));
    let (saved, ty) = (
        names::saved(local.0),
        super::lookups::stored_ty(body, local),
    );
    if let LocalKind::Held { .. } = body.locals[local.0].kind {
        // What is no data is refused where the block is made.
        return quote!(let #saved = (&#rt::held_as(#ty)).data(););
    }
    let (what, place) = (subject(body, local), place(body, point));
    let message = format!(
        "{what} is still needed after {place}, so it would have to be saved, and `{{Self}}` cannot be"
    );
    let durable = trait_name(input, body, local, "is_plain_data");
    let instead = body.locals[local.0].instead.as_ref().map(|instead| {
        let help = &instead.help;
        quote!(note = #help,)
    });
    let bound = input.generics.is_generic().then(|| quote!(note = #BOUND,));
    let (data, encoded) = if body.locals[local.0].rest {
        (quote!(Rest), quote!(rest))
    } else {
        (quote!(Durable), quote!(data))
    };
    let words = quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "this would have to be saved at the `.await`",
            #instead
            note = #WHY,
            note = #HELP,
            #bound
            note = "code: durable D03"
        )]
        trait #durable: ::core::marker::Sized {
            fn saved() -> #rt::Data<Self>;
        }
        #[diagnostic::do_not_recommend]
        impl<__T: #rt::#data> #durable for __T {
            fn saved() -> #rt::Data<Self> {
                #rt::#encoded()
            }
        }
    };
    // Of this path only `_` stands at the binding; were all of it there, rustc would offer to put
    // a `&` before the binding.
    let inferred = quote_spanned!(span=> _);
    let mut proof = quote!(<#inferred as #durable>::saved());
    let mut no_borrow = None;
    if let Some(borrow) = lending.found.get(&local) {
        let verdict = lending.verdict(borrow, &ty);
        let first = told.iter().find(|told| borrow.is_as(told.borrow));
        let (owns, at) = match first {
            Some(told) => (told.owns.clone(), told.at),
            None => {
                let owns = trait_name(input, body, local, "is_no_borrow");
                let what = match sharing {
                    [_, _, ..] => format!("one of {} at least", listed(body, sharing)),
                    _ => what.clone(),
                };
                no_borrow = Some(borrowed(&what, &place, borrow, &owns, (body, local)));
                let told_here = Told {
                    borrow,
                    at: span,
                    owns: owns.clone(),
                };
                told.push(told_here);
                (owns, span)
            }
        };
        // Equal tokens for all of them: rustc says an equal error once.
        let inferred = quote_spanned!(at=> _);
        proof = quote!({
            use #rt::{Finally as _, Otherwise as _, Perhaps as _, Surely as _};
            let __verdict = #verdict;
            <#inferred as #owns>::owns(__verdict.of(#ty));
            __verdict.data(#proof, #ty)
        });
    } else if let Some((borrow, rest)) = lending.rest(local) {
        let verdict = lending.verdict(borrow, &names::local_ty(rest.0));
        proof = quote!({
            use #rt::{Finally as _, Otherwise as _, Perhaps as _, Surely as _};
            (#verdict).data(#proof, #ty)
        });
    }
    quote_spanned! {span=>
        #no_borrow
        let #saved = { #words #at::owned(#proof) };
        #at::is_data(#ty, #saved);
    }
}

/// The names of locals, for words.
fn listed(body: &Body, locals: &[LocalId]) -> String {
    let names = locals
        .iter()
        .map(|local| names::shown(&body.locals[local.0].ident));
    let names: Vec<_> = names.map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

/// The words for what is surely a borrow, though its type does not show it.
fn borrowed(
    what: &str,
    place: &str,
    borrow: &Borrow,
    owns: &Ident,
    (body, local): (&Body, LocalId),
) -> TokenStream {
    let rt = names::rt();
    let message = format!(
        "{what} borrows from `{}` and is still needed after {place}, and a borrow cannot be saved",
        escaped(&borrow.from)
    );
    let help = match (borrow.collected, body.locals[local.0].mutable) {
        (true, _) => COLLECTED,
        (false, true) => CURSOR,
        (false, false) => BORROWED,
    };
    let typed = found_in(body, local).map(|name| {
        let help = format!(
            "or write the type of what it is found in, and it is found again after the `.await`: `let {name}: … = …`"
        );
        quote!(note = #help,)
    });
    quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = "this is a borrow, which means nothing in another process",
            note = #help,
            #typed
            note = "code: durable D04"
        )]
        trait #owns: ::core::marker::Sized {
            fn owns(_: #rt::Ty<Self>) {}
        }
        #[diagnostic::do_not_recommend]
        impl #owns for #rt::Unclear {}
    }
}

/// The variable that a binding was found in by a method of std, if its type is not written.
fn found_in(body: &Body, local: LocalId) -> Option<String> {
    let lookup = &body.lookups[body.locals[local.0].lookup?.0];
    let root = &body.locals[lookup.root.0];
    let untyped = matches!(root.kind, LocalKind::User) && root.owner.is_none() && !root.borrow;
    let mut statements = body.blocks.iter().flat_map(|block| &block.statements);
    let given = statements.any(|statement| {
        matches!(statement.code, Code::Param { .. }) && statement.binds.contains(&lookup.root)
    });
    let whole = matches!(&lookup.place, syn::Expr::Path(_));
    (untyped && whole && !given).then(|| names::shown(&root.ident))
}

/// The name of the proof's trait, which rustc shows: "the trait … is not implemented for …". A name
/// that stands once in the crate is shown without the path to it, which nobody wrote.
fn trait_name(input: &Input, body: &Body, local: LocalId, says: &str) -> Ident {
    let this = &body.locals[local.0];
    let (line, workflow) = (line(this.ident.span()), unraw(&input.ident));
    let what = match &this.kind {
        LocalKind::User | LocalKind::Deferred => names::shown(&this.ident),
        _ => format!("value_{}", local.0),
    };
    // What has the same name in the same line was made by a macro.
    let mut before = body.locals[..local.0].iter();
    let again = before.any(|l| l.ident == this.ident && self::line(l.ident.span()) == line);
    let number = if again {
        format!("_{}", local.0)
    } else {
        String::new()
    };
    format_ident!("{what}{number}_in_line_{line}_of_{workflow}_{says}")
}

/// What is saved, as the user would call it.
fn subject(body: &Body, local: LocalId) -> String {
    let this = &body.locals[local.0];
    match &this.kind {
        LocalKind::User | LocalKind::Deferred => format!("`{}`", names::shown(&this.ident)),
        LocalKind::Held { name } => format!("`{name}`"),
        LocalKind::Cursor { name } => {
            format!(
                "the rest of the loop over `{}`",
                escaped(name.trim_end_matches(".at"))
            )
        }
        LocalKind::Answer { of } => {
            format!("the answer of `{}`", escaped(&body.points[of.0].callee))
        }
        LocalKind::Key { .. } => "this part of a borrow".to_owned(),
        LocalKind::Borrow => "this borrow".to_owned(),
        LocalKind::Temp { .. } | LocalKind::Output => "this value".to_owned(),
    }
}

/// The await, as the user would call it.
pub(super) fn place(body: &Body, point: PointId) -> String {
    let point = &body.points[point.0];
    let (callee, line) = (escaped(&point.callee), line(point.span));
    if point.joins {
        let name = callee.split('(').next().unwrap_or_default();
        return format!("the `{name}!` in line {line}");
    }
    format!("the `.await` on `{callee}` in line {line}")
}

/// Text in which rustc must not look for the names of parameters.
pub(super) fn escaped(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}
