//! Borrows that are used after an await.

use super::{Gen, Ty, VarId};

impl Gen {
    /// A list of numbers with a local of its own, and what declares it.
    fn numbers(&mut self) -> (String, VarId, String) {
        let (declared, id) = self.known(&Ty::vec(Ty::U32));
        let name = self.name_of(id);
        (
            format!("{declared}{name}.push(3); {name}.push(8);\n"),
            id,
            name,
        )
    }

    /// A few statements while a borrow is in use.
    pub(super) fn meanwhile(&mut self, owner: VarId) -> String {
        self.holding(&[owner], |g| {
            g.block(|g| {
                let pause = g.pause();
                let more = if g.chance(40) && g.fuel > 0 {
                    format!("{{\n{}}}\n", g.statement())
                } else {
                    String::new()
                };
                pause + &more
            })
        })
    }

    pub(super) fn borrow_of_a_place(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let id = self.find(|s, v| s.var(v).ty.is_shown() && s.var(v).held == 0)?;
        let (place, ty, r) = (
            self.name_of(id),
            self.scope.var(id).ty.clone(),
            self.unique("r"),
        );
        let path = match ty {
            Ty::Point => *self.choose(&["", ".name", ".y"]),
            Ty::Pair(..) => *self.choose(&["", ".0", ".1"]),
            _ => "",
        };
        let (between, note) = (self.meanwhile(id), self.unique("r"));
        let after = self.pause();
        Some(format!(
            "let {r} = &{place}{path};\n{between}note(\"{note}\", format!(\"{{{r}:?}}\"));\n{after}"
        ))
    }

