//! Helpers that run at the same time, any number of them: `spawn`, `JoinSet`, `join_all`.

use super::{Gen, Ty};

impl Gen {
    /// A helper runs beside the program until its handle is awaited.
    pub(super) fn spawned(&mut self) -> Option<String> {
        if self.forks > 0 {
            return None;
        }
        let helper = self.any_helper(None)?;
        let (handle, r, note) = (self.unique("handle"), self.unique("r"), self.unique("n"));
        let begun = self.begun_quietly(&helper, "2");
        self.spawned += 1;
        let between = self.pause() + &self.maybe(|g| g.inside(2));
        self.spawned -= 1;
        self.scope.declare(&r, Self::output_of(&helper), false);
        let finished = self.chance(30);
        let asked = if finished {
            format!("note(\"{note}\", {handle}.is_finished());\n")
        } else {
            String::new()
        };
        Some(format!(
            "let {handle} = spawn({begun});\n{{\n{between}}}\n{asked}let {r} = {handle}.await;\n"
        ))
    }

    /// Helpers are joined in the order in which they end.
    pub(super) fn join_set(&mut self) -> Option<String> {
        if self.forks > 0 {
            return None;
        }
        let helper = self.any_helper(None)?;
        let (set, x, i) = (self.unique("set"), self.unique("x"), self.unique("i"));
        let (begun, count) = (self.begun_quietly(&helper, &i), self.rng.u32(..4));
        let before = self.pause();
        let all = self.unique("all");
        let list = Ty::vec(Self::output_of(&helper));
        let inside = if self.chance(60) {
            self.pause()
        } else {
            String::new()
        };
        self.scope.declare(&all, list.clone(), true);
        Some(format!(
            "let mut {set} = JoinSet::new();\nfor {i} in 0..{count} {{\n{set}.spawn({begun});\n}}\n\
             {before}let mut {all}: {list} = Vec::new();\n\
             while let Some({x}) = {set}.join_next().await {{\n{all}.push({x});\n{inside}}}\n"
        ))
    }

    pub(super) fn all_joined(&mut self) -> Option<String> {
        let helper = self.any_helper(None)?;
        let (i, r) = (self.unique("i"), self.unique("all"));
        let (begun, count) = (self.begun_quietly(&helper, &i), self.rng.u32(..4));
        let list = Ty::vec(Self::output_of(&helper));
        self.scope.declare(&r, list.clone(), true);
        Some(format!(
            "let mut {r}: {list} = join_all((0..{count}).map(|{i}| {begun})).await;\n"
        ))
    }

    /// The first failure ends all.
    pub(super) fn all_tried(&mut self) -> Option<String> {
        let of = self.any(0);
        let helper = self.any_helper(Some(Ty::Result(Box::new(of.clone()))))?;
        let (i, r) = (self.unique("i"), self.unique("all"));
        let (begun, count) = (self.begun_quietly(&helper, &i), self.rng.u32(..4));
        let ty = Ty::Result(Box::new(Ty::vec(of)));
        self.scope.declare(&r, ty.clone(), false);
        Some(format!(
            "let {r}: {ty} = try_join_all((0..{count}).map(|{i}| {begun})).await;\n"
        ))
    }
}
