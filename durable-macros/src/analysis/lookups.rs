//! Which lookups may have lent what they found: those whose receiver is there wherever that is
//! needed, so that nothing is lost if rustc finds it to be a value.
//!
//! ```text
//! let first = order.items.first();     `order` is a parameter, and nothing takes it away before
//! charge(order.id).await;              `first` is used: it may be made again
//! send(first).await;
//! ```
//!
//! The receiver lives as long as the binding. Had it gone meanwhile (`drop(order)`), the binding
//! could only be a value, and must then not hold it; and what is saved for the sake of the binding
//! alone must be known to be data.

mod moves;

use super::liveness::{Liveness, liveness};
use crate::ir::{
    Body, Code, Instead, LocalId, LocalKind, Locals, Lookup, LookupId, Statement, Terminator,
};
use crate::names::unraw;
use crate::normalize::source_text;
use quote::ToTokens;
use syn::Expr;

/// Notes which lookups may be borrows. Runs once captures are known.
pub(crate) fn find(body: &mut Body) {
    if body.lookups.is_empty() {
        return;
    }
    let known = known_data(body);
    let liveness = liveness(body);
    let found: Vec<bool> = (0..body.lookups.len())
        .map(|number| may_lend(body, &liveness, LookupId(number), &known))
        .collect();
    for (lookup, either) in body.lookups.iter_mut().zip(found) {
        lookup.either = either;
    }
    for number in 0..body.lookups.len() {
        if body.lookups[number].either && waits(body, LookupId(number)) {
            body.lookups[number].either = false;
        }
    }
    // What is looked up in the rest of a loop is no borrow if that goes over a value.
    for number in 0..body.lookups.len() {
        let lookup = &body.lookups[number];
        let rest = &body.locals[lookup.root.0];
        if matches!(rest.kind, LocalKind::Cursor { .. }) {
            let borrows = body.lookup(lookup.root).is_some();
            body.lookups[number].either &= borrows;
        }
    }
    for lookup in &body.lookups {
        for part in lookup.parts.iter().filter(|part| part.over.is_none()) {
            let instead = &mut body.locals[part.local.0].instead;
            instead.get_or_insert_with(|| Instead {
                what: "",
                why: String::new(),
                help: help(lookup),
            });
        }
    }
}

/// What to write if what is bound is a borrow.
fn help(lookup: &Lookup) -> String {
    if crate::normalize::is_item(&lookup.method) {
        return "if this is a borrow, clone it before the `.await` (`.clone()`, `.to_owned()`), or write the type of what the loop goes over".to_owned();
    }
    let place = source_text(lookup.place.to_token_stream());
    let of = match lookup.method.to_string().as_str() {
        "as_slice" => Some("Vec"),
        "as_str" => Some("String"),
        _ => None,
    };
    if let Some(of) = of {
        return format!(
            "of a `{of}`, write `&{place}[..]`, which is made again after the `.await`; else clone what is found (`.to_owned()`)"
        );
    }
    "if this is a borrow, clone what is found (`.cloned()`, `.to_owned()`), find it again after the `.await`, or write the type of what it is found in (`let items: Vec<_> = …`)".to_owned()
}

fn may_lend(body: &Body, liveness: &Liveness, id: LookupId, known: &Locals) -> bool {
    let lookup = &body.lookups[id.0];
    let parts: Locals = lookup.parts.iter().map(|part| part.local).collect();
    let all = body.with_inputs(Locals::from([lookup.root]));
    let region = body.region_of_local(lookup.root);
    let mut named = all.iter().chain(&parts);
    if parts.is_empty() || named.any(|l| body.region_of_local(*l) != region) {
        return false;
    }
    let roots: Locals = all
        .iter()
        .copied()
        .filter(|l| body.recipe(*l).is_none())
        .collect();
    let held = Held {
        body,
        lookup,
        all: &all,
        roots: &roots,
        known,
    };
    body.blocks.iter().all(|block| {
        let after = liveness.after_statements(body, block);
        let statements = block.statements.iter().zip(&after);
        let kept = statements
            .filter(|(s, live)| !live.is_disjoint(&parts) && s.binds.is_disjoint(&parts))
            .all(|(statement, live)| held.over_statement(statement, live));
        let ways = 0..block.terminator.successors().len();
        kept && ways
            .filter(|&way| block.terminator.defines_on(way).is_disjoint(&parts))
            .map(|way| liveness.across(block, way))
            .filter(|live| !live.is_disjoint(&parts))
            .all(|live| held.over_terminator(&block.terminator, &live, &parts))
    })
}

/// What must stay where it is while a binding lives.
struct Held<'a> {
    body: &'a Body,
    lookup: &'a Lookup,
    all: &'a Locals,
    roots: &'a Locals,
    /// Data, whatever is done with it.
    known: &'a Locals,
}

