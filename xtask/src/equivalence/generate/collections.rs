//! Lists and maps.

use super::{Gen, Ty};

impl Gen {
    pub(super) fn vector(&mut self) -> Option<String> {
        let of = self.any(1);
        let (declared, id) = self.known(&Ty::vec(of.clone()));
        let v = self.name_of(id);
        let value = self.holding(&[id], |g| g.value(&of, 2));
        let more = match self.rng.u32(..5) {
            0 => format!("{v}.insert(0, {value});\n"),
            1 => {
                let other = self.holding(&[id], |g| g.value(&Ty::vec(of), 1));
                format!("{v}.push({value});\n{v}.extend({other});\n")
            }
            2 => format!("{v}.push({value});\n{v}.truncate(2);\n"),
            3 => format!("{v}.push({value});\n{v}.reverse();\n"),
            _ => format!("{v}.push({value});\n"),
        };
        let shown = if self.chance(40) {
            self.show(&[&v])
        } else {
            String::new()
        };
        Some(declared + &more + &shown)
    }

    pub(super) fn hash_map(&mut self) -> Option<String> {
        let (declared, id) = self.known(&Ty::Hash(Box::new(Ty::U32)));
        let (map, r) = (self.name_of(id), self.unique("found"));
        let key = self.holding(&[id], |g| g.value(&Ty::U32, 1));
        let value = self.holding(&[id], |g| g.value(&Ty::U32, 2));
        let pause = self.pause();
        let looked = match self.rng.u32(..4) {
            0 => format!("{map}.get(&3).copied().unwrap_or({map}.len() as u32)"),
            1 => format!("{map}.remove(&1).unwrap_or(9)"),
            2 => format!("*{map}.entry(5).and_modify(|n| *n ^= 3).or_insert(7)"),
            _ => format!(
                "{{ let mut keys: Vec<u32> = {map}.keys().copied().collect(); keys.sort(); \
                 keys.iter().fold(0, |all, key| all ^ {map}[key] ^ key) }}"
            ),
        };
        self.scope.declare(&r, Ty::U32, false);
        Some(format!(
            "{declared}{map}.insert({key} % 9, {value});\n{pause}let {r} = {looked};\n"
        ))
    }

    /// A hash map that is made for the loop, so that its order is the same in both copies.
    pub(super) fn for_hash_map(&mut self) -> Option<String> {
        let (map, k, v) = (self.unique("map"), self.unique("k"), self.unique("v"));
        let count = self.rng.u32(1..5);
        let value = self.leaf(&Ty::U32);
        let around = super::Around {
            label: self.unique("l"),
            is_loop: true,
            value: None,
        };
        let (label, pause) = (around.label.clone(), self.pause());
        let body = self.inside_of(around, |g| {
            g.scope.declare(&k, Ty::U32, false);
            g.scope.declare(&v, Ty::U32, true);
            g.pause() + &g.show(&[&k, &v])
        });
        Some(format!(
            "{pause}let {map}: Hash<u32, u32> = (0..{count}).map(|n| (n * 7, n ^ {value})).collect();\n\
             '{label}: for ({k}, mut {v}) in {map} {{\n{body}}}\n"
        ))
    }

    pub(super) fn tree_map(&mut self) -> Option<String> {
        let of = self.any(0);
        let (declared, id) = self.known(&Ty::Tree(Box::new(of.clone())));
        let (map, r) = (self.name_of(id), self.unique("first"));
        let key = self.holding(&[id], |g| g.value(&Ty::String, 1));
        let value = self.holding(&[id], |g| g.value(&of, 2));
        let pause = self.pause();
        self.scope
            .declare(&r, Ty::option(Ty::pair(Ty::String, of)), false);
        let looked = match self.rng.u32(..3) {
            0 => format!("{map}.pop_first()"),
            1 => format!(
                "{map}.range(\"b\".to_owned()..).next().map(|(k, v)| (k.clone(), v.clone()))"
            ),
            _ => format!("{map}.iter().next_back().map(|(k, v)| (k.clone(), v.clone()))"),
        };
        Some(format!(
            "{declared}{map}.insert({key}, {value});\n{pause}let {r} = {looked};\n"
        ))
    }
}
