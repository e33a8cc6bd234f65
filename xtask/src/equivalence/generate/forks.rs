//! Branches that run at the same time: `join!`, `try_join!`, `select!`, `timeout` over a block.
//!
//! A local from outside belongs to one branch, which may change it, or is only read. What a branch
//! takes by `async move` are copies.

use super::{Gen, Ty};
use crate::equivalence::scope::VarId;

/// Forks inside each other, at most.
const NESTED_MAX: u32 = 2;

impl Gen {
    pub(super) fn join_of_branches(&mut self) -> Option<String> {
        let count = self.rng.usize(2..4);
        let types: Vec<Ty> = (0..count).map(|_| self.any(1)).collect();
        let branches = self.branches(&types, Self::operand)?;
        let names: Vec<String> = types
            .iter()
            .map(|ty| {
                let name = self.unique("joined");
                self.scope.declare(&name, ty.clone(), true);
                format!("mut {name}")
            })
            .collect();
        let types: Vec<String> = types.iter().map(Ty::to_string).collect();
        Some(format!(
            "let ({}): ({}) = join!(\n{}\n);\n",
            names.join(", "),
            types.join(", "),
            branches.join(",\n")
        ))
    }

    pub(super) fn try_join_of_branches(&mut self) -> Option<String> {
        let (a, b) = (self.any(1), self.any(0));
        let branches = self.branches(&[a.clone(), b.clone()], |g, ty| {
            let body = g.block_of(ty, |g| {
                let inside = g.inside(2);
                let condition = g.quietly(|g| g.condition(1));
                let failure = g.quietly(|g| g.value(&Ty::U32, 1));
                let value = g.value(ty, 1);
                format!(
                    "{inside}if {condition} {{ return Err(Fault::Number({failure})); }}\nOk::<{ty}, Fault>({value})"
                )
            });
            format!("async {{\n{body}\n}}")
        })?;
        let ty = Ty::Result(Box::new(Ty::pair(a, b)));
        let name = self.bind(&ty);
        Some(format!(
            "let {name}: {ty} = try_join!(\n{}\n);\n",
            branches.join(",\n")
        ))
    }

    pub(super) fn select_of_branches(&mut self) -> Option<String> {
        let count = self.rng.usize(2..4);
        let ty = self.any(1);
        let kinds: Vec<(Ty, u32)> = (0..count)
            .map(|_| (self.any(0), self.rng.u32(..4)))
            .collect();
        let outputs: Vec<Ty> = kinds
            .iter()
            .map(|(of, kind)| match kind {
                0 => Ty::option(of.clone()),
                _ => of.clone(),
            })
            .collect();
        let branches = self.branches(&outputs, Self::operand)?;
        let conditions: Vec<String> = kinds
            .iter()
            .map(|(_, kind)| match kind {
                1 => format!(", if {}", self.quietly(|g| g.staying(|g| g.condition(1)))),
                _ => String::new(),
            })
            .collect();
        let names: Vec<String> = kinds.iter().map(|_| self.unique("won")).collect();
        let handlers = self.ways(count + 1, |g, at| {
            if let Some((of, _)) = kinds.get(at) {
                g.scope.declare(&names[at], of.clone(), false);
            }
            let inside = g.inside(2);
            let shown = names
                .get(at)
                .map_or_else(String::new, |name| g.show(&[name]));
            format!("{{\n{inside}{shown}{}\n}}", g.value(&ty, 1))
        });
        let mut text = String::new();
        if self.chance(30) {
            self.hit("biased");
            text += "biased;\n";
        }
        for (at, (_, kind)) in kinds.iter().enumerate() {
            let pattern = match kind {
                0 => {
                    self.hit("branch with a pattern that may not fit");
                    format!("Some({})", names[at])
                }
                _ => names[at].clone(),
            };
            text += &format!(
                "{pattern} = {}{} => {}\n",
                branches[at], conditions[at], handlers[at]
            );
        }
        if kinds.iter().all(|(_, kind)| *kind < 2) || self.chance(30) {
            self.hit("else of a select");
            text += &format!("else => {}\n", handlers[count]);
        }
        let name = self.bind(&ty);
        Some(format!("let {name}: {ty} = select! {{\n{text}}};\n"))
    }

    pub(super) fn limited_block(&mut self) -> Option<String> {
        let ty = self.any(1);
        let limited = self.branches(std::slice::from_ref(&ty), Self::one_branch)?;
        let seconds = self.rng.u32(1..5);
        let ty = Ty::option(ty);
        let name = self.bind(&ty);
        Some(format!(
            "let {name}: {ty} = timeout(std::time::Duration::from_secs({seconds}), {}).await.ok();\n",
            limited[0]
        ))
    }

