//! Loops, all of which come to an end.

use super::{Around, Gen, Ty};

/// More loops in each other would run for too long.
const DEPTH_MAX: usize = 3;

impl Gen {
    fn loop_around(&mut self, value: Option<Ty>) -> Option<Around> {
        let depth = self.around.iter().filter(|a| a.is_loop).count();
        (depth < DEPTH_MAX).then(|| Around {
            label: self.unique("l"),
            is_loop: true,
            value,
        })
    }

    /// A label that is always there, and at times a pause at the head of the body.
    fn loop_body(&mut self, most: u32) -> String {
        let pause = if self.chance(60) {
            self.pause()
        } else {
            String::new()
        };
        pause + &self.inside(most)
    }

    /// Counts the rounds of a loop: what stands before it, and its first statements.
    fn counter(&mut self) -> (String, String) {
        let name = self.unique("round");
        let id = self.scope.declare(&name, Ty::U32, false);
        self.scope.var_mut(id).held += 1;
        (name.clone(), format!("{name} += 1;\n"))
    }

    pub(super) fn while_loop(&mut self) -> Option<String> {
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let (counter, count) = self.counter();
        let most = self.rng.u32(1..4);
        let condition = self.maybe(|g| g.staying(|g| g.condition(2)));
        let body = self.inside_of(around, |g| g.loop_body(2));
        Some(format!(
            "let mut {counter} = 0_u32;\n\
             '{label}: while {counter} < {most} && ({condition}) {{\n{count}{body}}}\n"
        ))
    }

    pub(super) fn while_let(&mut self) -> Option<String> {
        let of = self.any(1);
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let ty = Ty::vec(of.clone());
        let (declared, id) = self.known(&ty);
        let (list, item) = (self.name_of(id), self.unique("popped"));
        let source = match self.awaits && self.chance(40) {
            true => format!("act(\"{}\", {list}.pop()).await", self.call_name()),
            false => format!("{list}.pop()"),
        };
        let body = self.holding(&[id], |g| {
            g.inside_of(around, |g| {
                g.scope.declare(&item, of, true);
                g.loop_body(2) + &g.show(&[&item, &list])
            })
        });
        Some(format!(
            "{declared}'{label}: while let Some(mut {item}) = {source} {{\n{body}}}\n"
        ))
    }

    /// A local of this type that may be changed: one that is there, or a new one.
    pub(super) fn known(&mut self, ty: &Ty) -> (String, super::VarId) {
        if self.chance(60)
            && let Some(id) = self.find(|s, v| s.free(v) && s.var(v).ty == *ty)
        {
            return (String::new(), id);
        }
        self.typed(ty)
    }

    /// A new local that may be changed, and whose type is written.
    pub(super) fn typed(&mut self, ty: &Ty) -> (String, super::VarId) {
        let value = match ty {
            Ty::Hash(_) => ty.literal(&mut self.rng),
            _ => self.value(ty, 2),
        };
        let name = self.unique("known");
        let id = self.scope.declare(&name, ty.clone(), true);
        (format!("let mut {name}: {ty} = {value};\n"), id)
    }

    pub(super) fn endless_loop(&mut self) -> Option<String> {
        let ty = self.any(1);
        let written = self.loop_with_value(&ty, 2)?;
        let pattern = self.bind(&ty);
        Some(format!("let {pattern}: {ty} = {written};\n"))
    }

    /// A loop as an operand.
    pub(super) fn loop_value(&mut self, ty: &Ty, depth: u32) -> String {
        self.hit("loop as an operand");
        match self.loop_with_value(ty, depth) {
            Some(written) => written,
            None => self.leaf(ty),
        }
    }

    fn loop_with_value(&mut self, ty: &Ty, depth: u32) -> Option<String> {
        let around = self.loop_around(Some(ty.clone()))?;
        let label = around.label.clone();
        Some(self.block(|g| {
            let (counter, count) = g.counter();
            let most = g.rng.u32(0..3);
            let body = g.inside_of(around, |g| {
                // A jump to the next round from here would come back for ever.
                let value = g.staying(|g| g.value(ty, depth));
                let value = super::values::parenthesized(&value);
                let body = if g.fuel > 0 {
                    g.loop_body(2)
                } else {
                    g.pause()
                };
                format!("if {counter} > {most} {{ break {value}; }}\n{body}")
            });
            format!("{{ let mut {counter} = 0_u32;\n'{label}: loop {{\n{count}{body}}} }}")
        }))
    }

    pub(super) fn for_range(&mut self) -> Option<String> {
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let end = self.value(&Ty::U32, 2);
        let (source, ty) = match self.rng.u32(..6) {
            0 => (format!("(0..({end}) % 4).rev()"), Ty::U32),
            1 => (format!("1..=({end}) % 3"), Ty::U32),
            2 => ("253_u8..=255".to_owned(), Ty::U8),
            3 => (format!("(0..({end}) % 9).step_by(3)"), Ty::U32),
            4 => ("'a'..='c'".to_owned(), Ty::Char),
            _ => (format!("0..({end}) % 4"), Ty::U32),
        };
        let item = self.unique("i");
        let body = self.inside_of(around, |g| {
            g.scope.declare(&item, ty, false);
            g.loop_body(3)
        });
        Some(format!("'{label}: for {item} in {source} {{\n{body}}}\n"))
    }

