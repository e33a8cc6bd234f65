//! Calls that are awaited, and conditions.

use super::{Gen, Ty};

impl Gen {
    /// An awaited call that gives a value of this type.
    pub(super) fn call(&mut self, ty: &Ty, depth: u32) -> String {
        let name = self.call_name();
        let argument = self.value(ty, depth);
        if !self.awaits {
            return format!("note(\"{name}\", {argument})");
        }
        self.hit("await");
        if self.chance(20)
            && let Some(helper) = self.callable_for(ty)
        {
            self.hit("call of a helper in an expression");
            return self.call_of(&helper, depth);
        }
        if argument.contains(".await") {
            self.hit("await in the arguments of an await");
        }
        format!("act(\"{name}\", {argument}).await")
    }

    /// A name of its own, or at times one that other calls have too.
    pub(super) fn call_name(&mut self) -> String {
        if self.chance(15) {
            self.hit("equal calls");
            return "again".to_owned();
        }
        self.unique("c")
    }

    /// An expression of type `bool` that can stand after `if`.
    pub(super) fn condition(&mut self, depth: u32) -> String {
        let condition = self.truth(depth);
        if condition.contains(".await") {
            self.hit("await in a condition");
        }
        if condition.contains('{') {
            format!("({condition})")
        } else {
            condition
        }
    }

    fn truth(&mut self, depth: u32) -> String {
        let below = depth.saturating_sub(1);
        match self.rng.u32(..if depth == 0 { 5 } else { 12 }) {
            0..=2 => {
                let ty = if self.chance(60) { Ty::U32 } else { Ty::I64 };
                let (a, b) = (self.value(&ty, below), self.leaf(&ty));
                let by = *self.choose(&["<", ">", "==", "!=", ">="]);
                format!("({a}) {by} {b}")
            }
            3 => {
                let n = self.leaf(&Ty::U32);
                format!("{n} % 2 == 1")
            }
            4 => self.leaf(&Ty::Bool),
            5 | 6 => self.short_circuit(below),
            7 => {
                self.hit("matches!");
                let n = self.quietly(|g| g.value(&Ty::U32, below));
                format!("matches!({n}, 0 | 3..=7)")
            }
            8 => format!("!({})", self.truth(below)),
            9 => {
                let ty = self.any(1);
                let (a, b) = (self.value(&ty, below), self.leaf(&ty));
                format!("({a}) == ({b})")
            }
            _ => self.call(&Ty::Bool, below),
        }
    }

    /// The second operand is evaluated only if the first does not decide.
    fn short_circuit(&mut self, depth: u32) -> String {
        let first = self.truth(depth);
        let second = self.maybe(|g| g.truth(depth));
        if second.contains(".await") {
            self.hit("await after `&&` or `||`");
        }
        let by = if self.chance(50) { "&&" } else { "||" };
        format!("({first}) {by} ({second})")
    }
}
