//! Expressions that only a value of one type has.

use super::{Gen, Ty};

impl Gen {
    /// An expression made for this type.
    pub(super) fn of_type(&mut self, ty: &Ty, depth: u32) -> String {
        match ty {
            Ty::Unit => self.unit(depth),
            Ty::Bool => {
                let condition = self.condition(depth);
                format!("({condition})")
            }
            Ty::U8 => {
                let n = self.value(&Ty::U32, depth);
                format!("(({n}) % 200) as u8")
            }
            Ty::U32 => self.number(depth),
            Ty::I64 => self.signed(depth),
            Ty::F64 => self.float(depth),
            Ty::Char => {
                let text = self.value(&Ty::String, depth);
                format!("({text}).chars().last().unwrap_or('?')")
            }
            Ty::Text => self.constant(depth),
            Ty::String => self.string(depth),
            Ty::Point => self.point(depth),
            Ty::Shape => self.shape(depth),
            Ty::Option(of) => self.option(of, depth),
            Ty::Result(of) => self.result(of, depth),
            Ty::Vec(of) => self.list(of, depth),
            Ty::Pair(a, b) => format!("({}, {})", self.value(a, depth), self.value(b, depth)),
            Ty::Array(of) => {
                let items: Vec<_> = (0..3).map(|_| self.value(of, depth)).collect();
                format!("[{}]", items.join(", "))
            }
            Ty::Tree(of) => {
                let (key, value) = (self.value(&Ty::String, depth), self.value(of, depth));
                format!("BTreeMap::from([({key}, {value})])")
            }
            Ty::Hash(_) => self.leaf(ty),
        }
    }

    fn unit(&mut self, depth: u32) -> String {
        if self.awaits && self.chance(50) {
            return "tick().await".to_owned();
        }
        let ty = self.any(1);
        format!("{{ let _ = {}; }}", self.value(&ty, depth))
    }

    fn number(&mut self, depth: u32) -> String {
        let one = self.value(&Ty::U32, depth);
        match self.rng.u32(..13) {
            0 | 1 => {
                let two = self.value(&Ty::U32, depth);
                format!("({one}) % 1000 + ({two}) % 1000")
            }
            2 => {
                let two = self.value(&Ty::U32, depth);
                let by = *self.choose(&["wrapping_mul", "wrapping_sub", "min", "max"]);
                format!("({one}).{by}({two})")
            }
            3 => {
                let two = self.value(&Ty::U32, depth);
                format!("({one}) ^ ({two})")
            }
            4 => format!("({one}) / 3"),
            5 => format!("u32::from({})", self.value(&Ty::U8, depth)),
            6 => format!("({}).len() as u32", self.value(&Ty::String, depth)),
            7 => format!("({}) as u32", self.value(&Ty::I64, depth)),
            8 => format!(
                "{}({one})",
                if self.chance(50) { "double" } else { "triple" }
            ),
            9 => format!("checked({one}).unwrap_or_else(|e| e / 2)"),
            10 => {
                self.hit("function chosen by a branch");
                let condition = self.condition(depth);
                // A function that was chosen is not saved while its argument is awaited.
                let one = self.at_once(|g| g.value(&Ty::U32, depth));
                format!("(if {condition} {{ double }} else {{ triple }})({one})")
            }
            11 if self.awaits => {
                self.hit("reference as an argument");
                let what = self.value(&Ty::String, depth);
                format!("send(\"{}\", &({what})).await as u32", self.unique("s"))
            }
            _ => format!("({}).y", self.value(&Ty::Point, depth)),
        }
    }

    fn signed(&mut self, depth: u32) -> String {
        match self.rng.u32(..4) {
            0 => format!("i64::from({})", self.value(&Ty::U32, depth)),
            1 => format!("({}).wrapping_neg()", self.value(&Ty::I64, depth)),
            2 => {
                let (a, b) = (self.value(&Ty::I64, depth), self.value(&Ty::I64, depth));
                format!("({a}).wrapping_sub({b})")
            }
            _ => format!("({}) % 1000 - 7", self.value(&Ty::I64, depth)),
        }
    }

    fn float(&mut self, depth: u32) -> String {
        self.hit("floating point");
        let a = self.value(&Ty::F64, depth);
        match self.rng.u32(..4) {
            0 => format!("f64::from({})", self.value(&Ty::U32, depth)),
            1 => format!("({a}) / 3.0"),
            2 => format!("({a}).mul_add(0.1, 0.2)"),
            _ => format!("({a}) + ({})", self.value(&Ty::F64, depth)),
        }
    }

