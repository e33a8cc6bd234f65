//! What may panic beside an await: the calls and drops before it must be the same.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn panics(&mut self) -> Option<String> {
        // Which of several branches is polled when one of them panics is another question.
        if !self.awaits || self.forks > 0 {
            return None;
        }
        let (r, loud) = (self.unique("r"), self.unique("loud"));
        let n = self.leaf(&Ty::U32);
        let call = self.staying(|g| g.call(&Ty::U32, 1));
        let (kind, written) = match self.rng.u32(..7) {
            0 => (
                "overflow before an await",
                format!("let {r} = ({n} - 1) ^ {call};\n"),
            ),
            1 => (
                "index out of bounds before an await",
                format!("let {r} = [7_u32, 8, 9][{n} as usize % 5] ^ {call};\n"),
            ),
            2 => (
                "division by zero before an await",
                format!("let {r} = 90 / ({n} % 5) ^ {call};\n"),
            ),
            3 => (
                "index out of bounds of a place",
                format!(
                    "let mut all = vec![1_u32, 2, 3, 4];\nall[{n} as usize % 5] = {call};\nall[{n} as usize % 3 + 1] ^= {call};\nlet {r} = all[0];\n"
                ),
            ),
            4 => (
                "overflow behind an await",
                format!("let {r} = {call} % 9 - {n} % 3;\n"),
            ),
            5 => (
                "comparison that fails",
                format!(
                    "let {r} = {n};\nassert_ne!({call} % 5, 4, \"{{}} {{{r}}} {{}}\", {n}, act(\"{loud}\", {n}).await);\n"
                ),
            ),
            _ => (
                "assertion that fails",
                format!("let {r} = {n};\nassert!({call} % 5 != 4, \"{{}} {{{r}}}\", {n});\n"),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, Ty::U32, false);
        // What an arm still has is dropped as the stack unwinds.
        Some(format!(
            "tick().await;\n{{\nlet {loud} = Loud(\"{loud}\");\nlet far = {n} % 7;\nnote(\"{loud}\", 6 - far);\n\
             note(\"{loud}\", (far + 251) as u8 - 251);\n}}\n{written}"
        ))
    }
}
