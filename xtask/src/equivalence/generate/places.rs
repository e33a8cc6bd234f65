//! Places whose value, owner or key changes while something made from them is used.

use super::{Gen, Ty};

impl Gen {
    /// Operands that are read before a later operand changes the local.
    pub(super) fn operands_that_change(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let ty = Ty::U32;
        let (declared, id) = self.known(&ty);
        let (x, r) = (self.name_of(id), self.unique("read"));
        let (call, other) = (self.call_name(), self.leaf(&ty));
        let changing = format!("{{ {x} ^= 5; act(\"{call}\", {x} ^ {other}).await }}");
        let (value, ty) = match self.rng.u32(..6) {
            0 => (format!("({x}, {changing}, {x}).1"), Ty::U32),
            1 => (
                format!("[{x}, {changing}, {x}]"),
                Ty::Array(Box::new(Ty::U32)),
            ),
            2 => (format!("({x} % 100) + {changing} % 100"), Ty::U32),
            3 => (format!("({x}, {changing})"), Ty::pair(Ty::U32, Ty::U32)),
            4 => {
                self.hit("compound assignment whose operand changes its place");
                return Some(format!("{declared}{x} ^= {changing};\n"));
            }
            _ => (
                format!("Point {{ y: {x}, x: i64::from({changing}), name: format!(\"{{{x}}}\") }}"),
                Ty::Point,
            ),
        };
        self.scope.declare(&r, ty, false);
        Some(format!("{declared}let {r} = {value};\n"))
    }

    /// What was copied from an index stays when the index goes on.
    pub(super) fn index_that_changes(&mut self) -> Option<String> {
        let ty = Ty::vec(Ty::U32);
        let (declared, id) = self.known(&ty);
        let (v, i, r) = (self.name_of(id), self.unique("i"), self.unique("old"));
        let place = self.unique("place");
        let pause = self.pause();
        let value = self.holding(&[id], |g| g.staying(|g| g.value(&Ty::U32, 1)));
        self.scope.declare(&i, Ty::U32, false);
        self.scope.declare(&r, Ty::U32, false);
        let quiet = self.quiet_value(&Ty::U32, 1);
        let assigned = match self.rng.u32(..3) {
            0 => format!("{v}[{i} as usize] = {value};\n"),
            1 => format!("{v}[note(\"{place}\", {i} as usize)] = {value};\n"),
            // When the place is computed would depend on its type, if this were awaited.
            _ => format!("{v}[{i} as usize] ^= {quiet};\n"),
        };
        Some(format!(
            "{declared}{v}.push(1); {v}.push(20);\nlet mut {i} = 0_u32;\n\
             let {r} = {v}[{i} as usize];\n{i} += 1;\n{pause}{assigned}"
        ))
    }

    /// A place that is another one each time it is computed, and computed after the value.
    pub(super) fn place_that_goes_on(&mut self) -> Option<String> {
        let tree = self.chance(50);
        let (declared, id) = self.known(&match tree {
            true => Ty::Tree(Box::new(Ty::U32)),
            false => Ty::vec(Ty::U32),
        });
        let (owner, next) = (self.name_of(id), self.unique("next"));
        let value = self.holding(&[id], |g| g.staying(|g| g.value(&Ty::U32, 2)));
        let place = format!("{{ {next} += 1; note(\"{next}\", {next}) }}");
        let assigned = if tree {
            format!("*{owner}.entry({place}.to_string()).or_insert(3) ^= {value};\n")
        } else {
            format!("{owner}.extend([1, 20, 5]);\n{owner}[{place}] ^= {value};\n")
        };
        Some(format!(
            "{declared}let mut {next} = 0_usize;\n{assigned}note(\"{next}\", ({next}, {owner}.len()));\n"
        ))
    }

