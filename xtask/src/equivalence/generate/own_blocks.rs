//! `async` blocks that run by themselves, any number of them: in `join_all`, spawned, or kept.
//!
//! Each begins with an await, as helpers do, and has copies of what it takes along, or borrows it.

use super::{Gen, Ty};

/// What a block takes along, and its code.
struct OwnBlock {
    /// Before the block, in the order of evaluation.
    before: String,
    /// What stands in the place of the block, for the number of the block.
    block: String,
    returns: Ty,
}

impl Gen {
    /// A block that has the number `i`, and a value from outside: a copy, or what is borrowed.
    fn own_block(&mut self, i: &str, returns: Ty, borrows: bool) -> Option<OwnBlock> {
        if !self.calls_helpers() || self.apart {
            return None;
        }
        // In the block a text constant lives no longer than the block does.
        let taken = match self.any(1) {
            Ty::Text => Ty::String,
            other => other,
        };
        let value = self.quiet_value(&taken, 1);
        let (kept, given, out) = (
            self.unique("kept"),
            self.unique("given"),
            self.unique("out"),
        );
        let body = self.inside_apart(&returns, |g| {
            let call = g.call_name();
            let mut body = format!("act(\"{call}\", {i}).await;\n");
            if borrows {
                g.hit("reference taken along by a block");
                body += &format!("let mut {given}: {taken} = {kept}.clone();\n");
            }
            g.scope.declare(i, Ty::U32, false);
            g.scope.declare(&given, taken.clone(), true);
            body += &g.statements(2);
            let value = g.value(&returns, 2);
            body + &format!("let {out}: {returns} = {value};\n{out}")
        });
        let copy = if borrows {
            String::new()
        } else {
            format!("let mut {given}: {taken} = {kept}.clone();\n")
        };
        let borrow = if borrows {
            format!("let {kept}: &{taken} = &{kept};\n")
        } else {
            String::new()
        };
        Some(OwnBlock {
            before: format!("let {kept}: {taken} = {value};\n{borrow}"),
            block: format!("{{\n{copy}async move {{\n{body}\n}}\n}}"),
            returns,
        })
    }

    pub(super) fn all_blocks(&mut self) -> Option<String> {
        let (i, r) = (self.unique("i"), self.unique("all"));
        let (returns, borrows) = (self.any(1), self.chance(40));
        let OwnBlock {
            before,
            block,
            returns,
        } = self.own_block(&i, returns, borrows)?;
        let (list, count) = (Ty::vec(returns), self.rng.u32(..4));
        self.scope.declare(&r, list.clone(), true);
        Some(format!(
            "{before}let mut {r}: {list} = join_all((0..{count}).map(|{i}: u32| {block})).await;\n"
        ))
    }

    /// The first failure ends all.
    pub(super) fn all_blocks_tried(&mut self) -> Option<String> {
        let (i, r, of) = (self.unique("i"), self.unique("all"), self.any(0));
        let borrows = self.chance(40);
        let returns = Ty::Result(Box::new(of.clone()));
        let OwnBlock { before, block, .. } = self.own_block(&i, returns, borrows)?;
        let (ty, count) = (Ty::Result(Box::new(Ty::vec(of))), self.rng.u32(..4));
        self.scope.declare(&r, ty.clone(), false);
        Some(format!(
            "{before}let {r}: {ty} = try_join_all((0..{count}).map(|{i}: u32| {block})).await;\n"
        ))
    }

    /// A block runs beside the program until its handle is awaited.
    pub(super) fn spawned_block(&mut self) -> Option<String> {
        if self.forks > 0 {
            return None;
        }
        let (i, r, handle) = (self.unique("i"), self.unique("r"), self.unique("handle"));
        let returns = self.any(1);
        let OwnBlock {
            before,
            block,
            returns,
        } = self.own_block(&i, returns, false)?;
        self.spawned += 1;
        let between = self.pause() + &self.maybe(|g| g.inside(2));
        self.spawned -= 1;
        self.scope.declare(&r, returns, false);
        Some(format!(
            "{before}let {i} = 1_u32;\nlet {handle} = spawn({block});\n{{\n{between}}}\nlet {r} = {handle}.await;\n"
        ))
    }

    /// A block begins when it is awaited.
    pub(super) fn kept_block(&mut self) -> Option<String> {
        let (i, r, later) = (self.unique("i"), self.unique("r"), self.unique("later"));
        let returns = self.any(1);
        let OwnBlock {
            before,
            block,
            returns,
        } = self.own_block(&i, returns, false)?;
        let between = self.pause();
        self.scope.declare(&r, returns, false);
        Some(format!(
            "{before}let {i} = 2_u32;\nlet {later} = {block};\n{between}let {r} = {later}.await;\n"
        ))
    }
}