    pub(super) fn limited_operation(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let ty = self.any(1);
        let (name, call) = (self.unique("limited"), self.call_name());
        let value = self.value(&ty, 2);
        let seconds = self.rng.u32(1..5);
        let ty = Ty::option(ty);
        self.scope.declare(&name, ty.clone(), false);
        Some(format!(
            "let {name}: {ty} = timeout(std::time::Duration::from_secs({seconds}), \
             act(\"{call}\", {value})).await.ok();\n"
        ))
    }

    /// One branch for each type; `None` where no branches may stand.
    fn branches(
        &mut self,
        types: &[Ty],
        mut write: impl FnMut(&mut Self, &Ty) -> String,
    ) -> Option<Vec<String>> {
        if !self.awaits || self.forks >= NESTED_MAX {
            return None;
        }
        self.forks += 1;
        let outside: Vec<VarId> = self.scope.visible().collect();
        // The last one stands for all: nobody changes it.
        let owners: Vec<usize> = outside
            .iter()
            .map(|_| self.rng.usize(..=types.len()))
            .collect();
        let written = types
            .iter()
            .enumerate()
            .map(|(at, ty)| {
                for (&var, &owner) in outside.iter().zip(&owners) {
                    let var = self.scope.var_mut(var);
                    var.here = owner == at || owner == types.len();
                    var.held += u32::from(owner == types.len());
                }
                let written = write(self, ty);
                for (&var, &owner) in outside.iter().zip(&owners) {
                    self.scope.var_mut(var).held -= u32::from(owner == types.len());
                }
                written
            })
            .collect();
        for &var in &outside {
            self.scope.var_mut(var).here = true;
        }
        self.forks -= 1;
        Some(written)
    }

    /// One branch, perhaps with something that is held until all operands are there.
    fn operand(&mut self, ty: &Ty) -> String {
        if self.chance(80) {
            return self.one_branch(ty);
        }
        self.hit("operand that holds something");
        let (name, loud) = (self.call_name(), self.unique("held"));
        let held: Vec<_> = self.scope.visible().collect();
        let value = self.holding(&held, |g| g.quietly(|g| g.value(ty, 2)));
        format!("act(\"{name}\", beside({value}, &Loud(\"{loud}\")))")
    }

    /// An operation or a block that gives a value of this type.
    fn one_branch(&mut self, ty: &Ty) -> String {
        if self.chance(35) {
            self.hit("branch that is an operation");
            let name = self.call_name();
            let held: Vec<_> = self.scope.visible().collect();
            let value = self.holding(&held, |g| g.quietly(|g| g.value(ty, 2)));
            return format!("act(\"{name}\", {value})");
        }
        let moves = self.chance(25);
        let before = self.scope.clone();
        if moves {
            self.hit("branch that moves");
            self.only_copies();
        }
        let body = self.block_of(ty, |g| {
            let mut body = g.inside(3);
            if g.chance(30) {
                g.hit("early return of a branch");
                let condition = g.condition(1);
                let value = g.value(ty, 1);
                body += &format!("if {condition} {{ return {value}; }}\n");
            }
            body + &g.value(ty, 2)
        });
        if moves {
            self.scope = before;
        }
        format!("async {}{{\n{body}\n}}", if moves { "move " } else { "" })
    }

    /// Hides what a block that moves would take away.
    fn only_copies(&mut self) {
        let taken: Vec<VarId> = self
            .scope
            .visible()
            .filter(|&v| !self.scope.var(v).ty.is_copy())
            .collect();
        for var in taken {
            self.scope.var_mut(var).here = false;
        }
    }

    /// The inside of an `async` block: nothing leaves it, and nothing moves into it.
    fn block_of(&mut self, ty: &Ty, write: impl FnOnce(&mut Self) -> String) -> String {
        let returns = std::mem::replace(&mut self.returns, ty.clone());
        let around = std::mem::take(&mut self.around);
        let from = std::mem::replace(&mut self.branch_from, self.scope.mark());
        let waits = self.chance(50);
        let waited = std::mem::replace(&mut self.has_waited, waits);
        self.scope.loops += 1;
        let written = self.staying(|g| {
            let wait = if waits { g.pause() } else { String::new() };
            wait + &g.block(write)
        });
        self.scope.loops -= 1;
        self.has_waited = waited;
        self.branch_from = from;
        self.around = around;
        self.returns = returns;
        written
    }
}
