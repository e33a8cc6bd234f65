//! Names of patterns that are not what they look like: constants in small letters, and variables in
//! capitals. What is borrowed from constants.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn names_in_patterns(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, note) = (self.unique("r"), self.unique("n"));
        let number = self.call(&Ty::U32, 1);
        let (pause, again) = (self.pause(), self.pause());
        let (first, second) = (self.unique("N"), self.unique("N"));
        let (kind, written) = match self.rng.u32(..9) {
            0 => (
                "constant that decides between alternatives",
                format!(
                    "let pair = act(\"{note}\", ({number} % 5, 3_u32)).await;\nlet {r} = match &pair {{\n\
                     (few, n) | (n, few) => {{\n{pause}*n ^ few\n}}\n(n, _) => {{\n{again}*n\n}}\n}};\n"
                ),
            ),
            1 => (
                "constant deep in a pattern",
                format!(
                    "let {r} = match act(\"{note}\", Some(({number} % 5, 1_u32))).await {{\n\
                     Some((few, n)) => {{\n{pause}few ^ n\n}}\nSome((n, _)) => {{\n{again}n\n}}\nNone => 0,\n}};\n"
                ),
            ),
            2 => (
                "constant in a condition",
                format!(
                    "let list = act(\"{note}\", vec![few, {number} % 5, 3]).await;\nlet mut {r} = 0_u32;\n\
                     while let Some(few) = list.get({r} as usize).copied() {{\n{pause}{r} += few / 3;\n}}\n"
                ),
            ),
            3 => (
                "variable in capitals",
                format!(
                    "let {first} = {number};\n{pause}let (mut {r}, {second}) = act(\"{note}\", ({first}, 2_u32)).await;\n\
                     {again}{r} ^= {second};\nnote(\"{note}\", format!(\"{{{first}}} {{{second}}}\"));\n"
                ),
            ),
            4 => (
                "item in capitals",
                format!(
                    "let mut {r} = {number};\nfor {first} in 0..3_u32 {{\n{pause}{r} ^= act(\"{note}\", {first}).await;\n}}\n"
                ),
            ),
            5 => (
                "loop over a constant",
                format!(
                    "let mut {r} = {number};\nfor (word, parts) in STEPS {{\n{pause}\
                     {r} ^= act(\"{note}\", parts.len() as u32).await;\nnote(\"{note}\", word);\n\
                     for part in parts.iter() {{\n{again}{r} ^= *part;\n}}\n}}\n"
                ),
            ),
            6 => (
                "found in a constant",
                format!(
                    "let found = STEPS.get(({number} % 4) as usize);\n{pause}\
                     let {r} = found.map_or(0, |step| step.1.len() as u32);\n"
                ),
            ),
            7 => (
                "borrow of a static",
                format!(
                    "let word = &WORDS[({number} % 3) as usize];\n{pause}let {r} = word.len() as u32;\n"
                ),
            ),
            _ => (
                "capitals in a pattern that may fail",
                format!(
                    "let {first} = {number};\nlet mix = |{second}: u32| {second} ^ {first};\n\
                     let {r} = match act(\"{note}\", Some({first})).await {{\n\
                     Some({first}) => {{\n{pause}mix({first} / 2)\n}}\nNone => 0,\n}} ^ {first};\n"
                ),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, Ty::U32, false);
        Some(written)
    }
}