    pub(super) fn mutable_borrow(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id, list) = self.numbers();
        let (r, n) = (self.unique("r"), self.leaf(&Ty::U32));
        let between = self.unseen(id, |g| g.meanwhile(id));
        Some(match self.rng.u32(..2) {
            0 => format!(
                "{declared}let {r} = &mut {list};\n{r}.push({n});\n{between}{r}.push(4);\n\
                 note(\"{r}\", {r}.len());\n"
            ),
            _ => {
                format!("{declared}let {r} = &mut {list}[1];\n*{r} ^= {n};\n{between}*{r} ^= 4;\n")
            }
        })
    }

    /// Writes where a local may not even be read.
    pub(super) fn unseen<T>(&mut self, id: VarId, write: impl FnOnce(&mut Self) -> T) -> T {
        self.scope.var_mut(id).here = false;
        let written = write(self);
        self.scope.var_mut(id).here = true;
        written
    }

    pub(super) fn borrow_at_index(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id, list) = self.numbers();
        let (i, r) = (self.unique("i"), self.unique("r"));
        let between = self.meanwhile(id);
        let (taken, used) = match self.rng.u32(..4) {
            0 => (format!("&{list}[{i}]"), format!("*{r}")),
            1 => (format!("&{list}[{i}..]"), format!("{r}.len()")),
            2 => (format!("&{list}[{i}..{i} + 1]"), format!("{r}.to_vec()")),
            _ => (format!("{list}.get({i})"), format!("{r}.copied()")),
        };
        Some(format!(
            "{declared}let mut {i} = 0_usize;\nlet {r} = {taken};\n{i} += 1;\n{between}\
             note(\"{r}\", ({used}, {i}, {list}[{i}]));\n"
        ))
    }

    pub(super) fn borrow_at_key(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let hashed = self.chance(50);
        let ty = match hashed {
            true => Ty::Hash(Box::new(Ty::U32)),
            false => Ty::Tree(Box::new(Ty::U32)),
        };
        let (declared, id) = self.typed(&ty);
        let (map, key, r) = (self.name_of(id), self.unique("key"), self.unique("r"));
        let between = self.meanwhile(id);
        let (first, changed) = match hashed {
            true => ("3_u32", format!("{key} += 1;\n")),
            false => ("\"a\".to_owned()", format!("{key}.push('b');\n")),
        };
        let insert = if hashed {
            format!("{key}, 5")
        } else {
            format!("{key}.clone(), 5")
        };
        // The key changes only after the borrow: while that lives, the key is held.
        let (taken, used) = match self.rng.u32(..2) {
            // Whose `get` it is must be seen in the type's name.
            0 if !hashed => (format!("{map}.get(&{key})"), format!("{r}.copied()")),
            _ => (format!("&{map}[&{key}]"), format!("*{r}")),
        };
        Some(format!(
            "{declared}let mut {key} = {first};\n{map}.insert({insert});\nlet {r} = {taken};\n\
             {between}note(\"{r}\", ({used}, {map}.len()));\n{changed}note(\"{key}\", {key});\n"
        ))
    }

    pub(super) fn borrow_by_method(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let r = self.unique("r");
        Some(match self.rng.u32(..3) {
            0 => {
                // Whose method it is must be seen.
                let (declared, id) = self.typed(&Ty::String);
                let (text, between) = (self.name_of(id), self.meanwhile(id));
                let method = *self.choose(&["as_str()", "as_bytes()", "trim()"]);
                format!(
                    "{declared}let {r} = {text}.{method};\n{between}note(\"{r}\", {r}.len());\n"
                )
            }
            1 => {
                let (declared, id) = self.typed(&Ty::vec(Ty::U32));
                let list = self.name_of(id);
                let between = self.meanwhile(id);
                let method = *self.choose(&["first()", "last()", "get(1)"]);
                format!(
                    "{declared}let {r} = {list}.{method};\n{between}note(\"{r}\", {r}.copied());\n"
                )
            }
            _ => {
                let (declared, id) = self.typed(&Ty::option(Ty::String));
                let (option, between) = (self.name_of(id), self.meanwhile(id));
                let method = *self.choose(&["as_ref()", "as_deref()"]);
                format!(
                    "{declared}let {r} = {option}.{method};\n{between}\
                     note(\"{r}\", {r}.map(|s| s.len()));\n"
                )
            }
        })
    }

    pub(super) fn match_borrow(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::Shape);
        let (shape, n, list) = (self.name_of(id), self.unique("n"), self.unique("list"));
        let ways = self.ways(2, |g, _| g.meanwhile(id));
        Some(format!(
            "{declared}match &{shape} {{\n\
             Shape::Circle({n}) | Shape::Rect {{ w: {n}, .. }} => {{\n{}note(\"{n}\", *{n});\n}}\n\
             Shape::Named({n}, {list}) => {{\n{}note(\"{list}\", ({n}, {list}));\n}}\n\
             Shape::Dot => {{}}\n}}\n",
            ways[0], ways[1]
        ))
    }

    pub(super) fn if_let_borrow(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::option(Ty::String));
        let (option, x) = (self.name_of(id), self.unique("x"));
        let between = self.maybe(|g| g.meanwhile(id));
        let by_ref = self.chance(50);
        Some(match self.rng.u32(..3) {
            0 => format!(
                "{declared}if let Some({x}) = &{option} {{\n{between}note(\"{x}\", {x}.len());\n}}\n"
            ),
            1 => format!(
                "{declared}if let Some({x}) = {option}.as_ref() {{\n{between}note(\"{x}\", {x}.len());\n}}\n"
            ),
            _ => {
                let between = self.unseen(id, |g| g.maybe(|g| g.meanwhile(id)));
                let (pattern, by) = if by_ref {
                    ("ref mut ", "")
                } else {
                    ("", "&mut ")
                };
                format!(
                    "{declared}if let Some({pattern}{x}) = {by}{option} {{\n{x}.push('m');\n{between}{x}.push('n');\n}}\n"
                )
            }
        })
    }

    pub(super) fn ref_binding(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::Point);
        let (point, name, y) = (self.name_of(id), self.unique("name"), self.unique("y"));
        let between = self.meanwhile(id);
        let note = format!("note(\"{name}\", {name}.len());\n");
        Some(match self.rng.u32(..4) {
            0 => format!("{declared}let Point {{ name: {name}, .. }} = &{point};\n{between}{note}"),
            1 => format!(
                "{declared}{{\nlet Point {{ name: ref {name}, .. }} = {point};\n{note}}}\n{between}"
            ),
            2 => format!(
                "{declared}let Point {{ name: ref {name}, y: {y}, .. }} = {point};\n\
                 {between}{note}note(\"{y}\", {y});\n"
            ),
            _ => format!(
                "{declared}match {point} {{\nPoint {{ name: ref {name}, y: {y}, .. }} if {y} > 2 => {{\n\
                 {between}{note}}}\nPoint {{ y: {y}, .. }} => {{ note(\"{y}\", {y}); }}\n}}\n"
            ),
        })
    }
}
