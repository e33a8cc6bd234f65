//! Macros: the standard ones, the user's, and what they hide.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn format_captures(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.var(v).ty.is_shown())?;
        let name = self.name_of(id);
        let (width, r) = (self.unique("width"), self.unique("shown"));
        let pause = self.pause();
        let n = self.leaf(&Ty::U32);
        if !self.scope.var(id).here {
            return Some(format!("{pause}note(\"{r}\", {n});\n"));
        }
        self.scope.declare(&r, Ty::String, true);
        Some(match self.rng.u32(..4) {
            0 => format!(
                "let {width} = 6;\n{pause}let mut {r} = format!(\"{{{name}:?}} {{0:>{width}$}} {{{{no}}}}\", {n});\n"
            ),
            1 => format!(
                "{pause}let mut {r} = format!(\"{{named:?}} {{}}\", {n}, named = {name});\n"
            ),
            2 => format!(
                "let mut {r} = String::new();\n{pause}{{\nuse std::fmt::Write as _;\n\
                 let _ = write!({r}, \"{{{name}:?}}\");\n}}\n"
            ),
            _ => format!("{pause}let mut {r} = format!(\"{{{name}:?}}{{}}\", {n});\n"),
        })
    }

    /// Macros of the user that assign, name what is no local, or leave.
    pub(super) fn user_macro(&mut self) -> Option<String> {
        match self.rng.u32(..4) {
            0 => {
                let (declared, id) = self.known(&Ty::U32);
                let name = self.name_of(id);
                let value = self.quiet_value(&Ty::U32, 2);
                let pause = self.pause();
                // What nobody reads any more is not there to be set.
                let shown = self.show(&[&name]);
                Some(format!("{declared}{pause}set!({name} = {value});\n{shown}"))
            }
            1 => {
                let value = self.quiet_value(&Ty::U32, 2);
                let id = self.find(|s, v| s.var(v).ty.is_shown())?;
                let moved = self.name_of(id);
                Some(format!("event!({moved} = {value}, other = 1);\n"))
            }
            2 => {
                let r = self.unique("pair");
                let value = self.quiet_value(&Ty::U32, 2);
                self.scope.declare(&r, Ty::pair(Ty::U32, Ty::U32), false);
                Some(format!("let {r} = twice!({value});\n"))
            }
            _ if self.leaves => {
                let condition = self.condition(2);
                let returns = self.returns.clone();
                let value = self.maybe(|g| g.quietly(|g| g.value(&returns, 1)));
                self.hit("`return` hidden in a macro");
                Some(format!("if {condition} {{ give_up!({value}); }}\n"))
            }
            _ => None,
        }
    }

    pub(super) fn assertions(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.var(v).ty == Ty::U32)?;
        let (name, pause) = (self.name_of(id), self.pause());
        Some(format!(
            "assert!({name} <= u32::MAX, \"{{{name}}}\");\n{pause}\
             debug_assert_eq!({name}, {name} ^ 0, \"{{}}\", {name});\n"
        ))
    }
}
