//! Declarations and assignments.

use super::{Gen, Ty};

impl Gen {
    /// A point at which a program is saved, where that may be.
    pub(super) fn pause(&mut self) -> String {
        if !self.awaits {
            return format!("note(\"{}\", 0);\n", self.unique("p"));
        }
        self.hit("await");
        match self.rng.u32(..3) {
            0 => "tick().await;\n".to_owned(),
            1 => format!("act(\"{}\", ()).await;\n", self.unique("p")),
            _ => {
                let ty = self.any(1);
                // Its text may stand between other uses of a local: it moves none.
                let value = self.staying(|g| g.leaf(&ty));
                format!("act(\"{}\", {value}).await;\n", self.unique("p"))
            }
        }
    }

    pub(super) fn bare_call(&mut self) -> Option<String> {
        let ty = self.any(1);
        let call = self.call(&ty, 2);
        Some(format!("{call};\n"))
    }

    pub(super) fn declaration(&mut self) -> Option<String> {
        let ty = self.any(2);
        Some(self.declare(&ty, 3))
    }

    /// `let` with a value of this type.
    pub(super) fn declare(&mut self, ty: &Ty, depth: u32) -> String {
        let value = self.value(ty, depth);
        let pattern = self.bind(ty);
        // Without its type where that follows from the value.
        if !value.contains(['(', '|', '{']) && value.contains('_') {
            return format!("let {pattern} = {value};\n");
        }
        format!("let {pattern}: {ty} = {value};\n")
    }

    pub(super) fn destructuring(&mut self) -> Option<String> {
        let (a, b) = (self.any(1), self.any(0));
        Some(match self.rng.u32(..4) {
            0 => {
                let ty = Ty::pair(a.clone(), b.clone());
                let value = self.value(&ty, 3);
                let (first, second) = self.two_names(a, b);
                format!("let ({first}, {second}): {ty} = {value};\n")
            }
            1 => {
                let value = self.value(&Ty::Point, 3);
                let (x, name) = self.two_names(Ty::I64, Ty::String);
                format!("let Point {{ x: {x}, name: {name}, .. }} = {value};\n")
            }
            2 => {
                let ty = Ty::Array(Box::new(a.clone()));
                let value = self.value(&ty, 3);
                let (first, last) = self.two_names(a.clone(), a);
                format!("let [{first}, _, {last}]: {ty} = {value};\n")
            }
            _ => {
                let ty = Ty::pair(Ty::pair(a.clone(), Ty::U32), b.clone());
                let value = self.value(&ty, 3);
                let (first, second) = self.two_names(a, b);
                format!("let (({first}, _), {second}) = {value};\n")
            }
        })
    }

    /// Two different names for parts of one pattern.
    fn two_names(&mut self, a: Ty, b: Ty) -> (String, String) {
        let (first, second) = (self.unique("left"), self.unique("right"));
        self.scope.declare(&first, a, false);
        self.scope.declare(&second, b, true);
        (first, format!("mut {second}"))
    }

    pub(super) fn let_else(&mut self) -> Option<String> {
        if !self.leaves {
            return None;
        }
        let ty = self.any(1);
        if self.chance(35) {
            let list = self.value(&Ty::vec(ty.clone()), 2);
            let leave = self.let_else_leaves();
            let first = self.unique("first");
            self.scope.declare(&first, ty.clone(), false);
            let clone = if ty.is_copy() { "" } else { ".clone()" };
            self.hit("slice pattern");
            return Some(format!(
                "let {first} = {{ let list = {list}; let [x, ..] = &list[..] else {{ {leave} }}; \
                 (*x){clone} }};\n"
            ));
        }
        let value = self.value(&Ty::option(ty.clone()), 3);
        let leave = self.let_else_leaves();
        let pattern = self.bind(&ty);
        Some(format!(
            "let Some({pattern}) = ({value}) else {{ {leave} }};\n"
        ))
    }

    fn let_else_leaves(&mut self) -> String {
        self.maybe(|g| {
            let pause = g.pause();
            let leave = g.leave(2);
            format!("{pause}{leave};")
        })
    }

