//! Loops over what they do not own, with awaits inside.

use super::{Around, Gen, Ty, VarId};

impl Gen {
    /// A loop over `source`, which borrows `held`; `shown` is logged in each round.
    fn borrowed_loop(
        &mut self,
        held: &[VarId],
        pattern: &str,
        source: &str,
        shown: &str,
    ) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let around = Around {
            label: self.unique("l"),
            is_loop: true,
            value: None,
        };
        let (label, note) = (around.label.clone(), self.unique("n"));
        let body = self.holding(held, |g| {
            g.inside_of(around, |g| {
                let pause = g.pause();
                let more = if g.fuel > 0 {
                    g.inside(1)
                } else {
                    String::new()
                };
                format!("{pause}{{\n{more}}}\n")
            })
        });
        Some(format!(
            "'{label}: for {pattern} in {source} {{\n{body}note(\"{note}\", {shown});\n}}\n"
        ))
    }

    fn items(&mut self) -> (String, VarId, String) {
        let (declared, id) = self.known(&Ty::vec(Ty::String));
        let name = self.name_of(id);
        (
            declared + &format!("{name}.push(\"item\".to_owned());\n"),
            id,
            name,
        )
    }

    pub(super) fn for_borrow(&mut self) -> Option<String> {
        let (declared, id, list) = self.items();
        let x = self.unique("x");
        let source = match self.rng.u32(..3) {
            0 => format!("&{list}"),
            1 => format!("{list}.iter()"),
            _ => format!("&{list}[..1]"),
        };
        Some(declared + &self.borrowed_loop(&[id], &x, &source, &format!("{x}.len()"))?)
    }

    pub(super) fn for_mutable(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let (declared, id) = self.known(&Ty::vec(Ty::U32));
        let (list, x, around) = (self.name_of(id), self.unique("x"), self.unique("l"));
        let source = if self.chance(50) {
            format!("&mut {list}")
        } else {
            format!("{list}.iter_mut()")
        };
        let (call, n) = (self.call_name(), self.unique("n"));
        Some(format!(
            "{declared}{list}.push(6);\n'{around}: for {x} in {source} {{\n*{x} ^= 1;\n\
             let {n} = act(\"{call}\", *{x}).await;\nif {n} == 9 {{ continue '{around}; }}\n*{x} ^= {n} / 2;\n}}\n"
        ))
    }

    pub(super) fn for_chain(&mut self) -> Option<String> {
        let (declared, id, list) = self.items();
        let (i, x) = (self.unique("i"), self.unique("x"));
        let (pattern, chain, shown) = match self.rng.u32(..7) {
            0 => (
                format!("({i}, {x})"),
                "iter().enumerate()",
                format!("({i}, {x})"),
            ),
            1 => (x.clone(), "iter().rev()", x.clone()),
            2 => (x.clone(), "iter().skip(1).take(2)", x.clone()),
            3 => (
                format!("({x}, {i})"),
                "iter().zip(5..)",
                format!("({i}, {x})"),
            ),
            4 => (x.clone(), "windows(2)", format!("{x}[0].len()")),
            5 => (x.clone(), "chunks(2)", format!("{x}.len()")),
            _ => (x.clone(), "iter().cloned()", x.clone()),
        };
        Some(declared + &self.borrowed_loop(&[id], &pattern, &format!("{list}.{chain}"), &shown)?)
    }

    /// The closures of the tail run once for each item, whatever happens in between. What they capture
    /// may change before the loop and after it.
    pub(super) fn for_closure_tail(&mut self) -> Option<String> {
        let (declared, id, list) = self.items();
        let (x, note) = (self.unique("x"), self.unique("tail"));
        let (captured, known, read) = self.holding(&[id], Self::captured);
        let tail = match self.rng.u32(..3) {
            0 => format!("filter(|s| note(\"{note}\", s.len() ^ {read}) % 2 == 0)"),
            1 => format!("map(|s| note(\"{note}\", s.len() ^ {read}))"),
            _ => format!("inspect(|s| {{ note(\"{note}\", s.len() ^ {read}); }})"),
        };
        let over = self.borrowed_loop(
            &[id, known],
            &x,
            &format!("{list}.iter().{tail}"),
            &format!("format!(\"{{{x}:?}}\")"),
        )?;
        let after = self.changed(known);
        Some(format!("{declared}{captured}{over}{after}"))
    }

    pub(super) fn for_tree(&mut self) -> Option<String> {
        let (declared, id) = self.known(&Ty::Tree(Box::new(Ty::U32)));
        let (map, k, v) = (self.name_of(id), self.unique("k"), self.unique("v"));
        let source = match self.rng.u32(..3) {
            0 => format!("&{map}"),
            1 => format!("{map}.iter().rev()"),
            _ => format!("{map}.iter()"),
        };
        let shown = format!("({k}, {v})");
        Some(declared + &self.borrowed_loop(&[id], &format!("({k}, {v})"), &source, &shown)?)
    }

    /// The order of a hash map is another one in each copy, so it must not show.
    pub(super) fn for_values(&mut self) -> Option<String> {
        if !self.awaits {
            return None;
        }
        let hashed = self.chance(60);
        let (declared, id) = self.known(&match hashed {
            true => Ty::Hash(Box::new(Ty::U32)),
            false => Ty::Tree(Box::new(Ty::U32)),
        });
        let (map, value, sum) = (self.name_of(id), self.unique("value"), self.unique("sum"));
        let (call, n) = (self.call_name(), self.unique("n"));
        let asked = if hashed { "7" } else { &format!("*{value}") };
        let (method, change) = if self.chance(50) {
            ("values_mut", format!("*{value} ^= {n} / 2;\n"))
        } else {
            ("values", String::new())
        };
        Some(format!(
            "{declared}let mut {sum} = 0_u32;\nfor {value} in {map}.{method}() {{\n\
             let {n} = act(\"{call}\", {asked}).await;\n{change}{sum} ^= *{value} ^ {n};\n}}\n\
             note(\"{sum}\", {sum});\n"
        ))
    }
}
