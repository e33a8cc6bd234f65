//! Closures that are needed after an await, and awaits in macros and guards.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn closure_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let held: Vec<_> = self.scope.visible().collect();
        let (f, p, r) = (self.unique("f"), self.unique("p"), self.unique("r"));
        let body = self.quietly(|g| {
            g.block(|g| {
                g.scope.declare(&p, Ty::U32, false);
                g.quiet_value(&Ty::U32, 2)
            })
        });
        let pause = self.holding(&held, Self::pause);
        self.scope.declare(&r, Ty::U32, false);
        let after = self.pause();
        Some(format!(
            "let {f} = |{p}: u32| {{ {body} }};\n{pause}let {r} = {f}(3) ^ {f}(4);\n{after}"
        ))
    }

    /// The closure keeps the value that its local had.
    pub(super) fn moving_closure_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::U32);
        let (x, f, r) = (self.name_of(id), self.unique("f"), self.unique("r"));
        let change = match self.rng.u32(..2) {
            0 => format!("{x} ^= 10;\n"),
            _ => String::new(),
        };
        // What is `mut` outside has a name of its own inside.
        let rate = self.unique("rate");
        let pause = self.pause();
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "{declared}let {rate} = {x};\nlet {f} = move |y: u32| {rate} ^ y;\n{change}{pause}\
             let {r} = {f}({x}) ^ {f}(2);\n"
        ))
    }

    /// The closure changes a local, which is its state; the local is read when it is gone.
    pub(super) fn stateful_closure_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (total, f, r) = (self.unique("total"), self.unique("f"), self.unique("r"));
        let (first, step) = (self.leaf(&Ty::U32), self.leaf(&Ty::U32));
        let held: Vec<_> = self.scope.visible().collect();
        let text = self.chance(40);
        let (state, body) = if text {
            (
                "String::from(\"s\")".to_owned(),
                format!("{total}.push('x'); {total}.len() as u32 ^ y"),
            )
        } else {
            (first, format!("{total} ^= note(\"{f}\", y) / 2; {total}"))
        };
        let (pause, again) = self.holding(&held, |g| (g.block(|g| g.inside(2)), g.pause()));
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "let mut {total} = {state};\nlet mut {f} = |y: u32| {{ {body} }};\n\
             let {r} = {f}(1);\n{{\n{pause}}}\nlet {r} = {r} ^ {f}({step});\n{again}let {r} = {r} ^ {f}(3);\n\
             note(\"{r}\", ({r}, {total}));\n"
        ))
    }

    /// A function is named again, if its type is written or it is called.
    pub(super) fn function_across(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (f, r) = (self.unique("f"), self.unique("r"));
        let (ty, what) = *self.choose(&[
            (": fn(u32) -> u32", "double"),
            (": fn(u32) -> u32", "|n| n / 2"),
            ("", "triple"),
            ("", "u32::reverse_bits"),
        ]);
        let (pause, again) = (self.pause(), self.pause());
        let argument = self.call(&Ty::U32, 1);
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "let {f}{ty} = {what};\n{pause}let {r} = {f}(7);\n{again}\
             let {r} = {argument} ^ {f}({r});\n"
        ))
    }

    pub(super) fn await_in_macro(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, value) = (self.unique("r"), self.staying(|g| g.call(&Ty::U32, 1)));
        // A jump in the arguments of a macro is refused, an await is not.
        let other = self.staying(|g| g.call(&Ty::String, 1));
        let before = self.leaf(&Ty::U32);
        Some(match self.rng.u32(..5) {
            0 => {
                self.scope.declare(&r, Ty::String, true);
                format!("let mut {r} = format!(\"{{}} {{}}\", {other}, {value});\n")
            }
            1 => {
                self.scope.declare(&r, Ty::vec(Ty::U32), true);
                format!("let mut {r} = vec![{before}, {value}];\n")
            }
            2 => {
                self.scope.declare(&r, Ty::Bool, false);
                format!("let {r} = matches!({value}, 0..=5);\n")
            }
            3 => format!("assert!({value} <= u32::MAX, \"{{}}\", 1);\n"),
            _ => format!("assert_ne!({value}.min(7), 8, \"{{}}\", 2);\n"),
        })
    }

    pub(super) fn await_in_guard(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, x) = (self.unique("r"), self.unique("x"));
        let value = self.value(&Ty::U32, 1);
        let (first, second) = (self.call_name(), self.call_name());
        let other = self.call(&Ty::U32, 1);
        self.scope.declare(&r, Ty::U32, false);
        let choice = match self.rng.u32(..3) {
            0 => format!("{x} == 6 || "),
            1 => format!("act(\"{second}\", {x} == 8).await || "),
            _ => String::new(),
        };
        Some(format!(
            "let {r} = match ({value}, 1) {{\n\
             ({x}, _) if {choice}act(\"{first}\", {x}).await % 2 == 1 => {x} / 2,\n\
             ({x}, 1) if {x} > 4 && act(\"{second}\", true).await => 5,\n\
             _ => {other},\n}};\n"
        ))
    }

    /// The guard runs for each alternative that fits.
    pub(super) fn alternatives_that_await(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let ty = Ty::pair(Ty::option(Ty::U32), Ty::option(Ty::U32));
        let (r, x) = (self.unique("r"), self.unique("x"));
        let (first, second, n) = (self.call_name(), self.call_name(), self.unique("n"));
        let borrowed = self.chance(50);
        let (declared, matched, by) = if borrowed {
            let (declared, id) = self.known(&ty);
            (declared, format!("&{}", self.name_of(id)), "*")
        } else {
            // A value and no place: rustc 1.95 does not keep the index of an indexed place over the
            // await of a guard, and the plain function matches another element, or crashes.
            (String::new(), format!("same({})", self.value(&ty, 1)), "")
        };
        let held: Vec<_> = self.scope.visible().collect();
        let (other, pause) = self.holding(&held, |g| {
            (g.staying(|g| g.call(&Ty::U32, 1)), g.staying(Self::pause))
        });
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "{declared}let {r} = match {matched} {{\n\
             (Some({x}), _) | (_, Some({x})) if act(\"{first}\", {by}{x}).await % 2 == 1 => {{\n\
             {pause}{by}{x} / 2\n}}\n\
             (None, Some({x})) | (Some({x}), None) \
             if ({by}{x} ^ act(\"{second}\", {by}{x} / 3).await) > 3 && note(\"{n}\", true) => {by}{x} + 5,\n\
             _ => {other},\n}};\n"
        ))
    }
}