    fn constant(&mut self, depth: u32) -> String {
        let n = self.value(&Ty::U32, depth);
        let ways = self.ways(3, |g, _| g.value(&Ty::Text, depth.saturating_sub(1)));
        format!(
            "match {n} {{ 0 => {}, 1 | 2 => {}, _ => {} }}",
            ways[0], ways[1], ways[2]
        )
    }

    fn string(&mut self, depth: u32) -> String {
        match self.rng.u32(..8) {
            0 | 1 => {
                let ty = self.any(1);
                // A jump in the arguments of a macro is refused.
                let value = self.staying(|g| g.value(&ty, depth));
                if value.contains(".await") {
                    return format!("{{ let shown = {value}; format!(\"{{shown:?}}\") }}");
                }
                format!("format!(\"{{:?}}\", {value})")
            }
            2 => format!("({}).to_uppercase()", self.value(&Ty::String, depth)),
            3 => {
                let (a, b) = (self.value(&Ty::String, depth), self.value(&Ty::Text, depth));
                format!("({a}) + ({b})")
            }
            4 => {
                let text = self.value(&Ty::String, depth);
                format!("({text}).chars().rev().take(20).collect::<String>()")
            }
            5 => format!("({}).to_owned()", self.value(&Ty::Text, depth)),
            6 => format!("({}).to_string()", self.value(&Ty::U32, depth)),
            _ => format!("({}).name", self.value(&Ty::Point, depth)),
        }
    }

    fn point(&mut self, depth: u32) -> String {
        self.hit("struct literal");
        if self.chance(35) {
            let y = self.value(&Ty::U32, depth);
            let base = self.value(&Ty::Point, depth);
            return format!("Point {{ y: {y}, ..{base} }}");
        }
        // Fields in another order than declared: it is the written one that counts.
        let y = self.value(&Ty::U32, depth);
        let name = self.value(&Ty::String, depth);
        let x = self.value(&Ty::I64, depth);
        format!("Point {{ y: {y}, name: {name}, x: {x} }}")
    }

    fn shape(&mut self, depth: u32) -> String {
        match self.rng.u32(..3) {
            0 => format!("Shape::Circle({})", self.value(&Ty::U32, depth)),
            1 => {
                let (h, w) = (self.value(&Ty::U32, depth), self.value(&Ty::U32, depth));
                format!("Shape::Rect {{ h: {h}, w: {w} }}")
            }
            _ => {
                let name = self.value(&Ty::String, depth);
                let list = self.value(&Ty::vec(Ty::U32), depth);
                format!("Shape::Named({name}, {list})")
            }
        }
    }

    fn option(&mut self, of: &Ty, depth: u32) -> String {
        if self.chance(30)
            && let Some(list) = self.find(|s, v| s.free(v) && s.var(v).ty == Ty::vec(of.clone()))
        {
            return format!("{}.pop()", self.name_of(list));
        }
        let value = self.value(of, depth);
        match self.rng.u32(..4) {
            0 if *of == Ty::U32 => format!("({value}).checked_sub(2)"),
            1 => {
                let condition = self.condition(depth);
                format!("if {condition} {{ Some({value}) }} else {{ None::<{of}> }}")
            }
            2 => format!("[{value}].into_iter().next()"),
            _ => format!("Some({value})"),
        }
    }

    fn result(&mut self, of: &Ty, depth: u32) -> String {
        if *of == Ty::U32 && self.chance(40) {
            return format!("checked({}).map_err(Fault::from)", self.value(of, depth));
        }
        if self.chance(25) {
            let text = self.value(&Ty::String, depth);
            return format!("Err::<{of}, Fault>(Fault::Text({text}))");
        }
        format!("Ok::<{of}, Fault>({})", self.value(of, depth))
    }

    fn list(&mut self, of: &Ty, depth: u32) -> String {
        if *of == Ty::U32 && self.chance(40) {
            let n = self.value(&Ty::U32, depth);
            return format!("(0..({n}) % 4).map(|n| n * 3).collect::<Vec<u32>>()");
        }
        let items: Vec<_> = (0..self.rng.usize(1..4))
            .map(|_| self.staying(|g| g.value(of, depth)))
            .collect();
        if items.iter().any(|i| i.contains(".await")) {
            return format!("Vec::from([{}])", items.join(", "));
        }
        format!("vec![{}]", items.join(", "))
    }
}
