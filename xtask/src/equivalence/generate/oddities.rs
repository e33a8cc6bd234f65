//! Awaits in literals, indices and chains of methods; items in a body.

use super::{Gen, Ty};

impl Gen {
    /// An item that stands in the function.
    pub(super) fn item(&mut self) -> String {
        let r = self.unique("item");
        self.scope.declare(&r, Ty::U32, false);
        if self.chance(50) {
            self.hit("macro in the function");
            return format!(
                "macro_rules! flip {{ ($n:expr) => {{ ($n) ^ 1 }}; }}\nlet {r} = flip!(4_u32);\n"
            );
        }
        self.hit("item in the function");
        format!(
            "const STEP: u32 = 3;\nfn step(n: u32) -> u32 {{ n / STEP }}\nlet {r} = step(STEP * 7);\n"
        )
    }

    pub(super) fn literals(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let call = |g: &mut Self, ty: &Ty| {
            let call = g.call(ty, 1);
            if g.chance(60) { call } else { g.value(ty, 2) }
        };
        let r = self.unique("made");
        let (value, ty) = match self.rng.u32(..5) {
            0 => {
                let (y, name, x) = (
                    call(self, &Ty::U32),
                    call(self, &Ty::String),
                    call(self, &Ty::I64),
                );
                (
                    format!("Point {{ y: {y}, name: {name}, x: {x} }}"),
                    Ty::Point,
                )
            }
            1 => {
                let (a, b) = (call(self, &Ty::U32), call(self, &Ty::String));
                (format!("({a}, {b})"), Ty::pair(Ty::U32, Ty::String))
            }
            2 => {
                let items: Vec<_> = (0..3).map(|_| call(self, &Ty::String)).collect();
                (
                    format!("[{}]", items.join(", ")),
                    Ty::Array(Box::new(Ty::String)),
                )
            }
            3 => (
                format!("[{}; 3]", call(self, &Ty::U32)),
                Ty::Array(Box::new(Ty::U32)),
            ),
            _ => {
                let (w, h) = (call(self, &Ty::U32), call(self, &Ty::U32));
                (format!("Shape::Rect {{ w: {w}, h: {h} }}"), Ty::Shape)
            }
        };
        self.scope.declare(&r, ty, true);
        Some(format!("let mut {r} = {value};\n"))
    }

    /// Indices and ranges that await.
    pub(super) fn indices(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.var(v).ty == Ty::Array(Box::new(Ty::U32)) && s.movable(v));
        let (declared, name) = match id {
            Some(id) => (String::new(), self.name_of(id)),
            None => {
                let name = self.unique("array");
                self.scope
                    .declare(&name, Ty::Array(Box::new(Ty::U32)), false);
                (format!("let {name} = [4_u32, 5, 6];\n"), name)
            }
        };
        let id = self.find(|s, v| s.var(v).name == name)?;
        let r = self.unique("at");
        let (value, ty) = self.holding(&[id], |g| match g.rng.u32(..3) {
            0 => (
                format!("{name}[({} % 3) as usize]", g.call(&Ty::U32, 1)),
                Ty::U32,
            ),
            1 => {
                let end = g.call(&Ty::U32, 1);
                (
                    format!("{name}[..({end} % 3) as usize].to_vec()"),
                    Ty::vec(Ty::U32),
                )
            }
            _ => {
                let list = g.call(&Ty::Array(Box::new(Ty::U32)), 1);
                (format!("{list}[1]"), Ty::U32)
            }
        });
        self.scope.declare(&r, ty, false);
        Some(format!("{declared}let {r} = {value};\n"))
    }

    pub(super) fn chains(&mut self) -> Option<String> {
        let r = self.unique("chained");
        let (value, ty) = match self.rng.u32(..4) {
            0 => {
                let (text, with) = (self.call(&Ty::String, 1), self.call(&Ty::String, 1));
                (
                    format!(
                        "{text}.trim().chars().rev().collect::<String>().replace('a', &{with})"
                    ),
                    Ty::String,
                )
            }
            1 => {
                let (n, other) = (self.call(&Ty::U32, 1), self.call(&Ty::U32, 1));
                (
                    format!("{n}.wrapping_add(7).max({other}).min(1000)"),
                    Ty::U32,
                )
            }
            2 => {
                let (list, index) = (self.call(&Ty::vec(Ty::U32), 1), self.call(&Ty::U32, 1));
                (
                    format!(
                        "{list}.iter().map(|n| n / 2).collect::<Vec<u32>>().get({index} as usize).copied()"
                    ),
                    Ty::option(Ty::U32),
                )
            }
            _ => {
                let (option, other) = (
                    self.call(&Ty::option(Ty::U32), 1),
                    self.call(&Ty::option(Ty::U32), 1),
                );
                (
                    format!("{option}.filter(|n| n % 2 == 0).or({other})"),
                    Ty::option(Ty::U32),
                )
            }
        };
        self.scope.declare(&r, ty, true);
        Some(format!("let mut {r} = {value};\n"))
    }
}
