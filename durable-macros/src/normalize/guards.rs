//! Awaits in the guards of a `match`.
//!
//! A guard sees what its pattern binds, and moves none of it. So the same `match` is entered again
//! for each await: first up to the operation, which leaves it; then, with the answer, from there.
//!
//! ```text
//! Input:   match order { Some(n) if n > 2 && check(n).await => a, other => b }
//! Output:  let mut op = None;
//!          match order { Some(n) if { if n > 2 { op = Some(check(n)); } false } => unreachable!(), _ => {} }
//!          if op.is_some() -> b1 else -> b2
//!      b1: suspend `check` op.unwrap() -> ok in b3
//!      b3: match order { Some(n) if ok => a, _ -> b2 }
//!      b2: match order { other => b, _ => unreachable!() }
//! ```
//!
//! A pattern with alternatives is matched once for each of them, in order, as Rust does
//! ([`alternatives`](super::alternatives)). Their guards wait at one suspend point; a hidden variable
//! says for which of them. A guard of choices (`a || b`) is one arm for each. Operands before an await are kept ([`guard_terms`]).
//!
//! Nothing can change what is matched meanwhile: it is a value of its own, or rustc holds it while
//! it checks the guard in the twin.

use super::alternatives::{alternatives, number_of};
use super::borrowed_patterns::Matched;
use super::guard_terms::{self, all, conjuncts, unclear};
use super::operands::hold;
use super::suspend::callee;
use super::twin::{Wrapper, probe, probe_before, wrap};
use super::{Builder, Dest, place, uses};
use crate::diag::Code as ErrorCode;
use crate::ir::{Arm, BlockId, Code, LocalId, LocalKind, Locals, Statement, Terminator};
use crate::names;
use syn::spanned::Spanned;
use syn::{Expr, ExprMatch, Ident, Pat, PatGuard, parse_quote};

const HELP: &str =
    "await before the `match`, or match without the guard and test with `if` inside the arm";

