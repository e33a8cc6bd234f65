//! Iterators and drops that do something that can be seen.

use super::{Gen, Ty};

impl Gen {
    /// An iterator with effects, or closures with effects over items, used up before an await.
    pub(super) fn iterator_with_effects(&mut self) -> Option<String> {
        let (r, calls) = (self.unique("r"), self.unique("calls"));
        let n = self.rng.u32(1..4);
        let pause = self.pause();
        self.scope.declare(&r, Ty::vec(Ty::U32), true);
        self.scope.declare(&calls, Ty::U32, true);
        let source = match self.rng.u32(..4) {
            0 => format!("Pulls({n}).map(|x| {{ {calls} += 1; x * 2 }})"),
            1 => format!("Pulls({n}).filter(|x| {{ {calls} += x; x % 2 == 0 }})"),
            2 => format!("(0..{n}).inspect(|x| {calls} += note(\"{r}\", *x)).rev()"),
            _ => format!("Pulls({n}).skip(1).inspect(|_| {calls} += 1)"),
        };
        let awaited = if self.awaits && self.chance(50) {
            let item = self.unique("item");
            let call = self.call_name();
            format!("for {item} in {r}.clone() {{\nact(\"{call}\", ({item}, {calls})).await;\n}}\n")
        } else {
            String::new()
        };
        Some(format!(
            "let mut {calls} = 0_u32;\nlet mut {r}: Vec<u32> = {source}.collect();\n{pause}{awaited}"
        ))
    }

    /// An iterator that is a local and is asked for one item at a time.
    pub(super) fn iterator_by_hand(&mut self) -> Option<String> {
        let (it, r) = (self.unique("it"), self.unique("r"));
        let list = self.value(&Ty::vec(Ty::U32), 2);
        let (before, pause) = (self.pause(), self.pause());
        self.scope.declare(&r, Ty::vec(Ty::U32), true);
        Some(match self.rng.u32(..3) {
            0 => format!(
                "let mut {it} = ({list}).into_iter();\nlet mut {r} = vec![{it}.len() as u32];\n\
                 if let Some(first) = {it}.next() {{ {r}.push(first); }}\n{r}.extend({it});\n{pause}"
            ),
            1 => format!(
                "let mut {r} = Vec::new();\n{before}{{\nlet list = {list};\nlet mut {it} = list.iter();\n\
                 while let Some(x) = {it}.next() {{\nif x % 2 == 1 {{ {it}.next(); }}\n\
                 {r}.push(note(\"{it}\", *x));\n}}\n}}\n{pause}"
            ),
            _ => {
                let end = self.rng.u32(1..4);
                format!(
                    "let mut {it} = 0..{end}_u32;\nlet mut {r} = Vec::new();\n{before}\
                     while let Some(x) = {it}.next() {{\n{r}.push(x);\n}}\n{pause}{r}.push({it}.len() as u32);\n"
                )
            }
        })
    }

    /// A range is data, so it may be asked for an item before and after an await.
    pub(super) fn range_by_hand_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (it, x, r) = (self.unique("it"), self.unique("x"), self.unique("r"));
        let end = self.rng.u32(2..5);
        let around = super::Around {
            label: self.unique("l"),
            is_loop: true,
            value: None,
        };
        let label = around.label.clone();
        let body = self.inside_of(around, |g| {
            g.scope.declare(&x, Ty::U32, false);
            g.pause() + &g.show(&[&x])
        });
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "let mut {it} = 0..{end}_u32;\n'{label}: while let Some({x}) = {it}.next() {{\n\
             {body}if {x} == 1 {{ {it}.next(); }}\n}}\nlet {r} = {it}.len() as u32;\n"
        ))
    }

    /// Something that says when it is dropped, and is, before the next await.
    pub(super) fn drop_between(&mut self) -> Option<String> {
        let (d, r, before) = (self.unique("loud"), self.unique("r"), self.pause());
        let note = self.unique("n");
        let value = self.quiet_value(&Ty::U32, 2);
        let pause = self.pause();
        self.scope.declare(&r, Ty::U32, false);
        Some(
            before
                + &match self.rng.u32(..5) {
                    0 => format!(
                        "let {r} = {{\nlet {d} = Loud(\"{d}\");\nlet second = Loud(\"second\");\n{value}\n}};\n{pause}"
                    ),
                    1 => {
                        format!("let {d} = Loud(\"{d}\");\nlet {r} = {value};\ndrop({d});\n{pause}")
                    }
                    2 => format!(
                        "let {r} = match Loud(\"{d}\").0.len() {{\n4 => 4,\n_ => note(\"{note}\", {value}),\n}};\n{pause}"
                    ),
                    3 => format!(
                        "let {r} = {value};\n{{\nlet mut {d} = Some(Loud(\"{d}\"));\n{d} = None;\n\
                 note(\"{note}\", {r});\n{d} = Some(Loud(\"again\"));\n}}\n{pause}"
                    ),
                    _ => format!(
                        "let {r} = (Loud(\"{d}\"), note(\"{note}\", {value}), Loud(\"last\")).1;\n{pause}"
                    ),
                },
        )
    }
}
