//! Workflow functions of the program's own, which it awaits inline.
//!
//! A helper begins with an await: what several helpers that begin at the same time do before their
//! first one has another order in the plain copy.

use super::{Gen, Ty};

/// A function that takes a number and a value, and may be called anywhere.
#[derive(Clone, Debug)]
pub(super) struct Helper {
    name: String,
    takes: Ty,
    returns: Ty,
}

impl Gen {
    /// Whether a helper may be called here. What is awaited inline begins before or after what is
    /// spawned, and nobody says which; in a branch that begins, it begins after the neighbours.
    pub(super) fn calls_helpers(&self) -> bool {
        let alone = self.forks == 0 || self.has_waited;
        self.awaits && alone && self.spawned == 0 && !self.copies
    }

    /// A helper that gives a value of this type.
    pub(super) fn callable_for(&mut self, ty: &Ty) -> Option<Helper> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        let fitting = self.callable.iter().filter(|h| h.returns == *ty);
        let fitting: Vec<Helper> = fitting.cloned().collect();
        (!fitting.is_empty()).then(|| self.choose(&fitting).clone())
    }

    /// A call that is awaited.
    pub(super) fn call_of(&mut self, helper: &Helper, depth: u32) -> String {
        self.hit_in_branch();
        format!("{}.await", self.begun(helper, depth))
    }

    fn hit_in_branch(&mut self) {
        if self.forks > 0 {
            self.hit("call of a helper in a branch");
        }
    }

    /// A call that is not awaited.
    pub(super) fn begun(&mut self, helper: &Helper, depth: u32) -> String {
        let (n, value) = (
            self.value(&Ty::U32, depth),
            self.value(&helper.takes, depth),
        );
        format!("{}({n}, {value})", helper.name)
    }

    /// A call whose arguments change nothing and wait for nothing; the number is given.
    pub(super) fn begun_quietly(&mut self, helper: &Helper, n: &str) -> String {
        let value = self.quiet_value(&helper.takes, 1);
        format!("{}({n}, {value})", helper.name)
    }

    /// Writes the body of another function: nothing from outside reaches it.
    pub(super) fn inside_apart(
        &mut self,
        returns: &Ty,
        write: impl FnOnce(&mut Self) -> String,
    ) -> String {
        let scope = std::mem::take(&mut self.scope);
        let around = std::mem::take(&mut self.around);
        let outside = std::mem::replace(&mut self.returns, returns.clone());
        let state = (self.awaits, self.leaves, self.fuel, self.branch_from);
        let forks = (std::mem::take(&mut self.forks), self.has_waited);
        (self.awaits, self.leaves, self.fuel, self.branch_from) = (true, true, 3, 0);
        self.apart = true;
        let written = write(self);
        self.apart = false;
        (self.awaits, self.leaves, self.fuel, self.branch_from) = state;
        (self.forks, self.has_waited) = forks;
        (self.scope, self.around, self.returns) = (scope, around, outside);
        written
    }

    fn helper_name(&mut self) -> String {
        let name = self.unique("helper");
        format!("{}_{name}", self.program)
    }

    pub(super) fn add_helper(&mut self, signature: &str, body: &str) {
        self.helpers += &format!("#[workflow]\npub(super) async fn {signature} {{\n{body}}}\n");
    }

    /// A new helper that returns a type, or one that is there.
    pub(super) fn any_helper(&mut self, returns: Option<Ty>) -> Option<Helper> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        let known: Vec<Helper> = self.callable.clone();
        if returns.is_none() && !known.is_empty() && self.chance(50) {
            return Some(self.choose(&known).clone());
        }
        let (takes, returns) = (self.any(1), returns.unwrap_or_else(|| self.any(1)));
        let (name, n, given) = (self.helper_name(), self.unique("n"), self.unique("given"));
        let body = self.inside_apart(&returns, |g| {
            g.scope.declare(&n, Ty::U32, true);
            g.scope.declare(&given, takes.clone(), true);
            let call = g.call_name();
            let mut body = format!("{n} = act(\"{call}\", {n}).await;\n");
            body += &g.statements(2);
            body + &g.value(&returns, 2)
        });
        let signature = format!("{name}(mut {n}: u32, mut {given}: {takes}) -> {returns}");
        self.add_helper(&signature, &body);
        let helper = Helper {
            name,
            takes,
            returns,
        };
        self.callable.push(helper.clone());
        Some(helper)
    }

    pub(super) fn helper(&mut self) -> Option<String> {
        let helper = self.any_helper(None)?;
        let call = self.call_of(&helper, 2);
        let name = self.bind(&helper.returns);
        Some(format!("let {name}: {} = {call};\n", helper.returns))
    }

    /// A helper whose item may be of any type.
    pub(super) fn generic_helper(&mut self) -> Option<String> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        let (name, call, note) = (self.helper_name(), self.unique("c"), self.unique("n"));
        let body = self.inside_apart(&Ty::Unit, |g| {
            g.staying(|g| {
                let pause = g.pause();
                let more = g.statements(1);
                format!(
                    "let mut all = Vec::new();\nfor _ in 0..times % 3 {{\n\
                     all.push(act(\"{call}\", item.clone()).await);\n{{\n{more}}}\n}}\n{pause}\
                     note(\"{note}\", format!(\"{{item:?}}\"));\nall.push(item);\nall\n"
                )
            })
        });
        let signature =
            format!("{name}<T: Durable + Clone + std::fmt::Debug>(item: T, times: u32) -> Vec<T>");
        self.add_helper(&signature, &body);
        let mut calls = String::new();
        for _ in 0..2 {
            let ty = self.any(1);
            let (value, times) = (self.value(&ty, 2), self.value(&Ty::U32, 1));
            let list = Ty::vec(ty);
            let pattern = self.bind(&list);
            calls += &format!("let {pattern}: {list} = {name}({value}, {times}).await;\n");
        }
        Some(calls)
    }

    /// A helper to which its caller lends what it has.
    pub(super) fn lending_helper(&mut self) -> Option<String> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        let (name, call, note) = (self.helper_name(), self.unique("c"), self.unique("n"));
        let body = self.inside_apart(&Ty::U32, |g| {
            let sum = g.scope.declare("sum", Ty::U32, true);
            let inside = g.holding(&[sum], |g| {
                g.scope.loops += 1;
                let inside = g.staying(|g| g.block(|g| g.inside(1)));
                g.scope.loops -= 1;
                inside
            });
            let after = g.inside(1);
            format!(
                "let mut sum = text.len() as u32;\nfor x in list {{\n\
                 sum ^= act(\"{call}\", *x).await;\n{{\n{inside}}}\nsum ^= *x;\n}}\n{{\n{after}}}\n\
                 note(\"{note}\", (text, point.name.len()));\nsum ^ point.y\n"
            )
        });
        let signature = format!("{name}(list: &[u32], text: &str, point: &Point) -> u32");
        self.add_helper(&signature, &body);
        let (one, list) = self.known(&Ty::vec(Ty::U32));
        let (two, text, three, point) = self.holding(&[list], |g| {
            let (two, text) = g.known(&Ty::String);
            let (three, point) = g.holding(&[text], |g| g.known(&Ty::Point));
            (two, text, three, point)
        });
        let [list, text, point] = [list, text, point].map(|id| self.name_of(id));
        if self.forks > 0 {
            self.hit("helper to which a branch lends");
        }
        let r = self.unique("lent");
        self.scope.declare(&r, Ty::U32, false);
        let part = *self.choose(&["", "[..]"]);
        Some(format!(
            "{one}{two}{three}let {r} = {name}(&{list}{part}, &{text}, &{point}).await;\n"
        ))
    }

    /// A helper that awaits itself.
    pub(super) fn recursive_helper(&mut self) -> Option<String> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        let ty = self.any(1);
        let (name, given) = (self.helper_name(), self.unique("given"));
        let inner = self.unique("inner");
        let body = self.inside_apart(&ty, |g| {
            // Nothing changes or hides `n`: it ends.
            g.scope.declare(&given, ty.clone(), true);
            let last = g.maybe(|g| g.value(&ty, 1));
            let before = g.inside(1);
            let passed = g.value(&ty, 1);
            g.scope.declare(&inner, ty.clone(), true);
            let (after, result) = (g.pause(), g.value(&ty, 1));
            format!(
                "if n == 0 {{ return {last}; }}\n{before}\
                 let mut {inner}: {ty} = recurse({name}(n - 1, {passed})).await;\n\
                 {after}{result}\n"
            )
        });
        self.add_helper(&format!("{name}(n: u32, mut {given}: {ty}) -> {ty}"), &body);
        let depth = self.rng.u32(1..4);
        let value = self.value(&ty, 2);
        let pattern = self.bind(&ty);
        Some(format!(
            "let {pattern}: {ty} = {name}({depth}, {value}).await;\n"
        ))
    }

    /// A call is data until it is awaited.
    pub(super) fn kept_call(&mut self) -> Option<String> {
        let helper = self.any_helper(None)?;
        let (call, begun) = (self.unique("call"), self.begun(&helper, 1));
        let (pause, r) = (self.pause(), self.unique("r"));
        self.scope.declare(&r, helper.returns.clone(), false);
        Some(format!(
            "let {call} = {begun};\n{pause}let {r} = {call}.await;\n"
        ))
    }

    pub(super) fn joined_helpers(&mut self) -> Option<String> {
        let (one, two) = (self.any_helper(None)?, self.any_helper(None)?);
        let (first, second) = (self.begun_quietly(&one, "3"), self.begun_quietly(&two, "4"));
        let (a, b) = (self.unique("one"), self.unique("two"));
        self.scope.declare(&a, one.returns, true);
        self.scope.declare(&b, two.returns, false);
        Some(format!("let (mut {a}, {b}) = join!({first}, {second});\n"))
    }

    /// What a helper returns.
    pub(super) fn output_of(helper: &Helper) -> Ty {
        helper.returns.clone()
    }
}
