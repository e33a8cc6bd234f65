//! Closures, functions as values and trait objects.

use super::{Gen, Ty, VarId};

impl Gen {
    /// A closure that is called where it is written.
    pub(super) fn closure_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("closure called at once");
        let parameter = self.unique("p");
        let body = self.block(|g| {
            g.scope.declare(&parameter, Ty::U32, false);
            g.quiet_value(ty, depth)
        });
        let held: Vec<_> = self.scope.visible().collect();
        let value = self.holding(&held, |g| g.value(&Ty::U32, depth));
        format!("(|{parameter}: u32| {{ {body} }})({value})")
    }

    /// A closure that reads locals, used up before the next await.
    pub(super) fn closure_between(&mut self) -> Option<String> {
        let (f, p, r) = (self.unique("f"), self.unique("p"), self.unique("r"));
        let held: Vec<_> = self.scope.visible().collect();
        let argument = self.holding(&held, |g| {
            g.at_once(|g| g.staying(|g| g.value(&Ty::U32, 1)))
        });
        let body = self.quietly(|g| {
            g.block(|g| {
                g.scope.declare(&p, Ty::U32, false);
                g.quiet_value(&Ty::U32, 2)
            })
        });
        let pause = self.pause();
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "let {f} = |{p}: u32| {{ {body} }};\nlet {r} = {f}({argument}) ^ {f}(2);\n{pause}"
        ))
    }

    /// A value that changes nothing, so that a closure which gives it is `Fn`.
    pub(super) fn quiet_value(&mut self, ty: &Ty, depth: u32) -> String {
        let held: Vec<_> = self.scope.visible().collect();
        self.holding(&held, |g| g.quietly(|g| g.value(ty, depth)))
    }

    /// A closure with a copy of its own: later changes of the local do not reach it.
    pub(super) fn closure_that_moves(&mut self) -> Option<String> {
        let (declared, id) = self.known(&Ty::U32);
        let (x, f, r) = (self.name_of(id), self.unique("f"), self.unique("r"));
        let (value, pause) = (
            self.at_once(|g| g.staying(|g| g.value(&Ty::U32, 1))),
            self.pause(),
        );
        self.scope.declare(&r, Ty::U32, false);
        let shown = self.show(&[&x, &r]);
        Some(format!(
            "{declared}let {f} = move |y: u32| {x} ^ y;\n{x} = {value};\n\
             let {r} = {f}({x});\n{pause}{shown}"
        ))
    }

    /// What a closure may capture: a local that may be changed. What declares it, and how a closure reads it as a `usize`.
    pub(super) fn captured(&mut self) -> (String, VarId, String) {
        let text = self.chance(60);
        let (declared, id) = self.known(if text { &Ty::Text } else { &Ty::U32 });
        let name = self.name_of(id);
        let read = if text {
            self.hit("text constant that a closure captures");
            format!("{name}.len()")
        } else {
            format!("({name} as usize)")
        };
        (declared, id, read)
    }

    /// Another value for a local.
    pub(super) fn changed(&mut self, id: VarId) -> String {
        let ty = self.scope.var(id).ty.clone();
        let value = self.at_once(|g| g.staying(|g| g.value(&ty, 1)));
        format!("{} = {value};\n", self.name_of(id))
    }

    /// A closure as an operand, and an await after it.
    pub(super) fn closure_before_await(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id, read) = self.captured();
        let (f, n, r, call) = (
            self.unique("f"),
            self.unique("n"),
            self.unique("r"),
            self.call_name(),
        );
        let (pause, argument) = self.holding(&[id], |g| {
            g.block(|g| {
                (
                    g.pause(),
                    g.at_once(|g| g.staying(|g| g.value(&Ty::U32, 1))),
                )
            })
        });
        self.scope.declare(&r, Ty::U32, false);
        let (changed, after) = (self.changed(id), self.pause());
        Some(format!(
            "{declared}let ({f}, {n}) = (|| {read} as u32, {{ {pause}act(\"{call}\", {argument}).await }});\n\
             let {r} = {f}() ^ {n};\n{changed}{after}"
        ))
    }

    /// A closure over awaits; what it captures changes before it is made and after its last call.
    pub(super) fn closure_between_changes(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id, read) = self.captured();
        let (f, p, r) = (self.unique("f"), self.unique("p"), self.unique("r"));
        let before = self.changed(id);
        let pause = self.holding(&[id], Self::pause);
        self.scope.declare(&r, Ty::U32, false);
        let (changed, after) = (self.changed(id), self.pause());
        Some(format!(
            "{declared}{before}let {f} = |{p}: u32| {p} ^ {read} as u32;\n{pause}\
             let {r} = {f}(3) ^ {f}(4);\n{changed}{after}"
        ))
    }

    /// A closure with a state, by reference or of its own.
    pub(super) fn closure_that_counts(&mut self) -> Option<String> {
        let (declared, id) = self.known(&Ty::U32);
        let (x, f, r) = (self.name_of(id), self.unique("f"), self.unique("r"));
        let (before, pause) = (self.pause(), self.pause());
        let owned = if self.chance(50) { "move " } else { "" };
        self.scope.declare(&r, Ty::U32, false);
        let shown = self.show(&[&x, &r]);
        Some(format!(
            "{declared}{before}let mut {f} = {owned}|| {{ {x} = note(\"{f}\", {x} ^ 9) / 2; {x} }};\n\
             let {r} = {f}() ^ {f}();\n{pause}{shown}"
        ))
    }

    /// Functions and closures without captures as values, between awaits and across them.
    pub(super) fn function_value(&mut self) -> Option<String> {
        let (f, r) = (self.unique("f"), self.unique("r"));
        let condition = self.condition(2);
        let argument = self.quiet_value(&Ty::U32, 2);
        let (pause, other) = (self.pause(), self.pause());
        self.scope.declare(&r, Ty::U32, false);
        Some(match self.rng.u32(..3) {
            0 => format!(
                "let {f}: fn(u32) -> u32 = if {condition} {{ double }} else {{ triple }};\n\
                 let {r} = {f}({argument});\n{pause}"
            ),
            1 => format!(
                "let {r} = (if {condition} {{ double }} else {{ {other}triple }})({argument});\n\
                 {pause}"
            ),
            _ => format!(
                "let {f} = [double, triple, |n: u32| n / 2];\n\
                 let {r} = {f}.iter().fold({argument}, |n, f| f(n));\n\
                 if {condition} {{ {pause}}}\n"
            ),
        })
    }

    /// Branches of different types that become one only where they join.
    pub(super) fn joined_coercion(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, b, call) = (self.unique("r"), self.unique("b"), self.call_name());
        let condition = self.condition(1);
        let ways = self.ways(2, |g, _| (g.pause(), g.value(&Ty::U32, 1)));
        let [(pause, n), (other, m)] = &ways[..] else {
            return None;
        };
        let after = self.pause();
        self.scope.declare(&r, Ty::U32, false);
        Some(match self.rng.u32(..3) {
            0 => format!(
                "let {b} = act(\"{call}\", 3_u32).await;\n\
                 let {r} = {{ let {b}: Box<dyn Area> = if {b} > 2 && ({condition}) {{ Box::new(Square({n})) }} \
                 else {{ Box::new(Disc({m})) }}; {b}.area() }};\n{after}"
            ),
            1 => format!(
                "let {r} = area_of(if {condition} {{ {pause}Box::new(Square({n})) }} \
                 else {{ {other}Box::new(Disc({m})) }}, 1);\n"
            ),
            _ => format!(
                "let {b}: &[u32] = &if {condition} {{ vec![{n}] }} else {{ Vec::from([{m}, 2]) }};\n\
                 let {r} = {b}.len() as u32;\n{after}"
            ),
        })
    }
}