    pub(super) fn deferred(&mut self) -> Option<String> {
        let ty = self.any(2);
        let name = self.unique("later");
        let condition = self.condition(2);
        let id = self.scope.declare(&name, ty.clone(), false);
        self.scope.var_mut(id).here = false;
        let between = if self.chance(40) {
            self.pause()
        } else {
            String::new()
        };
        let ways = self.ways(2, |g, _| {
            let value = g.value(&ty, 2);
            g.scope.var_mut(id).here = true;
            let after = if g.chance(50) {
                g.pause()
            } else {
                String::new()
            };
            format!("{name} = {value};\n{after}")
        });
        let declared = if self.chance(50) {
            format!("{name}: {ty}")
        } else {
            name
        };
        Some(format!(
            "let {declared};\n{between}if {condition} {{\n{}}} else {{\n{}}}\n",
            ways[0], ways[1]
        ))
    }

    pub(super) fn assignment(&mut self) -> Option<String> {
        let id = self.find(super::Scope::free)?;
        let ty = self.scope.var(id).ty.clone();
        if !ty.is_shown() {
            return None;
        }
        let name = self.name_of(id);
        let value = self.value(&ty, 3);
        self.scope.var_mut(id).here = true;
        Some(format!("{name} = {value};\n"))
    }

    pub(super) fn compound(&mut self) -> Option<String> {
        let id = self.find(|s, v| {
            s.free(v)
                && matches!(
                    s.var(v).ty,
                    Ty::U32 | Ty::I64 | Ty::F64 | Ty::String | Ty::Bool
                )
        })?;
        let (name, ty) = (self.name_of(id), self.scope.var(id).ty.clone());
        let held: &[_] = if ty == Ty::String { &[id] } else { &[] };
        let value = self.holding(held, |g| g.value(&ty, 2));
        Some(match ty {
            Ty::U32 => {
                let by = *self.choose(&["^=", "|=", "&="]);
                format!("{name} {by} {value};\n")
            }
            Ty::I64 => format!("{name} ^= {value};\n"),
            Ty::F64 => format!("{name} *= {value};\n"),
            Ty::Bool => format!("{name} |= {value};\n"),
            _ => format!("{name} += &{};\n", super::values::parenthesized(&value)),
        })
    }

    /// A call that moves a local away, and a new value for it, around pauses.
    pub(super) fn moved_and_set_again(&mut self) -> Option<String> {
        // A block that moves a local of the function takes it, also if it is lost half-way.
        let forks = self.forks > 0;
        let id =
            self.find(|s, v| s.free(v) && s.var(v).ty == Ty::String && (!forks || s.movable(v)))?;
        let name = self.name_of(id);
        let call = self.call_name();
        let call = if self.awaits {
            format!("act(\"{call}\", {name}).await")
        } else {
            format!("note(\"{call}\", {name})")
        };
        self.scope.var_mut(id).here = false;
        let pause = self.pause();
        // Nothing may leave the loop or the block while the local has no value.
        let value = self.staying(|g| g.value(&Ty::String, 2));
        self.scope.var_mut(id).here = true;
        let kept = self.unique("kept");
        self.scope.declare(&kept, Ty::String, false);
        Some(format!("let {kept} = {call};\n{pause}{name} = {value};\n"))
    }

    /// The name means something else in a block, and the first again after it.
    pub(super) fn inner_scope(&mut self) -> Option<String> {
        let from = self.branch_from;
        let id = self.find(|s, v| s.var(v).ty.is_shown() && v.is_after(from))?;
        let (name, outer) = (self.name_of(id), self.scope.var(id).ty.clone());
        let body = self.holding(&[id], |g| {
            g.block(|g| {
                let ty = if g.chance(50) {
                    outer.clone()
                } else {
                    g.any(1)
                };
                let value = g.value(&ty, 2);
                let mutable = g.chance(50);
                g.scope.declare(&name, ty, mutable);
                let declared = format!(
                    "let {}{name} = {value};\n",
                    if mutable { "mut " } else { "" }
                );
                let (pause, inside) = (g.pause(), g.statements(2));
                let last = g.show(&[&name]);
                declared + &pause + &inside + &last
            })
        });
        let after = self.show(&[&name]);
        Some(format!("{{\n{body}}}\n{after}"))
    }

    /// Logs those of these locals that can be seen here, by format captures.
    pub(super) fn show(&mut self, names: &[&str]) -> String {
        let seen = |name: &&str| {
            let mut seen = self.scope.visible().map(|v| self.scope.var(v));
            seen.any(|v| v.name == *name && v.ty.is_shown())
        };
        let names: Vec<&str> = names.iter().copied().filter(seen).collect();
        if names.is_empty() {
            return String::new();
        }
        self.hit("format capture");
        let note = self.unique("f");
        format!(
            "note(\"{note}\", format!(\"{{{}:?}}\"));\n",
            names.join(":?} {")
        )
    }
}
