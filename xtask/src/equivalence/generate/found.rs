//! Loops over what is found in a collection, and over parts of texts and lists.

use super::{Around, Gen, Ty};

impl Gen {
    /// What is found may not be there, and then the loop goes over nothing.
    pub(super) fn for_parts_of_what_is_found(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (all, x, r) = (self.unique("all"), self.unique("x"), self.unique("r"));
        let list = self.value(&Ty::vec(Ty::U32), 2);
        let call = self.call_name();
        let (pause, again) = (self.pause(), self.pause());
        let (made, found) = match self.rng.u32(..3) {
            0 => (list, "get(..1)"),
            1 => (
                format!("BTreeMap::from([(\"a\".to_owned(), {list})])"),
                "get(\"a\")",
            ),
            _ => (format!("vec![{list}]"), "first()"),
        };
        let item = *self.choose(&["", ".copied()"]);
        Some(format!(
            "let {all} = act(\"{call}\", {made}).await;\nlet mut {r} = 0_u32;\n{again}\
             for {x} in {all}.{found}.into_iter().flatten(){item} {{\n{r} ^= note(\"{x}\", {x}.clone());\n}}\n{pause}\
             note(\"{r}\", ({r}, {all}.len()));\n"
        ))
    }

    /// A loop that may be left, over this source.
    fn each(&mut self, item: &str, pattern: &str, source: &str, ty: Option<Ty>) -> String {
        let around = Around {
            label: self.unique("l"),
            is_loop: true,
            value: None,
        };
        let label = around.label.clone();
        let note = self.unique("n");
        let body = self.inside_of(around, |g| {
            let shown = match ty {
                Some(ty) => {
                    g.scope.declare(item, ty, false);
                    String::new()
                }
                None => format!("note(\"{note}\", format!(\"{{{item}:?}} {{}}\", std::any::type_name_of_val(&{item})));\n"),
            };
            format!("{}{}{shown}", g.pause(), g.inside(1))
        });
        format!("'{label}: for {pattern} in {source} {{\n{body}}}\n")
    }

    pub(super) fn for_found(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (map, key, item) = (
            self.unique("groups"),
            self.unique("key"),
            self.unique("item"),
        );
        let (one, two) = (
            self.value(&Ty::vec(Ty::U32), 1),
            self.value(&Ty::vec(Ty::U32), 1),
        );
        let (there, pause) = (*self.choose(&["a", "b"]), self.pause());
        let source = match self.rng.u32(..4) {
            0 => format!("&{map}[&{key}]"),
            1 => format!("{map}[&{key}].iter().rev()"),
            2 => format!("{map}.get(\"{there}\").unwrap()"),
            _ => format!("{map}.get(&{key}).unwrap()"),
        };
        let each = self.each(&item, &item, &source, None);
        Some(format!(
            "let {map}: BTreeMap<String, Vec<u32>> = BTreeMap::from([(\"a\".to_owned(), {one}), (\"b\".to_owned(), {two})]);\n\
             let {key} = String::from(\"{there}\");\n{pause}{each}"
        ))
    }

    pub(super) fn for_parts(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let item = self.unique("item");
        let (at, i) = (self.unique("at"), self.unique("i"));
        if self.chance(50) {
            let (declared, id) = self.known(&Ty::String);
            let text = self.name_of(id);
            let (pattern, source) = match self.rng.u32(..7) {
                0 => (
                    format!("({i}, {item})"),
                    format!("{text}.chars().enumerate()"),
                ),
                1 => (
                    item.clone(),
                    format!("{text}.lines().filter(|l| !l.is_empty())"),
                ),
                2 => (
                    item.clone(),
                    format!("{text}.split('1').map(|part| part.len())"),
                ),
                3 => (
                    format!("({i}, {item})"),
                    format!("{text}.char_indices().rev()"),
                ),
                4 => (format!("({item}, {i})"), format!("{text}.bytes().zip(3..)")),
                5 => (item.clone(), format!("{text}.split_whitespace().take(2)")),
                _ => (item.clone(), format!("{text}.chars().skip(1).step_by(2)")),
            };
            let each = self.holding(&[id], |g| g.each(&item, &pattern, &source, None));
            return Some(declared + &each);
        }
        let (declared, id) = self.known(&Ty::vec(Ty::U32));
        let list = self.name_of(id);
        let (pattern, source) = match self.rng.u32(..7) {
            0 => (item.clone(), format!("{list}.windows(2)")),
            1 => (item.clone(), format!("{list}.chunks(2).rev()")),
            2 => (
                format!("({at}, {item})"),
                format!("{list}.iter().enumerate().skip(1)"),
            ),
            3 => (
                item.clone(),
                format!("{list}.iter().skip(1).step_by(2).chain(&[9, 8])"),
            ),
            4 => (format!("&{item}"), format!("{list}.iter().rev().take(2)")),
            5 => (
                item.clone(),
                format!("{list}.iter().copied().filter(|n| n % 2 == 0)"),
            ),
            _ => (
                format!("({item}, {i})"),
                format!("{list}.iter().zip(\"abc\".chars())"),
            ),
        };
        let each = self.holding(&[id], |g| g.each(&item, &pattern, &source, None));
        Some(declared + &each)
    }

    /// Owned sources that count, grow or are emptied.
    pub(super) fn for_odd(&mut self) -> Option<String> {
        let item = self.unique("item");
        let n = self.leaf(&Ty::U32);
        let source = match self.rng.u32(..5) {
            0 => format!("({n} % 5)..=({n} % 5 + 1)"),
            1 => format!("[{n}, 1, 2].into_iter().skip(1).map(|n| n / 2)"),
            2 => format!("std::collections::VecDeque::from([{n}, 4])"),
            3 => format!("std::collections::BTreeSet::from([{n}, 4, 1])"),
            _ => format!("({n} as u8 % 7..9).map(u32::from)"),
        };
        let each = self.each(&item, &item, &source, Some(Ty::U32));
        Some(each)
    }
}
