//! Closures, functions as values and trait objects.

use super::{Gen, Ty};

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
