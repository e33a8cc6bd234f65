//! Expressions that have a value of any type.

use super::{Gen, Ty, VarId};

impl Gen {
    /// An expression of a type, of at most this depth.
    pub(super) fn value(&mut self, ty: &Ty, depth: u32) -> String {
        if depth == 0 || !ty.is_shown() {
            return self.leaf(ty);
        }
        let depth = depth - 1;
        match self.rng.u32(..100) {
            0..=19 => self.leaf(ty),
            20..=49 => self.of_type(ty, depth),
            50..=59 => self.call(ty, depth),
            60..=63 => self.noted(ty, depth),
            64..=68 => self.if_value(ty, depth),
            69..=74 => self.match_value(ty, depth),
            75..=77 => self.block_value(ty, depth),
            78 | 79 => self.labelled_value(ty, depth),
            80 | 81 => self.loop_value(ty, depth),
            82..=84 => self.indexed(ty, depth),
            85 | 86 => self.part(ty, depth),
            87..=89 => self.unwrapped(ty, depth),
            90..=92 => self.asked(ty, depth),
            93..=95 => self.left_early(ty, depth),
            96 | 97 => self.closure_value(ty, depth),
            _ => format!("same({})", self.value(ty, depth)),
        }
    }

    /// A local or a constant.
    pub(super) fn leaf(&mut self, ty: &Ty) -> String {
        if let Some(id) = self
            .find(|s, v| s.var(v).ty == *ty)
            .filter(|_| self.chance(80))
        {
            return self.read(id);
        }
        ty.literal(&mut self.rng)
    }

    /// A local's value: copied, cloned, or moved out of it for good.
    pub(super) fn read(&mut self, id: VarId) -> String {
        let name = self.name_of(id);
        if self.scope.var(id).ty.is_copy() {
            return name;
        }
        if self.leaves && self.scope.movable(id) && self.chance(30) {
            self.hit("move");
            self.scope.var_mut(id).here = false;
            return name;
        }
        format!("{name}.clone()")
    }

    fn noted(&mut self, ty: &Ty, depth: u32) -> String {
        let name = self.unique("n");
        format!("note(\"{name}\", {})", self.value(ty, depth))
    }

    fn if_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("if with a value");
        let condition = self.condition(depth);
        let ways = self.ways(2, |g, _| g.value(ty, depth));
        format!("if {condition} {{ {} }} else {{ {} }}", ways[0], ways[1])
    }

    fn block_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("block with a value");
        self.block(|g| {
            let statements = if g.fuel > 0 {
                g.statements(2)
            } else {
                String::new()
            };
            format!("{{\n{statements}{}\n}}", g.value(ty, depth))
        })
    }

    fn indexed(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("index of an array literal");
        let items: Vec<_> = (0..3).map(|_| self.value(ty, depth)).collect();
        let at = self.value(&Ty::U32, depth);
        let clone = if ty.is_copy() { "" } else { ".clone()" };
        format!("[{}][(({at}) % 3) as usize]{clone}", items.join(", "))
    }

    fn part(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("field of a tuple literal");
        let other = self.any(0);
        let (first, second) = (self.value(ty, depth), self.value(&other, depth));
        format!("({first}, {second}).0")
    }

    fn unwrapped(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("method chain");
        let option = self.value(&Ty::option(ty.clone()), depth);
        match self.rng.u32(..3) {
            0 => {
                let default = self.value(ty, depth);
                format!("({option}).unwrap_or({default})")
            }
            1 => {
                let default = self.quietly(|g| g.block(|g| g.value(ty, depth)));
                format!("({option}).unwrap_or_else(|| {default})")
            }
            // Not every type has a default.
            _ if ty.has_no_default() => {
                format!("({option}).map_or({}, same)", ty.literal(&mut self.rng))
            }
            _ => format!("({option}).unwrap_or_default()"),
        }
    }

    /// With `?`, if the function can return what it gives up with.
    fn asked(&mut self, ty: &Ty, depth: u32) -> String {
        let asked = match self.returns {
            Ty::Result(_) => Ty::Result(Box::new(ty.clone())),
            Ty::Option(_) => Ty::option(ty.clone()),
            _ => return self.of_type(ty, depth),
        };
        if !self.leaves {
            return self.of_type(ty, depth);
        }
        if self.chance(25) {
            self.hit("`?` hidden in a macro");
            return format!("ask!({})", self.quietly(|g| g.value(&asked, depth)));
        }
        let asked = match asked {
            Ty::Result(of) if *of == Ty::U32 && self.chance(50) => {
                format!("checked({})", self.value(&of, depth))
            }
            asked => self.value(&asked, depth),
        };
        self.hit("`?`");
        format!("({asked})?")
    }

    /// `return`, `break` or `continue` where a value is expected.
    fn left_early(&mut self, ty: &Ty, depth: u32) -> String {
        if !self.leaves {
            return self.of_type(ty, depth);
        }
        let condition = self.condition(depth);
        let leave = self.maybe(|g| g.leave(depth));
        let value = self.value(ty, depth);
        if self.chance(50) {
            return format!("if {condition} {{ {leave} }} else {{ {value} }}");
        }
        format!("match {condition} {{ true => {leave}, false => {value} }}")
    }

    /// An expression that leaves a loop, a block or the function.
    pub(super) fn leave(&mut self, depth: u32) -> String {
        if !self.around.is_empty() && self.chance(75) {
            let at = self.rng.usize(..self.around.len());
            let innermost = at + 1 == self.around.len();
            let around = self.around[at].clone();
            if around.is_loop && self.chance(40) {
                self.hit(if innermost {
                    "continue"
                } else {
                    "continue of an outer loop"
                });
                return format!("continue '{}", around.label);
            }
            if let Some(ty) = &around.value {
                self.hit(if around.is_loop {
                    "break of a loop with a value"
                } else {
                    "break of a block with a value"
                });
                let value = self.value(ty, depth.min(1));
                return format!("break '{} {}", around.label, parenthesized(&value));
            }
            if innermost && around.is_loop && self.chance(50) {
                self.hit("break");
                return "break".to_owned();
            }
            self.hit("labelled break");
            return format!("break '{}", around.label);
        }
        let returns = self.returns.clone();
        if self.chance(25) {
            self.hit("`return` hidden in a macro");
            return format!(
                "give_up!({})",
                self.quietly(|g| g.value(&returns, depth.min(1)))
            );
        }
        self.hit("early return");
        format!("return {}", self.value(&returns, depth.min(1)))
    }
}

/// In parentheses, if it begins with a keyword or a brace.
pub(super) fn parenthesized(value: &str) -> String {
    let plain = value.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '"');
    if plain
        && !["if ", "match ", "loop "]
            .iter()
            .any(|k| value.starts_with(k))
    {
        return value.to_owned();
    }
    format!("({value})")
}