impl Builder<'_> {
    /// Whether the guard of an arm awaits.
    pub(super) fn guard_awaits(&self, pat: &Pat) -> bool {
        matches!(pat, Pat::Guard(pat) if self.suspends(&pat.guard))
    }

    /// A `match` of which guards await; what is matched is lowered already.
    pub(super) fn guarded_match(
        &mut self,
        expr: &mut ExprMatch,
        scrutinee: Expr,
        matched: Option<Matched>,
        dest: Dest,
    ) {
        let scrutinee = self.matched_place(&mut expr.expr, scrutinee);
        let start = self.scope_start();
        let after = self.new_block();
        let mut arms = Vec::new();
        for arm in &mut expr.arms {
            if !self.guard_awaits(&arm.pat) {
                arms.push(self.arm(arm, None, matched, dest, after));
                continue;
            }
            let first = self.new_block();
            self.switch(&scrutinee, std::mem::take(&mut arms), first);
            let otherwise = self.new_block();
            let ways = self.guard(arm, &scrutinee, otherwise);
            let pats = ways.iter().map(|way| way.pat.clone()).collect::<Vec<_>>();
            let targets = match &pats[..] {
                [pat] => vec![self.arm(arm, Some(pat.clone()), matched, dest, after)],
                _ => self.arms_to_one_body(arm, pats, matched, dest, after),
            };
            for (way, target) in ways.iter().zip(targets) {
                self.current = way.block;
                self.switch(&scrutinee, vec![target], way.otherwise);
            }
            self.current = otherwise;
        }
        let never = self.new_block();
        self.switch(&scrutinee, arms, never);
        self.end_with(Terminator::Unreachable, after);
        self.scope_ended(start, after);
    }

    /// Matches these arms in order; if none of them fits, control goes on in `otherwise`.
    fn switch(&mut self, scrutinee: &Expr, mut arms: Vec<Arm>, otherwise: BlockId) {
        if arms.is_empty() {
            return self.end_with(Terminator::Goto(otherwise), otherwise);
        }
        self.taken_in(scrutinee, &arms);
        arms.push(Arm {
            pat: parse_quote!(_),
            binds: Locals::new(),
            uses: Locals::new(),
            target: otherwise,
        });
        let terminator = Terminator::Match {
            scrutinee: scrutinee.clone(),
            uses: self.uses_of(scrutinee),
            arms,
        };
        self.end_with(terminator, otherwise);
    }

    /// The code of an arm; `pat` is its pattern in the machine, if that is another one.
    pub(super) fn arm(
        &mut self,
        arm: &mut syn::Arm,
        pat: Option<Pat>,
        matched: Option<Matched>,
        dest: Dest,
        after: BlockId,
    ) -> Arm {
        let pat = pat.unwrap_or_else(|| arm.pat.clone());
        let lend = |s: &mut Self, binds: &Locals| s.bind_matched(&pat, binds, matched);
        self.arm_of(arm, &pat, dest, after, lend)
    }

    /// The same; `lend` says which of what it binds is made again.
    pub(super) fn arm_of(
        &mut self,
        arm: &mut syn::Arm,
        pat: &Pat,
        dest: Dest,
        after: BlockId,
        lend: impl FnOnce(&mut Self, &Locals),
    ) -> Arm {
        let at = self.current;
        let target = self.new_block();
        self.current = target;
        self.scopes.push();
        let binds = self.bind_fallible(pat, None);
        lend(self, &binds);
        let uses = uses::of_pat(pat, &self.scopes);
        self.expr_into(&mut arm.body, dest);
        let probes: Vec<_> = binds.iter().map(|&l| probe(l)).collect();
        probe_before(&mut arm.body, &probes);
        self.scopes.pop();
        self.end_with(Terminator::Goto(after), after);
        self.current = at;
        Arm {
            pat: pat.clone(),
            binds,
            uses,
            target,
        }
    }

    /// What can be matched again: a place, or a value of its own.
    fn matched_place(&mut self, twin: &mut Expr, mut machine: Expr) -> Expr {
        let inner = match &machine {
            Expr::Reference(reference) => &*reference.expr,
            other => other,
        };
        if place::indices(inner).is_some() {
            self.fix_indices(&mut machine, twin);
            return machine;
        }
        let temp = self.new_temp(
            LocalKind::Temp {
                serves: self.next_point(),
            },
            twin.span(),
        );
        self.deliver(machine, Dest::Into(temp));
        wrap(twin, Wrapper::Seen(temp));
        self.temp_expr(temp)
    }

    /// Computes the indices of a place once: a guard may change the variable that an index was
    /// read from, and what is matched stays the same.
    fn fix_indices(&mut self, machine: &mut Expr, twin: &mut Expr) {
        match (machine, twin) {
            (Expr::Index(machine), Expr::Index(twin)) => {
                self.fix_indices(&mut machine.expr, &mut twin.expr);
                self.keep_index(&mut machine.index, &mut twin.index);
            }
            (Expr::Reference(machine), Expr::Reference(twin)) => {
                self.fix_indices(&mut machine.expr, &mut twin.expr);
            }
            (Expr::Field(machine), Expr::Field(twin)) => {
                self.fix_indices(&mut machine.base, &mut twin.base);
            }
            (Expr::Unary(machine), Expr::Unary(twin)) => {
                self.fix_indices(&mut machine.expr, &mut twin.expr);
            }
            (Expr::Paren(machine), Expr::Paren(twin)) => {
                self.fix_indices(&mut machine.expr, &mut twin.expr);
            }
            (Expr::Group(machine), Expr::Group(twin)) => {
                self.fix_indices(&mut machine.expr, &mut twin.expr);
            }
            _ => {}
        }
    }

    /// Lowers a guard up to its last await. Answers its alternatives, each with what is left of the
    /// guard and the block where it is matched for the last time.
    fn guard(&mut self, arm: &mut syn::Arm, scrutinee: &Expr, otherwise: BlockId) -> Vec<Way> {
        let Pat::Guard(guarded) = &mut arm.pat else {
            unreachable!("it has a guard");
        };
        let pats = alternatives(&guarded.pat);
        let doubt = match &pats {
            None => Some("this pattern has too many alternatives for a guard with an `.await`"),
            Some(_) => unclear(&guarded.guard),
        };
        let pats = match (doubt, pats) {
            (None, Some(pats)) => pats,
            (doubt, _) => {
                self.refuse_guard(&guarded.guard, doubt.unwrap_or_default());
                return self.ways(&[(*guarded.pat).clone()], otherwise);
            }
        };
        let (attrs, if_token) = (guarded.attrs.clone(), guarded.if_token);
        // The binding that receives the value of the `match` does not receive these answers.
        let hint = self.hint.take();
        let choices = match &pats[..] {
            [_] => self.choices(&mut guarded.guard),
            _ => vec![&mut *guarded.guard],
        };
        let begin: Vec<_> = (0..choices.len())
            .map(|number| match number {
                0 => self.current,
                _ => self.new_block(),
            })
            .collect();
        let mut all_ways = Vec::new();
        for (number, choice) in choices.into_iter().enumerate() {
            self.current = begin[number];
            let next = begin.get(number + 1).copied().unwrap_or(otherwise);
            let mut ways = self.ways(&pats, next);
            let guard = Box::new(self.choice(choice, scrutinee, &mut ways));
            for way in &mut ways {
                way.pat = Pat::Guard(PatGuard {
                    attrs: attrs.clone(),
                    pat: Box::new(way.pat.clone()),
                    if_token,
                    guard: guard.clone(),
                });
            }
            all_ways.append(&mut ways);
        }
        self.hint = hint;
        all_ways
    }

    /// The alternatives of a pattern, without what is left of their guard; the first is matched here.
    fn ways(&mut self, pats: &[Pat], otherwise: BlockId) -> Vec<Way> {
        let mut ways: Vec<Way> = Vec::new();
        for pat in pats {
            let block = match ways.last_mut() {
                None => self.current,
                Some(last) => {
                    last.otherwise = self.new_block();
                    last.otherwise
                }
            };
            ways.push(Way {
                pat: pat.clone(),
                block,
                otherwise,
            });
        }
        ways
    }

    /// Lowers the awaits of one choice of a guard; answers what is left of it.
    fn choice(&mut self, choice: &mut Expr, scrutinee: &Expr, ways: &mut [Way]) -> Expr {
        let mut left = Vec::new();
        for term in conjuncts(choice) {
            if !self.suspends(term) {
                left.push(term.clone());
                continue;
            }
            let Some(rest) = self.term(term, std::mem::take(&mut left), scrutinee, ways) else {
                self.refuse_guard(
                    term,
                    "something in this guard happens before its `.await`, and cannot be kept until after it",
                );
                break;
            };
            left = vec![rest];
        }
        all(&left)
    }

    /// Lowers the awaits of one part of a guard, which comes after `before`; answers what is left.
    fn term(
        &mut self,
        twin: &mut Expr,
        mut before: Vec<Expr>,
        scrutinee: &Expr,
        ways: &mut [Way],
    ) -> Option<Expr> {
        let mut machine = twin.clone();
        while self.suspends(&machine) {
            let mut kept = guard_terms::Before::default();
            let (twin, left) = self.next_await(twin, &mut machine, &mut kept)?;
            let answer = self.asked((scrutinee, ways), &before, &kept, (twin, left));
            *left = self.temp_expr(answer);
            before.clear();
        }
        self.close(&mut machine);
        Some(machine)
    }

    /// Enters the `match` up to an await in its guard, once for each alternative; answers the local
    /// with the answer.
    fn asked(
        &mut self,
        (scrutinee, ways): (&Expr, &mut [Way]),
        before: &[Expr],
        kept: &guard_terms::Before,
        (twin, machine): (&mut Expr, &mut Expr),
    ) -> LocalId {
        let (Expr::Await(twin_await), Expr::Await(awaited)) = (&mut *twin, &*machine) else {
            unreachable!("only called for awaits")
        };
        let mut operation = (*awaited.base).clone();
        self.close(&mut operation);
        let (base, span) = (&mut twin_await.base, awaited.await_token.span);
        self.refuse_guards(&callee(&operation).0, span);
        let point = self.written(base).point(span, None, None);
        let (point, answer, resume) = self.new_wait(point, base);
        let which = (ways.len() > 1).then(|| {
            let serves = LocalKind::Temp { serves: point };
            self.new_temp(serves, span)
        });
        let slot = self.passing(base.span());
        let pass: Vec<Ident> = kept
            .values
            .iter()
            .map(|k| self.passing(k.expr.span()))
            .collect();
        for (number, way) in ways.iter().enumerate() {
            self.current = way.block;
            let all_passing = pass.iter().chain([&slot]).cloned();
            for ident in all_passing {
                self.begin_passing(&ident);
            }
            let condition = all(before);
            let values = kept.values.iter().map(|k| &k.expr);
            let pat = &way.pat;
            self.opaque(&parse_quote! {
                match #scrutinee {
                    #pat if {
                        if #condition {
                            #(#pass = ::core::option::Option::Some(#values);)*
                            #slot = ::core::option::Option::Some(#operation);
                        }
                        false
                    } => ::core::unreachable!(),
                    _ => {}
                }
            });
            let ask = self.new_block();
            let slot_local = self.scopes.resolve(&slot.to_string());
            self.end_with(
                Terminator::If {
                    cond: parse_quote!(::core::option::Option::is_some(&#slot)),
                    binds: Locals::new(),
                    uses: slot_local.into_iter().collect(),
                    then: ask,
                    otherwise: way.otherwise,
                },
                ask,
            );
            for (kept, ident) in kept.values.iter().zip(&pass) {
                let value = parse_quote!(::core::option::Option::unwrap(#ident));
                self.deliver(value, Dest::Into(kept.temp));
            }
            if let Some(which) = which {
                self.deliver(number_of(number), Dest::Into(which));
            }
            self.wait(
                parse_quote!(::core::option::Option::unwrap(#slot)),
                (point, answer, resume),
            );
        }
        self.current = resume;
        if let Some(which) = which {
            self.by_alternative(which, ways);
        } else {
            ways[0].block = resume;
        }
        wrap(base, Wrapper::Awaited(point));
        wrap(twin, Wrapper::Seen(answer));
        hold(twin, &kept.held);
        answer
    }

    /// Control goes on in the alternative that asked.
    fn by_alternative(&mut self, which: LocalId, ways: &mut [Way]) {
        let last = ways.len() - 1;
        let arms = ways.iter_mut().enumerate().map(|(number, way)| {
            way.block = self.new_block();
            let pat = if number == last {
                parse_quote!(_)
            } else {
                let number = number_of(number);
                parse_quote!(#number)
            };
            Arm {
                pat,
                binds: Locals::new(),
                uses: Locals::new(),
                target: way.block,
            }
        });
        let arms = arms.collect();
        let terminator = Terminator::Match {
            scrutinee: self.temp_expr(which),
            uses: Locals::from([which]),
            arms,
        };
        let next = ways[0].block;
        self.end_with(terminator, next);
    }

    /// A variable in which the pass up to an await leaves a value.
    fn passing(&mut self, span: proc_macro2::Span) -> Ident {
        let ident = names::at(names::temp(self.body.locals.len()), span);
        let local = self.new_local(ident.clone(), LocalKind::User, 1);
        self.scopes.bind_temp(ident.to_string(), local);
        ident
    }

    fn begin_passing(&mut self, ident: &Ident) {
        let local = self.scopes.resolve(&ident.to_string());
        self.push(Statement {
            binds: local.into_iter().collect(),
            ..Statement::new(Code::Let {
                pat: parse_quote!(mut #ident),
                ty: None,
                init: parse_quote!(::core::option::Option::None),
                otherwise: None,
            })
        });
    }

    fn refuse_guard(&mut self, at: &Expr, what: &str) {
        self.diagnostics
            .report(at, ErrorCode::Unsupported, what, HELP);
    }
}

/// One alternative of an arm whose guard awaits.
struct Way {
    pat: Pat,
    /// Where it is matched next.
    block: BlockId,
    /// Where control goes on if it does not fit, or the guard does not hold.
    otherwise: BlockId,
}
