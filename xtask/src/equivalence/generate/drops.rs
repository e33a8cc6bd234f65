//! Drop loggers in scopes that await: what is bound behind the last await of a scope is dropped where the scope
//! ends, and before whatever stands behind it.

use super::{Around, Gen, Ty};

impl Gen {
    /// A block, a way of an `if` or of a `match`, or a turn of a loop.
    pub(super) fn drops_in_a_scope(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let behind = format!("note(\"{}\", 0);\n", self.unique("behind"));
        let label = self.unique("scope");
        let around = |is_loop| Around {
            label: label.clone(),
            is_loop,
            value: None,
        };
        let scope = match self.rng.u32(..5) {
            0 => format!("{{\n{}}}\n", self.block(Self::drops_at_the_end)),
            1 => {
                let body = self.inside_of(around(false), Self::drops_at_the_end);
                format!("'{label}: {{\n{body}}}\n")
            }
            2 => {
                let i = self.unique("i");
                let body = self.inside_of(around(true), |g| {
                    g.scope.declare(&i, Ty::U32, false);
                    g.drops_at_the_end()
                });
                format!("'{label}: for {i} in 0..3_u32 {{\n{body}}}\n")
            }
            3 => {
                let condition = self.condition(1);
                let ways = self.ways(2, |g, way| match way {
                    0 => g.drops_at_the_end(),
                    _ => g.inside(1),
                });
                format!("if {condition} {{\n{}}} else {{\n{}}}\n", ways[0], ways[1])
            }
            _ => {
                let value = self.value(&Ty::option(Ty::U32), 1);
                let x = self.unique("x");
                let ways = self.ways(2, |g, way| match way {
                    0 => {
                        g.scope.declare(&x, Ty::U32, false);
                        g.drops_at_the_end()
                    }
                    _ => g.drops_at_the_end(),
                });
                format!(
                    "match ({value}) {{\nSome({x}) => {{\n{}}}\nNone => {{\n{}}}\n}}\n",
                    ways[0], ways[1]
                )
            }
        };
        Some(scope + &behind)
    }

    /// Awaits, and then values that say when they are dropped: by the end of the scope, by hand, by an
    /// assignment, or where the scope is left early.
    fn drops_at_the_end(&mut self) -> String {
        let before = self.pause() + &self.inside(1);
        let (one, two) = (self.unique("loud"), self.unique("loud"));
        let (first, second) = self.at_once(|g| (g.inside(1), g.inside(1)));
        let bound = match self.rng.u32(..6) {
            0 => format!(
                "let {two} = (Loud(\"{two} a\"), Loud(\"{two} b\"));\nlet _moved = {two}.1;\n"
            ),
            1 => format!("let mut {two} = Loud(\"{two} a\");\n{two} = Loud(\"{two} b\");\n"),
            2 => format!(
                "let {two} = vec![Loud(\"{two} a\"), Loud(\"{two} b\")];\nlet _ = Loud(\"at once\");\n"
            ),
            3 => format!("let {two} = &Loud(\"{two}\");\nnote(\"{two}\", {two}.0.len());\n"),
            4 => format!(
                "let {two} = Some(Loud(\"{two}\"));\nlet Some({two}) = {two} else {{ unreachable!() }};\n"
            ),
            _ => format!("let {two} = Box::new(Loud(\"{two}\"));\n"),
        };
        let last = match self.rng.u32(..4) {
            0 => format!("drop({one});\nnote(\"{one}\", 1);\n"),
            1 => format!("note(\"{one}\", {one}.0.len());\n"),
            2 => format!("let {one} = {one}.0.len();\nnote(\"{one}\", {one});\n"),
            _ => String::new(),
        };
        format!("{before}let {one} = Loud(\"{one}\");\n{first}{bound}{second}{last}")
    }

    /// A temporary of what is looked at lives as long as the expression, or until its `else`.
    pub(super) fn drops_of_what_is_looked_at(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (before, loud, note) = (self.pause(), self.unique("loud"), self.unique("behind"));
        let len = loud.len() + usize::from(self.chance(50));
        let ways = self.ways(2, |g, way| match way {
            0 => g.at_once(|g| g.inside(1)),
            _ => g.inside(1),
        });
        let looked = match self.rng.u32(..3) {
            0 => format!(
                "if let {len} = Loud(\"{loud}\").0.len() {{\n{}}} else {{\n{}}}\n",
                ways[0], ways[1]
            ),
            1 => format!(
                "if let {len} = Loud(\"{loud}\").0.len() && Loud(\"and\").0.len() == 3 {{\n{}}} else {{\n{}}}\n",
                ways[0], ways[1]
            ),
            _ => format!(
                "match Loud(\"{loud}\").0.len() {{\n{len} => {{\n{}}}\n_ => note(\"{note}\", ()),\n}}\n",
                ways[0]
            ),
        };
        Some(format!("{before}{looked}note(\"{note}\", 0);\n"))
    }
}
