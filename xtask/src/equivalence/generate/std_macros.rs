//! Macros of std with awaits among their arguments.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn await_in_std_macro(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let r = self.unique("r");
        // A jump in the arguments of a macro is refused, an await is not.
        let number = self.staying(|g| g.call(&Ty::U32, 1));
        let text = self.staying(|g| g.call(&Ty::String, 1));
        let plain = self.leaf(&Ty::U32);
        let note = self.unique("n");
        let (kind, ty, written) = match self.rng.u32(..10) {
            0 => (
                "`write!` with awaits",
                Ty::String,
                format!(
                    "let mut {r} = String::new();\n{{\nuse std::fmt::Write as _;\n\
                     write!({r}, \"{{}}-{{:?}}\", {number}, {text}).unwrap();\n\
                     writeln!({r}, \"{{0}} {{named:>width$}}\", {plain}, named = act(\"{note}\", 4_u8).await, width = 3).unwrap();\n}}\n"
                ),
            ),
            1 => (
                "`dbg!` with awaits",
                Ty::U32,
                format!("let mut {r} = dbg!({number}) ^ dbg!({plain});\n"),
            ),
            2 => (
                "`dbg!` matched under the same name",
                Ty::U32,
                format!(
                    "let {r} = {number};\nlet mut {r} = match dbg!(&{r}) {{ {r} if *{r} > 3 => {{ let {r} = *{r}; tick().await; {r} }} {r} => *{r} ^ 1 }};\n"
                ),
            ),
            3 => (
                "`matches!` with a guard",
                Ty::Bool,
                format!(
                    "let mut {r} = matches!(({number}, 1), ({r}, _) | (_, {r}) if note(\"{note}\", {r}) % 2 == 1);\n"
                ),
            ),
            4 => (
                "assertion with awaits in its message",
                Ty::U32,
                format!(
                    "let mut {r} = {plain};\nassert!(note(\"{note}\", true) && {number} <= u32::MAX, \"{{}}\", {text});\n\
                     assert_ne!({number}.min(9), 10, \"{{}}\", {r});\n"
                ),
            ),
            8 => (
                "message of a comparison that awaits",
                Ty::U32,
                format!(
                    "let mut {r} = {plain};\nassert_eq!({number} % 3 / 3, note(\"{note}\", {r} ^ {r}), \"{{}} {{{r}}}\", {text});\n\
                     assert_ne!(&{r}, &{r}.wrapping_add(1), \"{{}}\", {text});\n"
                ),
            ),
            5 => (
                "`vec!` that repeats an await",
                Ty::vec(Ty::U32),
                format!(
                    "let mut {r} = vec![{number}; 2];\n{r}.extend(vec![{plain}, act(\"{note}\", 1).await, {plain}]);\n"
                ),
            ),
            6 => (
                "`println!` with awaits",
                Ty::String,
                format!(
                    "println!(\"{{}} {{}}\", {number}, note(\"{note}\", 1));\nlet mut {r} = {text};\n"
                ),
            ),
            7 => (
                "width and precision from awaits",
                Ty::String,
                format!(
                    "let mut {r} = format!(\"{{:>1$}}|{{0:02$.1}}|{{{{}}}}\", note(\"{note}\", 1.5), act(\"{note}\", 7_usize).await, 6);\n"
                ),
            ),
            _ => (
                "macros of std in each other",
                Ty::String,
                format!(
                    "let mut {r} = format!(\"{{}}{{:?}}\", format!(\"{{}}\", {number}), vec![{text}, note(\"{note}\", String::new())]);\n"
                ),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, ty, true);
        Some(written)
    }
}
