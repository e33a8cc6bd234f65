//! `if`, `match` and their patterns.

use super::{Around, Gen, Ty};

impl Gen {
    pub(super) fn branch(&mut self) -> Option<String> {
        let condition = self.condition(2);
        let count = self.rng.usize(1..4);
        if count == 1 {
            let body = self.maybe(|g| g.inside(2));
            return Some(format!("if {condition} {{\n{body}}}\n"));
        }
        let second = (count == 3).then(|| {
            self.hit("else if");
            self.condition(2)
        });
        let ways = self.ways(count, |g, _| g.inside(2));
        let mut out = format!("if {condition} {{\n{}}}", ways[0]);
        if let Some(second) = second {
            out += &format!(" else if {second} {{\n{}}}", ways[1]);
        }
        Some(out + &format!(" else {{\n{}}}\n", ways[count - 1]))
    }

    /// The inside of a branch or a loop.
    pub(super) fn inside(&mut self, most: u32) -> String {
        let mut out = if self.fuel == 0 {
            self.pause()
        } else {
            self.statements(most)
        };
        if self.leaves && self.chance(12) {
            let leave = self.leave(2);
            out += &format!("{leave};\n");
        }
        out
    }

    pub(super) fn if_let(&mut self) -> Option<String> {
        let ty = self.any(1);
        let value = self.value(&Ty::option(ty.clone()), 2);
        let mut first = true;
        let chained = self.chance(40);
        let mut more = String::new();
        let name = self.unique("some");
        let ways = self.ways(2, |g, _| {
            if !std::mem::replace(&mut first, false) {
                return g.inside(2);
            }
            g.scope.declare(&name, ty.clone(), false);
            if chained {
                g.hit("let chain");
                // What the condition moved would be gone in the other way too.
                more = format!(" && {}", fenced(&g.staying(|g| g.condition(1))));
                if g.chance(40) {
                    let other = g.unique("and");
                    let value = g.staying(|g| g.value(&Ty::option(Ty::U32), 1));
                    g.scope.declare(&other, Ty::U32, false);
                    more += &format!(" && let Some({other}) = {}", fenced(&value));
                }
            }
            g.inside(2) + &g.show(&[&name])
        });
        Some(format!(
            "if let Some({name}) = {}{more} {{\n{}}} else {{\n{}}}\n",
            fenced(&value),
            ways[0],
            ways[1]
        ))
    }