    /// Over what the loop owns, through closures with effects.
    pub(super) fn for_owned_through_closures(&mut self) -> Option<String> {
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let (calls, item) = (self.unique("calls"), self.unique("item"));
        let list = Ty::vec(Ty::U32);
        let source = match self.rng.u32(..4) {
            0 => format!("({}).into_iter()", self.value(&list, 2)),
            1 => format!("({}).into_iter().rev()", self.value(&list, 2)),
            2 => format!("(0..({}) % 5)", self.value(&Ty::U32, 2)),
            _ => "(1..=4_u32).rev()".to_owned(),
        };
        let tail = match self.rng.u32(..4) {
            0 => format!("filter(|n| {{ {calls} += 1; note(\"{calls}\", *n) % 3 != 1 }})"),
            1 => format!("map(|n| {{ {calls} ^= n; n / 2 }})"),
            2 => format!("filter_map(|n| {{ {calls} += 1; (n % 2 == 0).then(|| n ^ 9) }})"),
            _ => format!("inspect(|n| {calls} ^= *n).map(|n| n / 3).filter(|n| *n != 1)"),
        };
        let body = self.inside_of(around, |g| {
            g.scope.declare(&item, Ty::U32, false);
            g.loop_body(3)
        });
        Some(format!(
            "let mut {calls} = 0_u32;\n'{label}: for {item} in {source}.{tail} {{\n{body}}}\n\
             note(\"{calls}\", {calls});\n"
        ))
    }

    pub(super) fn for_owned(&mut self) -> Option<String> {
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let of = self.any(1);
        let (item, at) = (self.unique("item"), self.unique("at"));
        let list = Ty::vec(of.clone());
        let (source, pattern, extra) = match self.rng.u32(..7) {
            0 => {
                let source = self.value(&list, 2);
                (
                    format!("({source}).into_iter().enumerate()"),
                    format!("({at}, mut {item})"),
                    None,
                )
            }
            1 => (
                format!("({}).into_iter().rev()", self.value(&list, 2)),
                item.clone(),
                None,
            ),
            2 => {
                let tree = self.value(&Ty::Tree(Box::new(of.clone())), 2);
                (tree, format!("({at}, {item})"), Some(Ty::String))
            }
            3 => {
                let array = self.value(&Ty::Array(Box::new(of.clone())), 1);
                (
                    format!("({array}).into_iter().zip(1_u32..)"),
                    format!("({item}, {at})"),
                    Some(Ty::U32),
                )
            }
            4 => (self.value(&Ty::option(of.clone()), 2), item.clone(), None),
            5 => {
                let one = self.value(&list, 1);
                // The first iterator is not saved while the second is awaited.
                let two = self.at_once(|g| g.value(&list, 1));
                (
                    format!("({one}).into_iter().chain({two}).skip(1).take(3)"),
                    item.clone(),
                    None,
                )
            }
            _ => (self.value(&list, 2), format!("mut {item}"), None),
        };
        let body = self.inside_of(around, |g| {
            if let Some(ty) = extra {
                g.scope.declare(&at, ty, false);
            }
            let mutable = pattern.contains("mut ");
            g.scope.declare(&item, of, mutable);
            g.loop_body(3)
        });
        Some(format!(
            "'{label}: for {pattern} in {} {{\n{body}}}\n",
            super::values::parenthesized(&source)
        ))
    }

    /// Loops in each other that are left and continued from inside.
    pub(super) fn nested_loops(&mut self) -> Option<String> {
        let outer = self.loop_around(None)?;
        let label = outer.label.clone();
        let (i, j) = (self.unique("i"), self.unique("j"));
        let body = self.inside_of(outer, |g| {
            g.scope.declare(&i, Ty::U32, false);
            let Some(inner) = g.loop_around(None) else {
                return g.inside(2);
            };
            let (inside, before) = (inner.label.clone(), g.pause());
            let body = g.inside_of(inner, |g| {
                g.scope.declare(&j, Ty::U32, false);
                let first = g.call(&Ty::U32, 1);
                let skip = g.rng.u32(..4);
                format!(
                    "if {i} * {j} == {skip} {{ continue '{label}; }}\n\
                     let {j} = {first} % 5 + {j};\nif {j} > 6 {{ break '{label}; }}\n{}",
                    g.inside(2)
                )
            });
            format!("{before}'{inside}: for {j} in 0..3_u32 {{\n{body}}}\n")
        });
        Some(format!("'{label}: for {i} in 0..3_u32 {{\n{body}}}\n"))
    }

    /// A loop that does not await, with jumps out of sight that stay inside it.
    pub(super) fn quiet_loop(&mut self) -> Option<String> {
        let around = self.loop_around(None)?;
        let label = around.label.clone();
        let (i, x) = (self.unique("i"), self.unique("x"));
        // In an arm of the machine, in which an await has just been answered.
        let lowered = if self.copies && self.awaits {
            "tick().await;\n"
        } else {
            ""
        };
        let body = self.inside_of(around, |g| {
            g.scope.declare(&i, Ty::U32, false);
            let skip = *g.choose(&["or_skip", "or_stop"]);
            g.hit(match (skip, lowered) {
                ("or_skip", "") => "`continue` hidden in a macro",
                ("or_skip", _) => "`continue` hidden among locals that are `Copy`",
                (_, "") => "`break` hidden in a macro",
                _ => "`break` hidden among locals that are `Copy`",
            });
            g.scope.declare(&x, Ty::U32, false);
            let inside = g.at_once(|g| g.inside(2));
            format!("let {x} = {skip}!({i}.checked_sub(1));\n{inside}")
        });
        Some(format!(
            "{lowered}'{label}: for {i} in [4_u32, 0, 2] {{\n{body}}}\n"
        ))
    }
}