    /// Places before an await that are in a value without a name, or have an index that is a place itself.
    pub(super) fn operand_places(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (list, at, r) = (self.unique("list"), self.unique("at"), self.unique("r"));
        let (a, b) = (
            self.quiet_value(&Ty::String, 1),
            self.quiet_value(&Ty::String, 1),
        );
        let (text, number) = (self.call(&Ty::String, 1), self.call(&Ty::U32, 1));
        let i = self.rng.u32(..2);
        let place = self.rng.choice([".0", ".1[0]", ".1[1]"])?;
        let index = format!("{at}{place}");
        let literal = format!("vec![{a}, {b}]");
        let (value, ty) = match self.rng.u32(..9) {
            0 => (format!("{literal}[{i}] == {text}"), Ty::Bool),
            1 => (format!("{literal}[{i}].replace('a', &{text})"), Ty::String),
            2 => (format!("{literal}[{index}] == {text}"), Ty::Bool),
            3 => (format!("[4_u32, 5][{index}].max({number})"), Ty::U32),
            4 => (
                format!("{literal}[{index}][..].replace('b', &{text})"),
                Ty::String,
            ),
            5 => (
                format!(
                    "{{ let mut {list} = {literal}; {list}[{index}].push_str(&{text}); {list}.concat() }}"
                ),
                Ty::String,
            ),
            6 => (
                format!(
                    "{{ let mut {list} = {literal}; {list}[{index}] += &{text}; {list}.concat() }}"
                ),
                Ty::String,
            ),
            7 => (
                format!(
                    "{{ let {list} = BTreeMap::from([({a}, 3_u32)]); let key = {list}.keys().next().unwrap().clone(); {list}[&key].max({number}) }}"
                ),
                Ty::U32,
            ),
            _ => (
                format!("[Point {{ x: 1, y: 2, name: {a} }}].last().unwrap().y.max({number})"),
                Ty::U32,
            ),
        };
        self.scope.declare(&r, ty, true);
        Some(format!(
            "let {at} = ({i}_usize, [1_usize, 0]);\nlet mut {r} = {value};\n"
        ))
    }

    pub(super) fn key_that_changes(&mut self) -> Option<String> {
        let ty = Ty::Tree(Box::new(Ty::U32));
        let (declared, id) = self.known(&ty);
        let (map, key, r) = (self.name_of(id), self.unique("key"), self.unique("old"));
        let pause = self.pause();
        let value = self.holding(&[id], |g| g.staying(|g| g.value(&Ty::U32, 1)));
        let again = self.pause();
        self.scope.declare(&key, Ty::String, false);
        self.scope.declare(&r, Ty::option(Ty::U32), false);
        Some(format!(
            "{declared}let mut {key} = \"a\".to_owned();\nlet {r} = {map}.get(&{key}).copied();\n\
             {key}.push('b');\n{pause}{map}.insert({key}.clone(), {value});\n\
             {again}{map}.remove(&{key});\n{map}.insert({key}.clone(), 7);\n"
        ))
    }

    /// Owners that are exchanged.
    pub(super) fn swapped(&mut self) -> Option<String> {
        let ty = self.any(1);
        let (first, a) = self.known(&ty);
        let held = self.holding(&[a], |g| g.known(&ty));
        let (second, b) = held;
        if a == b {
            return None;
        }
        let (x, y, pause) = (self.name_of(a), self.name_of(b), self.pause());
        // A branch would take along for good what it moves, even if it gives it another value.
        let moves = self.scope.movable(a) && self.scope.movable(b);
        let swap = match self.rng.u32(..2) {
            1 if moves => format!("({x}, {y}) = ({y}, {x});\n"),
            _ => format!("std::mem::swap(&mut {x}, &mut {y});\n"),
        };
        let shown = self.show(&[&x, &y]);
        Some(format!("{first}{second}{swap}{pause}{shown}"))
    }

    pub(super) fn taken(&mut self) -> Option<String> {
        let id = self.find(|s, v| s.free(v) && s.var(v).ty.is_shown())?;
        let (name, ty) = (self.name_of(id), self.scope.var(id).ty.clone());
        if ty.has_no_default() {
            return None;
        }
        let (taken, pause) = (self.unique("taken"), self.pause());
        let value = self.unseen(id, |g| g.staying(|g| g.at_once(|g| g.value(&ty, 1))));
        self.scope.declare(&taken, ty, true);
        Some(match self.rng.u32(..2) {
            0 => format!("let mut {taken} = std::mem::take(&mut {name});\n{pause}"),
            _ => format!("{pause}let mut {taken} = std::mem::replace(&mut {name}, {value});\n"),
        })
    }

    /// The name of a constant changes, what was read from it before does not.
    pub(super) fn text_again(&mut self) -> Option<String> {
        let (declared, id) = self.known(&Ty::Text);
        let (name, before) = (self.name_of(id), self.unique("before"));
        let pause = self.pause();
        self.scope.declare(&before, Ty::Text, false);
        let value = self.value(&Ty::Text, 2);
        Some(format!(
            "{declared}let {before} = {name};\n{name} = {value};\n{pause}"
        ))
    }

    pub(super) fn cell(&mut self) -> Option<String> {
        let (cell, old) = (self.unique("cell"), self.unique("old"));
        let (value, next) = (self.value(&Ty::U32, 2), self.value(&Ty::U32, 2));
        let pause = self.pause();
        self.scope.declare(&old, Ty::U32, false);
        Some(format!(
            "let {cell} = Cell::new({value});\nlet {old} = {cell}.get();\n{cell}.set({next});\n\
             {pause}note(\"{cell}\", {cell}.get());\n"
        ))
    }
}
