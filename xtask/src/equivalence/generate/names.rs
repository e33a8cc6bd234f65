//! Names that are not what they look like: variants without their enum, raw identifiers, and what
//! a macro of the user's binds for itself. And types that are not written.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn names(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (r, note) = (self.unique("r"), self.unique("n"));
        let number = self.call(&Ty::U32, 1);
        let (pause, again) = (self.pause(), self.pause());
        let (kind, ty, written) = match self.rng.u32(..3) {
            0 => (
                "variant without its enum",
                Ty::U32,
                format!(
                    "let {r} = {{\nlet made = if {number} % 2 == 0 {{ Dot }} else {{ Circle(3) }};\n{pause}\
                     match made {{\nDot => {{\n{again}1\n}}\nCircle(n) => act(\"{note}\", n).await,\nother => 7,\n}}\n}};\n"
                ),
            ),
            1 => (
                "raw identifier",
                Ty::String,
                format!(
                    "let r#type = {number};\n{pause}let r#{r} = format!(\"{{type}} {{}}\", r#type);\n\
                     {again}note(\"{note}\", {r}.clone());\n"
                ),
            ),
            _ => (
                "local of a macro with a name from outside",
                Ty::U32,
                format!(
                    "let inside = {number};\n{pause}let other = own_inside!(inside);\n\
                     {again}let {r} = own_inside!(inside ^ other);\n"
                ),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, ty, false);
        Some(written)
    }

    /// Both copies must infer the same types, whatever is known of them before the await.
    pub(super) fn inferred(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (x, r, note) = (self.unique("x"), self.unique("r"), self.unique("t"));
        let pause = self.pause();
        let again = self.pause();
        let (made, used) = *self.choose(&[
            (
                "1",
                "u32::from(TAKEN as u8) + { let small: u8 = TAKEN; u32::from(small) }",
            ),
            ("200", "u32::from(200_u8.wrapping_add(TAKEN))"),
            (
                "Vec::new()",
                "{ let mut all = TAKEN; all.push(3_u16); u32::from(all[0]) }",
            ),
            (
                "None",
                "{ let none: Option<u32> = TAKEN; none.unwrap_or(4) }",
            ),
            ("Default::default()", "{ let n: u32 = TAKEN; n ^ 1 }"),
            (
                "(1, 2.5)",
                "{ let (a, b): (u8, f32) = TAKEN; u32::from(a) + b as u32 }",
            ),
            ("7", "1_u32 << TAKEN"),
            ("-1", "(TAKEN as i64 + 3) as u32"),
            ("[0; 3]", "{ let all: [u32; 3] = TAKEN; all[1] }"),
        ]);
        let used = used.replace("TAKEN", &x);
        self.scope.declare(&r, Ty::U32, true);
        Some(format!(
            "let {x} = {made};\n{pause}note(\"{note}\", std::any::type_name_of_val(&{x}).to_owned());\n\
             {again}let mut {r} = {used};\n"
        ))
    }

    /// What a local or a borrow of it is, as rustc sees it.
    pub(super) fn type_of_a_local(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.var(v).ty.is_shown())?;
        let (name, r, note) = (self.name_of(id), self.unique("r"), self.unique("t"));
        let pause = self.holding(&[id], Self::pause);
        let seen = match self.rng.u32(..2) {
            0 => format!("let {r} = &{name};\n{pause}"),
            _ => format!("{pause}let {r} = {name}.clone();\n"),
        };
        Some(format!(
            "{seen}note(\"{note}\", std::any::type_name_of_val(&{r}).to_owned());\nnote(\"{note}\", format!(\"{{{r}:?}}\"));\n"
        ))
    }

    /// Expressions in which an await seldom stands.
    pub(super) fn rare_expressions(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let r = self.unique("r");
        let number = self.call(&Ty::U32, 1);
        let other = self.staying(|g| g.call(&Ty::U32, 1));
        let pause = self.pause();
        let (kind, written) = match self.rng.u32(..8) {
            0 => (
                "unsafe block",
                format!(
                    "let {r} = unsafe {{\nlet given = {number};\nlet read = *(&raw const given);\n{pause}std::mem::transmute::<u32, u32>(read)\n}};\n"
                ),
            ),
            1 => (
                "const block",
                format!(
                    "let {r} = const {{ 2_u32 + 3 }} ^ {number} ^ act(\"{r}\", const {{ 4_u32 }}).await;\n"
                ),
            ),
            // rustc evaluates no attribute in the arguments of `join!`.
            2 if self.forks == 0 => (
                "`#[cfg]` on statements",
                format!(
                    "let mut {r} = {number};\n#[cfg(any())]\n{{ {r} = missing().await; }}\n#[cfg(all())]\n{{\n{pause}{r} ^= {other};\n}}\n\
                     #[cfg(not(all()))]\nlet {r} = 5;\n#[allow(unused)]\nlet unused = 1;\n"
                ),
            ),
            3 => (
                "cast of an await",
                format!("let {r} = {number} as u8 as u32 + (-({other} as i64) as u8) as u32;\n"),
            ),
            4 => (
                "range of awaits",
                format!(
                    "let range = {number} % 3..{other} % 7;\n{pause}let mut {r} = range.len() as u32;\n\
                     for i in range.clone().rev() {{ {r} ^= act(\"{r}\", i).await; }}\n{r} ^= range.start;\n"
                ),
            ),
            5 => (
                "block as a condition",
                format!(
                    "let mut {r} = 0_u32;\nwhile {{ {r} += 1; act(\"{r}\", {r}).await < {number} % 4 }} {{\n{pause}}}\n\
                     if {{ {pause}{r} > 1 }} {{ {r} ^= {other}; }}\n"
                ),
            ),
            6 => (
                "assignment to a pattern",
                format!(
                    "let (mut {r}, mut at, mut list) = (1_u32, 0_usize, [1_u32, 2, 3]);\n({r}, list[at]) = ({number}, {other});\n\
                     {pause}(at, _, [.., {r}]) = (act(\"{r}\", 2).await, {r}, list);\nlet {r} = {r} ^ list[at];\n"
                ),
            ),
            _ => (
                "value that never comes",
                format!(
                    "let {r} = 'found: {{\nif {number} % 2 == 0 {{ break 'found {other}; }}\n{pause}let never: u32 = match 1_u8 {{ 1 => break 'found 7, _ => unreachable!(\"{{}}\", act(\"{r}\", 1).await) }};\nnever\n}};\n"
                ),
            ),
        };
        self.hit(kind);
        self.scope.declare(&r, Ty::U32, false);
        Some(written)
    }
}
