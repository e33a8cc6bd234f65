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
//! Nothing can change what is matched meanwhile: it is a value of its own, or rustc holds it while
//! it checks the guard in the twin.

use super::borrowed_patterns::Matched;
use super::twin::{Wrapper, probe, probe_before, wrap};
use super::{Builder, Dest, place, uses};
use crate::diag::Code as ErrorCode;
use crate::ir::{Arm, BlockId, Code, LocalId, LocalKind, Locals, Statement, Terminator};
use crate::names;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, ExprBinary, ExprMatch, Pat, PatGuard, parse_quote};

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
        let after = self.new_block();
        let mut arms = Vec::new();
        for arm in &mut expr.arms {
            if !self.guard_awaits(&arm.pat) {
                arms.push(self.arm(arm, None, matched, dest, after));
                continue;
            }
            let first = self.new_block();
            self.switch(&scrutinee, std::mem::take(&mut arms), first);
            let Pat::Guard(guarded) = &mut arm.pat else {
                unreachable!("it has a guard");
            };
            let otherwise = self.new_block();
            let pat = Pat::Guard(self.guard(guarded, &scrutinee, otherwise));
            let target = self.arm(arm, Some(pat), matched, dest, after);
            self.switch(&scrutinee, vec![target], otherwise);
        }
        let never = self.new_block();
        self.switch(&scrutinee, arms, never);
        self.end_with(Terminator::Unreachable, after);
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
            uses: uses::of_expr(scrutinee, &self.scopes),
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
        let at = self.current;
        let target = self.new_block();
        self.current = target;
        self.scopes.push();
        let binds = self.bind_pattern(&pat, None);
        self.bind_matched(&pat, &binds, matched);
        let uses = uses::of_pat(&pat, &self.scopes);
        self.expr_into(&mut arm.body, dest);
        let probes: Vec<_> = binds.iter().map(|&l| probe(l)).collect();
        probe_before(&mut arm.body, &probes);
        self.scopes.pop();
        self.end_with(Terminator::Goto(after), after);
        self.current = at;
        Arm {
            pat,
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
                if !self.is_constant(&machine.index) {
                    *machine.index = self.keep(&mut twin.index);
                }
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

    /// Lowers a guard up to its last await; answers the pattern with what is left of it. If the
    /// guard does not hold, control goes on in `otherwise`.
    fn guard(&mut self, pat: &mut PatGuard, scrutinee: &Expr, otherwise: BlockId) -> PatGuard {
        let machine = pat.clone();
        if let Some(what) = unclear(pat) {
            self.refuse_guard(&pat.guard, what);
            return machine;
        }
        // The binding that receives the value of the `match` does not receive this answer.
        let hint = self.hint.take();
        let bare = machine.pat;
        let mut before: Vec<Expr> = Vec::new();
        for term in conjuncts(&mut pat.guard) {
            if !self.suspends(term) {
                before.push(term.clone());
                continue;
            }
            let mut left = term.clone();
            let (Some(twin), Some(machine)) = (self.awaited(term), self.awaited(&mut left)) else {
                self.refuse_guard(
                    term,
                    "something else in this guard comes before its `.await`, and may happen only once",
                );
                break;
            };
            let answer = self.asked(&bare, scrutinee, &before, twin, otherwise);
            *machine = self.temp_expr(answer);
            if self.suspends(&left) {
                self.refuse_guard(term, "this part of a guard awaits more than once");
                break;
            }
            before = vec![left];
        }
        self.hint = hint;
        PatGuard {
            guard: Box::new(all(&before)),
            pat: bare,
            ..machine
        }
    }

    /// Enters the `match` up to an await in its guard; answers the local with the answer.
    fn asked(
        &mut self,
        pat: &Pat,
        scrutinee: &Expr,
        before: &[Expr],
        twin: &mut Expr,
        otherwise: BlockId,
    ) -> LocalId {
        let Expr::Await(awaited) = &mut *twin else {
            unreachable!("only called for awaits")
        };
        let (base, span) = (&mut awaited.base, awaited.await_token.span);
        self.refuse_guards(span);
        let ident = names::at(names::temp(self.body.locals.len()), base.span());
        let operation = self.new_local(ident.clone(), LocalKind::User, 1);
        self.scopes.bind_temp(ident.to_string(), operation);
        self.push(Statement {
            binds: Locals::from([operation]),
            ..Statement::new(Code::Let {
                pat: parse_quote!(mut #ident),
                ty: None,
                init: parse_quote!(::core::option::Option::None),
                otherwise: None,
            })
        });
        let condition = all(before);
        self.opaque(&parse_quote! {
            match #scrutinee {
                #pat if {
                    if #condition {
                        #ident = ::core::option::Option::Some(#base);
                    }
                    false
                } => ::core::unreachable!(),
                _ => {}
            }
        });
        let ask = self.new_block();
        self.end_with(
            Terminator::If {
                cond: parse_quote!(::core::option::Option::is_some(&#ident)),
                binds: Locals::new(),
                uses: Locals::from([operation]),
                then: ask,
                otherwise,
            },
            ask,
        );
        let point = self.written(base).point(span, None, None);
        let operation = parse_quote!(::core::option::Option::unwrap(#ident));
        let (point, answer) = self.suspend_on(operation, point, base);
        wrap(base, Wrapper::Awaited(point));
        wrap(twin, Wrapper::Seen(answer));
        answer
    }

    fn refuse_guard(&mut self, at: &Expr, what: &str) {
        self.diagnostics
            .report(at, ErrorCode::Unsupported, what, HELP);
    }

    /// The await that an expression begins with: nothing is evaluated before it.
    fn awaited<'e>(&self, expr: &'e mut Expr) -> Option<&'e mut Expr> {
        match expr {
            Expr::Await(awaited) if self.suspends(&awaited.base) => None,
            Expr::Await(_) => Some(expr),
            Expr::Paren(e) => self.awaited(&mut e.expr),
            Expr::Group(e) => self.awaited(&mut e.expr),
            Expr::Unary(e) => self.awaited(&mut e.expr),
            Expr::Cast(e) => self.awaited(&mut e.expr),
            Expr::Field(e) => self.awaited(&mut e.base),
            Expr::Reference(e) => self.awaited(&mut e.expr),
            Expr::MethodCall(e) if self.suspends(&e.receiver) => self.awaited(&mut e.receiver),
            Expr::Binary(e) => {
                let sometimes = is_lazy(&e.op) && self.suspends(&e.right);
                if sometimes || place::assigns(&e.op) {
                    None
                } else if self.suspends(&e.left) {
                    self.awaited(&mut e.left)
                } else if self.is_constant(&e.left) {
                    self.awaited(&mut e.right)
                } else {
                    None
                }
            }
            Expr::Call(e) if self.is_constant(&e.func) => {
                let at = e.args.iter().position(|arg| self.suspends(arg))?;
                let constant = |arg| self.is_constant(arg);
                if e.args.iter().take(at).all(constant) {
                    self.awaited(&mut e.args[at])
                } else {
                    None
                }
            }
            _ => None,
        }
    }
}