impl Held<'_> {
    fn over_statement(&self, statement: &Statement, live: &Locals) -> bool {
        let assigned = &(&statement.assigns | &statement.maybe_assigns) | &statement.mentions;
        self.all.is_disjoint(&assigned) && !self.taken(live, |moves| moves.statement(statement))
    }

    fn over_terminator(&self, terminator: &Terminator, live: &Locals, parts: &Locals) -> bool {
        let captures = terminator.captures();
        let waits = matches!(terminator, Terminator::Suspend { .. } | Terminator::Fork(_));
        let mut saved = self.roots.iter().filter(|l| !live.contains(l));
        captures.is_disjoint(self.all)
            && captures.is_disjoint(parts)
            && (!waits || saved.all(|l| self.known.contains(l)))
            && !self.taken(live, |moves| moves.terminator(terminator))
    }

    /// Whether a piece of code may take one of these away that is not needed later by itself.
    fn taken(&self, live: &Locals, code: impl Fn(&mut moves::Moves)) -> bool {
        let gone = self.all.iter().filter(|l| !live.contains(l));
        let names = gone.map(|l| unraw(&self.body.locals[l.0].ident)).collect();
        let parts = crate::normalize::is_common(&self.lookup.method);
        let mut moves = moves::Moves::new(names, parts, &self.lookup.place);
        code(&mut moves);
        moves.found
    }
}

/// Whether what is found in would have to wait under another name while what was found is needed,
/// since another local has its name and is needed there.
fn waits(body: &Body, id: LookupId) -> bool {
    let lookup = &body.lookups[id.0];
    let held = body.with_inputs(Locals::from([lookup.root]));
    let parts: Locals = lookup.parts.iter().map(|part| part.local).collect();
    let liveness = liveness(body);
    let name = |local: &LocalId| &body.locals[local.0].ident;
    // Where a name is taken by what is found, its holder has moved before: `let line = line.trim();`.
    let found = |local: &LocalId| {
        let inputs = body.with_inputs(Locals::from([*local]));
        parts.contains(local) || !inputs.is_disjoint(&parts)
    };
    let clash = |there: &Locals| {
        let mut here = there.intersection(&held);
        let others: Locals = (there - &held).into_iter().filter(|l| !found(l)).collect();
        let mut taken = || here.any(|local| others.iter().any(|l| name(l) == name(local)));
        !there.is_disjoint(&parts) && taken()
    };
    body.blocks.iter().any(|block| {
        let after = liveness.after_statements(body, block);
        let mut statements = block.statements.iter().zip(after);
        let terminator = &block.terminator;
        let mut end = body.with_inputs(terminator.uses());
        for way in 0..terminator.successors().len() {
            end.extend(liveness.across(block, way));
            end.extend(terminator.defines_on(way));
        }
        clash(&end)
            || statements.any(|(statement, mut there)| {
                there.extend(body.with_inputs(statement.uses.clone()));
                there.extend(&statement.binds);
                there.extend(&statement.assigns);
                clash(&there)
            })
    })
}

/// Parameters, answers, items of loops, operands of borrows, what is found in a text, and new texts: they
/// are data in any case.
fn known_data(body: &Body) -> Locals {
    let mut known = Locals::new();
    for (number, local) in body.locals.iter().enumerate() {
        if local.owner.is_some()
            || matches!(
                local.kind,
                LocalKind::Key { .. } | LocalKind::Held { .. } | LocalKind::Cursor { .. }
            )
        {
            known.insert(LocalId(number));
        }
    }
    for lookup in &body.lookups {
        if crate::normalize::finds_text(&lookup.method) {
            known.extend(lookup.parts.iter().map(|part| part.local));
        }
    }
    for block in &body.blocks {
        // What a loop has left is saved, and its items are of the same type.
        if let Terminator::Next {
            source: None,
            tail: None,
            binds,
            ..
        } = &block.terminator
        {
            known.extend(binds);
        }
    }
    let statements = body.blocks.iter().flat_map(|b| &b.statements);
    for statement in statements {
        let data = match &statement.code {
            Code::Param { .. } => true,
            Code::Let { init, .. } => is_answer(body, init) || makes_text(init),
            _ => false,
        };
        if data {
            known.extend(&statement.binds);
        }
    }
    known
}

/// Whether this makes a text: other types hardly have methods of these names, and what they give is held only if it is data.
fn makes_text(init: &Expr) -> bool {
    let methods = ["to_string", "to_uppercase", "to_lowercase"];
    matches!(init, Expr::MethodCall(call) if methods.iter().any(|name| call.method == name))
}

fn is_answer(body: &Body, init: &Expr) -> bool {
    match init {
        Expr::Try(inner) => is_answer(body, &inner.expr),
        Expr::Paren(inner) => is_answer(body, &inner.expr),
        Expr::Group(inner) => is_answer(body, &inner.expr),
        Expr::MethodCall(call) if call.method == "unwrap" || call.method == "expect" => {
            is_answer(body, &call.receiver)
        }
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
            let answer = |l: &crate::ir::Local| matches!(l.kind, LocalKind::Answer { .. });
            body.locals.iter().any(|l| answer(l) && l.ident == *name)
        }),
        _ => false,
    }
}
