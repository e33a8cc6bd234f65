//! Handles that lose and go on, and lists of work of which some are under way at a time.

use super::{Gen, Ty};

impl Gen {
    /// A handle that loses a race is raced again, until it wins.
    pub(super) fn handle_that_loses(&mut self) -> Option<String> {
        if !self.awaits || self.forks > 0 || self.spawned > 0 || self.apart {
            return None;
        }
        let (handle, won, r) = (self.unique("handle"), self.unique("won"), self.unique("r"));
        let (first, second) = (self.unique("c"), self.unique("c"));
        let most = self.rng.u32(1..4);
        let n = self.leaf(&Ty::U32);
        let condition = match self.rng.u32(..3) {
            0 => ", if turn > 0",
            _ => "",
        };
        let pattern = match self.rng.u32(..2) {
            0 => format!("Some(other) = act(\"{second}\", (turn % 2 == 1).then_some(turn))"),
            _ => format!(
                "other = async {{ let other = act(\"{second}\", turn).await; tick().await; other }}"
            ),
        };
        self.scope.declare(&r, Ty::U32, true);
        Some(format!(
            "let mut {handle} = spawn(async move {{ act(\"{first}\", {n}).await }});\nlet (mut {r}, mut {won}) = (0_u32, false);\n\
             for turn in 0..{most}_u32 {{\nselect! {{\n\
             value = &mut {handle}, if !{won} => {{ {won} = true; {r} ^= value; }}\n\
             {pattern}{condition} => {{ {r} = {r}.wrapping_mul(3) ^ other; if {r} % 7 == 6 {{ break; }} }}\n\
             else => {{ {r} ^= 1; tick().await; }}\n}}\nnote(\"{won}\", ({r}, {won}));\n}}\n\
             if !{won} {{ {r} ^= {handle}.await; }}\n"
        ))
    }

    /// At most two at a time.
    pub(super) fn bounded_set(&mut self) -> Option<String> {
        if !self.awaits || self.forks > 0 || self.spawned > 0 || self.apart {
            return None;
        }
        let (set, left, r) = (self.unique("set"), self.unique("left"), self.unique("r"));
        let (call, note) = (self.unique("c"), self.unique("n"));
        let list = self.value(&Ty::vec(Ty::U32), 1);
        let pause = match self.rng.u32(..2) {
            0 => "tick().await;\n",
            _ => "",
        };
        self.scope.declare(&r, Ty::vec(Ty::U32), true);
        Some(format!(
            "let (mut {set}, mut {left}, mut {r}) = (JoinSet::new(), {list}, Vec::new());\nloop {{\n\
             while {set}.len() < 2 && let Some(job) = {left}.pop() {{\n{set}.spawn(async move {{ act(\"{call}\", job).await }});\n}}\n\
             let Some(done) = {set}.join_next().await else {{ break }};\n\
             {r}.push(note(\"{note}\", done));\n{pause}}}\n"
        ))
    }

    /// `?` inside a block ends the block, with a conversion of the error.
    pub(super) fn question_mark_in_a_block(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let r = self.unique("r");
        let (first, second) = (self.unique("c"), self.unique("c"));
        let (n, text) = (self.leaf(&Ty::U32), self.leaf(&Ty::String));
        let block = |call: &str, n: &str, asked: &str| {
            format!(
                "async {{\nlet asked = act(\"{call}\", {n}).await;\nlet more: u32 = {asked};\ntick().await;\nOk::<u32, Fault>(asked ^ more)\n}}"
            )
        };
        let value = match self.rng.u32(..3) {
            0 => block(&first, &n, "checked(asked)?") + ".await",
            1 => {
                let one = block(&first, "3", "checked(asked)?");
                let two = block(&second, "4", "\"x7\".trim_start_matches('x').parse()?");
                format!("{{ let (one, two) = join!({one}, {two}); one.and(two) }}")
            }
            _ => format!(
                "async {{\nlet text = act(\"{first}\", {text}).await;\n\
                 let inner = async {{ Ok::<u32, u32>(checked(act(\"{second}\", {n}).await)? ^ 1) }}.await.or_else(checked)?;\n\
                 if inner == 3 {{ return Err(Fault::Empty); }}\nOk::<u32, Fault>(inner ^ text.parse::<u32>()?)\n}}.await"
            ),
        };
        let ty = Ty::Result(Box::new(Ty::U32));
        self.scope.declare(&r, ty.clone(), false);
        Some(format!("let {r}: {ty} = {value};\n"))
    }
}