/// What keeps a guard from being entered again.
fn unclear(pat: &PatGuard) -> Option<&'static str> {
    #[derive(Default)]
    struct Doubts {
        alternatives: bool,
        jumps: bool,
    }
    impl<'ast> Visit<'ast> for Doubts {
        fn visit_pat_or(&mut self, _: &'ast syn::PatOr) {
            self.alternatives = true;
        }
        fn visit_expr(&mut self, expr: &'ast Expr) {
            self.jumps |= matches!(
                expr,
                Expr::Break(_) | Expr::Continue(_) | Expr::Return(_) | Expr::Try(_)
            );
            visit::visit_expr(self, expr);
        }
        // What is matched in the guard itself chooses nothing outside.
        fn visit_arm(&mut self, arm: &'ast syn::Arm) {
            self.visit_expr(&arm.body);
        }
        fn visit_expr_let(&mut self, cond: &'ast syn::ExprLet) {
            self.visit_expr(&cond.expr);
        }
    }
    let mut doubts = Doubts::default();
    doubts.visit_pat(&pat.pat);
    doubts.visit_expr(&pat.guard);
    if doubts.alternatives {
        return Some(
            "the guard of alternatives runs once for each of them that fits, so it cannot contain an `.await`",
        );
    }
    doubts
        .jumps
        .then_some("a guard with an `.await` cannot leave the `match` (`?`, `return`, `break`)")
}

/// The parts of `a && b && c`, in order.
fn conjuncts(expr: &mut Expr) -> Vec<&mut Expr> {
    match expr {
        Expr::Binary(ExprBinary {
            left,
            op: BinOp::And(_),
            right,
            ..
        }) => conjuncts(left)
            .into_iter()
            .chain(conjuncts(right))
            .collect(),
        other => vec![other],
    }
}

/// `a && b && c`
fn all(terms: &[Expr]) -> Expr {
    match terms {
        [] => parse_quote!(true),
        [one] => one.clone(),
        several => parse_quote!(#((#several))&&*),
    }
}

fn is_lazy(op: &BinOp) -> bool {
    matches!(op, BinOp::And(_) | BinOp::Or(_))
}