    /// `match` on a value, for another value.
    pub(super) fn match_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("match with a value");
        let (scrutinee, arms) = self.scrutinee(depth);
        let ways = self.ways(arms.len(), |g, n| {
            let guard = g.open_arm(&arms[n]);
            format!(
                "{}{guard} => {},\n",
                arms[n].pattern,
                parens_or(&g.value(ty, depth))
            )
        });
        format!("match {} {{\n{}}}", fenced(&scrutinee), ways.concat())
    }

    pub(super) fn match_statement(&mut self) -> Option<String> {
        let (scrutinee, arms) = self.scrutinee(2);
        let ways = self.ways(arms.len(), |g, n| {
            let guard = g.open_arm(&arms[n]);
            format!("{}{guard} => {{\n{}}}\n", arms[n].pattern, g.inside(2))
        });
        Some(format!(
            "match {} {{\n{}}}\n",
            fenced(&scrutinee),
            ways.concat()
        ))
    }

    /// Declares what an arm binds; its guard.
    fn open_arm(&mut self, arm: &Arm) -> String {
        for (name, ty) in &arm.binds {
            self.scope.declare(name, ty.clone(), false);
        }
        if !arm.guarded || !self.chance(60) {
            return String::new();
        }
        self.hit("guard");
        let condition = self.quietly(|g| g.condition(1));
        format!(" if {condition}")
    }

    /// What is matched, and arms that cover it.
    fn scrutinee(&mut self, depth: u32) -> (String, Vec<Arm>) {
        let [a, b, c] = ["m", "m", "m"].map(|p| self.unique(p));
        match self.rng.u32(..6) {
            0 => {
                self.hit("or-pattern");
                let value = self.value(&Ty::U32, depth);
                let at = format!("{a} @ 2..=6");
                let arms = vec![
                    Arm::new("0 | 1", vec![], true),
                    Arm::new(&at, vec![(a, Ty::U32)], true),
                    Arm::new(&b, vec![(b.clone(), Ty::U32)], false),
                ];
                (value, arms)
            }
            1 => {
                let of = self.any(1);
                let value = self.value(&Ty::option(of.clone()), depth);
                let arms = vec![
                    Arm::new(&format!("Some({a})"), vec![(a, of)], true),
                    Arm::new("None", vec![], true),
                    Arm::new("_", vec![], false),
                ];
                (value, arms)
            }
            2 => {
                let of = self.any(1);
                let value = self.value(&Ty::Result(Box::new(of.clone())), depth);
                let arms = vec![
                    Arm::new(&format!("Ok({a})"), vec![(a, of)], false),
                    Arm::new(
                        &format!("Err(Fault::Number({b}))"),
                        vec![(b, Ty::U32)],
                        true,
                    ),
                    Arm::new("Err(_)", vec![], false),
                ];
                (value, arms)
            }
            3 => {
                self.hit("or-pattern that binds");
                let ty = Ty::pair(Ty::option(Ty::U32), Ty::option(Ty::U32));
                let value = self.value(&ty, depth);
                let either = format!("(Some({a}), _) | (_, Some({a}))");
                let arms = vec![
                    Arm::new(&either, vec![(a.clone(), Ty::U32)], true),
                    Arm::new(&either, vec![(a, Ty::U32)], false),
                    Arm::new("_", vec![], false),
                ];
                (value, arms)
            }
            4 => {
                self.hit("match of a string slice");
                let value = self.value(&Ty::Text, depth);
                let arms = vec![
                    Arm::new("\"\" | \"7\"", vec![], true),
                    Arm::new(&a, vec![(a.clone(), Ty::Text)], false),
                ];
                (value, arms)
            }
            _ => {
                let value = self.value(&Ty::Shape, depth);
                let arms = vec![
                    Arm::new("Shape::Dot", vec![], true),
                    Arm::new(
                        &format!("Shape::Circle({a}) | Shape::Rect {{ w: {a}, .. }}"),
                        vec![(a, Ty::U32)],
                        true,
                    ),
                    Arm::new(
                        &format!("Shape::Named({b}, {c})"),
                        vec![(b, Ty::String), (c, Ty::vec(Ty::U32))],
                        false,
                    ),
                    Arm::new("_", vec![], false),
                ];
                (value, arms)
            }
        }
    }

    /// A place is matched by reference, and used again later.
    pub(super) fn match_of_a_place(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.var(v).ty == Ty::Shape)?;
        let place = self.name_of(id);
        let (n, list) = (self.unique("n"), self.unique("list"));
        let first = self.unique("r");
        let by = if self.chance(50) { "&" } else { "" };
        let (dereferenced, binding) = if by == "&" {
            ("*", n.clone())
        } else {
            ("*", format!("ref {n}"))
        };
        let pause = self.holding(&[id], |g| {
            g.block(|g| {
                g.scope.declare(&first, Ty::U32, false);
                g.inside(1)
            })
        });
        let names = if by == "&" {
            list.clone()
        } else {
            format!("ref {list}")
        };
        Some(format!(
            "match {by}{place} {{\nShape::Circle({binding}) => {{ let {first} = {dereferenced}{n};\n\
             {pause}}}\nShape::Named(_, {names}) if {list}.len() > 1 => {{\n\
             note(\"list\", {list}.len());\n}}\n_ => {{}}\n}}\n"
        ))
    }

    /// Guards that change what later guards see.
    pub(super) fn guard_with_an_effect(&mut self) -> Option<String> {
        let value = self.value(&Ty::option(Ty::U32), 2);
        let (cell, x, result) = (
            self.unique("cell"),
            self.unique("x"),
            self.unique("guarded"),
        );
        let note = self.unique("g");
        let call = self.call(&Ty::U32, 1);
        let other = self.value(&Ty::U32, 1);
        self.scope.declare(&result, Ty::U32, false);
        Some(format!(
            "let {cell} = Cell::new(1_u32);\nlet {result} = match {} {{\n\
             Some({x}) if note(\"{note}\", {cell}.replace(2)) == {x} => {x} % 50,\n\
             Some(_) if note(\"{note}\", {cell}.replace(5)) == 2 => {call},\n\
             _ if {cell}.get() == 5 => {other},\n_ => 0,\n}};\n",
            fenced(&value)
        ))
    }

    pub(super) fn labelled_block(&mut self) -> Option<String> {
        let label = self.unique("block");
        let around = Around {
            label: label.clone(),
            is_loop: false,
            value: None,
        };
        let body = self.inside_of(around, |g| g.inside(3));
        Some(format!("'{label}: {{\n{body}}}\n"))
    }

    pub(super) fn labelled_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("labelled block with a value");
        let label = self.unique("value");
        let around = Around {
            label: label.clone(),
            is_loop: false,
            value: Some(ty.clone()),
        };
        self.inside_of(around, |g| {
            let condition = g.condition(depth);
            let early = super::values::parenthesized(&g.value(ty, depth));
            let (statement, value) = (g.pause(), g.value(ty, depth));
            format!(
                "'{label}: {{\nif {condition} {{ break '{label} {early}; }}\n{statement}{value}\n}}"
            )
        })
    }

    /// Writes what stands in a loop or a labelled block: it moves nothing from outside.
    pub(super) fn inside_of(
        &mut self,
        around: Around,
        write: impl FnOnce(&mut Self) -> String,
    ) -> String {
        self.around.push(around);
        self.scope.loops += 1;
        let written = self.maybe(write);
        self.scope.loops -= 1;
        self.around.pop();
        written
    }
}

/// One arm of a `match`.
struct Arm {
    pattern: String,
    binds: Vec<(String, Ty)>,
    /// Whether a later arm covers what its guard refuses.
    guarded: bool,
}

impl Arm {
    fn new(pattern: &str, binds: Vec<(String, Ty)>, guarded: bool) -> Self {
        Self {
            pattern: pattern.to_owned(),
            binds,
            guarded,
        }
    }
}

/// In parentheses where a struct literal may not stand, or `&&` would be taken for its own.
fn fenced(value: &str) -> String {
    if value.contains(['{', '&', '|', '.', '=']) && !value.starts_with("act(") {
        return format!("({value})");
    }
    value.to_owned()
}

/// In parentheses where it could be taken for the end of an arm.
fn parens_or(value: &str) -> String {
    super::values::parenthesized(value)
}
